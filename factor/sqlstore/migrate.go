package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

const (
	schemaTable   = "cofactor_schema"
	schemaVersion = 1
)

// Migrate brings the database to the schema that this version needs. It may be called at any time, also by several replicas at once, and does nothing if there is nothing
// to do. It never goes back.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	folder, options := "migrations/sqlite", []goose.ProviderOption{
		goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)),
	}
	dialect := database.DialectSQLite3
	if d == PostgreSQL {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("sqlstore: migrate: %w", err)
		}
		folder, dialect, options = "migrations/postgres", database.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	} else if d != SQLite {
		return errors.New("sqlstore: migrate: no dialect")
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

// checkSchema compares what the database has with what this version needs.
func (s *Store) checkSchema(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("sqlstore: the database cannot be reached: %w", err)
	}
	var have int64
	err := s.db.QueryRowContext(ctx, s.sql.schema).Scan(&have)
	switch {
	case err != nil:
		return fmt.Errorf("sqlstore: the database has no schema of ours (call Migrate): %w", err)
	case have < schemaVersion:
		return fmt.Errorf("sqlstore: the database has schema %d, and this version needs %d: call Migrate", have, schemaVersion)
	case have > schemaVersion:
		return fmt.Errorf("sqlstore: the database has schema %d, and this version knows %d: it is older than the database", have, schemaVersion)
	}
	return nil
}

// SQLiteDSN is the data source name for a file, with the settings that New insists on: a write-ahead log that survives a power cut, and five seconds of
// patience with another writer.
func SQLiteDSN(path string) string {
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)"}, "_txlock": {"immediate"}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// checkSQLite refuses settings under which a login could be lost, or fail because somebody else logs in.
func checkSQLite(ctx context.Context, db *sql.DB) error {
	var journal string
	var synchronous, patience int
	err := errors.Join(
		db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal),
		db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous),
		db.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&patience),
	)
	if err != nil {
		return fmt.Errorf("sqlstore: reading SQLite's settings: %w", err)
	}
	if !strings.EqualFold(journal, "wal") || synchronous < 2 || patience < 1000 {
		return fmt.Errorf("sqlstore: SQLite has journal_mode=%s, synchronous=%d, busy_timeout=%d; open the file by SQLiteDSN", journal, synchronous, patience)
	}
	return nil
}
