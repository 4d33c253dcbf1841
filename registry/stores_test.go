package registry_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
)

// tap stands between a registry and its two stores. It knows each call, keeps everything that is written, and lets a test decide what becomes of a call:
// refused, lost on the way back, delayed until others have arrived.
type tap struct {
	mu     sync.Mutex
	calls  []string
	wrote  [][]byte           // every byte that a store was given
	takes  []string           // every budget that was named
	outbox [][]byte           // events of changes that were made
	on     func(call) error   // what becomes of a call; nil lets it happen
	after  func(string) error // asked once a call has happened; its error is returned in place of the result
}

// call is one call of a store, about to be made.
type call struct {
	ctx  context.Context
	n    int // how many there were before
	name string
	do   func() error
}

// tapped puts a tap before the world's stores. Registries made from then on go through it.
func (w *world) tapped() *tap {
	t := &tap{}
	w.challenges, w.factors = tappedChallenges{w.challenges, t}, tappedFactors{w.factors, t}
	return t
}

func (t *tap) run(ctx context.Context, name string, do func() error) error {
	t.mu.Lock()
	n, on, after := len(t.calls), t.on, t.after
	t.calls = append(t.calls, name)
	t.mu.Unlock()
	var err error
	if on == nil {
		err = do()
	} else {
		err = on(call{ctx, n, name, do})
	}
	if after != nil && err == nil {
		err = after(name)
	}
	return err
}

func (t *tap) keep(parts ...[]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range parts {
		t.wrote = append(t.wrote, slices.Clone(p))
	}
}

func (t *tap) keepText(parts ...string) {
	for _, p := range parts {
		t.keep([]byte(p))
	}
}

func (t *tap) spends(list []challenge.Spend) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range list {
		t.takes = append(t.takes, s.Budget)
		t.wrote = append(t.wrote, []byte(s.Budget))
	}
}

// during says what becomes of calls from now on, and forgets those that were made.
func (t *tap) during(on func(call) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls, t.on = nil, on
}

// made returns the calls since during was called last.
func (t *tap) made() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

func (t *tap) count(names ...string) int {
	n := 0
	for _, c := range t.made() {
		if slices.Contains(names, c) {
			n++
		}
	}
	return n
}

type tappedChallenges struct {
	challenge.Store
	t *tap
}

func (s tappedChallenges) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (out challenge.Record, err error) {
	s.t.keep([]byte(k.Tag), []byte(k.Hash), r.Sealed)
	s.t.spends(r.OnTry)
	s.t.spends(take)
	err = s.t.run(ctx, "Create", func() error { out, err = s.Store.Create(ctx, now, k, r, take...); return err })
	return out, err
}

func (s tappedChallenges) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (out challenge.Record, err error) {
	s.t.keep([]byte(k.Tag), []byte(k.Hash), []byte(try))
	s.t.spends(take)
	err = s.t.run(ctx, "Get", func() error { out, err = s.Store.Get(ctx, now, k, try, take...); return err })
	return out, err
}

func (s tappedChallenges) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (out challenge.Record, err error) {
	s.t.keep([]byte(k.Tag), []byte(k.Hash), []byte(try))
	err = s.t.run(ctx, "Attempt", func() error { out, err = s.Store.Attempt(ctx, now, k, try); return err })
	return out, err
}

func (s tappedChallenges) Release(ctx context.Context, now time.Time, k challenge.Key, try string) error {
	return s.t.run(ctx, "Release", func() error { return s.Store.Release(ctx, now, k, try) })
}

func (s tappedChallenges) Redeem(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
	s.t.keepText(refill...)
	return s.t.run(ctx, "Redeem", func() error { return s.Store.Redeem(ctx, now, k, try, refill...) })
}

func (s tappedChallenges) Spend(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
	s.t.keepText(key, try)
	s.t.spends(take)
	return s.t.run(ctx, "Spend", func() error { return s.Store.Spend(ctx, now, key, try, take...) })
}

func (s tappedChallenges) Refill(ctx context.Context, key string, budget ...string) error {
	return s.t.run(ctx, "Refill", func() error { return s.Store.Refill(ctx, key, budget...) })
}

type tappedFactors struct {
	factor.Store
	t *tap
}

func (s tappedFactors) Load(ctx context.Context, tenant, user string) (out factor.Snapshot, err error) {
	err = s.t.run(ctx, "Load", func() error { out, err = s.Store.Load(ctx, tenant, user); return err })
	return out, err
}

func (s tappedFactors) Apply(ctx context.Context, c factor.Change) error {
	for _, f := range c.Put {
		s.t.keep(f.Data, []byte(f.Handle), []byte(f.Label), []byte(f.Hint), []byte(f.ID))
	}
	for _, o := range c.Once {
		s.t.keep(o.Key[:])
	}
	for _, e := range c.Events {
		s.t.keep(e.Body)
	}
	return s.t.run(ctx, "Apply", func() error {
		err := s.Store.Apply(ctx, c)
		if err == nil {
			s.t.mu.Lock()
			for _, e := range c.Events {
				if e.Queue == "events" {
					s.t.outbox = append(s.t.outbox, e.Body)
				}
			}
			s.t.mu.Unlock()
		}
		return err
	})
}

func (s tappedFactors) Find(ctx context.Context, tenant, kind, handle string) (out factor.Factor, err error) {
	err = s.t.run(ctx, "Find", func() error { out, err = s.Store.Find(ctx, tenant, kind, handle); return err })
	return out, err
}

func (s tappedFactors) Fail(ctx context.Context, tenant, user, id string, at time.Time) (n int, err error) {
	err = s.t.run(ctx, "Fail", func() error { n, err = s.Store.Fail(ctx, tenant, user, id, at); return err })
	return n, err
}

func (s tappedFactors) Prune(ctx context.Context, now time.Time, n int) (removed int, err error) {
	err = s.t.run(ctx, "Prune", func() error { removed, err = s.Store.Prune(ctx, now, n); return err })
	return removed, err
}

var errDown = errors.New("the store is down")

// down makes the named calls fail without happening.
func down(names ...string) func(call) error {
	return func(c call) error {
		if slices.Contains(names, c.name) {
			return errDown
		}
		return c.do()
	}
}

// meeting makes the first n calls of one name wait for each other. A crowd of goroutines alone rarely finds a race; a crowd that has all read before the
// first of it writes always does. A call that nobody else joins goes on when ctx ends.
func meeting(name string, n int) func(call) error {
	var mu sync.Mutex
	arrived, all := 0, make(chan struct{})
	return func(c call) error {
		if c.name != name {
			return c.do()
		}
		mu.Lock()
		arrived++
		if arrived == n {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
		case <-c.ctx.Done():
		}
		return c.do()
	}
}

// crowd runs f n times at once and counts how often it succeeded. The failures come back in no order.
func crowd(t testing.TB, n int, f func(i int) error) (succeeded int, failures []error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			succeeded++
		} else {
			failures = append(failures, err)
		}
	}
	return succeeded, failures
}
