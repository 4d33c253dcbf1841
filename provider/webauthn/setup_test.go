package webauthn_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// creation is what a browser is asked, as far as the tests look at it.
type creation struct {
	PublicKey struct {
		RP               struct{ ID, Name string }
		User             struct{ ID, Name, DisplayName string }
		Challenge        string
		PubKeyCredParams []struct {
			Type string
			Alg  int
		}
		Timeout                int
		ExcludeCredentials     []descriptor
		AuthenticatorSelection struct {
			ResidentKey, UserVerification, AuthenticatorAttachment string
			RequireResidentKey                                     bool
		}
		Attestation string
		Hints       []string
		Extensions  map[string]any
	}
}

type descriptor struct {
	Type, ID   string
	Transports []string
}

func decoded[T any](tb testing.TB, p provider.Prompt) (v T) {
	tb.Helper()
	if err := json.Unmarshal(options(tb, p), &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestCreationOptions(t *testing.T) { // attack: A-104
	t.Parallel()
	s := newSite(t)
	s.enrol(newDevice())
	s.enrol(newDevice())
	prompt, err := s.p.SetupHook(t.Context(), s.setupRequest())
	if err != nil {
		t.Fatal(err)
	}
	o := decoded[creation](t, prompt).PublicKey
	if o.RP.ID != rpID || o.RP.Name != "Example" || o.User.Name != "alice@example.com" || o.User.DisplayName != "Alice" {
		t.Errorf("the prompt names %v and %v", o.RP, o.User)
	}
	if o.User.ID != base64.RawURLEncoding.EncodeToString(s.user.Handle) {
		t.Errorf("the user handle is %q, and must be User.Handle", o.User.ID)
	}
	if c, err := base64.RawURLEncoding.DecodeString(o.Challenge); err != nil || len(c) != 32 {
		t.Errorf("the challenge has %d bytes, want 32", len(c))
	}
	if len(o.ExcludeCredentials) != 2 {
		t.Errorf("%d keys are excluded, want both that the user has", len(o.ExcludeCredentials))
	}
	if want := s.p.Info().TTL.Milliseconds(); int64(o.Timeout) != want {
		t.Errorf("the browser has %d ms, and the challenge %d", o.Timeout, want)
	}
	if fmt.Sprint(o.PubKeyCredParams) != "[{public-key -7} {public-key -8} {public-key -257}]" {
		t.Errorf("the algorithms are %v", o.PubKeyCredParams)
	}
	if a := o.AuthenticatorSelection; a.ResidentKey != "required" || !a.RequireResidentKey || a.UserVerification != "preferred" || a.AuthenticatorAttachment != "" {
		t.Errorf("the preset for passkeys asks for %+v", a)
	}
	if o.Attestation != "none" || len(o.Hints) != 0 {
		t.Errorf("attestation %q, hints %v", o.Attestation, o.Hints)
	}
}

func TestPresetOfSecurityKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *webauthn.Config) { c.Preset = webauthn.SecurityKeys })
	prompt, err := s.p.SetupHook(t.Context(), s.setupRequest())
	if err != nil {
		t.Fatal(err)
	}
	o := decoded[creation](t, prompt).PublicKey
	if a := o.AuthenticatorSelection; a.ResidentKey != "discouraged" || a.UserVerification != "discouraged" || a.AuthenticatorAttachment != "cross-platform" {
		t.Errorf("the preset for security keys asks for %+v", a)
	}
	if !slices.Equal(o.Hints, []string{"security-key"}) {
		t.Errorf("hints %v", o.Hints)
	}
	key := newDevice()
	key.NotDiscoverable, key.Flags = true, cofactortest.UserPresent
	if e := s.enrol(key); e.Label != "Security key" || e.Hint != webauthn.HintBound {
		t.Errorf("a key is called %q, %q", e.Label, e.Hint)
	}
	if m, err := s.login(key); err != nil || m.Verified {
		t.Errorf("a touch without a PIN: %v, verified %v", err, m.Verified)
	}
}

// Two prompts have two challenges, and none is made without randomness; the latter is the standard library's, which ends the program.
func TestChallengesAreNew(t *testing.T) { // attack: A-16
	t.Parallel()
	s := newSite(t)
	s.enrol(newDevice())
	seen := map[string]bool{}
	for range 100 {
		setup, err := s.p.SetupHook(t.Context(), s.setupRequest())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []string{decoded[creation](t, setup).PublicKey.Challenge, decoded[creation](t, s.prompt(s.loginRequest())).PublicKey.Challenge} {
			if len(c) != 43 || seen[c] {
				t.Fatalf("the challenge %q was there before, or is not of 32 bytes", c)
			}
			seen[c] = true
		}
	}
}

