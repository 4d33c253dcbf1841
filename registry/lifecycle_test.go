package registry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// everyKind is a world with one kind of each sort.
func everyKind(t testing.TB) *world {
	return newWorld(t, newSecret("pin"), newCounter(), newMailer(), newPasskey(), newRecovery(), browser{})
}

func atLeast(k int) func(*registry.Config) {
	return func(c *registry.Config) { c.Policy = policy.AtLeast(k) }
}

// refuseSetup begins a set-up that must be refused, with nothing begun.
func refuseSetup(t testing.TB, r *registry.Registry, code registry.Code, e registry.Enrol) {
	t.Helper()
	if ch, err := r.BeginSetup(t.Context(), e); !errors.Is(err, code) || ch.ID != "" {
		t.Errorf("BeginSetup of %s: challenge %v, %v; want %v", e.Kind, ch.ID != "", err, code)
	}
}

// A first factor alone changes nothing in an account that has a second one.
//
// attack
// asvs: V7.5.1, V2.3.1
// nist: N31
func TestChangesNeedAFactor(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	proof := enrolled(t, r, alice(), "pin").Proof
	id := factors(t, r, alice())[0].ID
	w.clock.Add(time.Minute)
	l := start(t, r, alice())
	for _, kind := range []string{"pin", "app", "key", "backup", "device"} {
		refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: kind})
		refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: kind, Replaces: id})
		refuseSetup(t, r, registry.ErrLoginRequired, registry.Enrol{Who: alice(), Kind: kind})
	}
	w.clock.Add(4 * time.Minute) // the proof is five minutes old
	change := registry.Manage{Who: alice(), Proof: proof, Factor: id, Label: "renamed"}
	for name, f := range changes(r) {
		got, err := f(t.Context(), change)
		refused(t, registry.ErrStepUpRequired, got, err)
		for _, none := range []string{"", l.Pending, "x", proof[:len(proof)-1]} {
			m := change
			m.Proof = none
			if got, err = f(t.Context(), m); err == nil {
				t.Errorf("%s without a proof: %+v", name, got)
			}
		}
	}
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Proof: proof, Kind: "app"})
	if fs := factors(t, r, alice()); len(fs) != 1 || fs[0].Label != "pin" || fs[0].Default {
		t.Errorf("the account was changed: %+v", fs)
	}
}

// attack
func TestAnothersFactorIsAsUnknownAsNone(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	enrolled(t, r, bob(), "pin")
	hers := factors(t, r, bob())[0].ID
	proof := enrolled(t, r, alice(), "pin").Proof
	l := start(t, r, alice())
	for name, f := range changes(r) {
		_, foreign := f(t.Context(), registry.Manage{Who: alice(), Proof: proof, Factor: hers, Label: "x"})
		_, random := f(t.Context(), registry.Manage{Who: alice(), Proof: proof, Factor: "AAAAAAAAAAAAAAAAAAAAAA", Label: "x"})
		if !errors.Is(foreign, registry.ErrNoFactor) || *foreign.(*registry.Error) != *random.(*registry.Error) {
			t.Errorf("%s: another's %v, nobody's %v", name, foreign, random)
		}
	}
	for name, f := range map[string]func(id string) error{
		"BeginLogin": func(id string) error {
			_, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: id})
			return err
		},
		"BeginStepUp": func(id string) error {
			_, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Factor: id})
			return err
		},
		"BeginSetup": func(id string) error {
			_, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "pin", Replaces: id})
			return err
		},
	} {
		foreign, random := f(hers), f("AAAAAAAAAAAAAAAAAAAAAA")
		if !errors.Is(foreign, registry.ErrNoFactor) || *foreign.(*registry.Error) != *random.(*registry.Error) {
			t.Errorf("%s: another's %v, nobody's %v", name, foreign, random)
		}
	}
	if fs := factors(t, r, bob()); len(fs) != 1 || fs[0].Label != "pin" {
		t.Errorf("bob's factors: %+v", fs)
	}
}

