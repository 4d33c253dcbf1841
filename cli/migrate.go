package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

type migrateCommands struct {
	Up     migrateUpCommand     `cmd:"" help:"Bring the database to the schema of this version."`
	Status migrateStatusCommand `cmd:"" help:"Say whether the database has the schema of this version, and change nothing."`
	Print  migratePrintCommand  `cmd:"" help:"Print the SQL that up would run, to be run by hand."`
}

// databaseFlag names a database.
type databaseFlag struct {
	Database string `env:"COFACTOR_DATABASE" placeholder:"URL" help:"Database: postgres://user@host/name, or the path of an SQLite file. By default the configuration's."`
	configFlags
}

func (f databaseFlag) open(s *session) (*sql.DB, sqlstore.Dialect, error) {
	if f.Database == "" {
		return f.configured(s)
	}
	db, dialect, err := openDatabase(f.Database)
	if err != nil {
		return nil, 0, misused(fmt.Errorf("--database: %w", err))
	}
	return db, dialect, nil
}

// configured is the configuration's database.
func (f configFlags) configured(s *session) (*sql.DB, sqlstore.Dialect, error) {
	c, err := f.load(s)
	if err != nil {
		return nil, 0, err
	}
	factors, err := c.OpenFactors()
	if err != nil {
		return nil, 0, err
	}
	if factors.DB == nil {
		return nil, 0, errors.New("factors.store is memory, which has no schema")
	}
	return factors.DB, factors.Dialect, nil
}

// schema is how far a database has come.
type schema struct {
	Have    int `json:"have"`
	Need    int `json:"need"`
	applied int
}

func (s schema) print(p *page) {
	switch {
	case s.applied > 0:
		p.line("schema %d, after %s", s.Have, counted(s.applied, "migration"))
	case s.Have < s.Need:
		p.line("%s: schema %d of %d; %s to do: cofactor migrate up", p.in(yellow, "behind"), s.Have, s.Need, counted(s.Need-s.Have, "migration"))
	case s.Have > s.Need:
		p.line("%s: schema %d, and this version knows %d: it is older than the database", p.in(red, "too new"), s.Have, s.Need)
	default:
		p.line("schema %d, as it should be", s.Have)
	}
}

// counted is a number of things.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type migrateUpCommand struct{ databaseFlag }

// Run migrates.
func (c migrateUpCommand) Run(ctx context.Context, s *session) error {
	db, dialect, err := c.open(s) //nolint:contextcheck // It reads files, and waits for nobody.
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	before, err := sqlstore.Look(ctx, db, dialect)
	if err != nil {
		return err
	}
	if before.Have < before.Need {
		if err := sqlstore.Migrate(ctx, db, dialect); err != nil {
			return err
		}
	}
	after, err := sqlstore.Look(ctx, db, dialect)
	if err != nil {
		return err
	}
	if err := s.show(schema{Have: after.Have, Need: after.Need, applied: after.Have - before.Have}); err != nil {
		return err
	}
	if after.Have != after.Need {
		return errNo
	}
	return nil
}

type migrateStatusCommand struct{ databaseFlag }

// Run looks.
func (c migrateStatusCommand) Run(ctx context.Context, s *session) error {
	db, dialect, err := c.open(s) //nolint:contextcheck // It reads files, and waits for nobody.
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	now, err := sqlstore.Look(ctx, db, dialect)
	if err != nil {
		return err
	}
	if err := s.show(schema{Have: now.Have, Need: now.Need}); err != nil {
		return err
	}
	if now.Have != now.Need {
		return errNo
	}
	return nil
}

type migratePrintCommand struct {
	Dialect string `enum:"postgres,sqlite" default:"postgres" help:"postgres or sqlite."`
	From    int    `default:"0" placeholder:"SCHEMA" help:"The schema that the database has: cofactor migrate status. 0 is none."`
}

// statements is SQL.
type statements struct {
	SQL string `json:"sql"`
}

func (s statements) print(p *page) { p.line("%s", strings.TrimSuffix(s.SQL, "\n")) }

// Run prints.
func (c migratePrintCommand) Run(s *session) error {
	dialect := sqlstore.PostgreSQL
	if c.Dialect == "sqlite" {
		dialect = sqlstore.SQLite
	}
	text, err := sqlstore.SQL(dialect, c.From)
	if err != nil {
		return misused(err)
	}
	return s.show(statements{text})
}
