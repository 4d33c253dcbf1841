package audit_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/cofactor-mfa/cofactor/audit"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/registry"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sink keeps what it takes; fail decides what it does not.
type sink struct {
	mu   sync.Mutex
	took []string
	fail func(audit.Record) error
}

func (s *sink) Deliver(_ context.Context, r audit.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(r); err != nil {
			return err
		}
	}
	s.took = append(s.took, r.ID)
	return nil
}

func (s *sink) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = nil
	return took
}

type store interface {
	factor.Store
	factor.Outbox
}

// stores are the stores that a relay has to work with.
func stores(t *testing.T, test func(t *testing.T, s store)) {
	t.Run("Memory", func(t *testing.T) {
		t.Parallel()
		test(t, factor.NewMemory())
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db := postgres(t)
		if err := sqlstore.Migrate(t.Context(), db, sqlstore.PostgreSQL); err != nil {
			t.Fatal(err)
		}
		s, err := sqlstore.New(t.Context(), sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
	})
}

var schemas atomic.Int64

// postgres is a schema of its own, for the length of a test.
func postgres(t *testing.T) *sql.DB {
	t.Helper()
	url, schema := testenv.Postgres(t), fmt.Sprintf("audit_%d_%d", os.Getpid(), schemas.Add(1))
	admin, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = admin.Exec("DROP SCHEMA " + schema + " CASCADE") })
	db, err := sql.Open("pgx", url+"&search_path="+schema)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// put writes events "user id" into queues, as changes do.
func put(t testing.TB, s store, queues []string, events ...string) {
	t.Helper()
	for _, e := range events {
		user, id, _ := strings.Cut(e, " ")
		snap, err := s.Load(t.Context(), "", user)
		if err != nil {
			t.Fatal(err)
		}
		c := factor.Change{UserID: user, Epoch: snap.Account.Epoch, At: noon}
		if snap.Account.Version == 0 {
			c.Account = &factor.Account{UserID: user, Handle: []byte(user), Epoch: 1}
		}
		body, err := json.Marshal(registry.Event{Version: 1, ID: id, At: noon, Op: "remove", Result: "ok", User: user})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queues {
			c.Events = append(c.Events, factor.Event{Queue: q, Body: body})
		}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

func relay(t testing.TB, c *clock, s factor.Outbox, to audit.Sink, queue string) *audit.Relay {
	t.Helper()
	r, err := audit.New(audit.Config{Outbox: s, Sink: to, Queue: queue, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func drain(t testing.TB, r *audit.Relay) {
	t.Helper()
	if _, err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Each sink gets every event once, in order, and what one does not take is nothing to another.
func TestEachSinkGetsEveryEvent(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, s store) {
		c := &clock{now: noon}
		var siem, hook sink
		hook.fail = func(audit.Record) error { return errors.New("down") }
		put(t, s, []string{"siem", "hook"}, "alice 1", "bob 2", "alice 3", "carol 4", "dave 5")
		drain(t, relay(t, c, s, &siem, "siem"))
		if _, err := relay(t, c, s, &hook, "hook").Drain(t.Context()); err == nil {
			t.Error("a sink that takes nothing is no error")
		}
		if got := siem.taken(); !slices.Equal(got, []string{"1", "2", "3", "4", "5"}) {
			t.Errorf("the sink that works took %q", got)
		}
		c.add(time.Hour)
		drain(t, relay(t, c, s, &siem, "siem"))
		if got := siem.taken(); len(got) != 0 {
			t.Errorf("because another sink is down, it was told again: %q", got)
		}
		hook.fail = nil
		drain(t, relay(t, c, s, &hook, "hook"))
		if got := hook.taken(); !slices.Equal(got, []string{"1", "2", "3", "4", "5"}) {
			t.Errorf("the sink that was down took %q", got)
		}
	})
}

// One event that a sink never takes holds up its own user's later ones, and nobody else's.
func TestAUsersEventsStayInOrder(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, s store) {
		c := &clock{now: noon}
		bad := true
		k := sink{fail: func(r audit.Record) error {
			if bad && r.ID == "2" {
				panic("no")
			}
			return nil
		}}
		r := relay(t, c, s, &k, "events")
		put(t, s, []string{"events"}, "alice 1", "bob 2", "alice 3", "bob 4")
		drain(t, r)
		if got := k.taken(); !slices.Equal(got, []string{"1", "3"}) {
			t.Errorf("took %q, want alice's", got)
		}
		c.add(4 * time.Second)
		drain(t, r)
		if got := k.taken(); len(got) != 0 {
			t.Errorf("tried again at once: %q", got)
		}
		bad = false
		c.add(time.Second)
		drain(t, r)
		if got := k.taken(); !slices.Equal(got, []string{"2", "4"}) {
			t.Errorf("took %q, want bob's in order", got)
		}
	})
}

// Events that a sink does not want are no sign that it is down: however many of them are at the head of the queue, and however often they come back, what is
// behind them is delivered at once.
func TestEventsThatAreRefusedHoldUpNobodyElse(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, s store) {
		c := &clock{now: noon}
		k := sink{fail: func(r audit.Record) error {
			if r.User != "zoe" {
				return fmt.Errorf("no such type: %w", audit.ErrRefused)
			}
			return nil
		}}
		r := relay(t, c, s, &k, "events")
		for i := range 40 {
			put(t, s, []string{"events"}, fmt.Sprintf("user%d %d", i, i))
		}
		for round := range 3 {
			id := fmt.Sprintf("good%d", round)
			put(t, s, []string{"events"}, "zoe "+id)
			drain(t, r)
			if got := k.taken(); !slices.Equal(got, []string{id}) {
				t.Fatalf("took %q behind 40 that are refused, want %q", got, id)
			}
			c.add(10 * time.Minute)
		}
	})
}

