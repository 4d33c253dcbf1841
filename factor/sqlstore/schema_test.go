package sqlstore_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

func look(t *testing.T, db *sql.DB, d sqlstore.Dialect) sqlstore.Schema {
	t.Helper()
	s, err := sqlstore.Look(t.Context(), db, d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		for range 2 {
			if s := look(t, db, d); s.Have != 0 || s.Need != 3 {
				t.Errorf("of an empty database: %+v", s)
			}
		}
		open(t, db, d)
		if s := look(t, db, d); s.Have != s.Need {
			t.Errorf("after Migrate: %+v", s)
		}
	})
	if _, err := sqlstore.Look(t.Context(), nil, sqlstore.SQLite); err == nil {
		t.Error("no database has a schema")
	}
}

// Whoever runs the SQL by hand has what Migrate makes, and Migrate and New know it.
func TestTheSQLIsWhatMigrateDoes(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		run := func(have int) {
			t.Helper()
			text, err := sqlstore.SQL(d, have)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("from schema %d: %v\n%s", have, err, text)
			}
		}
		run(0)
		s := open(t, db, d)
		if got := look(t, db, d); got.Have != got.Need {
			t.Errorf("the SQL leads to schema %d of %d", got.Have, got.Need)
		}
		fill(t, s)
		if d == sqlstore.SQLite {
			golden(t, "sqlite_3.sql", dump(t, db))
		}
		run(3) // which has nothing to do
		if got := load(t, s, "acme", "alice"); got.Account.Version != 1 {
			t.Errorf("the account is %+v", got.Account)
		}
	})
}

func TestTheSQLOfAnUpgradeBeginsWhereTheDatabaseIs(t *testing.T) {
	t.Parallel()
	for _, d := range []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.SQLite} {
		text, err := sqlstore.SQL(d, 2)
		if err != nil || strings.Contains(text, "CREATE TABLE") || !strings.Contains(text, "VALUES (3, true)") || strings.Contains(text, "goose") {
			t.Errorf("%v: %v\n%s", d, err, text)
		}
		for _, have := range []int{-1, 4} {
			if text, err := sqlstore.SQL(d, have); err == nil || text != "" {
				t.Errorf("%v: there is SQL from schema %d", d, have)
			}
		}
	}
	if _, err := sqlstore.SQL(0, 0); err == nil {
		t.Error("no dialect has SQL")
	}
}
