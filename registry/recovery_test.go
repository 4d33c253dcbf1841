package registry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// changes are the calls that change a factor.
func changes(r *registry.Registry) map[string]func(context.Context, registry.Manage) (registry.Login, error) {
	return map[string]func(context.Context, registry.Manage) (registry.Login, error){
		"Remove": r.Remove, "Rename": r.Rename, "SetDefault": r.SetDefault,
	}
}

// recovered is alice, who has a passkey, codes by mail, a recovery set and a trusted browser, an hour later, signed in with a recovery code.
func recovered(t *testing.T, w *world, r *registry.Registry) (in registry.Login, key, device registry.Login) {
	t.Helper()
	key = enrolled(t, r, alice(), "key")
	enrol(t, r, alice(), registry.Enrol{Proof: key.Proof, Kind: "mail"})
	enrol(t, r, alice(), registry.Enrol{Proof: key.Proof, Kind: "backup"})
	device = enrol(t, r, alice(), registry.Enrol{Proof: key.Proof, Kind: "device"})
	w.clock.Add(time.Hour)
	in, err := recoverWith(t, r, alice(), recoveryCode(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return in, key, device
}

// A recovery code signs in, and proves nothing: what it opens is the way to a new factor.
//
// attack
// asvs: V6.4.4
// nist: N32
func TestRecoveryProofIsForANewFactorOnly(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in, key, _ := recovered(t, w, r)
	if !in.Satisfied || in.AAL != 1 || !slices.Equal(in.AMR, []string{"pwd"}) {
		t.Errorf("a recovery: satisfied %v, AAL %d, AMR %v; want the first factor's", in.Satisfied, in.AAL, in.AMR)
	}
	for _, n := range []registry.Need{{Who: alice()}, {Who: alice(), MaxAge: 24 * time.Hour}} {
		if err := r.Check(t.Context(), in.Proof, n); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("Check of a recovery's proof: %v", err)
		}
	}
	if err := r.Consume(t.Context(), in.Proof, registry.Need{Who: alice(), Action: "pay"}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("Consume of a recovery's proof: %v", err)
	}
	for _, f := range changes(r) {
		got, err := f(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: key.Factor, Label: "x"})
		refused(t, registry.ErrStepUpRequired, got, err)
	}
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "app", Replaces: key.Factor})
	w.clock.Add(5 * time.Minute)
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "app"})
}

// The factor that was attached after a recovery may clear away what is older, for five minutes.
func TestRecoveryWindow(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in, key, _ := recovered(t, w, r)
	w.clock.Add(time.Minute)
	opened := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	w.clock.Add(time.Minute)
	newer := enrol(t, r, alice(), registry.Enrol{Proof: opened.Proof, Kind: "key"})
	w.clock.Add(time.Minute)

	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: opened.Proof, Factor: newer.Factor})
	refused(t, registry.ErrStepUpRequired, got, err)
	got, err = r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: opened.Proof, Factor: key.Factor})
	if err != nil {
		t.Fatalf("an older factor: %v", err)
	}
	w.clock.Add(3 * time.Minute)
	for _, f := range factors(t, r, alice()) {
		if f.Kind == "mail" {
			got, err = r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: got.Proof, Factor: f.ID})
			refused(t, registry.ErrStepUpRequired, got, err)
		}
	}
}

// The window that a recovery opens closes; attaching one factor after the other does not hold it open.
//
// attack: A-82
func TestRecoveryWindowIsNotProlonged(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in, key, _ := recovered(t, w, r)
	proof := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"}).Proof
	for range 3 {
		w.clock.Add(4 * time.Minute)
		proof = enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "app"}).Proof
	}
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: proof, Factor: key.Factor})
	refused(t, registry.ErrStepUpRequired, got, err)
}

