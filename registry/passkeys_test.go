package registry_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Passkeys, as they are, over the servers that a deployment has. What holds for every unguessable kind is tested with one that is simpler.

const signInPage = "https://login.example.com"

// visitor is a browser in which nobody has signed in.
var visitor = registry.Who{Binding: "a visitor's session"}

func passkeys(t testing.TB) *webauthn.Provider {
	t.Helper()
	p, err := webauthn.New(webauthn.Config{RPID: "example.com", RPName: "Example", Origins: []string{signInPage}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func required(c *registry.Config) { c.Policy = policy.Required() }

func phone() *cofactortest.Authenticator { return cofactortest.NewAuthenticator(signInPage) }

// asked is what the browser is asked, and ran its answer.
func asked(t testing.TB, ch registry.Challenge) []byte {
	t.Helper()
	b, err := json.Marshal(ch.Public)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ran(t testing.TB, ceremony func([]byte) ([]byte, error), ch registry.Challenge) json.RawMessage {
	t.Helper()
	response, err := ceremony(asked(t, ch))
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// adds attaches a passkey of the device.
func adds(t testing.TB, r *registry.Registry, w registry.Who, e registry.Enrol, d *cofactortest.Authenticator) registry.Login {
	t.Helper()
	e.Who, e.Kind = w, webauthn.Kind
	ch, err := r.BeginSetup(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.FinishSetup(t.Context(), registry.Finish{Who: w, Pending: e.Pending, Challenge: ch.ID, Response: ran(t, d.Create, ch)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unnamed is a sign-in that names nobody.
func unnamed(t testing.TB, r *registry.Registry, d *cofactortest.Authenticator) registry.Finish {
	t.Helper()
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: visitor, Kind: webauthn.Kind})
	if err != nil {
		t.Fatal(err)
	}
	return registry.Finish{Who: visitor, Challenge: ch.ID, Response: ran(t, d.Get, ch)}
}

// signalled is what a result tells the browser to pass on.
func signalled(t testing.TB, signal any) (s struct {
	Unknown  *struct{ CredentialID string } `json:"unknown_credential"`
	Accepted *struct {
		IDs []string `json:"allAcceptedCredentialIds"`
	} `json:"all_accepted_credentials"`
	Details *struct{ Name string } `json:"current_user_details"`
},
) {
	t.Helper()
	raw, err := json.Marshal(signal)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// attack
func TestPasskeysOnServers(t *testing.T) {
	t.Parallel()
	w := onServers(t, passkeys(t))
	r := w.registry(required)
	laptop, key := phone(), phone()
	key.CounterStep = 0
	added := adds(t, r, alice(), registry.Enrol{Pending: start(t, r, alice()).Pending}, laptop)
	second := adds(t, r, alice(), registry.Enrol{Proof: added.Proof}, key)
	if s := signalled(t, second.Signal); len(s.Accepted.IDs) != 2 || s.Details.Name != "alice@example.com" {
		t.Errorf("after another passkey came: %+v", s)
	}
	w.clock.Add(time.Hour)

	for _, d := range []*cofactortest.Authenticator{laptop, key} { // either answers, after a password
		l, ch := begin(t, r, alice())
		got, err := answer(t, r, alice(), l, ch, ran(t, d.Get, ch))
		if err != nil || !got.Satisfied || got.AAL != 2 || !slices.Equal(got.AMR, []string{"mfa", "pop", "pwd", "swk", "user"}) {
			t.Errorf("a second factor: satisfied %v, AAL %d, %v: %v", got.Satisfied, got.AAL, got.AMR, err)
		}
	}
	f := unnamed(t, r, laptop)
	got, err := r.FinishLogin(t.Context(), f)
	if err != nil || !got.Satisfied || got.User.ID != "alice" || got.AAL != 2 || !slices.Equal(got.AMR, []string{"mfa", "pop", "swk", "user"}) {
		t.Errorf("a sign-in that named nobody: satisfied %v, user %q, AAL %d, %v: %v", got.Satisfied, got.User.ID, got.AAL, got.AMR, err)
	}
	if s := signalled(t, got.Signal); s.Details != nil || len(s.Accepted.IDs) != 2 {
		t.Errorf("a sign-in that named nobody knows no name to tell: %+v", s)
	}
	again, err := r.FinishLogin(t.Context(), f) // the provider is asked before the store, and knows the counter
	refused(t, registry.ErrRejected, again, err)

	renamed, err := r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: signInBy(t, r, laptop).Proof, Factor: added.Factor, Label: "Laptop"})
	if err != nil || signalled(t, renamed.Signal).Accepted == nil {
		t.Errorf("renamed: %v, signal %v", err, renamed.Signal)
	}
	removed, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: signInBy(t, r, laptop).Proof, Factor: second.Factor})
	if err != nil || len(signalled(t, removed.Signal).Accepted.IDs) != 1 {
		t.Errorf("removed: %v, signal %+v", err, removed.Signal)
	}
	f = unnamed(t, r, key)
	got, err = r.FinishLogin(t.Context(), f)
	refused(t, registry.ErrRejected, got, err)
	if s := signalled(t, public(t, err).Signal); s.Unknown == nil || s.Unknown.CredentialID == "" || s.Accepted != nil {
		t.Errorf("a removed passkey: the browser is told %+v", s)
	}
	l, ch := begin(t, r, alice())
	forced := []byte(`{"challenge":"` + challengeOf(t, ch) + `","rpId":"example.com"}`)
	response, err := key.Get(forced)
	if err != nil {
		t.Fatal(err)
	}
	got, err = answer(t, r, alice(), l, ch, response)
	refused(t, registry.ErrRejected, got, err)
	if public(t, err).Signal != nil {
		t.Error("a named user's wrong answer tells whether the passkey exists")
	}
}

func signInBy(t testing.TB, r *registry.Registry, d *cofactortest.Authenticator) registry.Login {
	t.Helper()
	l, ch := begin(t, r, alice())
	got, err := answer(t, r, alice(), l, ch, ran(t, d.Get, ch))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func challengeOf(t testing.TB, ch registry.Challenge) string {
	t.Helper()
	var o struct{ PublicKey struct{ Challenge string } }
	if err := json.Unmarshal(asked(t, ch), &o); err != nil {
		t.Fatal(err)
	}
	return o.PublicKey.Challenge
}

// One credential id, registered for several users at the same moment: one gets it.
//
// attack: A-103
func TestOneCredentialOneOwner(t *testing.T) {
	t.Parallel()
	const n = 8
	w := onServers(t, passkeys(t))
	tap := w.tapped()
	rs := []*registry.Registry{w.registry(), w.registry()}
	var finishes []registry.Finish
	for i := range n {
		who := alice()
		who.User.ID += string('a' + rune(i))
		d := phone()
		d.BeforeSigning = func(c *cofactortest.Ceremony) { c.CredentialID, c.RawID = []byte("the one id"), []byte("the one id") }
		l := start(t, rs[0], who)
		ch, err := rs[0].BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: l.Pending, Kind: webauthn.Kind})
		if err != nil {
			t.Fatal(err)
		}
		finishes = append(finishes, registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: ran(t, d.Create, ch)})
	}
	tap.during(meeting("Apply", n))
	ok, errs := crowd(t, n, func(i int) error {
		_, err := rs[i%2].FinishSetup(t.Context(), finishes[i])
		return err
	})
	if ok != 1 {
		t.Errorf("%d of %d users have one credential", ok, n)
	}
	for _, err := range errs {
		if !errors.Is(err, registry.ErrFactorExists) {
			t.Errorf("a loser got %v, want factor_exists", err)
		}
	}
}

// Two answers of one security key, in two tabs, at the same moment: whichever is written first, the higher counter stays and the key is not disabled. One answer
// in two requests is not the work of a copy either.
//
// attack
func TestCountersThatMeet(t *testing.T) {
	t.Parallel()
	for range 4 { // The order in which they are written is the servers'.
		w := onServers(t, passkeys(t))
		tap := w.tapped()
		r := w.registry()
		d := phone()
		adds(t, r, alice(), registry.Enrol{Pending: start(t, r, alice()).Pending}, d)
		w.clock.Add(time.Minute)
		type tab struct {
			registry.Login
			registry.Challenge
			response json.RawMessage
		}
		var tabs []tab
		for range 2 {
			l, ch := begin(t, r, alice())
			tabs = append(tabs, tab{l, ch, ran(t, d.Get, ch)})
		}
		w.clock.Add(time.Second)
		tap.during(meeting("Apply", 2))
		ok, _ := crowd(t, 2, func(i int) error {
			_, err := answer(t, r, alice(), tabs[i].Login, tabs[i].Challenge, tabs[i].response)
			return err
		})
		if ok < 1 {
			t.Error("neither of two right answers succeeded")
		}
		tap.during(nil)
		w.clock.Add(time.Minute)
		l, ch := begin(t, r, alice())
		response := ran(t, d.Get, ch)
		tap.during(meeting("Apply", 2))
		if ok, _ := crowd(t, 2, func(int) error { _, err := answer(t, r, alice(), l, ch, response); return err }); ok != 1 {
			t.Errorf("one answer, sent twice, succeeded %d times", ok)
		}
		tap.during(nil)
		w.clock.Add(time.Minute)
		if got := signInBy(t, r, d); !got.Satisfied {
			t.Error("the key does not work any more")
		}
		w.clock.Add(time.Minute)
		d.Credentials()[0].Counter = 2 // a copy of the device as it was after the first of the two
		l, ch = begin(t, r, alice())
		got, err := answer(t, r, alice(), l, ch, ran(t, d.Get, ch))
		refused(t, registry.ErrRejected, got, err)
		if list, err := r.Factors(t.Context(), alice()); err != nil || list[0].Usable {
			t.Errorf("a copied key can still be used: %v", err)
		}
		if e := w.lastEvent(); !strings.Contains(e.Note, "counter went back") || e.Factor == "" {
			t.Errorf("the event says %+v", e)
		}
	}
}

// The challenge ends when the browser's time does.
//
// attack
func TestPasskeyPromptsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, passkeys(t))
	r := w.registry()
	d := phone()
	adds(t, r, alice(), registry.Enrol{Pending: start(t, r, alice()).Pending}, d)
	ttl := passkeys(t).Info().TTL
	for late, want := range map[time.Duration]registry.Code{ttl - time.Second: "", ttl + time.Second: registry.ErrChallengeGone} {
		w.clock.Add(time.Minute)
		l, ch := begin(t, r, alice())
		f := unnamed(t, r, d)
		named := registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: ran(t, d.Get, ch)}
		w.clock.Add(late)
		for _, f := range []registry.Finish{f, named} {
			if _, err := r.FinishLogin(t.Context(), f); (err == nil) != (want == "") || err != nil && !errors.Is(err, want) {
				t.Errorf("an answer after %v of %v: %v", late, ttl, err)
			}
		}
	}
}

// What a sign-in costs does not depend on how many people have passkeys.
func TestPasskeysOfOthersCostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, passkeys(t))
	tap := w.tapped()
	r := w.registry()
	d := phone()
	adds(t, r, alice(), registry.Enrol{Pending: start(t, r, alice()).Pending}, d)
	calls := func() []string {
		w.clock.Add(time.Minute)
		f := unnamed(t, r, d)
		tap.during(nil)
		if _, err := r.FinishLogin(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(tap.made(), func(c string) bool { return c == "Prune" }) // beside the call, once a minute
	}
	alone := calls()
	if !slices.Equal(alone, []string{"Find", "Load", "Apply"}) {
		t.Errorf("a sign-in that names nobody calls %q", alone)
	}
	for i := range 50 {
		who := bob()
		who.User.ID += string('A' + rune(i))
		adds(t, r, who, registry.Enrol{Pending: start(t, r, who).Pending}, phone())
	}
	if got := calls(); !slices.Equal(got, alone) {
		t.Errorf("beside 50 others it calls %q, and alone %q", got, alone)
	}
}