func TestEveryAlgorithmEnrolsAndLogsIn(t *testing.T) {
	t.Parallel()
	for _, alg := range []cofactortest.Algorithm{cofactortest.ES256, cofactortest.EdDSA, cofactortest.RS256} {
		for _, att := range []cofactortest.Attestation{cofactortest.NoAttestation, cofactortest.SelfAttestation} {
			s, d := newSite(t), newDevice()
			d.Algorithm, d.Attestation = alg, att
			e := s.enrol(d)
			if id := base64.RawURLEncoding.EncodeToString(d.Credentials()[0].ID); e.Handle != id {
				t.Errorf("%d: the handle is %q, want the credential id %q", alg, e.Handle, id)
			}
			for range 3 {
				if _, err := s.login(d); err != nil {
					t.Errorf("%d: %v", alg, err)
				}
			}
		}
	}
}

// passes are the faults that are none here: Level 3 leaves outputs of extensions that nobody asked for to the site, and nothing reads them;
// verification is wished for and not required; and a device that makes a second key for a user has another id for it.
var passes = []cofactortest.Fault{cofactortest.UnsolicitedExtension, cofactortest.UnsolicitedClientData, cofactortest.NotVerified, cofactortest.IgnoredExclusion}

func TestNoFaultOfARegistrationPasses(t *testing.T) { // attack
	t.Parallel()
	for _, fault := range cofactortest.CreateFaults() {
		s, d := newSite(t), newDevice()
		d.Fault = fault
		_, err := s.finishSetup(s.beginSetup(d))
		switch {
		case slices.Contains(passes, fault):
			if err != nil {
				t.Errorf("%v: %v, and it is no fault here", fault, err)
			}
		case !denied(err):
			t.Errorf("%v: %v, want a refusal", fault, err)
		}
	}
	for _, fault := range []cofactortest.Fault{cofactortest.NotVerified, cofactortest.NotPresent} {
		s, d := newSite(t, func(c *webauthn.Config) { c.UserVerification = webauthn.VerificationRequired }), newDevice()
		d.Fault = fault
		if _, err := s.finishSetup(s.beginSetup(d)); !denied(err) {
			t.Errorf("%v, where verification is required: %v", fault, err)
		}
	}
}

// A page of the same host under another scheme, with a user or a path before it, in capitals: only the origin itself will do.
func TestOnlyTheOriginItself(t *testing.T) { // attack: A-110
	t.Parallel()
	s, good := newSite(t), newDevice()
	s.enrol(good)
	for _, other := range []string{
		"https://evil.example", "https://login.example.com.evil.example", "https://login.example.com:8443", "http://login.example.com", "null", "",
		"https://LOGIN.example.com", "HTTPS://login.example.com", "https://login.example.com/", "https://login.example.com/path", "https://user@login.example.com",
		"https://login.example.com:443", "https://login.example.com?", "https://login.example.com.", " https://login.example.com", "https://example.com",
		"https://x.login.example.com", "android:apk-key-hash:AAAA",
	} {
		d := newDevice()
		d.BeforeSigning = func(c *cofactortest.Ceremony) { c.Origin = other }
		if _, err := s.finishSetup(s.beginSetup(d)); !denied(err) {
			t.Errorf("a registration at %q: %v", other, err)
		}
		good.BeforeSigning = d.BeforeSigning
		if _, err := s.login(good); !denied(err) {
			t.Errorf("a login at %q: %v", other, err)
		}
	}
	good.BeforeSigning = func(c *cofactortest.Ceremony) { c.TopOrigin, c.CrossOrigin = origin, false }
	if _, err := s.login(good); !denied(err) {
		t.Errorf("a login in a frame that claims to be none: %v", err)
	}
}

func TestRelatedOriginsAreOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *webauthn.Config) { c.RelatedOrigins = []string{"https://example.co.uk"} })
	d := newDevice()
	s.enrol(d)
	d.BeforeSigning = func(c *cofactortest.Ceremony) { c.Origin = "https://example.co.uk" }
	if _, err := s.login(d); err != nil {
		t.Errorf("a related origin: %v", err)
	}
	d.BeforeSigning = func(c *cofactortest.Ceremony) { c.Origin = "https://example.fr" }
	if _, err := s.login(d); !denied(err) {
		t.Errorf("an origin that is not related: %v", err)
	}
}

