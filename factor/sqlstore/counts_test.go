package sqlstore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// statements notes what is sent to PostgreSQL; BEGIN and COMMIT are statements too.
type statements struct {
	mu   sync.Mutex
	sent []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, strings.Join(strings.Fields(q.SQL), " "))
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// during returns what a call has sent.
func (s *statements) during(call func()) []string {
	s.mu.Lock()
	s.sent = nil
	s.mu.Unlock()
	call()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// traced is a store on a schema of its own, and what it sends.
func traced(t *testing.T) (*sqlstore.Store, *statements) {
	t.Helper()
	db := postgres(t)
	open(t, db, sqlstore.PostgreSQL)
	cfg, err := pgx.ParseConfig(postgresURL(t, schemaOf(t, db), ""))
	if err != nil {
		t.Fatal(err)
	}
	sent := &statements{}
	cfg.Tracer = sent
	again := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { _ = again.Close() })
	return open(t, again, sqlstore.PostgreSQL), sent
}

func TestALoginCostsTwoRoundTrips(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	enrol(t, s, "", "alice")
	for name, call := range map[string]func(now factor.Snapshot) error{
		"Load":                          func(factor.Snapshot) error { _, err := s.Load(t.Context(), "", "alice"); return err },
		"Load of a stranger":            func(factor.Snapshot) error { _, err := s.Load(t.Context(), "", "nobody"); return err },
		"a login's Apply with one key":  func(now factor.Snapshot) error { return s.Apply(t.Context(), login(now, 1)) },
		"a login's Apply with two keys": func(now factor.Snapshot) error { return s.Apply(t.Context(), login(now, 2, 3)) },
		"Fail":                          func(factor.Snapshot) error { _, err := s.Fail(t.Context(), "", "alice", "f1", noon); return err },
	} {
		now := load(t, s, "", "alice")
		got := sent.during(func() {
			if err := call(now); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if len(got) != 1 {
			t.Errorf("%s makes %d round trips, want 1:\n%s", name, len(got), strings.Join(got, "\n"))
		}
	}
}

// TestWhatIsOneStatement holds which changes are a statement and which are a transaction, because the tests of what happens when they meet choose one of
// each.
func TestWhatIsOneStatement(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	user := enrol(t, s, "", "alice")
	for name, c := range changes(user) {
		c.Put = load(t, s, "", "alice").Factors
		c.Once = login(user, len(name)).Once // a key of its own
		got := sent.during(func() {
			if err := s.Apply(t.Context(), c); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		began := slices.ContainsFunc(got, func(q string) bool { return strings.EqualFold(q, "begin") })
		if one := len(got) == 1; one == began || began != (name == "transaction") {
			t.Errorf("a %s is sent as\n%s", name, strings.Join(got, "\n"))
		}
	}
	events, err := s.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 10})
	if err != nil || len(events) != 3 {
		t.Errorf("the outbox has %d events, %v, want the 3 that were told", len(events), err)
	}
	for _, e := range events {
		if !e.At.Equal(noon) || len(e.Body) == 0 {
			t.Errorf("an event is %+v, want what was told at noon", e)
		}
	}
}

// TestARowIsSmall holds the size of what each user costs: ten million users with an authenticator app fit in four gigabytes.
func TestARowIsSmall(t *testing.T) {
	t.Parallel()
	db := postgres(t)
	s := open(t, db, sqlstore.PostgreSQL)
	enrol(t, s, "", strings.Repeat("u", 36))
	var size int
	if err := db.QueryRow(`SELECT pg_column_size(f.*) FROM cofactor_factor f`).Scan(&size); err != nil {
		t.Fatal(err)
	}
	if size > 400 {
		t.Errorf("the row of an authenticator app has %d bytes, want 400 at most", size)
	}
}

// TestALoginRewritesItsRowInPlace is about updates that leave all indexes alone, which PostgreSQL calls heap-only tuples. An index on a column that each login
// writes would end them.
func TestALoginRewritesItsRowInPlace(t *testing.T) {
	t.Parallel()
	db := postgres(t)
	s := open(t, db, sqlstore.PostgreSQL)
	enrol(t, s, "", "alice")
	const logins = 5 // as many as fit in the room of a page that has one row
	for i := range logins {
		if err := s.Apply(t.Context(), login(load(t, s, "", "alice"), i)); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var updates, inPlace int
	for updates < logins { // a session reports what it did when it has been idle for a moment
		err := conn.QueryRowContext(t.Context(), `SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
			WHERE schemaname = current_schema() AND relname = 'cofactor_factor'`).Scan(&updates, &inPlace)
		if err != nil {
			t.Fatal(err)
		}
		if updates < logins {
			time.Sleep(50 * time.Millisecond)
			_, _ = conn.ExecContext(t.Context(), `SELECT pg_stat_force_next_flush()`)
		}
	}
	if inPlace != updates {
		t.Errorf("%d of %d logins rewrote their row in place, want all", inPlace, updates)
	}
}

// TestPruneAndNextTakeNoMoreThanTheyWereTold makes the planner read a sub-select again for each row, where it can. One that skips what is locked would then find the
// next rows each time.
func TestPruneAndNextTakeNoMoreThanTheyWereTold(t *testing.T) {
	t.Parallel()
	db := postgresWith(t, "&enable_hashjoin=off&enable_mergejoin=off&enable_hashagg=off&enable_sort=off&enable_material=off")
	s := open(t, db, sqlstore.PostgreSQL)
	c := login(enrol(t, s, "", "alice"), 1, 2, 3, 4, 5, 6, 7, 8)
	for range 8 {
		c.Events = append(c.Events, factor.Event{Queue: "q", Body: []byte("event")})
	}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	events, err := s.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 2})
	if err != nil || len(events) != 2 {
		t.Errorf("Next returned %d events, %v, want 2", len(events), err)
	}
	for range 2 { // the keys and the events
		n, err := s.Prune(t.Context(), noon.Add(2*factor.OutboxLife), 2)
		if err != nil || n != 4 {
			t.Errorf("Prune removed %d rows, %v, want 2 of each table", n, err)
		}
	}
	var left int
	if err := db.QueryRow(`SELECT (SELECT count(*) FROM cofactor_redeemed) + (SELECT count(*) FROM cofactor_outbox)`).Scan(&left); err != nil || left != 8 {
		t.Errorf("%d rows are left, %v, want 8", left, err)
	}
}

// TestPoolersThatKeepNoStatements runs what a login does in the modes for poolers in front of PostgreSQL.
func TestPoolersThatKeepNoStatements(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"exec", "simple_protocol", "describe_exec"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := open(t, postgresWith(t, "&default_query_exec_mode="+mode), sqlstore.PostgreSQL)
			user := enrol(t, s, "acme", "alice")
			if err := s.Apply(t.Context(), login(user, 1, 2)); err != nil {
				t.Error(err)
			}
			if err := s.Apply(t.Context(), login(user, 1, 2)); !errors.Is(err, factor.ErrSpent) {
				t.Errorf("the second login returned %v, want ErrSpent", err)
			}
			if n, err := s.Fail(t.Context(), "acme", "alice", "f1", noon); n != 1 || err != nil {
				t.Errorf("Fail returned %d, %v", n, err)
			}
			tenant := "acme"
			if page, _, err := s.Scan(t.Context(), factor.Page{Tenant: &tenant, N: 10}); len(page) != 1 || err != nil {
				t.Errorf("Scan returned %d accounts, %v", len(page), err)
			}
			if _, _, err := s.Scan(t.Context(), factor.Page{N: 10}); err != nil {
				t.Errorf("Scan of all tenants: %v", err)
			}
			if n, err := s.Prune(t.Context(), noon.Add(2*time.Hour), 10); n != 2 || err != nil {
				t.Errorf("Prune removed %d, %v", n, err)
			}
			if _, err := s.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 10}); err != nil {
				t.Error(err)
			}
		})
	}
}
