package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider"
)

var schemas atomic.Int64

// onServers is a world whose challenges are in Redis and whose factors are in PostgreSQL.
func onServers(t testing.TB, kinds ...provider.MultiFactorProvider) *world {
	t.Helper()
	w := newWorld(t, kinds...)
	w.challenges, w.factors = redisStore(t), postgresStore(t)
	return w
}

func redisStore(t testing.TB) *redisstore.Store {
	t.Helper()
	o, err := redis.ParseURL(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	o.ContextTimeoutEnabled = true
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	s, err := redisstore.New(redisstore.Config{Client: c, Prefix: fmt.Sprintf("registry-%d-%d:", os.Getpid(), schemas.Add(1))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func postgresStore(t testing.TB) *sqlstore.Store {
	t.Helper()
	url, schema := testenv.Postgres(t), fmt.Sprintf("registry_%d_%d", os.Getpid(), schemas.Add(1))
	admin := openSQL(t, url)
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
	})
	db := openSQL(t, url+"&search_path="+schema)
	db.SetMaxOpenConns(16)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL); err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openSQL(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