// Whoever has one recovery code does not get a new set for it, nor a browser that is trusted for a month: those stand in for factors, and none
// was proved. And a proof that rests on the code stays one that rests on the code when the code's set is gone.
//
// attack
func TestRecoveryDoesNotRenewItself(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"backup", "device"} {
		w := everyKind(t)
		r := w.registry()
		in, _, _ := recovered(t, w, r)
		for _, e := range []registry.Enrol{{Proof: in.Proof}, {Pending: in.Pending}} {
			e.Who, e.Kind = alice(), kind
			ch, err := r.BeginSetup(t.Context(), e)
			if err != nil {
				continue
			}
			got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: e.Pending, Challenge: ch.ID, Response: yes})
			if err != nil {
				continue
			}
			t.Errorf("a recovery code was enough to attach a %s", kind)
			if got.Proof != "" && r.Check(t.Context(), got.Proof, registry.Need{Who: alice()}) == nil {
				t.Errorf("and Check takes the proof of it, though nothing but a password was proved")
			}
		}
	}
}

// Where two factors are asked for, a recovery code stands for one of them. A factor that was attached on the strength of that code alone is not the other.
//
// attack
func TestRecoveryAndItsNewFactorAreOne(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(atLeast(2))
	first := enrolled(t, r, alice(), "pin")
	in := enrol(t, r, alice(), registry.Enrol{Pending: first.Pending, Kind: "app"})
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	w.clock.Add(time.Hour)
	half, err := recoverWith(t, r, alice(), recoveryCode(1, 1))
	if err != nil || half.Satisfied {
		t.Fatalf("a recovery code for two factors: %+v, %v", half, err)
	}
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: half.Pending, Kind: "app"})
	if err != nil {
		return
	}
	got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: half.Pending, Challenge: ch.ID, Response: yes})
	if err == nil && got.Satisfied {
		t.Error("one recovery code, and a factor of one's own, sign in where two factors are asked for")
	}
}

// A recovery moves the epoch: what was issued before it is dead, above all the browsers that were trusted by whoever has them now.
//
// attack
func TestRecoveryEndsWhatWasIssuedBefore(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	_, key, device := recovered(t, w, r)
	pending := start(t, r, alice())
	in, err := recoverWith(t, r, alice(), recoveryCode(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	done := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	if err := r.Check(t.Context(), done.Proof, registry.Need{Who: alice()}); err != nil {
		t.Errorf("the proof of the new factor: %v", err)
	}
	if err := r.Check(t.Context(), key.Proof, registry.Need{Who: alice(), MaxAge: 24 * time.Hour}); err == nil {
		t.Error("a proof from before the recovery is still good")
	}
	if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: pending.Pending, Kind: "key"}); err == nil {
		t.Error("a login that was pending before the recovery goes on")
	}
	l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: device.Once.(string)})
	if err != nil || l.Satisfied {
		t.Errorf("a browser that was trusted before the recovery still is: satisfied %v, %v", l.Satisfied, err)
	}
}

// A proof that rests partly on a recovery code is of that grade, whatever else it proved.
//
// attack: A-76
func TestMixedProofIsOfRecoveryGrade(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(atLeast(2))
	first := enrolled(t, r, alice(), "pin")
	in := enrol(t, r, alice(), registry.Enrol{Pending: first.Pending, Kind: "app"})
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	w.clock.Add(time.Hour)
	half := half(t, r)
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: half.Pending, Kind: "backup"})
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := answer(t, r, alice(), half, ch, typed(recoveryCode(1, 1)))
	if err != nil || !mixed.Satisfied {
		t.Fatalf("a factor and a recovery code, for two factors: %+v, %v", mixed, err)
	}
	if err := r.Check(t.Context(), mixed.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("Check: %v", err)
	}
	for name, f := range changes(r) {
		if _, err := f(t.Context(), registry.Manage{Who: alice(), Proof: mixed.Proof, Factor: first.Factor, Label: name}); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("%s on a proof that rests on a recovery code: %v", name, err)
		}
	}
}
