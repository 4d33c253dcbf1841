package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// meeting is a store, a user with one factor, and a transaction of somebody else that is open while calls are made. What the calls wait for is
// asked of the server, so nothing here depends on time.
type meeting struct {
	*testing.T
	db    *sql.DB
	s     *sqlstore.Store
	other *sql.Tx
	user  factor.Snapshot
}

func meet(t *testing.T) *meeting {
	t.Helper()
	db := postgres(t)
	m := &meeting{T: t, db: db, s: open(t, db, sqlstore.PostgreSQL)}
	m.user = enrol(t, m.s, "", "alice")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	m.other = tx
	return m
}

// meanwhile is what the other transaction does.
func (m *meeting) meanwhile(query string, args ...any) {
	m.Helper()
	if _, err := m.other.ExecContext(m.Context(), query, args...); err != nil {
		m.Fatal(err)
	}
}

// set makes a call, and returns when it waits for a lock together with those that were set off before it, or is over.
func (m *meeting) set(ctx context.Context, c factor.Change) chan error {
	m.Helper()
	before := len(m.waiting(ctx))
	result := make(chan error, 1)
	go func() { result <- m.s.Apply(ctx, c) }()
	for len(m.waiting(ctx)) == before && len(result) == 0 {
		time.Sleep(time.Millisecond)
	}
	return result
}

// waiting is the processes of this test's schema that wait for a lock.
func (m *meeting) waiting(ctx context.Context) (pids []int) {
	m.Helper()
	rows, err := m.db.QueryContext(ctx, `SELECT pid FROM pg_stat_activity
		WHERE application_name = current_setting('application_name') AND wait_event_type = 'Lock' AND state = 'active'`)
	if err != nil {
		m.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			m.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if err := rows.Err(); err != nil {
		m.Fatal(err)
	}
	return pids
}

func (m *meeting) commit() {
	m.Helper()
	if err := m.other.Commit(); err != nil {
		m.Fatal(err)
	}
}

func (m *meeting) rollback() {
	m.Helper()
	if err := m.other.Rollback(); err != nil {
		m.Fatal(err)
	}
}

// changes are the ways in which Apply spends a key with a factor: a login's statement, the one that has an event as well, and a transaction, which has
// more events than any login. TestWhatIsOneStatement holds that each goes its own way.
func changes(user factor.Snapshot) map[string]factor.Change {
	plain, told, transaction := login(user, 1), login(user, 1), login(user, 1)
	told.Events = []factor.Event{{Queue: "q", Body: []byte("event")}}
	transaction.Events = []factor.Event{{Queue: "q", Body: []byte("event")}, {Queue: "q", Body: []byte("another")}}
	return map[string]factor.Change{"login": plain, "login with an event": told, "transaction": transaction}
}

// waited fails the test if the call did not wait for the other transaction.
func (m *meeting) waited(result chan error, why string) {
	m.Helper()
	if len(result) != 0 {
		m.Fatalf("%s; it returned %v", why, <-result)
	}
}

func each(t *testing.T, check func(m *meeting, c factor.Change)) {
	t.Helper()
	testenv.Postgres(t)
	for _, name := range []string{"login", "login with an event", "transaction"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := meet(t)
			check(m, changes(m.user)[name])
		})
	}
}

func TestAKeyThatIsBeingSpentIsWaitedFor(t *testing.T) { // attack: A-4
	t.Parallel()
	for name, commit := range map[string]bool{"spent": true, "given up": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(m *meeting, c factor.Change) {
				m.meanwhile(`INSERT INTO cofactor_redeemed (key, expires) VALUES ($1, 1)`, c.Once[0].Key[:])
				result := m.set(m.Context(), c)
				m.waited(result, "whether a key is spent is known when the other transaction is over, and not before")
				want, version := factor.ErrSpent, int64(1)
				if commit {
					m.commit()
				} else {
					m.rollback()
					want, version = nil, 2
				}
				if err := <-result; !errors.Is(err, want) {
					m.Errorf("the change returned %v, want %v", err, want)
				}
				if got := load(m.T, m.s, "", "alice").Factors[0].Version; got != version {
					m.Errorf("the factor has version %d, want %d", got, version)
				}
			})
		})
	}
}

func TestAChangeThatLosesItsRowIsToldWhetherItsKeyIsSpent(t *testing.T) { // attack
	t.Parallel()
	for name, spent := range map[string]bool{"spent": true, "only changed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(m *meeting, c factor.Change) {
				m.meanwhile(`UPDATE cofactor_factor SET version = version + 1`)
				want := factor.ErrConflict
				if spent {
					m.meanwhile(`INSERT INTO cofactor_redeemed (key, expires) VALUES ($1, 1)`, c.Once[0].Key[:])
					want = factor.ErrSpent
				}
				result := m.set(m.Context(), c)
				m.waited(result, "a row that is being changed is waited for")
				m.commit()
				if err := <-result; !errors.Is(err, want) {
					m.Errorf("the change returned %v, want %v", err, want)
				}
			})
		})
	}
}

