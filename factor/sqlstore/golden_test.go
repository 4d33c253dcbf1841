package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// golden compares got with a file in testdata; COFACTOR_UPDATE=1 writes it. A file of a version that was released never changes: a new schema has a
// new migration, and a file beside the old ones.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("COFACTOR_UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("Migrate no longer makes what is in %s. A schema that was released does not change; write a migration.\n%s", path, got)
	}
}

// stored is what the golden files have in them.
func stored() factor.Snapshot {
	return factor.Snapshot{
		Account: factor.Account{
			Tenant: "acme", UserID: "alice", Handle: []byte("\x00\x01 a handle of thirty-two bytes\xff"), Epoch: 1_793_534_400_000, Version: 1,
			GraceUntil: noon.Add(time.Hour), DefaultFactor: "f1",
		},
		Factors: []factor.Factor{
			{
				Tenant: "acme", UserID: "alice", ID: "f1", Kind: "totp", Label: "Authenticator app", Data: []byte("\x00sealed\xff"), Created: noon,
				LastUsed: noon.Add(1500 * time.Millisecond), Failures: 3, Epoch: 1_793_534_400_000, Version: 1, Role: 3,
				Expires: noon.Add(24 * time.Hour),
			},
			{
				Tenant: "acme", UserID: "alice", ID: "f2", Kind: "webauthn", Handle: "q83vEjRWeJA", Label: "Schlüssel 'blau'", Hint: "···· 123",
				Created: noon.Add(time.Second), Disabled: true, Epoch: 7, Version: 1,
			},
		},
	}
}

func fill(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	want := stored()
	a := want.Account
	a.Version = 0
	c := factor.Change{
		Tenant: "acme", UserID: "alice", Account: &a, Events: []factor.Event{{Queue: "events", Body: []byte("event\x00\xff")}}, At: noon,
		Once: []factor.Once{{Key: [32]byte{1, 2, 3}, Expires: noon.Add(time.Hour)}},
	}
	for _, f := range want.Factors {
		f.Version = 0
		c.Put = append(c.Put, f)
	}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestTheSchemaOfSQLiteIsFrozen(t *testing.T) {
	t.Parallel()
	db := sqlite(t)
	fill(t, open(t, db, sqlstore.SQLite))
	golden(t, "sqlite_3.sql", dump(t, db))
}

func TestOldSQLiteFilesAreRead(t *testing.T) { // attack: A-163
	t.Parallel()
	for _, name := range []string{"sqlite_1.sql", "sqlite_2.sql", "sqlite_3.sql"} {
		script, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		db := sqlite(t)
		if _, err := db.ExecContext(t.Context(), string(script)); err != nil {
			t.Fatal(err)
		}
		if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
			t.Fatal(err)
		}
		s := open(t, db, sqlstore.SQLite)
		want := stored()
		if name != "sqlite_3.sql" { // those before knew neither role nor expiry
			want.Factors[0].Role, want.Factors[0].Expires = 0, time.Time{}
		}
		if got := load(t, s, "acme", "alice"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as\n%+v, want\n%+v", name, got, want)
		}
		if f, err := s.Find(t.Context(), "acme", "webauthn", "q83vEjRWeJA"); err != nil || f.ID != "f2" {
			t.Errorf("%s: Find returned %+v, %v", name, f, err)
		}
		again := factor.Change{Tenant: "acme", UserID: "alice", Epoch: want.Account.Epoch, Once: []factor.Once{{Key: [32]byte{1, 2, 3}, Expires: noon}}}
		if err := s.Apply(t.Context(), again); !errors.Is(err, factor.ErrSpent) {
			t.Errorf("a key that was spent under %s can be spent again: %v", name, err)
		}
		events, err := s.Next(t.Context(), noon, factor.Lease{Queue: "events", For: time.Minute, N: 10})
		if err != nil || len(events) != 1 || string(events[0].Body) != "event\x00\xff" || !events[0].At.Equal(noon) {
			t.Errorf("the outbox of %s has %+v, %v", name, events, err)
		}
	}
}

func TestTheSchemaOfPostgreSQLIsFrozen(t *testing.T) {
	t.Parallel()
	db := postgres(t)
	s := open(t, db, sqlstore.PostgreSQL)
	fill(t, s)
	if got, want := load(t, s, "acme", "alice"), stored(); !reflect.DeepEqual(got, want) {
		t.Errorf("what was stored is read as\n%+v, want\n%+v", got, want)
	}
	golden(t, "postgres_3.txt", lines(t, db, `SELECT line FROM (
		SELECT 1 AS part, table_name AS name, ordinal_position AS n, concat_ws(' ', table_name || '.' || column_name, data_type, 'collate ' || collation_name,
			CASE is_nullable WHEN 'NO' THEN 'not null' END, 'default ' || column_default, 'identity ' || identity_generation) AS line
		FROM information_schema.columns WHERE table_schema = current_schema()
		UNION ALL
		SELECT 2, indexname, 0, replace(indexdef, current_schema() || '.', '') FROM pg_indexes WHERE schemaname = current_schema()
		UNION ALL
		SELECT 3, relname, 0, relname || ' with ' || array_to_string(reloptions, ', ') FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND reloptions IS NOT NULL
	) everything ORDER BY part, name, n`))
}

// dump is a file of SQLite as SQL.
func dump(t *testing.T, db *sql.DB) string {
	t.Helper()
	script := lines(t, db, `SELECT sql || ';' FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name`)
	for _, table := range []string{"cofactor_account", "cofactor_factor", "cofactor_redeemed", "cofactor_outbox", "cofactor_schema"} {
		columns := strings.Split(strings.TrimSpace(lines(t, db, `SELECT name FROM pragma_table_info('`+table+`') ORDER BY cid`)), "\n")
		values := make([]string, len(columns))
		for i, c := range columns {
			values[i] = "quote(" + c + ")"
			if c == "tstamp" { // when it was migrated, which is another time each time
				values[i] = `'''2026-11-01 12:00:00'''`
			}
		}
		script += lines(t, db, fmt.Sprintf(`SELECT 'INSERT INTO %s (%s) VALUES (' || %s || ');' FROM %s ORDER BY 1`,
			table, strings.Join(columns, ", "), strings.Join(values, " || ', ' || "), table))
	}
	return script
}

// lines is the first column of a query.
func lines(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(query, err)
	}
	defer func() { _ = rows.Close() }()
	var all strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
