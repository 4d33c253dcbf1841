// Package factortest is the conformance suite for factor.Store. A store of your own passes it like this:
//
//	func TestConformance(t *testing.T) {
//		factortest.Run(t, func(t *testing.T) factor.Store { return open(t) })
//	}
//
// Each case prints the rule that it found broken.
package factortest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Run checks a store against every sentence of the contract. open returns an empty store, which may share its server with others; it is
// called once for each case.
func Run(t *testing.T, open func(t *testing.T) factor.Store) {
	t.Helper()
	for _, group := range [][]rule{rows(), whole(), spending(), handles(), scanning(), outbox(), reseal(), races()} {
		for _, r := range group {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				r.check(&trial{T: t, s: open(t), explanation: r.explanation})
			})
		}
	}
}

// rule is one promise of the contract, and how to see it broken.
type rule struct {
	name        string
	explanation string
	check       func(*trial)
}

// trial is one rule on trial in one store.
type trial struct {
	*testing.T
	s           factor.Store
	explanation string
}

// broken reports the rule, and what was seen.
func (t *trial) broken(format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\nseen: %s", t.explanation, fmt.Sprintf(format, args...))
}

// is reports the rule unless err is what it must be; nil is success.
func (t *trial) is(err, want error) {
	t.Helper()
	if (want == nil && err != nil) || (want != nil && !errors.Is(err, want)) {
		t.broken("error %v, want %v", err, want)
	}
}

// same reports the rule unless the two are equal.
func (t *trial) same(what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.broken("%s is\n%+v, want\n%+v", what, got, want)
	}
}

func (t *trial) load(user string) factor.Snapshot {
	t.Helper()
	s, err := t.s.Load(t.Context(), "", user)
	t.is(err, nil)
	return s
}

func (t *trial) apply(c factor.Change) error { return t.s.Apply(t.Context(), c) }

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// account is a new account, and how it comes back.
func account(tenant, user string) factor.Account {
	return factor.Account{Tenant: tenant, UserID: user, Handle: []byte("handle of " + tenant + user), Epoch: 1000, GraceUntil: noon, DefaultFactor: "f1"}
}

func attached(tenant, user, id string) factor.Factor {
	return factor.Factor{
		Tenant: tenant, UserID: user, ID: id, Kind: "totp", Label: "My phone", Hint: "···· 123", Data: []byte("\x00sealed\xff"),
		Created: noon, LastUsed: noon.Add(time.Minute), Failures: 3, Epoch: 1000, Role: 2,
		Expires: noon.Add(time.Hour),
	}
}

// enrol stores a user with factors of these ids, and returns what is there then.
func (t *trial) enrol(tenant, user string, ids ...string) factor.Snapshot {
	t.Helper()
	a := account(tenant, user)
	c := factor.Change{Tenant: tenant, UserID: user, Account: &a, At: noon}
	for _, id := range ids {
		c.Put = append(c.Put, attached(tenant, user, id))
	}
	t.is(t.apply(c), nil)
	s, err := t.s.Load(t.Context(), tenant, user)
	t.is(err, nil)
	return s
}

// to is a change to an account as it was read.
func to(s factor.Snapshot) factor.Change {
	return factor.Change{Tenant: s.Account.Tenant, UserID: s.Account.UserID, Epoch: s.Account.Epoch, At: noon}
}

// key is something to be spent.
func key(n byte) factor.Once { return factor.Once{Key: [32]byte{n}, Expires: noon.Add(time.Hour)} }

// crowd makes many calls that set off together, and counts their outcomes.
func crowd(call func(i int) error) map[string]int {
	var (
		outcomes = map[string]int{}
		mu       sync.Mutex
		ready    sync.WaitGroup
		done     sync.WaitGroup
		set      = make(chan struct{})
	)
	for i := range many {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-set
			outcome := nameOf(call(i))
			mu.Lock()
			defer mu.Unlock()
			outcomes[outcome]++
		})
	}
	ready.Wait()
	close(set)
	done.Wait()
	return outcomes
}

func nameOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, factor.ErrConflict):
		return "conflict"
	case errors.Is(err, factor.ErrSpent):
		return "spent"
	case errors.Is(err, factor.ErrExists):
		return "exists"
	case errors.Is(err, factor.ErrNotFound):
		return "not found"
	}
	return err.Error()
}

// cancelled is a context whose caller has hung up.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
