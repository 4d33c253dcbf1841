package registry_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

const many = 64

// The races of this file meet at a rendezvous: everybody has verified before anybody saves. Each must have exactly one winner.

// attack
// asvs: V15.4.2, V2.3.4
func TestOneChallengeManyRightAnswers(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"pin", "app", "mail", "key"} {
		w := everyKind(t)
		tap := w.tapped()
		ten := func(c *registry.Config) { c.Attempts = 10 }
		rs := []*registry.Registry{w.registry(patient, ten), w.registry(patient, ten)}
		enrolled(t, rs[0], alice(), kind)
		w.clock.Add(time.Minute)
		l, ch := begin(t, rs[0], alice())
		right := later(1)
		switch kind {
		case "pin", "mail":
			right = yes
		case "key":
			right = assert(handleOf("alice", 1), ch.Public)
		}
		tap.during(meeting("Apply", 10)) // as many as have an attempt
		n, errs := crowd(t, many, func(i int) error {
			got, err := answer(t, rs[i%2], alice(), l, ch, right)
			if err == nil && !got.Satisfied {
				return errors.New("no error, and not satisfied")
			}
			return err
		})
		if n != 1 {
			t.Errorf("%s: %d of %d right answers to one challenge succeeded, want 1", kind, n, many)
		}
		for _, err := range errs {
			if !errors.Is(err, registry.ErrChallengeGone) && !errors.Is(err, registry.ErrRejected) {
				t.Errorf("%s: a loser got %v", kind, err)
			}
		}
	}
}

// One code in many challenges, each of another login: the row's version decides, and whoever comes second is asked about the row as it is then.
//
// attack
// asvs: V6.5.1, V15.4.2
func TestOneCodeInManyChallenges(t *testing.T) {
	t.Parallel()
	for round, kind := range []string{"app", "backup", "app", "backup"} {
		w := everyKind(t)
		tap := w.tapped()
		rs := []*registry.Registry{w.registry(patient), w.registry(patient)}
		in := enrolled(t, rs[0], alice(), "app")
		enrol(t, rs[0], alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
		right := map[string][]byte{"app": later(1), "backup": typed(recoveryCode(1, 1))}[kind]

		type login struct {
			l  registry.Login
			ch registry.Challenge
		}
		var logins [many]login
		for i := range logins {
			l := start(t, rs[0], alice())
			ch, err := rs[0].BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
			if err != nil {
				t.Fatal(err)
			}
			logins[i] = login{l, ch}
		}
		tap.during(meeting("Apply", many))
		n, errs := crowd(t, many, func(i int) error {
			_, err := answer(t, rs[i%2], alice(), logins[i].l, logins[i].ch, right)
			return err
		})
		if n != 1 {
			t.Errorf("round %d: one %s code let %d of %d logins in, want 1", round, kind, n, many)
		}
		for _, err := range errs {
			if !errors.Is(err, registry.ErrRejected) {
				t.Errorf("round %d: a loser got %v", round, err)
			}
		}
		tap.during(nil)
		snap, err := w.factors.Load(t.Context(), "", "alice")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range snap.Factors { // They were all right when they were asked first.
			if f.Failures != 0 {
				t.Errorf("round %d: the losers count as %d failures of the %s", round, f.Failures, f.Kind)
			}
		}
	}
}

// The same over another entry: half of the crowd steps up.
//
// attack
func TestOneCodeOverLoginAndStepUp(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry(patient)
	enrolled(t, r, alice(), "app")
	const n = 16
	var finish [n]func() error
	for i := range n {
		if i%2 == 0 {
			l, ch := begin(t, r, alice())
			finish[i] = func() error { _, err := answer(t, r, alice(), l, ch, later(1)); return err }
			continue
		}
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "app"})
		if err != nil {
			t.Fatal(err)
		}
		finish[i] = func() error {
			_, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: later(1)})
			return err
		}
	}
	tap.during(meeting("Apply", n))
	if won, errs := crowd(t, n, func(i int) error { return finish[i]() }); won != 1 {
		t.Errorf("one code succeeded %d times over two doors, want once; %v", won, errs)
	}
}

// Of a login with two challenges at once, one signs in.
//
// attack: A-14
func TestOneLoginManyChallenges(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry(patient)
	enrolled(t, r, alice(), "pin")
	l := start(t, r, alice())
	const n = 16
	var ids [n]registry.Challenge
	for i := range ids {
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = ch
	}
	tap.during(meeting("Apply", n))
	if won, errs := crowd(t, n, func(i int) error { _, err := answer(t, r, alice(), l, ids[i], yes); return err }); won != 1 {
		t.Errorf("one login was finished %d times, want once; %v", won, errs)
	}
}

// However many wrong answers come at once, no more are looked at than the challenge has attempts, and than the user has failures.
//
// attack
func TestConcurrentGuessesAreCounted(t *testing.T) {
	t.Parallel()
	var looked atomic.Int64
	pin := newSecret("pin")
	pin.onVerify = func(context.Context, provider.LoginRequest, provider.Answer) (provider.Match, error) {
		looked.Add(1)
		return provider.Match{}, provider.ErrRejected
	}
	w := newWorld(t, pin)
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	l, ch := begin(t, r, alice())
	crowd(t, 200, func(int) error { _, err := answer(t, r, alice(), l, ch, no); return err })
	if n := looked.Load(); n != 5 {
		t.Errorf("%d of 200 answers to one challenge were looked at, want 5", n)
	}
	type login struct {
		l  registry.Login
		ch registry.Challenge
	}
	var open [20]login
	for i := range open {
		open[i].l, open[i].ch = begin(t, r, alice())
	}
	crowd(t, 100, func(i int) error { _, err := answer(t, r, alice(), open[i%20].l, open[i%20].ch, no); return err })
	if n := looked.Load(); n != 10 {
		t.Errorf("%d answers over all challenges were looked at, want the user's 10", n)
	}
}

