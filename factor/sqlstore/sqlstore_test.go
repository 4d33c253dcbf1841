package sqlstore_test

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

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

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// enrol stores a user with one authenticator app, and returns what is there then.
func enrol(t testing.TB, s factor.Store, tenant, user string) factor.Snapshot {
	t.Helper()
	err := s.Apply(t.Context(), factor.Change{
		Tenant: tenant, UserID: user, At: noon,
		Account: &factor.Account{Tenant: tenant, UserID: user, Handle: make([]byte, 32), Epoch: 1000},
		Put: []factor.Factor{{
			Tenant: tenant, UserID: user, ID: "f1", Kind: "totp", Label: "Authenticator app", Data: make([]byte, 120), Created: noon, Epoch: 1000,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return load(t, s, tenant, user)
}

func load(t testing.TB, s factor.Store, tenant, user string) factor.Snapshot {
	t.Helper()
	got, err := s.Load(t.Context(), tenant, user)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// login is the change that a login with the user's first factor makes: it writes the factor as it was read, and spends the keys.
func login(s factor.Snapshot, keys ...int) factor.Change {
	f := s.Factors[0]
	f.LastUsed, f.Failures = noon.Add(time.Minute), 0
	c := factor.Change{Tenant: f.Tenant, UserID: f.UserID, Epoch: s.Account.Epoch, Put: []factor.Factor{f}, At: noon}
	for _, k := range keys {
		o := factor.Once{Expires: noon.Add(time.Hour)}
		binary.BigEndian.PutUint64(o.Key[:], uint64(k))
		c.Once = append(c.Once, o)
	}
	return c
}

var schemas atomic.Int64

// postgres is a schema of its own, for the length of a test.
func postgres(t *testing.T) *sql.DB {
	t.Helper()
	return postgresWith(t, "")
}

// postgresWith adds settings to each connection, in the form "&name=value".
func postgresWith(t *testing.T, settings string) *sql.DB {
	t.Helper()
	url := testenv.Postgres(t)
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	admin := connect(t, "pgx", url+"&synchronous_commit=off")
	if _, err := admin.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			t.Error(err)
		}
	})
	db := connect(t, "pgx", postgresURL(t, name, settings))
	db.SetMaxOpenConns(16)
	return db
}

// postgresURL leads to a schema; its name is the application's too, so that a test can ask the server what its own connections do.
func postgresURL(t *testing.T, schema, settings string) string {
	t.Helper()
	return testenv.Postgres(t) + "&search_path=" + schema + "&application_name=" + schema + settings
}

func schemaOf(t *testing.T, db *sql.DB) (name string) {
	t.Helper()
	if err := db.QueryRow("SELECT current_schema()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
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
