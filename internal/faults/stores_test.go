package faults_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// tenant is whom all users of these tests belong to.
const tenant = "faults"

// database is where factors are kept: what opens it, and in which dialect.
type database struct {
	driver, dsn string
	dialect     sqlstore.Dialect
}

// newDatabase makes an empty database in a server that the test reaches directly, and returns how to reach it at addr.
func newDatabase(t testing.TB, direct, addr string) database {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text())
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, direct)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // unless the server is gone
		ctx, cancel := context.WithTimeout(context.Background(), startTime)
		defer cancel()
		if conn, err := pgx.Connect(ctx, direct); err == nil {
			_, _ = conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
			_ = conn.Close(ctx)
		}
	})
	return database{"pgx", pgURL(addr, name), sqlstore.PostgreSQL}
}

// newFile is a database in a file.
func newFile(t testing.TB) database {
	return database{"sqlite", sqlstore.SQLiteDSN(t.TempDir() + "/factors.db"), sqlstore.SQLite}
}

// open connects to the database, and makes its tables if they are not there. The connections are closed when the test ends, or before.
func (d database) open(t testing.TB) *sqlstore.Store {
	t.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ctx := t.Context()
	if err := sqlstore.Migrate(ctx, db, d.dialect); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: d.dialect})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// openRedis connects to the Redis at addr.
func openRedis(t testing.TB, addr string) *redisstore.Store {
	t.Helper()
	client := redisClient(addr)
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(redisstore.Config{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return store
}
