package sqlstore_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// dialects runs a check on an empty database of each kind.
func dialects(t *testing.T, check func(t *testing.T, db *sql.DB, d sqlstore.Dialect)) {
	t.Helper()
	for d, empty := range map[sqlstore.Dialect]func(*testing.T) *sql.DB{sqlstore.PostgreSQL: postgres, sqlstore.SQLite: sqlite} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			check(t, empty(t), d)
		})
	}
}

func TestMigrateTwiceIsMigrateOnce(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		enrol(t, open(t, db, d), "", "alice")
		if got := load(t, open(t, db, d), "", "alice"); got.Account.Version != 1 {
			t.Errorf("after the second Migrate the account is %+v", got.Account)
		}
	})
}

// TestReplicasMigrateAtOnce gives each a pool of its own, as processes have.
func TestReplicasMigrateAtOnce(t *testing.T) {
	t.Parallel()
	const replicas = 8
	path := filepath.Join(t.TempDir(), "factors.db")
	schema := ""
	for name, pool := range map[string]func() (*sql.DB, sqlstore.Dialect){
		"PostgreSQL": func() (*sql.DB, sqlstore.Dialect) {
			return connect(t, "pgx", postgresURL(t, schema, "")), sqlstore.PostgreSQL
		},
		"SQLite": func() (*sql.DB, sqlstore.Dialect) {
			return connect(t, "sqlite", sqlstore.SQLiteDSN(path)), sqlstore.SQLite
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "PostgreSQL" {
				schema = schemaOf(t, postgres(t))
			}
			var wg sync.WaitGroup
			for range replicas {
				db, d := pool()
				db.SetMaxOpenConns(1) // which must do for Migrate and New
				wg.Go(func() {
					if err := sqlstore.Migrate(t.Context(), db, d); err != nil {
						t.Errorf("one of %d that migrate at once: %v", replicas, err)
						return
					}
					if _, err := sqlstore.New(t.Context(), sqlstore.Config{DB: db, Dialect: d}); err != nil {
						t.Errorf("New after Migrate: %v", err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// refused says that New gave one clear line, with this in it.
func refused(t *testing.T, cfg sqlstore.Config, want string) {
	t.Helper()
	s, err := sqlstore.New(t.Context(), cfg)
	if err == nil || s != nil {
		t.Errorf("New returned a store, want an error with %q", want)
		return
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "sqlstore: ") {
		t.Errorf("New returned %q, want one line with %q", err, want)
	}
}

func TestNewRefusesAnotherSchema(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		cfg := sqlstore.Config{DB: db, Dialect: d}
		refused(t, cfg, "no schema of ours (call Migrate)")
		open(t, db, d)
		for _, step := range []struct{ change, want string }{
			{"UPDATE cofactor_schema SET version_id = 4 WHERE version_id = 3", "the database has schema 4, and this version knows 3"},
			{"DELETE FROM cofactor_schema WHERE version_id = 4", "the database has schema 2, and this version needs 3: call Migrate"},
		} {
			if _, err := db.ExecContext(t.Context(), step.change); err != nil {
				t.Fatal(err)
			}
			refused(t, cfg, step.want)
		}
	})
}

// TestMigrateLeavesANewerSchemaAlone is about the replicas of the old version that are started again in the middle of an upgrade.
func TestMigrateLeavesANewerSchemaAlone(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		open(t, db, d)
		if _, err := db.ExecContext(t.Context(), "UPDATE cofactor_schema SET version_id = 4 WHERE version_id = 3"); err != nil {
			t.Fatal(err)
		}
		if err := sqlstore.Migrate(t.Context(), db, d); err != nil {
			t.Error(err)
		}
		refused(t, sqlstore.Config{DB: db, Dialect: d}, "it is older than the database")
	})
}

func TestNewRefusesADatabaseThatIsNotThere(t *testing.T) {
	t.Parallel()
	nobody := connect(t, "pgx", "postgres://app:hunter2@127.0.0.1:1/app")
	refused(t, sqlstore.Config{DB: nobody, Dialect: sqlstore.PostgreSQL}, "cannot be reached")
	nowhere := connect(t, "sqlite", sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "no", "such", "folder.db")))
	refused(t, sqlstore.Config{DB: nowhere, Dialect: sqlstore.SQLite}, "cannot be reached")
	for _, db := range []*sql.DB{nobody, nowhere} {
		for _, d := range []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.SQLite} {
			err := sqlstore.Migrate(t.Context(), db, d)
			if err == nil || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Migrate returned %v, want one line without a password", err)
			}
		}
	}
}

