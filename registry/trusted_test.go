package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/registry"
)

func trustedBrowsers(t testing.TB) provider.MultiFactorProvider {
	t.Helper()
	p, err := device.New(device.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// trust makes a browser trusted, and returns what it got.
func trust(t testing.TB, r *registry.Registry, proof, label string) (id, token string) {
	t.Helper()
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: device.Kind, Label: label})
	if err != nil {
		t.Fatalf("BeginSetup: %v", err)
	}
	l, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: json.RawMessage(`{"trust":true}`)})
	if err != nil {
		t.Fatalf("FinishSetup: %v", err)
	}
	return l.Factor, l.Once.(device.Trusted).Token
}

// arrive signs in from a browser. next is the token that it is given, "" if it has to be asked.
func arrive(t testing.TB, r *registry.Registry, token string) (next string) {
	t.Helper()
	l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: token})
	if err != nil {
		t.Fatal(err)
	}
	if l.Proof != "" {
		t.Error("a trusted browser gave a proof")
	}
	given, ok := l.Once.(device.Trusted)
	if ok != l.Satisfied {
		t.Errorf("satisfied %v, and a next token %v", l.Satisfied, ok)
	}
	return given.Token
}

// attack
func TestTrustedBrowsersGoOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), trustedBrowsers(t))
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	home, homeToken := trust(t, r, in.Proof, "Firefox at home")
	_, workToken := trust(t, r, in.Proof, "Chrome at work")

	after, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: home})
	if err != nil {
		t.Fatal(err)
	}
	if arrive(t, r, homeToken) != "" {
		t.Error("a browser that was forgotten is still trusted")
	}
	workToken = arrive(t, r, workToken)
	if workToken == "" {
		t.Error("forgetting one browser forgot another one")
	}
	if _, err := r.RemoveTrusted(t.Context(), registry.Manage{Who: alice(), Proof: after.Proof}); err != nil {
		t.Fatal(err)
	}
	if arrive(t, r, workToken) != "" {
		t.Error("after all browsers were forgotten one is trusted")
	}
	list, err := r.Factors(t.Context(), alice())
	if err != nil || len(list) != 1 || list[0].Kind != "pin" {
		t.Errorf("what is left is %+v, %v", list, err)
	}
	_, err = r.RemoveTrusted(t.Context(), registry.Manage{Who: alice(), Proof: after.Proof})
	if err != nil {
		t.Errorf("forgetting none: %v", err)
	}
	w.clock.Add(6 * time.Minute)
	_, err = r.RemoveTrusted(t.Context(), registry.Manage{Who: alice(), Proof: after.Proof})
	if !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("forgetting them on an old proof: %v", err)
	}
}

func TestABrowserIsTrustedForThirtyDaysAndNotLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), trustedBrowsers(t))
	r := w.registry()
	_, token := trust(t, r, enrolled(t, r, alice(), "pin").Proof, "")
	for range 29 {
		w.clock.Add(24 * time.Hour)
		if token = arrive(t, r, token); token == "" {
			t.Fatal("a browser that is used every day is not trusted for 30 days")
		}
	}
	w.clock.Add(24*time.Hour - time.Millisecond)
	if token = arrive(t, r, token); token == "" {
		t.Error("a browser is not trusted to the end")
	}
	if b := listed(t, r, device.Kind); !b.Usable || !b.Expires.Equal(b.Created.Add(30*24*time.Hour)) {
		t.Errorf("the browser is listed as %+v", b)
	}
	w.clock.Add(time.Millisecond)
	if arrive(t, r, token) != "" {
		t.Error("using a browser made its trust longer")
	}
	if listed(t, r, device.Kind).Usable {
		t.Error("a browser whose time is over is usable")
	}
}

// listed is the user's one factor of a kind.
func listed(t testing.TB, r *registry.Registry, kind string) (found registry.Attached) {
	t.Helper()
	list, err := r.Factors(t.Context(), alice())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range list {
		if f.Kind == kind {
			found = f
			n++
		}
	}
	if n != 1 {
		t.Errorf("alice has %d factors of kind %s, want one", n, kind)
	}
	return found
}

func TestAtMostTenBrowsersAreTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), trustedBrowsers(t))
	r := w.registry()
	proof := enrolled(t, r, alice(), "pin").Proof
	for range 10 {
		trust(t, r, proof, "")
	}
	_, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: device.Kind})
	if !errors.Is(err, registry.ErrFactorLimit) {
		t.Errorf("the eleventh browser: %v", err)
	}
	w.clock.Add(30 * 24 * time.Hour)
	trust(t, r, signIn(t, r, alice()).Proof, "") // those whose time is over take nobody's place
	list, err := r.Factors(t.Context(), alice())
	if err != nil || len(list) != 2 {
		t.Errorf("of eleven browsers %d are kept, want the one that is trusted: %v", len(list)-1, err)
	}
}

func TestAKindMayHaveALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), trustedBrowsers(t))
	r := w.registry(func(c *registry.Config) { c.MaxOfKind = map[string]int{device.Kind: 2} })
	proof := enrolled(t, r, alice(), "pin").Proof
	trust(t, r, proof, "")
	trust(t, r, proof, "")
	if _, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: device.Kind}); !errors.Is(err, registry.ErrFactorLimit) {
		t.Errorf("a third browser where two are allowed: %v", err)
	}
	enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "pin"})
	enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "pin"})
}

// Two replicas get the same token at the same time, from two tabs. Both are let in, and both tabs can go on.
func TestTwoTabsWithOneTokenBothStayTrusted(t *testing.T) {
	t.Parallel()
	w := onServers(t, newSecret("pin"), trustedBrowsers(t))
	tap := w.tapped()
	one, two := w.registry(), w.registry()
	_, token := trust(t, one, enrolled(t, one, alice(), "pin").Proof, "")
	token = arrive(t, one, token) // so that the next one is the newer, whose first use writes
	for round := range 5 {
		tap.during(meeting("Apply", 2))
		var tokens [2]string
		n, failed := crowd(t, 2, func(i int) error {
			r := []*registry.Registry{one, two}[i]
			if tokens[i] = arrive(t, r, token); tokens[i] == "" {
				return errors.New("asked for a factor: " + fmt.Sprint(w.lastEvent().Reason))
			}
			return nil
		})
		tap.during(nil)
		if n != 2 || tokens[0] != tokens[1] {
			t.Fatalf("round %d: %d of 2 tabs were let in, and their next tokens are equal: %v; %v", round, n, tokens[0] == tokens[1], failed)
		}
		token = tokens[0]
	}
}

// A thief copies the cookie. Whoever of the two is left behind gives it away, and everything that was issued before is dead.
//
// attack: A-71
func TestAStolenTokenIsNoticedAndEndsEverything(t *testing.T) {
	t.Parallel()
	w := onServers(t, newSecret("pin"), trustedBrowsers(t))
	one, two := w.registry(), w.registry()
	in := enrolled(t, one, alice(), "pin")
	id, stolen := trust(t, one, in.Proof, "Firefox")
	_, bystander := trust(t, one, in.Proof, "Chrome")
	second := arrive(t, one, stolen)
	third := arrive(t, two, second)
	if third == "" {
		t.Fatal("the owner is not let in")
	}
	if arrive(t, two, stolen) != "" {
		t.Error("a token from before the last two is good")
	}
	for name, token := range map[string]string{"the thief's": stolen, "the owner's": third, "the one before": second, "another browser's": bystander} {
		if arrive(t, one, token) != "" {
			t.Errorf("after a theft %s token is good", name)
		}
	}
	if err := one.Check(t.Context(), in.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("after a theft a proof from before is good: %v", err)
	}
	list, err := one.Factors(t.Context(), alice())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Usable != (f.Kind == "pin") {
			t.Errorf("after a theft of %s, %s (%s) is usable: %v", id, f.Label, f.ID, f.Usable)
		}
	}
	signIn(t, two, alice())
}

