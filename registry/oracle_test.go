package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// public is all that a client may learn of an error.
func public(t testing.TB, err error) registry.Error {
	t.Helper()
	e := (*registry.Error)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("%T %v is no *registry.Error", err, err)
	}
	return *e
}

// A challenge that is unknown, foreign, expired, used, superseded, or garbage: the same answer, in every field, at every door.
//
// attack
// asvs: V6.3.8, V16.5.1
func TestGoneIsGone(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(patient)
	enrolled(t, r, alice(), "pin")
	enrolled(t, r, bob(), "pin")
	enrol(t, r, alice(), registry.Enrol{Proof: signIn(t, r, alice()).Proof, Kind: "key"})
	id := func(who registry.Who) (registry.Login, string) {
		l := start(t, r, who)
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		return l, ch.ID
	}
	expiredLogin, expired := id(alice())
	w.clock.Add(6 * time.Minute)
	l, used := id(alice())
	if _, err := r.FinishLogin(t.Context(), registry.Finish{Who: alice(), Pending: l.Pending, Challenge: used, Response: yes}); err != nil {
		t.Fatal(err)
	}
	_, hers := id(bob())
	stepUp, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	_, anothers := id(alice())
	upL, up := id(alice())
	for range 5 {
		_, _ = r.FinishLogin(t.Context(), registry.Finish{Who: alice(), Pending: upL.Pending, Challenge: up, Response: no})
	}
	l = start(t, r, alice())
	type door = func(id string) error
	finish := func(f func(context.Context, registry.Finish) (registry.Login, error), pending string) door {
		return func(id string) error {
			_, err := f(t.Context(), registry.Finish{Who: alice(), Pending: pending, Challenge: id, Response: yes})
			return err
		}
	}
	for name, d := range map[string]door{
		"FinishLogin":  finish(r.FinishLogin, l.Pending),
		"FinishStepUp": finish(r.FinishStepUp, ""),
		"FinishSetup":  finish(r.FinishSetup, l.Pending),
		"Resume": func(id string) error {
			_, err := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: id})
			return err
		},
		"Resend": func(id string) error {
			_, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: id})
			return err
		},
		"with old login": finish(r.FinishLogin, expiredLogin.Pending),
	} {
		want := public(t, d("1"+strings.Repeat("A", 55)))
		if want.Code != registry.ErrChallengeGone {
			t.Errorf("%s of an id that never was: %v", name, want.Code)
		}
		ids := map[string]string{
			"expired": expired, "used": used, "used up": up, "another user's": hers, "nothing": "", "garbage": "\xff\x00", "short": "1AAA", "carried": "0AAAA",
			"line breaks": "1" + strings.Repeat("\n", 55), "altered": up[:55] + "A",
		}
		if name == "FinishLogin" {
			ids["another purpose"], ids["another login's"] = stepUp.ID, anothers
		}
		for what, id := range ids {
			if got := public(t, d(id)); got != want {
				t.Errorf("%s, %s: %+v, want %+v", name, what, got, want)
			}
		}
	}
}

// The same of a challenge that the client carries.
//
// attack: A-143
func TestCarriedGoneIsGone(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	enrolled(t, r, alice(), "key")
	nobody := registry.Who{Binding: "a visitor's session"}
	stranger := registry.Who{Binding: "another's"}
	begin := func(who registry.Who) registry.Challenge {
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: who, Kind: "key"})
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	expired := begin(nobody)
	w.clock.Add(6 * time.Minute)
	used, foreign := begin(nobody), begin(stranger)
	finish := func(id string, response json.RawMessage) error {
		_, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: id, Response: response})
		return err
	}
	if err := finish(used.ID, assert(handleOf("alice", 1), used.Public)); err != nil {
		t.Fatal(err)
	}
	want := public(t, finish("0"+strings.Repeat("A", 300), yes))
	for what, ch := range map[string]registry.Challenge{"expired": expired, "used": used, "another session's": foreign, "altered": {ID: altered(used.ID)}} {
		if got := public(t, finish(ch.ID, assert(handleOf("alice", 1), ch.Public))); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
}

// A wrong answer, one that was right before, one of another user, one in another form, and one for a factor that cannot be used any more: one error.
//
// attack
// asvs: V6.3.8
// nist: N14
func TestWrongIsWrong(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(patient)
	in := enrolled(t, r, alice(), "app")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "key"})
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "app"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer(t, r, alice(), l, ch, later(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := recoverWith(t, r, alice(), recoveryCode(1, 1)); err != nil {
		t.Fatal(err)
	}
	for kind, wrongs := range map[string][]json.RawMessage{
		"app":    {no, later(1), later(0), nil, []byte("{"), typed(strings.Repeat("1", 64))},
		"backup": {no, typed(recoveryCode(1, 1)), typed(recoveryCode(2, 1)), []byte("null")},
		"key":    {no, nil, assert("nobody's", "AAAA"), assert(handleOf("alice", 1), "AAAA")},
	} {
		var want *registry.Error
		for i, response := range wrongs {
			l := start(t, r, alice())
			ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
			if err != nil {
				t.Fatal(err)
			}
			_, err = answer(t, r, alice(), l, ch, response)
			got := public(t, err)
			if want == nil {
				want = &got
			}
			if got != *want || got.Code != registry.ErrRejected || got.Error() != want.Error() {
				t.Errorf("%s, answer %d: %+v, want %+v", kind, i, got, *want)
			}
		}
	}
}

// altered is the id with one character changed in the middle.
func altered(id string) string {
	other := "A"
	if id[20:21] == other {
		other = "B"
	}
	return id[:20] + other + id[21:]
}