func TestNewRefusesAnEmptyConfig(t *testing.T) {
	t.Parallel()
	refused(t, sqlstore.Config{}, "are required")
	refused(t, sqlstore.Config{DB: sqlite(t)}, "are required")
	refused(t, sqlstore.Config{DB: sqlite(t), Dialect: 3}, "are required")
	for _, d := range []sqlstore.Dialect{0, 3, -1} {
		if err := sqlstore.Migrate(t.Context(), sqlite(t), d); err == nil {
			t.Errorf("Migrate knows a dialect %d", d)
		}
	}
	if err := sqlstore.Migrate(t.Context(), nil, sqlstore.SQLite); err == nil {
		t.Error("Migrate takes no database for one")
	}
}

func TestNewRefusesAPostgreSQLThatForgets(t *testing.T) {
	t.Parallel()
	db := postgres(t)
	open(t, db, sqlstore.PostgreSQL)
	for setting, want := range map[string]string{
		"synchronous_commit=off":                          "synchronous_commit=off",
		"default_transaction_isolation=serializable":      `transaction_isolation="serializable"`,
		"default_transaction_isolation=repeatable%20read": `transaction_isolation="repeatable read"`,
		"default_transaction_read_only=on":                "transaction_read_only=on",
	} {
		again := connect(t, "pgx", postgresURL(t, schemaOf(t, db), "&"+setting))
		refused(t, sqlstore.Config{DB: again, Dialect: sqlstore.PostgreSQL}, want)
	}
}

func TestNewRefusesAnSQLiteThatForgets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "factors.db")
	const good = "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)"
	dsns := map[string]string{
		"file:" + path + "?_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)":                                "journal_mode=delete",
		"file:" + path + "1?" + strings.ReplaceAll(good, "FULL", "NORMAL"):                                      "synchronous=1",
		"file:" + path + "2?" + strings.ReplaceAll(good, "5000", "999"):                                         "busy_timeout=999",
		"file:shared?mode=memory&cache=shared&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_pragma=wal": "journal_mode=memory",
	}
	for dsn, want := range dsns {
		db := connect(t, "sqlite", dsn)
		keep, err := db.Conn(t.Context()) // or the database in memory is gone
		if err != nil {
			t.Fatal(err)
		}
		if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
			t.Fatal(dsn, err)
		}
		_ = keep.Close()
		refused(t, sqlstore.Config{DB: db, Dialect: sqlstore.SQLite}, want)
	}
}

// TestNewRefusesAnSQLiteSetByHand is about the commonest mistake: a PRAGMA holds for the connection on which it was made, and a pool has many.
func TestNewRefusesAnSQLiteSetByHand(t *testing.T) {
	t.Parallel()
	db := connect(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "factors.db")+"?_pragma=journal_mode(WAL)")
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, pragma := range []string{"PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 5000"} {
		if _, err := db.ExecContext(t.Context(), pragma); err != nil {
			t.Fatal(err)
		}
	}
	cfg := sqlstore.Config{DB: db, Dialect: sqlstore.SQLite}
	if _, err := sqlstore.New(t.Context(), cfg); err != nil {
		t.Errorf("a pool of one connection with the right settings: %v", err)
	}
	db.SetMaxOpenConns(0)
	refused(t, cfg, "busy_timeout=0")
}

func TestADSNLeadsToTheFileItNames(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"plain.db", "with space.db", "a#b.db", "a?b.db", "a%b.db", "a%20b.db", "ä&=+;:@.db", "/two//slashes.db"} {
		path := folder + "/" + name
		if name == "/two//slashes.db" {
			path = "/" + folder + "/two//slashes.db"
			name = "two/slashes.db"
			if err := os.Mkdir(filepath.Join(folder, "two"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		db := connect(t, "sqlite", sqlstore.SQLiteDSN(path))
		enrol(t, open(t, db, sqlstore.SQLite), "", "alice")
		_ = db.Close()
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("SQLiteDSN(%q) is %q, which leads elsewhere: %v", path, sqlstore.SQLiteDSN(path), err)
		}
	}
}

func TestABrokenDatabaseIsNoVerdict(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		s := open(t, db, d)
		user := enrol(t, s, "", "alice")
		if _, err := db.ExecContext(t.Context(), "DROP TABLE cofactor_redeemed"); err != nil {
			t.Fatal(err)
		}
		err := s.Apply(t.Context(), login(user, 1))
		for _, sentinel := range []error{factor.ErrConflict, factor.ErrSpent, factor.ErrExists, factor.ErrNotFound} {
			if err == nil || errors.Is(err, sentinel) {
				t.Errorf("a login on a broken database returned %v", err)
			}
		}
		if got := load(t, s, "", "alice"); got.Factors[0].Version != 1 {
			t.Error("a login that could not spend its key has written the factor")
		}
	})
}
