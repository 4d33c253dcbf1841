package registry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

var ofChallenges = []string{"Create", "Get", "Attempt", "Release", "Redeem", "Spend", "Refill"}

// A whole login makes three calls of the challenge store, three reads of the factor store and one write. A wrong
// answer makes no more, though it also counts against its tenant.
func TestCallsOfALogin(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")

	tap.during(nil)
	signIn(t, r, alice())
	if got := tap.made(); !slices.Equal(got, []string{"Load", "Load", "Create", "Attempt", "Load", "Apply", "Redeem"}) {
		t.Errorf("a login: %q", got)
	}

	tap.during(nil)
	l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Begin: true})
	if err != nil || l.Challenge == nil {
		t.Fatalf("%+v, %v", l, err)
	}
	if _, err := answer(t, r, alice(), l, *l.Challenge, yes); err != nil {
		t.Fatal(err)
	}
	if n, reads := tap.count(ofChallenges...), tap.count("Load", "Find"); n != 3 || reads != 2 || tap.count("Apply", "Fail") != 1 {
		t.Errorf("a login begun with its first factor: %q", tap.made())
	}

	l, ch := begin(t, r, alice())
	tap.during(nil)
	_, _ = answer(t, r, alice(), l, ch, no)
	if got := tap.made(); !slices.Equal(got, []string{"Attempt", "Load", "Fail", "Spend"}) {
		t.Errorf("a wrong answer: %q", got)
	}

	tap.during(nil)
	_, _ = answer(t, r, bob(), l, ch, yes)
	if got := tap.made(); !slices.Equal(got, []string{"Attempt"}) {
		t.Errorf("another user's challenge: %q", got)
	}
	tap.during(nil)
	_, _ = r.FinishLogin(t.Context(), registry.Finish{Who: alice(), Pending: l.Pending, Challenge: "garbage", Response: yes})
	if got := tap.made(); len(got) != 0 {
		t.Errorf("an id that is none: %q", got)
	}
}

// attack: A-48
func TestStrangerWritesNothing(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "key")
	nobody := registry.Who{Binding: "a visitor's session"}
	tap.during(nil)
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	for _, response := range [][]byte{nil, yes, assert("nobody's", ch.Public), assert(handleOf("alice", 1), "wrong")} {
		got, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: ch.ID, Response: response})
		refused(t, registry.ErrRejected, got, err)
	}
	_, _ = r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Kind: "key"})
	_, _ = r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "pin"})
	if n := tap.count("Apply", "Fail") + tap.count(ofChallenges...); n != 0 {
		t.Errorf("a stranger's calls: %q", tap.made())
	}
	tap.during(nil)
	got, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: ch.ID, Response: assert(handleOf("alice", 1), ch.Public)})
	if err != nil || !got.Satisfied {
		t.Fatal(err)
	}
	if calls := tap.made(); !slices.Equal(calls, []string{"Find", "Load", "Apply"}) {
		t.Errorf("a passkey that named its user: %q", calls)
	}
}

// A passkey that signs in by itself has verified its user in this very ceremony. One that has not is a single factor, and there is no other.
//
// attack: A-99
func TestUnnamedLoginIsVerified(t *testing.T) {
	t.Parallel()
	key := newPasskey()
	w := newWorld(t, key)
	r := w.registry(atLeast(1))
	enrolled(t, r, alice(), "key")
	key.verified = false
	nobody := registry.Who{Binding: "a visitor's session"}
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: ch.ID, Response: assert(handleOf("alice", 1), ch.Public)})
	if err == nil && (got.Satisfied || got.Proof != "") {
		t.Errorf("a key in anybody's hand signs in without any first factor: AAL %d, AMR %v", got.AAL, got.AMR)
	}
}

// What is spent, and what is expired, is forgotten beside the calls, at most once a minute.
func TestPruneRunsBesideTheCalls(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	pruned := make(chan struct{}, 10)
	tap.during(func(c call) error {
		if c.name == "Prune" {
			pruned <- struct{}{}
		}
		return c.do()
	})
	w.clock.Add(2 * time.Minute)
	signIn(t, r, alice())
	signIn(t, r, alice())
	<-pruned
	signIn(t, r, alice())
	if n := tap.count("Prune"); n != 1 {
		t.Errorf("pruned %d times in a minute", n)
	}
}