// A relay that dies with a batch in its hands loses none of it: another replica delivers it when the lease is over.
func TestNoEventIsLostInACrash(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, s store) {
		c := &clock{now: noon}
		put(t, s, []string{"events"}, "alice 1", "bob 2", "carol 3")
		if events, err := s.Next(t.Context(), c.Now(), factor.Lease{Queue: "events", For: 50 * time.Second, N: 100}); err != nil || len(events) != 3 {
			t.Fatal(len(events), err) // and the process that fetched them is gone
		}
		var k sink
		r := relay(t, c, s, &k, "events")
		drain(t, r)
		if got := k.taken(); len(got) != 0 {
			t.Errorf("what another replica holds is delivered: %q", got)
		}
		c.add(50 * time.Second)
		drain(t, r)
		if got := k.taken(); !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("took %q", got)
		}
	})
}

// Several replicas share the work. With nobody failing, each event is delivered by one of them.
func TestReplicasShareTheWork(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, s store) {
		c := &clock{now: noon}
		var want []string
		for i := range 250 {
			put(t, s, []string{"events"}, fmt.Sprintf("u%d %03d", i%10, i))
			want = append(want, fmt.Sprintf("%03d", i))
		}
		var k sink
		var all sync.WaitGroup
		for range 4 {
			r := relay(t, c, s, &k, "events")
			all.Go(func() {
				if _, err := r.Drain(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		drain(t, relay(t, c, s, &k, "events"))
		got := k.taken()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d deliveries of %d events", len(got), len(want))
		}
	})
}

// Run ends with its context, and puts back what it could not deliver any more, for another replica to take at once.
func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := factor.NewMemory()
	c := &clock{now: noon}
	put(t, s, []string{"events"}, "alice 1", "bob 2", "carol 3")
	ctx, cancel := context.WithCancel(t.Context())
	k := sink{fail: func(r audit.Record) error {
		if r.ID == "2" {
			cancel()
			return context.Canceled
		}
		return nil
	}}
	if err := relay(t, c, s, &k, "events").Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
	if got := k.taken(); !slices.Equal(got, []string{"1"}) {
		t.Errorf("took %q", got)
	}
	k.fail = nil
	drain(t, relay(t, c, s, &k, "events"))
	if got := k.taken(); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("the next replica took %q", got)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	s := factor.NewMemory()
	for name, cfg := range map[string]audit.Config{
		"nothing": {}, "no sink": {Outbox: s}, "no outbox": {Sink: &sink{}},
		"Timeout": {Outbox: s, Sink: &sink{}, Timeout: time.Hour}, "Idle": {Outbox: s, Sink: &sink{}, Idle: time.Millisecond},
	} {
		if _, err := audit.New(cfg); err == nil {
			t.Errorf("%s: a relay was made", name)
		}
	}
}
