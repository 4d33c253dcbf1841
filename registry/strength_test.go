package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Whoever has phished a code of the weakest kind must not attach a passkey of their own: with it they would remove the owner's.
//
// attack: A-82
// nist: N31
func TestWeakProofAttachesNothingStrong(t *testing.T) {
	t.Parallel()
	mail, key := newMailer(), newPasskey()
	w := newWorld(t, mail, key)
	r := w.registry()
	l := enrolled(t, r, alice(), "mail")
	l = enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "key"})
	owners := l.Factor

	thief := alice()
	thief.Binding = "the thief's session"
	w.clock.Add(time.Hour)
	s := start(t, r, thief)
	var mailID string
	for _, c := range s.Choices {
		if c.Kind == "mail" {
			mailID = c.Factor
		}
	}
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: thief, Pending: s.Pending, Factor: mailID})
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t, r, thief, s, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Remove(t.Context(), registry.Manage{Who: thief, Proof: got.Proof, Factor: owners}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Fatalf("direct: %v", err)
	}
	ch, err = r.BeginSetup(t.Context(), registry.Enrol{Who: thief, Proof: got.Proof, Kind: "key"})
	if err != nil {
		if !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("BeginSetup: %v", err)
		}
		return
	}
	got, err = r.FinishSetup(t.Context(), registry.Finish{Who: thief, Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.Remove(t.Context(), registry.Manage{Who: thief, Proof: got.Proof, Factor: owners}); err == nil {
		t.Error("law 5: a proof by e-mail code, the weakest there is, removed the owner's passkey in two steps")
	}
}

// Nor must they make recovery codes, which attach anything later.
//
// attack: A-82
func TestWeakProofMakesNoRecoveryCodes(t *testing.T) {
	t.Parallel()
	mail, key, codes, app := newMailer(), newPasskey(), newRecovery(), newSecret("app")
	w := newWorld(t, mail, key, codes, app)
	r := w.registry()
	l := enrolled(t, r, alice(), "mail")
	l = enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "key"})
	owners := l.Factor
	thief := alice()
	thief.Binding = "the thief's session"
	w.clock.Add(time.Hour)
	pick := func(s registry.Login, kind string) string {
		for _, c := range s.Choices {
			if c.Kind == kind {
				return c.Factor
			}
		}
		t.Fatal("no " + kind)
		return ""
	}
	s := start(t, r, thief)
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: thief, Pending: s.Pending, Factor: pick(s, "mail")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t, r, thief, s, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	ch, err = r.BeginSetup(t.Context(), registry.Enrol{Who: thief, Proof: got.Proof, Kind: "backup"})
	if err != nil {
		if !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("BeginSetup: %v", err)
		}
		return
	}
	if _, err = r.FinishSetup(t.Context(), registry.Finish{Who: thief, Challenge: ch.ID, Response: yes}); err != nil {
		t.Fatal(err)
	}
	s = start(t, r, thief)
	ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: thief, Pending: s.Pending, Factor: pick(s, "backup")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = answer(t, r, thief, s, ch, typed(recoveryCode(1, 1))); err != nil {
		t.Fatal(err)
	}
	got = enrol(t, r, thief, registry.Enrol{Proof: got.Proof, Kind: "app"})
	if _, err = r.Remove(t.Context(), registry.Manage{Who: thief, Proof: got.Proof, Factor: owners}); err == nil {
		t.Error("law 5: a proof by e-mail code made recovery codes, and those removed the owner's passkey")
	}
}

// A removal that nothing the user has can prove says so: a client that steps up and tries again would never end.
func TestStrongestFactorThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	key := newPasskey()
	w := newWorld(t, newSecret("app"), key)
	r := w.registry()
	l := enrolled(t, r, alice(), "app")
	app := l.Factor
	l = enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "key"})
	if err := r.Admin().Disable(t.Context(), registry.Deed{User: "alice", Actor: "root", Reason: "cloned", Factor: l.Factor}); err != nil {
		t.Fatal(err)
	}
	w.clock.Add(time.Second)
	s := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: s.Pending, Factor: app})
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t, r, alice(), s, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: got.Proof, Factor: l.Factor})
	if !errors.Is(err, registry.ErrNoEligibleFactor) {
		t.Errorf("the strongest proof that alice can give is fresh, and the answer is %v; want no_eligible_factor: a client that steps up and tries again never ends", err)
	}
}

// Where policy asks for two factors, whoever holds one must not make it two: not by attaching another, nor by recovery codes, nor by putting their own in
// the place of the one that they do not hold.
//
// attack: A-82
// nist: N31
func TestOneFactorOfTwoAttachesNothing(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(func(c *registry.Config) { c.Policy = policy.AtLeast(2) })
	first := enrolled(t, r, alice(), "pin")
	both := enrol(t, r, alice(), registry.Enrol{Pending: first.Pending, Kind: "app"})
	w.clock.Add(time.Hour)

	stepUp := func(proof string) string {
		t.Helper()
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Proof: proof})
		if err != nil {
			t.Fatal(err)
		}
		l, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
		if err != nil {
			t.Fatal(err)
		}
		return l.Proof
	}
	one, all := stepUp(""), stepUp(both.Proof)
	for name, e := range map[string]registry.Enrol{
		"another":        {Kind: "pin"},
		"recovery codes": {Kind: "backup"},
		"a replacement":  {Kind: "app", Replaces: both.Factor},
	} {
		e.Who, e.Proof = alice(), one
		if _, err := r.BeginSetup(t.Context(), e); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("%s on one factor of two: %v", name, err)
		}
		e.Proof = all
		if _, err := r.BeginSetup(t.Context(), e); err != nil {
			t.Errorf("%s on both: %v", name, err)
		}
	}
}