// A policy that asks for two factors is not met by one of them and a new one of the attacker's: what is attached has to be proved before more counts.
//
// attack: A-79
// asvs: V2.3.1
func TestEnrolmentDoesNotStandInForAFactorThatIsAttached(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, kind string }{{"another factor", "app"}, {"a trusted browser", "device"}, {"recovery codes", "backup"}} {
		w := everyKind(t)
		r := w.registry(atLeast(2))
		first := enrolled(t, r, alice(), "pin")
		enrol(t, r, alice(), registry.Enrol{Pending: first.Pending, Kind: "mail"})

		w.clock.Add(time.Hour)
		half := half(t, r)
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: half.Pending, Kind: tc.kind})
		if err != nil {
			continue // Refused at once is as good as any later.
		}
		got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: half.Pending, Challenge: ch.ID, Response: yes})
		if err == nil {
			t.Errorf("%s was attached in a login that has proved one of two factors", tc.name)
		}
		if got.Satisfied || got.Proof != "" {
			t.Errorf("one factor and %s of one's own sign in where two factors are asked for", tc.name)
		}
	}
}

// half is a login of alice, of whom two factors are asked, with the first of them proved.
func half(t testing.TB, r *registry.Registry) registry.Login {
	t.Helper()
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	half, err := answer(t, r, alice(), l, ch, yes)
	if err != nil || half.Satisfied || half.Proof != "" || half.Pending == "" {
		t.Fatalf("one of two factors: %+v, %v", half, err)
	}
	return half
}

// The same with Replaces: the second factor cannot be swapped for one's own by somebody who has proved the first.
//
// attack
func TestReplacementDoesNotStandInForAFactorThatIsAttached(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(atLeast(2))
	first := enrolled(t, r, alice(), "pin")
	second := enrol(t, r, alice(), registry.Enrol{Pending: first.Pending, Kind: "app"})
	w.clock.Add(time.Hour)
	half := half(t, r)
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: half.Pending, Kind: "pin", Replaces: second.Factor})
	if err != nil {
		return
	}
	if got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: half.Pending, Challenge: ch.ID, Response: yes}); err == nil {
		t.Errorf("the factor that was not proved was replaced; satisfied: %v", got.Satisfied)
	}
}

// attack: A-84
func TestAbandonedSetupLeavesNothing(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	l := start(t, r, alice())
	if _, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "pin"}); err != nil {
		t.Fatal(err)
	}
	if l := start(t, r, alice()); !l.Satisfied || len(l.Choices) != 0 || len(factors(t, r, alice())) != 0 {
		t.Errorf("after a set-up that nobody finished: %+v", l)
	}
}

// The old factor works until the new one is proved, and not a moment longer.
//
// attack
func TestReplaceWithoutAGap(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	old := enrolled(t, r, alice(), "app")
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: old.Proof, Kind: "app", Replaces: old.Factor})
	if err != nil {
		t.Fatal(err)
	}
	l, login := begin(t, r, alice())
	if _, err := answer(t, r, alice(), l, login, later(1)); err != nil {
		t.Fatalf("the old factor, while the new one is being set up: %v", err)
	}
	got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: no})
	refused(t, registry.ErrRejected, got, err)
	l, login = begin(t, r, alice())
	before := len(tap.outbox)
	got, err = r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatal(err)
	}
	if fs := factors(t, r, alice()); len(fs) != 1 || fs[0].ID == old.Factor || fs[0].ID != got.Factor {
		t.Errorf("factors after the replacement: %+v", fs)
	}
	if n := len(tap.outbox) - before; n != 1 {
		t.Errorf("%d events tell of one replacement", n)
	}
	done, err := answer(t, r, alice(), l, login, later(2)) // a login with the old factor, begun before
	if err == nil {
		t.Errorf("the old factor signs in after it was replaced: %+v", done)
	}
	if err := r.Check(t.Context(), old.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("the old factor's proof: %v", err)
	}
	if err := r.Check(t.Context(), got.Proof, registry.Need{Who: alice()}); err != nil {
		t.Errorf("the new factor's proof: %v", err)
	}
}

// attack
func TestLastFactorTakesTheRestAlong(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	pin := enrolled(t, r, alice(), "pin")
	enrol(t, r, alice(), registry.Enrol{Proof: pin.Proof, Kind: "backup"})
	device := enrol(t, r, alice(), registry.Enrol{Proof: pin.Proof, Kind: "device"})
	before := len(tap.outbox)
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: pin.Proof, Factor: pin.Factor})
	if err != nil {
		t.Fatal(err)
	}
	if fs := factors(t, r, alice()); len(fs) != 0 {
		t.Errorf("left behind: %+v", fs)
	}
	if n := len(tap.outbox) - before; n != 1 {
		t.Errorf("%d events tell of one removal", n)
	}
	if slices.Contains(got.AMR, "otp") || got.AAL != 1 {
		t.Errorf("what was removed still counts: AAL %d, AMR %v", got.AAL, got.AMR)
	}
	if err := r.Check(t.Context(), pin.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a proof from before the removal: %v", err)
	}
	l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: device.Once.(string)})
	if err != nil || l.Proof == "" {
		t.Errorf("a user without factors: %+v, %v; the browser must be nothing to them", l, err)
	}
}

