package registry_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

const transfer = "Send 500 EUR to ACME"

// What the user is asked to confirm reaches whoever shows it: the client, also after a reload, and the provider, which puts it into its message.
func TestTheActionReachesThePageAndTheMessage(t *testing.T) {
	t.Parallel()
	seen := ""
	pin := newSecret("pin")
	pin.onHook = func(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
		seen = req.Action
		return provider.Prompt{}, nil
	}
	w := newWorld(t, pin)
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: transfer})
	if err != nil || ch.Action != transfer || seen != transfer {
		t.Errorf("the client is told %q and the provider %q: %v", ch.Action, seen, err)
	}
	seen = ""
	again, err := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID})
	if err != nil || again.Action != transfer || seen != transfer {
		t.Errorf("after a reload the client is told %q and the provider %q: %v", again.Action, seen, err)
	}
	l := start(t, r, alice())
	if ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"}); err != nil || ch.Action != "" || seen != "" {
		t.Errorf("a login is for the action %q, %q: %v", ch.Action, seen, err)
	}
}

// attack: A-124
func TestAnActionIsOneShortLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	for action, ok := range map[string]bool{
		"": true, "x": true, strings.Repeat("€", 80): true, strings.Repeat("€", 81): false, "Send\n500": false, "Send\t500": false, "a\u2028b": false,
		"pay \u202eevil": false, "pay \u2066evil": false, "pay \u200eevil": false, "a\x00b": false, "\xff": false, "a\u0085b": false,
	} {
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: action})
		if (err == nil) != ok || (err != nil && !errors.Is(err, registry.ErrInvalid)) || (ch.ID != "") != ok {
			t.Errorf("the action %.20q: %v", action, err)
		}
	}
}

// attack: A-75
func TestAProofIsForItsActionToTheByte(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	proof := stepUp(t, r, alice(), transfer)
	consume := func(who registry.Who, action string) error {
		return r.Consume(t.Context(), proof, registry.Need{Who: who, Action: action})
	}
	for _, other := range []string{"Send 501 EUR to ACME", "send 500 EUR to ACME", transfer + " ", strings.TrimSuffix(transfer, "E"), "Send 500 EUR to ACM\u0415"} {
		if err := consume(alice(), other); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("for %q: %v", other, err)
		}
	}
	if err := consume(bob(), transfer); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("for another user: %v", err)
	}
	elsewhere := alice()
	elsewhere.Binding = "another session"
	if err := consume(elsewhere, transfer); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("in another session: %v", err)
	}
	if err := r.Check(t.Context(), proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("for no action: %v", err)
	}
	if err := consume(alice(), transfer); err != nil {
		t.Errorf("for its own, after all that: %v", err)
	}
	if err := consume(alice(), transfer); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("again: %v", err)
	}
	proof = stepUp(t, r, alice(), transfer)
	w.clock.Add(5 * time.Minute)
	if err := consume(alice(), transfer); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("after five minutes: %v", err)
	}
}

// Of many calls that consume one proof, through two replicas, one succeeds.
//
// attack: A-14
func TestOneProofIsConsumedOnce(t *testing.T) {
	t.Parallel()
	w := onServers(t, newSecret("pin"))
	tap := w.tapped()
	rs := []*registry.Registry{w.registry(), w.registry()}
	enrolled(t, rs[0], alice(), "pin")
	for round := range 3 {
		proof := stepUp(t, rs[0], alice(), transfer)
		tap.during(meeting("Apply", 8))
		n, failed := crowd(t, 8, func(i int) error {
			return rs[i%2].Consume(t.Context(), proof, registry.Need{Who: alice(), Action: transfer})
		})
		tap.during(nil)
		if n != 1 {
			t.Errorf("round %d: one proof was consumed %d times; %v", round, n, failed)
		}
		for _, err := range failed {
			if !errors.Is(err, registry.ErrStepUpRequired) {
				t.Errorf("round %d: %v", round, err)
			}
		}
	}
}

// A back end that asks for a user's code spends the same budget as the sign-in page.
//
// attack
func TestABackEndHasTheSameBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	machine := registry.Who{User: alice().User, Binding: registry.NoBinding}
	for range 10 {
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: machine, Kind: "pin", Action: transfer})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.FinishStepUp(t.Context(), registry.Finish{Who: machine, Challenge: ch.ID, Response: no})
		refused(t, registry.ErrRejected, got, err)
	}
	l, ch := begin(t, r, alice())
	got, err := answer(t, r, alice(), l, ch, yes)
	refused(t, registry.ErrLocked, got, err)
}
