package sitetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// challenges are kept in the Redis that the tests were given, or in memory.
func challenges(t testing.TB) challenge.Store {
	t.Helper()
	url := os.Getenv("COFACTOR_TEST_REDIS")
	if url == "" {
		return challenge.NewMemory()
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(redisstore.Config{Client: client, Prefix: "e2e" + rand.Text()[:8] + ":"})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// factors are kept in a schema of their own of the PostgreSQL that the tests were given, or in memory.
func factors(t testing.TB) factor.Store {
	t.Helper()
	url := os.Getenv("COFACTOR_TEST_POSTGRES")
	if url == "" {
		return factor.NewMemory()
	}
	open := func(url string) *sql.DB {
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	schema := "e2e_" + strings.ToLower(rand.Text())
	admin := open(url)
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	db := open(url + "&search_path=" + schema)
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.PostgreSQL); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(t.Context(), sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
	if err != nil {
		t.Fatal(err)
	}
	return store
}
