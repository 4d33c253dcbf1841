package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

const (
	schemaTable   = "cofactor_schema"
	schemaVersion = 3

	// lockID is ours: under goose's own, Migrate would wait for migrations of the application.
	lockID = 4_097_083_627
	// migrateTries is how often SQLite, which has no lock for this, is asked again when another process was faster.
	migrateTries = 10
)

// Migrate brings the database to the schema that this version needs. It may be called at any time, also by several replicas at once, and does
// nothing if there is nothing to do. It never goes back. PostgreSQL is locked by the session, so a pooler must not change sessions in between.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	if db == nil || (d != PostgreSQL && d != SQLite) {
		return errors.New("sqlstore: migrate: a database and a dialect are required")
	}
	var err error
	for range migrateTries {
		if have, unknown := version(ctx, db, d); unknown == nil && have >= schemaVersion {
			return nil
		}
		if err = up(ctx, db, d); err == nil || d == PostgreSQL || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", oneLine{err})
	}
	return nil
}

// version is the newest migration that was applied. Where none was, there is no table, and an error.
func version(ctx context.Context, db *sql.DB, d Dialect) (have int64, err error) {
	err = db.QueryRowContext(ctx, d.statements().schema).Scan(&have)
	return have, err
}

func up(ctx context.Context, db *sql.DB, d Dialect) error {
	folder, dialect, options := "migrations/sqlite", database.DialectSQLite3, []goose.ProviderOption{
		goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)),
	}
	if d == PostgreSQL {
		// Once a second for five minutes; a migration may take that long, and a new replica waits for it.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(1, 300))
		if err != nil {
			return err
		}
		folder, dialect, options = "migrations/postgres", database.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
