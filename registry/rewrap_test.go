package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// rotation is a deployment before and after a rotation of its keys.
type rotation struct {
	first, second  keyset.JSON
	before, after  *keyset.Keyset
	oldKey, newKey string
}

func rotated(t *testing.T) rotation {
	t.Helper()
	first, err := keyset.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := keyset.Rotate(keyset.Config{Keyset: first})
	if err != nil {
		t.Fatal(err)
	}
	k := rotation{first: first, second: second, before: keysOf(t, first), after: keysOf(t, second)}
	k.oldKey, k.newKey = strconv.FormatUint(uint64(k.before.PrimaryID()), 10), strconv.FormatUint(uint64(k.after.PrimaryID()), 10)
	return k
}

func with(k *keyset.Keyset) func(*registry.Config) {
	return func(c *registry.Config) { c.AEAD = k }
}

func userNo(i int) registry.Who {
	return registry.Who{User: provider.User{ID: fmt.Sprintf("user%04d", i)}, Binding: "session"}
}

var byRoot = registry.Rewrap{Actor: "root", Reason: "yearly rotation"}

// whole makes steps until there is nothing left.
func whole(t testing.TB, step func(context.Context, registry.Rewrap) (registry.Progress, error), w registry.Rewrap) (sum registry.Progress) {
	t.Helper()
	for {
		p, err := step(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(p)
		if w.After = p.Next; w.After == "" {
			return sum
		}
	}
}

// A whole pass seals every row under the new key. It changes nothing else, tells no user, and finds nothing to do the second time.
//
// attack: A-122
// asvs: V11.2.2
func TestRewrapSealsEveryRow(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]func() factor.Store{
		"at once": func() factor.Store { return factor.NewMemory() }, "one by one": func() factor.Store { return onlyStore{factor.NewMemory()} },
		"PostgreSQL": func() factor.Store { return postgresStore(t) },
	} {
		k := rotated(t)
		w := newWorld(t, newSecret("pin"))
		w.factors = store()
		old := w.registry(with(k.before))
		for i := range 25 {
			enrolled(t, old, userNo(i), "pin")
		}
		before, _, err := w.factors.Scan(t.Context(), factor.Page{N: 100})
		if err != nil {
			t.Fatal(err)
		}
		r := w.registry(with(k.after))
		step := byRoot
		step.N = 10
		if p := whole(t, r.Admin().Keys, step); p.Rows != 25 || p.Keys[k.oldKey] != 25 || p.Keys[k.newKey] != 0 || p.Rewrapped != 0 {
			t.Errorf("%s: before, %+v", name, p)
		}
		if p := whole(t, r.Admin().Rewrap, step); p.Accounts != 25 || p.Rewrapped != 25 || p.Meanwhile != 0 || len(p.Unopened) != 0 {
			t.Errorf("%s: the pass, %+v", name, p)
		}
		if p := whole(t, r.Admin().Rewrap, step); p.Rewrapped != 0 || p.Keys[k.newKey] != 25 || p.Keys[k.oldKey] != 0 {
			t.Errorf("%s: the second pass, %+v", name, p)
		}
		after, _, err := w.factors.Scan(t.Context(), factor.Page{N: 100})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range after {
			was, is := before[i].Factors[0], s.Factors[0]
			is.Data, is.Version = was.Data, was.Version
			if s.Account.Epoch != before[i].Account.Epoch || s.Account.Version != before[i].Account.Version || fmt.Sprint(is) != fmt.Sprint(was) {
				t.Errorf("%s: more than the ciphertext changed:\n%+v\n%+v", name, was, is)
			}
		}
		// The old key may go now.
		third, err := keyset.Remove(keyset.Config{Keyset: k.second}, k.before.PrimaryID())
		if err != nil {
			t.Fatal(err)
		}
		signIn(t, w.registry(with(keysOf(t, third))), userNo(7))
	}
}

// onlyStore hides what else a store can do.
type onlyStore struct{ factor.Store }

// A pass that is cancelled goes on where it was, and what a login writes meanwhile is the login's.
//
// attack: A-122
func TestRewrapGoesOn(t *testing.T) {
	t.Parallel()
	k := rotated(t)
	w := newWorld(t, newSecret("pin"))
	old := w.registry(with(k.before))
	for i := range 12 {
		enrolled(t, old, userNo(i), "pin")
	}
	untapped := w.registry(with(k.after))
	tap := w.tapped()
	r := w.registry(with(k.after))
	ctx, cancel := context.WithCancel(t.Context())
	applies := 0
	tap.during(func(c call) error {
		if c.name == "Apply" {
			if applies++; applies == 3 {
				cancel()
			}
		}
		return c.do()
	})
	step := byRoot
	step.N = 10
	p, err := r.Admin().Rewrap(ctx, step)
	if err == nil || p.Next != "" || p.Rewrapped < 2 || p.Rewrapped >= 10 {
		t.Fatalf("a step that was cancelled: %+v, %v", p, err)
	}
	tap.during(nil)
	sum := p
	rest := whole(t, r.Admin().Rewrap, step)
	sum.Add(rest)
	if sum.Rewrapped < 12 || rest.Rewrapped > 10 || whole(t, r.Admin().Keys, step).Keys[k.newKey] != 12 {
		t.Errorf("in all %+v", sum)
	}

	// A login between the read and the write.
	next, err := keyset.Rotate(keyset.Config{Keyset: k.second})
	if err != nil {
		t.Fatal(err)
	}
	r = w.registry(with(keysOf(t, next)))
	once := sync.Once{}
	tap.during(func(c call) error {
		if c.name == "Apply" {
			once.Do(func() { signIn(t, untapped, userNo(0)) })
		}
		return c.do()
	})
	p = whole(t, r.Admin().Rewrap, step)
	if p.Rewrapped != 11 || p.Meanwhile != 1 {
		t.Errorf("with a login in between: %+v", p)
	}
	snap, err := w.factors.Load(t.Context(), "", "user0000")
	if err != nil || snap.Factors[0].LastUsed.IsZero() {
		t.Errorf("the login was lost: %+v, %v", snap, err)
	}
}