// A wrong answer moves the row's version while a right one is being saved. The right one must neither be lost nor asked about again.
func TestFailuresDoNotDisturbARightAnswer(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	pin := newSecret("pin")
	pin.onVerify = func(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
		if !right(ans) {
			return provider.Match{}, provider.ErrRejected
		}
		asked.Add(1)
		return provider.Match{FactorID: req.Factors[0].ID}, nil
	}
	w := newWorld(t, pin)
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	l, ch := begin(t, r, alice())
	l2, ch2 := begin(t, r, alice())
	wrongs := 0
	tap.during(func(c call) error {
		if c.name == "Apply" && wrongs < 3 {
			wrongs++
			if _, err := answer(t, r, alice(), l2, ch2, no); !errors.Is(err, registry.ErrRejected) {
				t.Errorf("a wrong answer: %v", err)
			}
		}
		return c.do()
	})
	got, err := answer(t, r, alice(), l, ch, yes)
	if err != nil || !got.Satisfied {
		t.Errorf("a right answer among wrong ones: %v", err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the provider was asked %d times about data that did not change, want once", n)
	}
	if n := tap.count("Apply"); n != 4 {
		t.Errorf("%d writes, want 3 that met a conflict and one that did not", n)
	}
}

// Whatever ends a factor or an account's epoch, a login that has verified but not yet saved comes too late.
//
// attack
func TestWhatEndsAFactorEndsALoginUnderWay(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"Remove", "Replace", "InvalidateUser", "Disable", "Reset", "Erase"} {
		w := everyKind(t)
		tap := w.tapped()
		r := w.registry()
		in := enrolled(t, r, alice(), "pin")
		setup, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "pin", Replaces: in.Factor})
		if err != nil {
			t.Fatal(err)
		}
		deed := registry.Deed{User: "alice", Actor: "root", Reason: "test", Factor: in.Factor}
		end := func() (err error) {
			switch how {
			case "Remove":
				_, err = r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: in.Factor})
			case "Replace":
				_, err = r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: setup.ID, Response: yes})
			case "InvalidateUser":
				err = r.InvalidateUser(t.Context(), "", "alice")
			case "Disable":
				err = r.Admin().Disable(t.Context(), deed)
			case "Reset":
				err = r.Admin().Reset(t.Context(), deed)
			case "Erase":
				err = r.Admin().Erase(t.Context(), deed)
			}
			return err
		}
		l, ch := begin(t, r, alice())
		var once atomic.Bool
		tap.during(func(c call) error {
			if c.name == "Apply" && once.CompareAndSwap(false, true) {
				if err := end(); err != nil {
					t.Errorf("%s: %v", how, err)
				}
			}
			return c.do()
		})
		got, err := answer(t, r, alice(), l, ch, yes)
		if err == nil || got.Satisfied {
			t.Errorf("%s between verify and save: the login succeeded", how)
		}
		refused(t, registry.ErrChallengeGone, got, err)
	}
}

// attack: A-85
func TestTwoReplacementsOfOneFactor(t *testing.T) {
	t.Parallel()
	for range 3 {
		w := everyKind(t)
		tap := w.tapped()
		r := w.registry()
		in := enrolled(t, r, alice(), "pin")
		var ids [2]string
		for i, kind := range []string{"pin", "app"} {
			ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: in.Proof, Kind: kind, Replaces: in.Factor})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = ch.ID
		}
		tap.during(meeting("Apply", 2))
		n, errs := crowd(t, 2, func(i int) error {
			_, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ids[i], Response: yes})
			return err
		})
		if fs := factors(t, r, alice()); n != 1 || len(fs) != 1 {
			t.Errorf("%d of 2 replacements succeeded and %d factors are there, want one of each; %v", n, len(fs), errs)
		}
	}
}

// Two tabs of a user without factors begin to attach the first one. The second that finishes no longer attaches the first.
//
// attack: A-79
func TestFirstFactorIsAttachedOnce(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	var tabs [4]registry.Finish
	for i := range tabs {
		l := start(t, r, alice())
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		tabs[i] = registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes}
	}
	tap.during(meeting("Apply", len(tabs)))
	n, errs := crowd(t, len(tabs), func(i int) error { _, err := r.FinishSetup(t.Context(), tabs[i]); return err })
	if fs := factors(t, r, alice()); n != 1 || len(fs) != 1 {
		t.Errorf("%d of %d tabs attached a first factor, and %d are there: %v", n, len(tabs), len(fs), errs)
	}
}

// attack
func TestConsumeWorksOnce(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: "pay"})
	if err != nil {
		t.Fatal(err)
	}
	up, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatal(err)
	}
	tap.during(meeting("Apply", many))
	n, errs := crowd(t, many, func(int) error {
		return r.Consume(t.Context(), up.Proof, registry.Need{Who: alice(), Action: "pay"})
	})
	if n != 1 {
		t.Errorf("one proof was consumed %d times", n)
	}
	for _, err := range errs {
		if !errors.Is(err, registry.ErrStepUpRequired) {
			t.Error(fmt.Errorf("a loser got %w", err))
		}
	}
}
