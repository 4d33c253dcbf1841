package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// attack
func TestASessionStandsOnWhatItRestsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), trustedBrowsers(t))
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	browser, token := trust(t, r, in.Proof, "Firefox at home")
	if arrive(t, r, token) == "" {
		t.Fatal("the browser is not trusted")
	}
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: "Send it"})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatal(err)
	}
	if sent.Action != "Send it" || in.Action != "" {
		t.Errorf("a step-up for an action says that it was for %q", sent.Action)
	}
	elsewhere := alice()
	elsewhere.Binding = "another session of hers"
	for _, c := range []struct {
		what   string
		s      registry.Standing
		stands bool
	}{
		{"a proof", registry.Standing{Who: alice(), Proof: in.Proof}, true},
		{"a trusted browser", registry.Standing{Who: alice(), Browser: browser}, true},
		{"nothing", registry.Standing{Who: alice()}, false},
		{"somebody else's proof", registry.Standing{Who: bob(), Proof: in.Proof}, false},
		{"another session's proof", registry.Standing{Who: elsewhere, Proof: in.Proof}, false},
		{"a proof for one action", registry.Standing{Who: alice(), Proof: sent.Proof}, false},
		{"what is no proof", registry.Standing{Who: alice(), Proof: "x", Browser: browser}, false},
		{"a pending login", registry.Standing{Who: alice(), Proof: start(t, r, alice()).Pending}, false},
		{"somebody else's browser", registry.Standing{Who: bob(), Browser: browser}, false},
		{"a factor that is no browser", registry.Standing{Who: alice(), Browser: in.Factor}, false},
	} {
		if err := r.Stands(t.Context(), c.s); c.stands != (err == nil) || (err != nil && !errors.Is(err, registry.ErrLoginRequired)) {
			t.Errorf("a session that rests on %s: %v", c.what, err)
		}
	}

	w.clock.Add(23 * time.Hour)
	if err := r.Stands(t.Context(), registry.Standing{Who: alice(), Proof: in.Proof}); err != nil {
		t.Errorf("a proof does not stand for a day: %v", err)
	}
	if err := r.InvalidateUser(t.Context(), "", "alice"); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]registry.Standing{"a proof": {Who: alice(), Proof: in.Proof}, "a browser": {Who: alice(), Browser: browser}} {
		if err := r.Stands(t.Context(), s); !errors.Is(err, registry.ErrLoginRequired) {
			t.Errorf("after everything was made dead a session still stands on %s: %v", what, err)
		}
	}
	pending := start(t, r, alice())
	if ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: pending.Pending, Kind: "pin"}); err != nil {
		t.Fatal(err)
	}
	if in, err = r.FinishLogin(t.Context(), registry.Finish{Who: alice(), Pending: pending.Pending, Challenge: ch.ID, Response: yes}); err != nil {
		t.Fatal(err)
	}
	w.clock.Add(24 * time.Hour)
	if err := r.Stands(t.Context(), registry.Standing{Who: alice(), Proof: in.Proof}); !errors.Is(err, registry.ErrLoginRequired) {
		t.Errorf("a proof stands for over a day: %v", err)
	}
}

func TestALoginSaysHowLongABrowserMayBeTrusted(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	for _, c := range []struct {
		what  string
		p     policy.Policy
		kinds []provider.MultiFactorProvider
		want  time.Duration
	}{
		{"policy lets one be", policy.Required(), []provider.MultiFactorProvider{newSecret("pin"), trustedBrowsers(t)}, month},
		{"policy lets none be", policy.NoTrustedBrowser(policy.Required()), []provider.MultiFactorProvider{newSecret("pin"), trustedBrowsers(t)}, 0},
		{"no kind is configured", policy.Required(), []provider.MultiFactorProvider{newSecret("pin")}, 0},
	} {
		r := newWorld(t, c.kinds...).registry(func(cfg *registry.Config) { cfg.Policy = c.p })
		if got := start(t, r, alice()).Trust; got != c.want {
			t.Errorf("%s, and the login says %v, not %v", c.what, got, c.want)
		}
	}
}
