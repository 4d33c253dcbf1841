package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A step-up has no pending login that would be compared as well: the challenge's own binding is all there is.
//
// attack
func TestStepUpIsOfItsSession(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: "pay"})
	if err != nil {
		t.Fatal(err)
	}
	for _, session := range []string{"another session", registry.NoBinding, alice().Binding + " "} {
		who := alice()
		who.Binding = session
		got, err := r.FinishStepUp(t.Context(), registry.Finish{Who: who, Challenge: ch.ID, Response: yes})
		refused(t, registry.ErrChallengeGone, got, err)
		if _, err := r.Resume(t.Context(), registry.Again{Who: who, Challenge: ch.ID}); !errors.Is(err, registry.ErrChallengeGone) {
			t.Errorf("Resume from %q: %v", session, err)
		}
	}
	if _, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes}); err != nil {
		t.Errorf("from its own session: %v", err)
	}
}

// What stands in for a factor gives no fresh proof of one, and a trusted browser is not asked.
//
// attack: A-75
func TestStandInsHaveNoStepUp(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	for _, kind := range []string{"backup", "device"} {
		id := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: kind}).Factor
		for _, s := range []registry.StepUp{{Kind: kind}, {Factor: id}} {
			s.Who = alice()
			if _, err := r.BeginStepUp(t.Context(), s); !errors.Is(err, registry.ErrNoEligibleFactor) {
				t.Errorf("a step-up by %s: %v", kind, err)
			}
		}
	}
	l := start(t, r, alice())
	if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "device"}); !errors.Is(err, registry.ErrNoEligibleFactor) {
		t.Errorf("a challenge for a trusted browser: %v", err)
	}
	for _, c := range l.Choices {
		if c.Kind == "device" {
			t.Error("a trusted browser is offered as a choice")
		}
	}
}

// Looking and resuming say what is, and sign nobody in.
//
// attack
func TestLookingSignsNobodyIn(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	for _, attached := range []bool{false, true} {
		if attached {
			enrolled(t, r, alice(), "pin")
		}
		l := start(t, r, alice())
		got, err := r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l.Pending})
		if err != nil || got.Satisfied || got.Proof != "" || got.Pending != l.Pending || !got.Expires.Equal(l.Expires) {
			t.Errorf("Look: %+v, %v", got, err)
		}
		if _, err := r.Look(t.Context(), registry.Peek{Who: bob(), Pending: l.Pending}); !errors.Is(err, registry.ErrLoginRequired) {
			t.Errorf("Look by another: %v", err)
		}
	}
	l, ch := begin(t, r, alice())
	if err := r.InvalidateUser(t.Context(), "", "alice"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); !errors.Is(err, registry.ErrChallengeGone) {
		t.Errorf("Resume, after everything was invalidated: %v", err)
	}
	if _, err := r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l.Pending}); !errors.Is(err, registry.ErrLoginRequired) {
		t.Errorf("Look, after everything was invalidated: %v", err)
	}
	w.clock.Add(10 * time.Minute)
	l2 := start(t, r, alice())
	w.clock.Add(10 * time.Minute)
	if _, err := r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l2.Pending}); !errors.Is(err, registry.ErrLoginRequired) {
		t.Errorf("Look at a login of ten minutes: %v", err)
	}
}

// A provider that is asked for the same prompt again, and makes another one, has made a code that was never stored.
//
// attack
func TestPromptIsTheSameAgain(t *testing.T) {
	t.Parallel()
	pin := newSecret("pin")
	n := byte(0)
	pin.onHook = func(context.Context, provider.LoginRequest) (provider.Prompt, error) {
		n++
		return provider.Prompt{Public: n, Private: []byte{n}}, nil
	}
	w := newWorld(t, pin)
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	_, ch := begin(t, r, alice())
	if got, err := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); !errors.Is(err, registry.ErrInternal) || got.Public != nil {
		t.Errorf("another prompt for the same challenge: %+v, %v", got, err)
	}
}

// Whoever signed in with a recovery code goes on from there to a new factor, once.
func TestRecoveryGoesOnToANewFactor(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in, _, _ := recovered(t, w, r)
	if !in.MayEnroll || in.Pending == "" {
		t.Fatalf("%+v", in)
	}
	var ids [2]string
	for i := range ids {
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: in.Pending, Kind: "app"})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = ch.ID
	}
	got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: in.Pending, Challenge: ids[0], Response: yes})
	if err != nil || !got.Satisfied || got.Proof == "" {
		t.Fatalf("the way on: %+v, %v", got, err)
	}
	got, err = r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: in.Pending, Challenge: ids[1], Response: yes})
	refused(t, registry.ErrChallengeGone, got, err)
}

// A browser whose trust ended with the epoch is nothing any more: it takes no place among the factors that a user may have.
//
// attack: A-72
func TestDeadBrowsersTakeNoPlace(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(func(c *registry.Config) { c.MaxPerKind, c.MaxFactors = 2, 3 })
	enrolled(t, r, alice(), "pin")
	for i := range 4 {
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		in, err := answer(t, r, alice(), l, ch, yes)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "device"}); err != nil {
			t.Fatalf("browser %d, when those before it are dead: %v", i, err)
		}
		enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "device"})
		if err := r.InvalidateUser(t.Context(), "", "alice"); err != nil {
			t.Fatal(err)
		}
	}
}
