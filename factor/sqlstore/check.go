package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// checkSchema compares what the database has with what this version needs.
func checkSchema(ctx context.Context, cfg Config) error {
	if err := cfg.DB.PingContext(ctx); err != nil {
		return fmt.Errorf("sqlstore: the database cannot be reached: %w", oneLine{err})
	}
	have, err := version(ctx, cfg.DB, cfg.Dialect)
	switch {
	case err != nil:
		return fmt.Errorf("sqlstore: the database has no schema of ours (call Migrate): %w", oneLine{err})
	case have < schemaVersion:
		return fmt.Errorf("sqlstore: the database has schema %d, and this version needs %d: call Migrate", have, schemaVersion)
	case have > schemaVersion:
		return fmt.Errorf("sqlstore: the database has schema %d, and this version knows %d: it is older than the database", have, schemaVersion)
	}
	return nil
}

// checkPostgres refuses settings under which a login that was accepted could be forgotten, or a failure not be counted: a commit that nobody waits for, and isolation
// levels that give up a statement where READ COMMITTED waits for its turn.
func checkPostgres(ctx context.Context, db *sql.DB) error {
	var commit, isolation, readOnly string
	err := db.QueryRowContext(ctx, `SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation'),
		current_setting('transaction_read_only')`).Scan(&commit, &isolation, &readOnly)
	if err != nil {
		return fmt.Errorf("sqlstore: reading PostgreSQL's settings: %w", oneLine{err})
	}
	if commit == "off" || isolation != "read committed" || readOnly != "off" {
		return fmt.Errorf("sqlstore: PostgreSQL has synchronous_commit=%s, transaction_isolation=%q and transaction_read_only=%s; "+
			"it must not be off, must be \"read committed\", and must be off", commit, isolation, readOnly)
	}
	return nil
}

// SQLiteDSN is the data source name of a file for modernc.org/sqlite, with the settings that New insists on: a write-ahead log that survives a power
// cut, and five seconds of patience with another writer.
func SQLiteDSN(path string) string {
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)"}, "_txlock": {"immediate"}}
	clean := filepath.ToSlash(filepath.Clean(path)) // two slashes would begin the name of a host
	return "file:" + (&url.URL{Path: clean}).EscapedPath() + "?" + q.Encode()
}

// checkSQLite refuses settings under which a login could be lost, or fail because somebody else logs in. It looks at two connections at once: settings that
// were made by hand hold for the one they were made on.
func checkSQLite(ctx context.Context, db *sql.DB) error {
	looks := 2
	if db.Stats().MaxOpenConnections == 1 {
		looks = 1
	}
	for range looks {
		conn, err := db.Conn(ctx)
		if err != nil {
			return fmt.Errorf("sqlstore: reading SQLite's settings: %w", err)
		}
		defer func() { _ = conn.Close() }()
		if err := checkSettings(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}

func checkSettings(ctx context.Context, conn *sql.Conn) error {
	var journal string
	var synchronous, patience int
	err := errors.Join(
		conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal),
		conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous),
		conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&patience),
	)
	if err != nil {
		return fmt.Errorf("sqlstore: reading SQLite's settings: %w", oneLine{err})
	}
	if !strings.EqualFold(journal, "wal") || synchronous < 2 || patience < 1000 {
		return fmt.Errorf("sqlstore: SQLite has journal_mode=%s, synchronous=%d, busy_timeout=%d; open the file by SQLiteDSN", journal, synchronous, patience)
	}
	return nil
}

// oneLine is an error that a log shows in one line. Drivers write lists.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

func (e oneLine) Unwrap() error { return e.error }
