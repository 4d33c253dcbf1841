package cli

import (
	"database/sql"
	"errors"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// openDatabase opens PostgreSQL by its URL, or SQLite by the path of a file. It reaches neither, and its errors do not quote a URL, which may hold a password.
func openDatabase(url string) (*sql.DB, sqlstore.Dialect, error) {
	driver, source, dialect := "sqlite", sqlstore.SQLiteDSN(url), sqlstore.SQLite
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		driver, source, dialect = "pgx", url, sqlstore.PostgreSQL
	case strings.Contains(url, "://"):
		return nil, 0, errors.New("want postgres://user@host/name, or the path of an SQLite file")
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, 0, errors.New("not a URL that PostgreSQL understands: want postgres://user@host/name")
	}
	return db, dialect, nil
}
