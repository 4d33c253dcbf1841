package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// TestAWriterInSQLiteWaitsForItsTurn has somebody else hold the file in the middle of a change that decides ours.
func TestAWriterInSQLiteWaitsForItsTurn(t *testing.T) { // attack: A-4
	t.Parallel()
	for name, other := range map[string]struct {
		change string
		want   error
	}{
		"nothing":   {"UPDATE cofactor_account SET version = version", nil},
		"the row":   {"UPDATE cofactor_factor SET version = version + 1", factor.ErrConflict},
		"the epoch": {"UPDATE cofactor_account SET epoch = epoch + 1", factor.ErrConflict},
		"the key":   {"INSERT INTO cofactor_redeemed SELECT x'" + fmt.Sprintf("%016x%048x", 1, 0) + "', 1", factor.ErrSpent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := sqlite(t)
			s := open(t, db, sqlstore.SQLite)
			user := enrol(t, s, "", "alice")
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			if _, err := tx.ExecContext(t.Context(), other.change); err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() { result <- s.Apply(t.Context(), login(user, 1)) }()
			select {
			case err := <-result:
				t.Fatalf("a login did not wait for the change of %s; it returned %v", name, err)
			case <-time.After(50 * time.Millisecond): // a slow machine makes this easier to pass, never to fail
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := <-result; !errors.Is(err, other.want) {
				t.Errorf("after the change of %s the login returned %v, want %v", name, err, other.want)
			}
		})
	}
}

// TestSQLiteWithoutATurnIsAnOutage is a file that somebody never lets go of.
func TestSQLiteWithoutATurnIsAnOutage(t *testing.T) {
	t.Parallel()
	dsn := strings.Replace(sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "factors.db")), "5000", "1000", 1)
	db := connect(t, "sqlite", dsn)
	s := open(t, db, sqlstore.SQLite)
	user := enrol(t, s, "", "alice")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	hasty, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for _, ctx := range []context.Context{t.Context(), hasty} {
		err := s.Apply(ctx, login(user, 1))
		for _, sentinel := range []error{factor.ErrConflict, factor.ErrSpent, factor.ErrExists, factor.ErrNotFound} {
			if err == nil || errors.Is(err, sentinel) {
				t.Errorf("a login that could not write returned %v, which says that its outcome is known", err)
			}
		}
	}
	if got := load(t, s, "", "alice"); got.Factors[0].Version != 1 {
		t.Error("reading waits for no writer, and sees nothing of a login that failed")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), login(user, 1)); err != nil {
		t.Errorf("the same login, once nobody is in its way: %v", err)
	}
}

// TestSQLiteKeepsTypes has texts that a database with weak types could take for something else.
func TestSQLiteKeepsTypes(t *testing.T) {
	t.Parallel()
	db := sqlite(t)
	s := open(t, db, sqlstore.SQLite)
	for _, name := range []string{"1", "01", "1.0", "1e0", "0x1", "NULL", "true"} {
		a := enrol(t, s, name, name).Account
		if a.Tenant != name || a.UserID != name {
			t.Errorf("%q came back as %+v", name, a)
		}
	}
	var types string
	err := db.QueryRow(`SELECT group_concat(DISTINCT typeof(tenant) || typeof(data) || typeof(disabled) || typeof(created)) FROM cofactor_factor`).Scan(&types)
	if err != nil || types != "textblobintegerinteger" {
		t.Errorf("the types are %s, %v", types, err)
	}
	if _, err := db.Exec(`UPDATE cofactor_factor SET disabled = 1 WHERE tenant = '1'`); err != nil {
		t.Fatal(err)
	}
	if one, other := load(t, s, "1", "1").Factors[0], load(t, s, "01", "01").Factors[0]; !one.Disabled || other.Disabled {
		t.Errorf("disabled is %v and %v, want true and false", one.Disabled, other.Disabled)
	}
}

// TestManyWritersInSQLite all come to their turn within the patience of SQLiteDSN.
func TestManyWritersInSQLite(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite(t), sqlstore.SQLite)
	var wg sync.WaitGroup
	for i := range 16 {
		user := enrol(t, s, "", fmt.Sprint(i))
		wg.Go(func() {
			for n := range 4 {
				if err := s.Apply(t.Context(), login(user, i*100+n)); err != nil {
					t.Errorf("a login among others: %v", err)
				}
				user.Factors[0].Version++
				if _, err := s.Fail(t.Context(), "", user.Account.UserID, "f1", noon); err != nil {
					t.Errorf("a failure among others: %v", err)
				}
				user.Factors[0].Version++
			}
		})
	}
	wg.Wait()
}