func TestALoginWaitsForTheEpochToMove(t *testing.T) { // attack: A-90
	t.Parallel()
	each(t, func(m *meeting, c factor.Change) {
		m.meanwhile(`UPDATE cofactor_account SET epoch = epoch + 1`)
		result := m.set(m.Context(), c)
		m.waited(result, "a login must not rely on an epoch that is being moved")
		m.commit()
		if err := <-result; !errors.Is(err, factor.ErrConflict) {
			m.Errorf("a login under the old epoch returned %v, want ErrConflict", err)
		}
	})
}

// TestTheEpochWaitsForALogin is the other way round: a login that has seen the epoch, but waits for its row, holds the epoch still.
func TestTheEpochWaitsForALogin(t *testing.T) { // attack: A-90
	t.Parallel()
	each(t, func(m *meeting, c factor.Change) {
		m.meanwhile(`SELECT 1 FROM cofactor_factor FOR UPDATE`)
		late := m.set(m.Context(), c)
		m.waited(late, "a row that is locked is waited for")
		a := m.user.Account
		a.Epoch++
		moved := m.set(m.Context(), factor.Change{UserID: "alice", Epoch: m.user.Account.Epoch, Account: &a, At: noon})
		m.waited(moved, "the epoch has moved while a login under the old one was still to come: it would be accepted afterwards")
		m.rollback()
		if err := errors.Join(<-late, <-moved); err != nil {
			m.Error(err)
		}
	})
}

func TestAnErasedUserCannotLogInAnyMore(t *testing.T) {
	t.Parallel()
	each(t, func(m *meeting, c factor.Change) {
		m.meanwhile(`DELETE FROM cofactor_account`)
		m.meanwhile(`DELETE FROM cofactor_factor`)
		result := m.set(m.Context(), c)
		m.waited(result, "an account that is being erased is waited for")
		m.commit()
		if err := <-result; !errors.Is(err, factor.ErrConflict) {
			m.Errorf("the login returned %v, want ErrConflict", err)
		}
	})
}

func TestADeadlockIsAConflict(t *testing.T) {
	t.Parallel()
	each(t, func(m *meeting, c factor.Change) {
		c.Once = login(m.user, 1, 2).Once
		m.meanwhile(`SET LOCAL deadlock_timeout = '60s'`) // so that it is the store's call that gives up
		m.meanwhile(`INSERT INTO cofactor_redeemed (key, expires) VALUES ($1, 1)`, c.Once[1].Key[:])
		result := m.set(m.Context(), c)
		m.meanwhile(`INSERT INTO cofactor_redeemed (key, expires) VALUES ($1, 1)`, c.Once[0].Key[:])
		if err := <-result; !errors.Is(err, factor.ErrConflict) {
			m.Errorf("the change that the database gave up returned %v, want ErrConflict", err)
		}
		m.rollback()
		if err := m.s.Apply(m.Context(), c); err != nil {
			m.Errorf("the same change, once nobody is in its way: %v", err)
		}
	})
}

// TestACallThatIsCutOffDoesNothing cuts a change off in two ways while it waits. Its outcome is unknown to it, and no sentinel may pretend otherwise.
func TestACallThatIsCutOffDoesNothing(t *testing.T) { // attack: A-151
	t.Parallel()
	for name, cut := range map[string]func(*meeting, context.CancelFunc){
		"the caller hangs up": func(_ *meeting, hangUp context.CancelFunc) { hangUp() },
		"the server hangs up": func(m *meeting, _ context.CancelFunc) {
			if _, err := m.db.ExecContext(m.Context(), `SELECT pg_terminate_backend($1)`, m.waiting(m.Context())[0]); err != nil {
				m.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(m *meeting, c factor.Change) {
				m.meanwhile(`SELECT 1 FROM cofactor_factor FOR UPDATE`)
				ctx, hangUp := context.WithCancel(m.Context())
				defer hangUp()
				result := m.set(ctx, c)
				m.waited(result, "a row that is locked is waited for")
				cut(m, hangUp)
				err := <-result
				for _, sentinel := range []error{factor.ErrConflict, factor.ErrSpent, factor.ErrExists, factor.ErrNotFound} {
					if err == nil || errors.Is(err, sentinel) {
						m.Errorf("a change that was cut off returned %v, which says that its outcome is known", err)
					}
				}
				m.rollback()
				for len(m.waiting(m.Context())) > 0 {
					time.Sleep(time.Millisecond)
				}
				if got := load(m.T, m.s, "", "alice"); got.Factors[0].Version > 2 {
					m.Errorf("the factor was written %d times", got.Factors[0].Version-1)
				}
				err = m.s.Apply(m.Context(), c)
				if err != nil && !errors.Is(err, factor.ErrSpent) {
					m.Errorf("the same change again returned %v, want success, or that the first one had happened after all", err)
				}
			})
		})
	}
}