// attack: A-81
func TestStandInsNeedAFactor(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	l := start(t, r, alice())
	for _, kind := range []string{"backup", "device"} {
		refuseSetup(t, r, registry.ErrPolicyForbids, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: kind})
	}
}

// attack: A-129
func TestRenewedCodesReplaceTheOld(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	proof := enrolled(t, r, alice(), "pin").Proof
	enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "backup"})
	renewed := enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "backup"})
	if err := r.Check(t.Context(), proof, registry.Need{Who: alice()}); err != nil {
		t.Errorf("renewing recovery codes ended a session: %v", err)
	}
	if fs := factors(t, r, alice()); len(fs) != 2 || !slices.ContainsFunc(fs, func(f registry.Attached) bool { return f.ID == renewed.Factor }) {
		t.Errorf("factors: %+v", fs)
	}
	got, err := recoverWith(t, r, alice(), recoveryCode(1, 1))
	refused(t, registry.ErrRejected, got, err)
	if _, err := recoverWith(t, r, alice(), recoveryCode(2, 1)); err != nil {
		t.Error(err)
	}
}

// attack: A-90
func TestCapsHoldUnderConcurrentFinishes(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry(patient, func(c *registry.Config) { c.MaxPerKind = 5 })
	proof := enrolled(t, r, alice(), "pin").Proof
	ids := make([]string, 20)
	for i := range ids {
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "app"})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = ch.ID
	}
	tap.during(meeting("Load", len(ids)))
	n, errs := crowd(t, len(ids), func(i int) error {
		_, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ids[i], Response: yes})
		return err
	})
	tap.during(nil)
	for _, err := range errs {
		if !errors.Is(err, registry.ErrFactorLimit) && !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("a set-up too many: %v", err)
		}
	}
	if fs := factors(t, r, alice()); len(fs) != 1+n || n > 5 {
		t.Errorf("%d set-ups succeeded and %d factors are attached, with at most 5 allowed", n, len(fs)-1)
	}
}

// What is left after a removal is asked of the next login, which has a first factor, and not of the step-up that allows the removal, which had none.
//
// attack: A-87
func TestRemoveOnAStepUp(t *testing.T) {
	t.Parallel()
	for _, p := range []policy.Policy{policy.Optional(), policy.Required()} {
		w := everyKind(t)
		r := w.registry(func(c *registry.Config) { c.Policy = p })
		in := enrolled(t, r, alice(), "pin")
		other := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		up, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: up.Proof, Factor: other.Factor}); err != nil {
			t.Errorf("one of two factors, on a step-up by the other: %v", err)
		}
	}
}

// A handle names one factor in the whole store. A second user who brings it is refused, also when both bring it at once.
//
// attack: A-103
func TestHandleBelongsToOne(t *testing.T) {
	t.Parallel()
	card := newSecret("card")
	card.onSetup = func(context.Context, provider.SetupRequest, provider.Answer) (provider.Enrollment, error) {
		return provider.Enrollment{Data: []byte("\x01x"), Handle: "serial 1"}, nil
	}
	w := newWorld(t, card)
	tap := w.tapped()
	r := w.registry()
	acme := alice()
	acme.User.Tenant = "acme"
	var tries []registry.Finish
	for _, who := range []registry.Who{alice(), bob(), acme, alice()} {
		l := start(t, r, who)
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: l.Pending, Kind: "card"})
		if err != nil {
			t.Fatal(err)
		}
		tries = append(tries, registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: yes})
	}
	tap.during(meeting("Apply", len(tries)))
	n, errs := crowd(t, len(tries), func(i int) error { _, err := r.FinishSetup(t.Context(), tries[i]); return err })
	if n != 1 {
		t.Errorf("%d accounts have the same card: %v", n, errs)
	}
	tap.during(nil)
	who := registry.Who{User: provider.User{ID: "carol"}, Binding: "s"}
	l := start(t, r, who)
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: l.Pending, Kind: "card"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.FinishSetup(t.Context(), registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: yes})
	refused(t, registry.ErrFactorExists, got, err)
}
