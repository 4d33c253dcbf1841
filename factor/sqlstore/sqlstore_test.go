package sqlstore_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/factortest"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	testenv.Postgres(t)
	factortest.Run(t, func(t *testing.T) factor.Store { return open(t, postgres(t), sqlstore.PostgreSQL) })
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	factortest.Run(t, func(t *testing.T) factor.Store { return open(t, sqlite(t), sqlstore.SQLite) })
}

func open(t *testing.T, db *sql.DB, d sqlstore.Dialect) *sqlstore.Store {
	t.Helper()
	if err := sqlstore.Migrate(t.Context(), db, d); err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.New(t.Context(), sqlstore.Config{DB: db, Dialect: d})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var schemas atomic.Int64

// postgres is a schema of its own, for the length of a test.
func postgres(t *testing.T) *sql.DB {
	t.Helper()
	url := testenv.Postgres(t)
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	admin := connect(t, "pgx", url)
	if _, err := admin.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			t.Error(err)
		}
	})
	db := connect(t, "pgx", url+"&search_path="+name)
	db.SetMaxOpenConns(16)
	return db
}

func sqlite(t *testing.T) *sql.DB {
	t.Helper()
	return connect(t, "sqlite", sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "factors #1?%20.db")))
}

func connect(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
