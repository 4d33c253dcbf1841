package registry_test

import (
	"slices"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

func TestAttachAndSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()

	first := start(t, r, alice())
	if !first.Satisfied || !first.MayEnroll || first.Pending == "" {
		t.Fatalf("a user without factors under an optional policy: %+v", first)
	}
	got := enrol(t, r, alice(), registry.Enrol{Pending: first.Pending, Kind: "pin"})
	if !got.Satisfied || got.Proof == "" || got.Factor == "" {
		t.Fatalf("FinishSetup: %+v", got)
	}
	in := signIn(t, r, alice())
	if in.AAL != 2 || !slices.Equal(in.AMR, []string{"mfa", "otp", "pwd"}) {
		t.Errorf("AAL %d, AMR %v", in.AAL, in.AMR)
	}
	if err := r.Check(t.Context(), in.Proof, registry.Need{Who: alice(), AAL: 2, AMR: []string{"otp"}}); err != nil {
		t.Errorf("Check: %v", err)
	}
	if err := r.Check(t.Context(), in.Proof, registry.Need{Who: bob()}); err == nil {
		t.Error("Check accepted another user's proof")
	}
}

func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")

	l, ch := begin(t, r, alice())
	for left := 4; left >= 0; left-- {
		got, err := answer(t, r, alice(), l, ch, no)
		refused(t, registry.ErrRejected, got, err)
		if e := err.(*registry.Error); e.AttemptsLeft != left {
			t.Errorf("%d attempts left, want %d", e.AttemptsLeft, left)
		}
	}
	got, err := answer(t, r, alice(), l, ch, yes)
	refused(t, registry.ErrChallengeGone, got, err)

	for range 5 {
		l, ch = begin(t, r, alice())
		got, err = answer(t, r, alice(), l, ch, no)
		refused(t, registry.ErrRejected, got, err)
	}
	l, ch = begin(t, r, alice())
	got, err = answer(t, r, alice(), l, ch, yes)
	refused(t, registry.ErrLocked, got, err)
	w.clock.Add(err.(*registry.Error).RetryAfter)
	l, ch = begin(t, r, alice())
	if _, err := answer(t, r, alice(), l, ch, yes); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}
