package registry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A reset leaves nothing of what was: no factor, no login, no challenge, no proof, no trusted browser.
//
// attack
// asvs: V6.5.6
func TestResetLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"Reset", "Erase"} {
		w := everyKind(t)
		tap := w.tapped()
		r := w.registry()
		in := enrolled(t, r, alice(), "pin")
		enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
		device := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "device"})
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Add(time.Second)
		before := len(tap.outbox)
		deed := registry.Deed{User: "alice", Actor: "root", Reason: "lost everything"}
		if how == "Reset" {
			err = r.Admin().Reset(t.Context(), deed)
		} else {
			err = r.Admin().Erase(t.Context(), deed)
		}
		if err != nil {
			t.Fatal(err)
		}
		var told registry.Event
		if n := len(tap.outbox) - before; n != 1 || json.Unmarshal(tap.outbox[before], &told) != nil || told.Actor != "root" || told.Note != "lost everything" || !told.EndSessions {
			t.Errorf("%s: %d events, the first of which is %+v", how, n, told)
		}
		got, err := answer(t, r, alice(), l, ch, yes)
		refused(t, registry.ErrChallengeGone, got, err)
		if err := r.Check(t.Context(), in.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("%s: an old proof: %v", how, err)
		}
		after, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: device.Once.(string)})
		if err != nil || !after.Satisfied || !after.MayEnroll || len(after.Choices) != 0 || len(factors(t, r, alice())) != 0 {
			t.Errorf("%s: the next login: %+v, %v", how, after, err)
		}
		enrol(t, r, alice(), registry.Enrol{Pending: after.Pending, Kind: "pin"})
		if got, err := answer(t, r, alice(), l, ch, yes); err == nil {
			t.Errorf("%s: a challenge from before works on what was set up since: %+v", how, got)
		}
	}
}

// An administrator's deed has an actor and a reason, and one that did nothing does not say that it did.
//
// asvs: V16.3.1
func TestDeedsAreAccountedFor(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	admin := r.Admin()
	for _, d := range []registry.Deed{
		{User: "alice", Factor: in.Factor},
		{User: "alice", Factor: in.Factor, Actor: "root"},
		{User: "alice", Factor: in.Factor, Reason: "x"},
		{Factor: in.Factor, Actor: "root", Reason: "x"},
		{User: "alice", Factor: in.Factor, Actor: "root", Reason: strings.Repeat("x", 257)},
	} {
		for name, err := range map[string]error{
			"Disable": admin.Disable(t.Context(), d), "Reset": admin.Reset(t.Context(), d), "Erase": admin.Erase(t.Context(), d), "Unlock": admin.Unlock(t.Context(), d),
		} {
			if !errors.Is(err, registry.ErrInvalid) {
				t.Errorf("%s %+v: %v", name, d, err)
			}
		}
	}
	if fs := factors(t, r, alice()); len(fs) != 1 || !fs[0].Usable {
		t.Errorf("something was done: %+v", fs)
	}
	d := registry.Deed{User: "alice", Actor: "root", Reason: "x", Factor: "none"}
	if err := admin.Disable(t.Context(), d); !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("disabling a factor that is not there: %v", err)
	}
	d.User, d.Factor = "nobody", in.Factor
	if err := admin.Disable(t.Context(), d); !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("disabling a factor of somebody who is not there: %v", err)
	}
	d.User = "alice"
	if err := admin.Disable(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if fs := factors(t, r, alice()); fs[0].Usable {
		t.Error("a disabled factor is usable")
	}
	if l := start(t, r, alice()); l.Satisfied || len(l.Choices) != 0 {
		t.Errorf("disabling her only factor signs alice in: %+v", l)
	}
}

// Every change of an account is told once in the outbox, with what the application should do about it.
//
// attack
// asvs: V6.3.7, V7.4.3
// nist: N05
func TestChangesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry()
	told := func(op string, end bool) {
		t.Helper()
		tap.mu.Lock()
		defer tap.mu.Unlock()
		var e registry.Event
		if len(tap.outbox) != 1 || json.Unmarshal(tap.outbox[0], &e) != nil || e.Op != op || e.EndSessions != end || e.User != "alice" || e.Version != 1 {
			t.Errorf("%s: %d events: %s", op, len(tap.outbox), tap.outbox)
		}
		tap.outbox = nil
	}
	in := enrolled(t, r, alice(), "pin")
	told("finish_setup", true)
	applies := 0
	tap.during(func(c call) error { // Every change meets a conflict first, and is made again.
		if c.name == "Apply" {
			if applies++; applies%2 == 1 {
				return factor.ErrConflict
			}
		}
		return c.do()
	})
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	told("finish_setup", false)
	app := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	told("finish_setup", true)
	if _, err := r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: app.Factor, Label: "phone"}); err != nil {
		t.Fatal(err)
	}
	told("rename", false)
	if _, err := recoverWith(t, r, alice(), recoveryCode(1, 1)); err != nil {
		t.Fatal(err)
	}
	told("finish_login", false)
	if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: app.Factor}); err != nil {
		t.Fatal(err)
	}
	told("remove", true)
	if err := r.InvalidateUser(t.Context(), "", "alice"); err != nil {
		t.Fatal(err)
	}
	told("invalidate_user", true)
	if _, err := r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: in.Factor, Label: "pin 2"}); err == nil || len(tap.outbox) != 0 {
		t.Errorf("a change that was refused: %v, %s", err, tap.outbox)
	}
}

// Names tell factors apart. The second of a name gets a number, and no rename takes another's.
func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in := enrol(t, r, alice(), registry.Enrol{Pending: start(t, r, alice()).Pending, Kind: "pin", Label: "Phone"})
	for range 2 {
		enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app", Label: "phone"})
	}
	names := map[string]bool{}
	for _, f := range factors(t, r, alice()) {
		names[strings.ToLower(f.Label)] = true
	}
	if len(names) != 3 || !names["phone 2"] || !names["phone 3"] {
		t.Errorf("names: %v", names)
	}
	for label, code := range map[string]registry.Code{
		"PHONE 2": registry.ErrFactorExists, "": registry.ErrInvalid, "  ": registry.ErrInvalid, "a\nb": registry.ErrInvalid, strings.Repeat("ä", 65): registry.ErrInvalid,
		"\u202egpj": registry.ErrInvalid, "\xff": registry.ErrInvalid,
	} {
		_, err := r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: in.Factor, Label: label})
		if !errors.Is(err, code) {
			t.Errorf("%+q: %v", label, err)
		}
	}
	if _, err := r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: in.Factor, Label: strings.Repeat("ä", 64)}); err != nil {
		t.Error(err)
	}
}

// Two kinds of trusted browser: each is tried, in whatever order they come.
func TestEveryTransientKindIsTried(t *testing.T) {
	t.Parallel()
	for range 8 {
		w := newWorld(t, newSecret("pin"), browser{}, otherBrowser{})
		r := w.registry()
		in := enrolled(t, r, alice(), "pin")
		for _, kind := range []string{"device", "kiosk"} {
			token := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: kind}).Once.(string)
			l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: token})
			if err != nil || !l.Satisfied {
				t.Errorf("%s: satisfied %v, %v", kind, l.Satisfied, err)
			}
		}
	}
}
