package registry_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	cototp "github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A login tells what it rests on: each proof, with its kind and its time, the first factor first.
func TestProvedTellsWhatAndWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), newPasskey(), newRecovery())
	r := w.registry()
	began := w.clock.Now()
	l := enrolled(t, r, alice(), "app")
	enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "backup"})
	w.clock.Add(time.Minute)
	l = enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "key"})
	want := []registry.Proved{
		{AMR: []string{"pwd"}, At: began},
		{Factor: idOf(t, r, alice(), "app"), Kind: "app", AMR: []string{"otp"}, At: began},
		{Factor: l.Factor, Kind: "key", AMR: []string{"swk"}, At: began.Add(time.Minute), PhishingResistant: true},
	}
	if !sameProofs(l.Proved, want) {
		t.Errorf("proved %+v; want %+v", l.Proved, want)
	}
	w.clock.Add(time.Hour)
	l, err := recoverWith(t, r, alice(), recoveryCode(1, 1))
	if err != nil || len(l.Proved) != 2 || l.Proved[1].Role != provider.Recovery || !l.Proved[1].At.Equal(w.clock.Now()) {
		t.Errorf("a recovery: %+v, %v", l.Proved, err)
	}
}

func sameProofs(a, b []registry.Proved) bool {
	return slices.EqualFunc(a, b, func(a, b registry.Proved) bool {
		return a.Factor == b.Factor && a.Kind == b.Kind && slices.Equal(a.AMR, b.AMR) && a.At.Equal(b.At) && a.Role == b.Role &&
			a.Verified == b.Verified && a.PhishingResistant == b.PhishingResistant
	})
}

// A need for what cannot be phished is not met by a code, however fresh, nor by a key that is stale.
//
// nist: N22, N25
func TestNeedForWhatCannotBePhished(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), newPasskey())
	r := w.registry()
	l := enrolled(t, r, alice(), "app")
	need := registry.Need{Who: alice(), PhishingResistant: true, MaxAge: registry.IdleAAL3}
	if err := r.Check(t.Context(), l.Proof, need); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a code that is typed is taken for one that cannot be phished: %v", err)
	}
	l = enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "key"})
	if err := r.Check(t.Context(), l.Proof, need); err != nil {
		t.Errorf("a passkey: %v", err)
	}
	w.clock.Add(registry.IdleAAL3)
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "app", Proof: l.Proof})
	if err != nil {
		t.Fatal(err)
	}
	if l, err = r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes}); err != nil {
		t.Fatal(err)
	}
	if err := r.Check(t.Context(), l.Proof, need); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a fresh code makes an old passkey fresh: %v", err)
	}
	need.MaxAge = registry.IdleAAL2
	if err := r.Check(t.Context(), l.Proof, need); err != nil {
		t.Errorf("the passkey, within the hour: %v", err)
	}
}

// What is typed can be typed into any site.
//
// nist: N22
func TestTypedCodesAreNotPhishingResistant(t *testing.T) {
	t.Parallel()
	app, err := cototp.New(cototp.Config{Issuer: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := backup.New(backup.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []provider.MultiFactorProvider{app, codes} {
		if info := p.Info(); info.PhishingResistant {
			t.Errorf("%s says that it cannot be phished", info.Kind)
		}
	}
}

// A deployment whose kinds can never satisfy its policy does not start, and says why.
//
// nist: N12, N23
// asvs: V6.5.5
func TestPolicyThatNobodyCouldSatisfyDoesNotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	skewed, err := cototp.New(cototp.Config{Issuer: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	exact, err := cototp.New(cototp.Config{Issuer: "Acme", Skew: cototp.NoSkew})
	if err != nil {
		t.Fatal(err)
	}
	type kinds = []provider.MultiFactorProvider
	for name, tc := range map[string]struct {
		policy policy.Policy
		kinds  kinds
		starts bool
	}{
		"nist without a passkey":        {policy.NISTAAL2(), kinds{exact, newRecovery()}, false},
		"nist":                          {policy.NISTAAL2(), kinds{skewed, newPasskey()}, true},
		"nist for one tenant":           {policy.When(policy.InTenant("bank"), policy.NISTAAL2(), policy.Optional()), kinds{exact}, false},
		"asvs with a skew":              {policy.ASVSL2(), kinds{skewed}, false},
		"asvs":                          {policy.ASVSL2(), kinds{exact}, true},
		"standard without a way back":   {policy.Standard(), kinds{exact}, false},
		"standard":                      {policy.Standard(), kinds{exact, newRecovery()}, true},
		"two over one channel":          {policy.AtLeast(2), kinds{newMailer()}, false},
		"only recovery codes":           {policy.Optional(), kinds{newRecovery()}, false},
		"a kind that is not configured": {policy.Only(policy.Required(), "u2f"), kinds{exact}, false},
		"no factor at all":              {policy.AtLeast(0), kinds{exact}, false},
		"a grace of a minute":           {policy.Grace(time.Minute, policy.Required()), kinds{exact}, false},
	} {
		cfg := registry.Config{AEAD: w.aead, Challenges: w.challenges, Factors: w.factors, Policy: tc.policy, Pepper: make([]byte, 32)}
		r, err := registry.New(cfg, tc.kinds...)
		if (err == nil) != tc.starts || (r == nil) == tc.starts {
			t.Errorf("%s: %v", name, err)
		}
	}
}