// The algorithms are those that were offered when the ceremony began, and no others that the library knows.
func TestOnlyAlgorithmsThatWereOffered(t *testing.T) { // attack: A-107
	t.Parallel()
	s, d := newSite(t, func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{webauthn.ES256} }), newDevice()
	d.Algorithm = cofactortest.EdDSA
	ans := s.beginSetup(d)
	if _, err := s.finishSetup(ans); !denied(err) {
		t.Errorf("EdDSA where only ES256 is offered: %v", err)
	}
	d = newDevice()
	ans = s.beginSetup(d)
	s.p = newProvider(t, func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{webauthn.EdDSA} })
	if _, err := s.finishSetup(ans); err != nil {
		t.Errorf("ES256, which was offered before the configuration changed: %v", err)
	}
}

func TestSetupNeedsAUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for what, change := range map[string]func(*provider.User){
		"no handle": func(u *provider.User) { u.Handle = nil }, "a short handle": func(u *provider.User) { u.Handle = u.Handle[:15] },
		"a long handle": func(u *provider.User) { u.Handle = make([]byte, 65) }, "no name": func(u *provider.User) { u.Name, u.DisplayName = "", "" },
	} {
		req := s.setupRequest()
		change(&req.User)
		if p, err := s.p.SetupHook(t.Context(), req); err == nil || p.Public != nil {
			t.Errorf("%s: a prompt was made", what)
		}
	}
	d := newDevice()
	s.user.DisplayName = ""
	s.enrol(d)
	ans := s.beginSetup(newDevice())
	s.user.Handle = nil
	if _, err := s.finishSetup(ans); err == nil || denied(err) {
		t.Errorf("a key for a user without a handle: %v; want an error that is no verdict", err)
	}
}

// A session of one ceremony is none of another, whatever the answer.
func TestCeremoniesAreNotInterchangeable(t *testing.T) { // attack
	t.Parallel()
	s, d := newSite(t), newDevice()
	s.enrol(d)
	setup, login, unnamed := s.beginSetup(newDevice()), s.begin(d), s.beginUnnamed(d)
	for what, private := range map[string][]byte{"a login": login.Private, "a login of nobody": unnamed.Private} {
		if _, err := s.finishSetup(provider.Answer{Private: private, Response: setup.Response}); err == nil || denied(err) {
			t.Errorf("a key was made, or looked at, in the state of %s: %v", what, err)
		}
		if _, err := s.p.SetupHook(t.Context(), provider.SetupRequest{User: s.user, Previous: private, Now: s.now}); err == nil {
			t.Errorf("a set-up goes on from %s", what)
		}
	}
	for _, response := range []json.RawMessage{setup.Response, login.Response, unnamed.Response} {
		if _, err := s.finish(provider.Answer{Private: setup.Private, Response: response}); err == nil || denied(err) {
			t.Errorf("a login, or the look at one, in the state of a set-up: %v", err)
		}
	}
	for _, req := range []provider.LoginRequest{
		{User: s.user, Factors: s.factors, Previous: setup.Private},
		{User: s.user, Factors: s.factors, Previous: unnamed.Private},
		{Previous: setup.Private},
		{Previous: login.Private},
	} {
		if _, err := s.p.LoginHook(context.Background(), req); err == nil {
			t.Errorf("a prompt was repeated for another ceremony: user %q", req.User.ID)
		}
	}
}

// What stands in the error of a refused answer is neither the challenge nor an origin.
func TestErrorsQuoteNothing(t *testing.T) { // attack: A-115
	t.Parallel()
	s, d := newSite(t), newDevice()
	s.enrol(d)
	challenge := decoded[creation](t, s.prompt(s.loginRequest())).PublicKey.Challenge
	for _, fault := range slices.Concat(cofactortest.CreateFaults(), cofactortest.GetFaults()) {
		d.Fault = fault
		var errs []error
		if slices.Contains(cofactortest.CreateFaults(), fault) {
			fresh := newDevice()
			fresh.Fault = fault
			_, err := s.finishSetup(s.beginSetup(fresh))
			errs = append(errs, err)
		}
		if slices.Contains(cofactortest.GetFaults(), fault) {
			prompt := s.prompt(s.loginRequest())
			challenge = decoded[creation](t, prompt).PublicKey.Challenge
			_, err := s.finish(s.answer(prompt, d))
			errs = append(errs, err)
		}
		for _, err := range errs {
			for ; err != nil; err = errors.Unwrap(err) {
				if said := fmt.Sprintf("%v %+v %#v", err, err, err); containsAny(said, challenge, "Received", "https://", "Expected") {
					t.Errorf("%v: the error says %s", fault, said)
				}
			}
		}
	}
}
