// Package stores gives tests the real stores: a Redis and a PostgreSQL, with keys and tables of their own.
package stores

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// Open returns what the conformance suites take as Stores: a pair of stores that share nothing with other pairs but the servers. All ends with the test.
func Open(t testing.TB) func() (challenge.Store, factor.Store) {
	t.Helper()
	return open(t, 8) // the suites open many
}

// One returns a pair of stores that have one connection each: whoever holds it while waiting for something else stops everybody.
func One(t testing.TB) (challenge.Store, factor.Store) {
	t.Helper()
	return open(t, 1)()
}

func open(t testing.TB, connections int) func() (challenge.Store, factor.Store) {
	t.Helper()
	options, err := redis.ParseURL(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	options.ContextTimeoutEnabled = true
	if connections == 1 {
		options.PoolSize = 1
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	url := testenv.Postgres(t)
	return func() (challenge.Store, factor.Store) {
		prefix := strings.ToLower("t" + rand.Text()[:12])
		challenges, err := redisstore.New(redisstore.Config{Client: client, Prefix: prefix + ":"})
		if err != nil {
			t.Error(err)
		}
		factors, err := openSchema(t, url, prefix, connections)
		if err != nil {
			t.Error(err)
		}
		return challenges, factors
	}
}

func openSchema(t testing.TB, url, name string, connections int) (*sqlstore.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", url+"&search_path="+name)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		_, _ = db.Exec("DROP SCHEMA " + name + " CASCADE")
		_ = db.Close()
	})
	db.SetMaxOpenConns(connections)
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		return nil, fmt.Errorf("a schema for the test: %w", err)
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL); err != nil {
		return nil, err
	}
	return sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
}