// A row that no key opens is reported, counted and left as it is, and the others go on.
//
// attack
func TestRewrapLeavesWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	k := rotated(t)
	w := newWorld(t, newSecret("pin"))
	old := w.registry(with(k.before))
	for i := range 3 {
		enrolled(t, old, userNo(i), "pin")
	}
	r := w.registry(with(k.after))
	signIn(t, r, userNo(2)) // a row under the new key
	early, err := keyset.Remove(keyset.Config{Keyset: k.second}, k.before.PrimaryID())
	if err != nil {
		t.Fatal(err)
	}
	p := whole(t, w.registry(with(keysOf(t, early))).Admin().Rewrap, byRoot)
	if len(p.Unopened) != 2 || p.Rewrapped != 0 || p.Keys[k.oldKey] != 2 {
		t.Errorf("a key was removed too early: %+v", p)
	}
	for _, u := range p.Unopened {
		if !errors.Is(u.Err, keyset.ErrUnknownKey) || u.Key != k.oldKey || u.User == "" || u.Factor == "" {
			t.Errorf("a row under a key that is gone: %+v", u)
		}
	}
	snap, err := w.factors.Load(t.Context(), "", "user0001")
	if err != nil {
		t.Fatal(err)
	}
	corrupt := snap.Factors[0]
	corrupt.Data = append([]byte(nil), corrupt.Data...)
	corrupt.Data[len(corrupt.Data)-1] ^= 1
	err = w.factors.Apply(t.Context(), factor.Change{UserID: "user0001", Epoch: snap.Account.Epoch, Put: []factor.Factor{corrupt}, At: w.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	p = whole(t, r.Admin().Rewrap, byRoot)
	if len(p.Unopened) != 1 || p.Unopened[0].User != "user0001" || !errors.Is(p.Unopened[0].Err, keyset.ErrForged) || p.Rewrapped != 1 {
		t.Errorf("a corrupt row: %+v", p)
	}
	if after, err := w.factors.Load(t.Context(), "", "user0001"); err != nil || string(after.Factors[0].Data) != string(corrupt.Data) {
		t.Errorf("the corrupt row was touched: %v", err)
	}
	signIn(t, r, userNo(0))
}

// Logins go on beside a rewrap, on a real database: each is counted once, and none is lost or refused.
//
// attack: A-122
func TestLoginsBesideARewrap(t *testing.T) {
	t.Parallel()
	const users, each = 8, 12
	k := rotated(t)
	w := newWorld(t, newCounter())
	w.factors = postgresStore(t)
	old := w.registry(with(k.before))
	for i := range users {
		enrolled(t, old, userNo(i), "app")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var passes int
	again := byRoot
	again.Rate = 8 * users // each row 8 times a second, where a real pass writes it once
	all.Go(func() {        // back and forth, so that there is always something to seal
		for ctx.Err() == nil {
			for _, aead := range []*keyset.Keyset{k.after, k.before} {
				_, _ = w.registry(with(aead)).Admin().Rewrap(ctx, again)
				passes++
			}
		}
	})
	r := w.registry(with(k.after))
	var logins sync.WaitGroup
	for i := range users {
		logins.Go(func() {
			for n := range each {
				l := start(t, r, userNo(i))
				ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: userNo(i), Pending: l.Pending, Kind: "app"})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := answer(t, r, userNo(i), l, ch, later(n+1)); err != nil {
					t.Errorf("login %d of user %d: %v", n, i, err)
				}
				if _, err := answer(t, r, userNo(i), l, ch, later(n+1)); err == nil {
					t.Errorf("login %d of user %d was accepted twice", n, i)
				}
			}
		})
	}
	logins.Wait()
	cancel()
	all.Wait()
	if passes < 2 {
		t.Errorf("%d passes beside the logins", passes)
	}
	if p := whole(t, r.Admin().Rewrap, byRoot); p.Rows != users || len(p.Unopened) != 0 {
		t.Errorf("at the end: %+v", p)
	}
}

// Who rewraps says who they are and why, and a rate is a rate.
//
// asvs: V16.3.1
func TestRewrapIsAccountedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	for _, bad := range []registry.Rewrap{
		{},
		{Actor: "root"},
		{Reason: "x"},
		{Actor: "root", Reason: "x", N: 10_001},
		{Actor: "root", Reason: "x", N: -1},
		{Actor: "root", Reason: "x", Rate: -1},
		{Actor: "root\n", Reason: "x"},
	} {
		if _, err := r.Admin().Rewrap(t.Context(), bad); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
		if _, err := r.Admin().Keys(t.Context(), bad); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	p, err := r.Admin().Rewrap(t.Context(), byRoot)
	if err != nil || p.Rewrapped != 1 || p.Keys[""] != 1 { // the world's AEAD cannot tell its keys apart
		t.Errorf("%+v, %v", p, err)
	}
	if e := w.lastEvent(); e.Op != "rewrap" || e.Actor != "root" || e.Note != "yearly rotation" || e.Result != "ok" {
		t.Errorf("%+v", e)
	}
	slow := byRoot
	slow.Rate = 1
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if p, err := r.Admin().Rewrap(ctx, slow); !errors.Is(err, registry.ErrUnavailable) || p.Rewrapped != 1 {
		t.Errorf("a row a second, in 20 ms: %+v, %v", p, err)
	}
}