// Without its provider a trusted browser, or a set of recovery codes, is still what it was, and no factor that policy would wait for.
func TestTheRowKnowsWhatItIsForWithoutItsProvider(t *testing.T) {
	t.Parallel()
	w := onServers(t, newSecret("pin"), newRecovery(), trustedBrowsers(t))
	before := w.registry()
	in := enrolled(t, before, alice(), "pin")
	enrol(t, before, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	trust(t, before, in.Proof, "")

	w.kinds = w.kinds[:1]
	r := w.registry()
	list, err := r.Factors(t.Context(), alice())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]provider.Role{"pin": provider.Ordinary, "backup": provider.Recovery, device.Kind: provider.Transient}
	for _, f := range list {
		if f.Role != want[f.Kind] || f.Usable != (f.Kind == "pin") {
			t.Errorf("%s has role %v and is usable %v", f.Kind, f.Role, f.Usable)
		}
	}
	now := signIn(t, r, alice())
	if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: now.Proof, Factor: now.Factor}); err != nil {
		t.Errorf("removing the one factor that counts: %v (%s)", err, w.lastEvent().Reason)
	}
	if list, err = r.Factors(t.Context(), alice()); err != nil || len(list) != 0 {
		t.Errorf("with the last factor go recovery codes and browsers; left are %+v, %v", list, err)
	}
}

// A row from before roles were noted, whose provider is gone, counts.
//
// attack
func TestARowThatSaysNothingCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	start(t, r, alice())
	snap, err := w.factors.Load(t.Context(), "", "alice")
	if err != nil {
		t.Fatal(err)
	}
	account := snap.Account
	err = w.factors.Apply(t.Context(), factor.Change{
		UserID: "alice", Epoch: account.Epoch, Account: &account, At: w.clock.Now(),
		Put: []factor.Factor{{UserID: "alice", ID: "f1", Kind: "fax", Data: []byte{1}, Created: w.clock.Now(), Epoch: account.Epoch}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if l := start(t, r, alice()); l.Satisfied {
		t.Error("a password is enough for a user whose factor's provider is gone")
	}
}

// attack: A-54
func TestAFactorThatCountsDoesNotEndByItself(t *testing.T) {
	t.Parallel()
	pin := newSecret("pin")
	pin.onSetup = func(context.Context, provider.SetupRequest, provider.Answer) (provider.Enrollment, error) {
		return provider.Enrollment{Data: []byte{1}, GoodFor: time.Hour}, nil
	}
	r := newWorld(t, pin).registry()
	pending := start(t, r, alice()).Pending
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: pending, Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: pending, Challenge: ch.ID, Response: yes})
	refused(t, registry.ErrInternal, got, err)
}

// A trusted browser is a factor that is used, so the application is asked; if it refuses, the login goes on as without, and the token is not used up.
func TestTheApplicationMayRefuseATrustedBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), trustedBrowsers(t))
	refuse := false
	r := w.registry(func(c *registry.Config) {
		c.Before = func(_ context.Context, e registry.Event) error {
			if refuse && e.Kind == device.Kind {
				return errors.New("not from this network")
			}
			return nil
		}
	})
	_, token := trust(t, r, enrolled(t, r, alice(), "pin").Proof, "")
	refuse = true
	if arrive(t, r, token) != "" {
		t.Error("a browser that the application refuses signs in")
	}
	refuse = false
	if arrive(t, r, token) == "" {
		t.Error("the token was used up although the browser was refused")
	}
}

// A trusted browser stands in for all that a login asks for, so it is not attached on less: or whoever holds one of two factors, and a session that a
// trusted browser opened, would be trusted for ever.
//
// attack: A-72
func TestABrowserIsTrustedOnAllThatPolicyAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newSecret("app"), trustedBrowsers(t))
	r := w.registry(func(c *registry.Config) { c.Policy = policy.AtLeast(2) })
	half := enrolled(t, r, alice(), "pin")
	whole := enrol(t, r, alice(), registry.Enrol{Pending: half.Pending, Kind: "app"})
	_, token := trust(t, r, whole.Proof, "")
	if arrive(t, r, token) == "" {
		t.Fatal("the browser is not trusted")
	}
	w.clock.Add(10 * time.Minute)
	up := func(kind, proof string) string {
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: kind, Proof: proof})
		if err != nil {
			t.Fatal(err)
		}
		l, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
		if err != nil {
			t.Fatal(err)
		}
		return l.Proof
	}
	one := up("pin", "")
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Proof: one, Kind: device.Kind})
	trust(t, r, up("app", one), "both")
}
