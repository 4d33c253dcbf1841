// Package sitetest is a small web site that signs people in with passkeys, for tests to visit in a real browser: a registry over real stores, a handful of
// JSON endpoints, and one page under a strict content security policy.
package sitetest

import (
	"context"
	"crypto/rand"
	_ "embed" // for the page
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/provider/webauthn/browser"
	"github.com/cofactor-mfa/cofactor/registry"
)

//go:embed site.html
var page string

//go:embed site.js
var script string

// Site is a server of its own, at http://localhost and some port. Any password is right.
type Site struct {
	URL      string
	Registry *registry.Registry
	Provider *webauthn.Provider
	t        testing.TB

	mu       sync.Mutex
	sessions map[string]*session
	posted   []Posted
}

// Posted is a ceremony as it went over the wire.
type Posted struct{ Options, Response json.RawMessage }

// session is one browser.
type session struct {
	who     registry.Who // User.ID is "" before the password
	pending string
	proof   string // signed in
	shown   any    // the options that the browser got last
}

// New starts a site that lives as long as the test. edit may change the provider's configuration.
func New(t testing.TB, edit ...func(*webauthn.Config)) *Site {
	t.Helper()
	s := &Site{t: t, sessions: map[string]*session{}}
	mux, url := serve(t)
	s.URL = url

	cfg := webauthn.Config{RPID: "localhost", RPName: "Example", Origins: []string{s.URL}}
	for _, e := range edit {
		e(&cfg)
	}
	var err error
	if s.Provider, err = webauthn.New(cfg); err != nil {
		t.Fatal(err)
	}
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	s.Registry, err = registry.New(registry.Config{
		AEAD: keys, Challenges: challenges(t), Factors: factors(t), Policy: policy.Optional(),
		Observe: func(_ context.Context, e registry.Event) {
			if e.Result != "ok" {
				t.Logf("event: %s %s: %s %s", e.Op, e.Result, e.Reason, e.Note)
			}
		},
	}, s.Provider)
	if err != nil {
		t.Fatal(err)
	}

	for name, do := range map[string]func(context.Context, *session, request) (any, error){
		"password": s.password, "begin": s.begin, "finish": s.finish, "remove": s.remove, "leave": s.leave,
	} {
		mux.HandleFunc("POST /"+name, s.answer(do))
	}
	return s
}

// Page serves the page alone, without anything behind its buttons, and returns its address.
func Page(t testing.TB) string {
	t.Helper()
	_, url := serve(t)
	return url
}

func serve(t testing.TB) (mux *http.ServeMux, url string) {
	mux = http.NewServeMux()
	mux.Handle("GET /passkeys.js", browser.Handler())
	mux.HandleFunc("GET /{$}", file("text/html; charset=utf-8", page))
	mux.HandleFunc("GET /site.js", file("text/javascript; charset=utf-8", script))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return mux, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

// Posted returns every ceremony whose response browsers have posted, oldest first.
func (s *Site) Posted() []Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posted
}

// request is the body of every POST.
type request struct {
	Name     string          `json:"name"`     // of the user, with the password
	Step     string          `json:"step"`     // "add", "second" or "passkey"
	ID       string          `json:"id"`       // of the challenge
	Response json.RawMessage `json:"response"` // of the browser
}

// outcome is what the page shows of a step.
type outcome struct {
	SignedIn bool   `json:"signed_in"`
	Name     string `json:"name"`
	AMR      string `json:"amr"`
	AAL      int    `json:"aal"`
	Keys     int    `json:"keys"`
	Signal   any    `json:"signal"`
}

func (s *Site) password(ctx context.Context, v *session, q request) (any, error) {
	v.who.User = provider.User{ID: "id-of-" + q.Name, Name: q.Name, DisplayName: strings.ToUpper(q.Name)}
	login, err := s.Registry.StartLogin(ctx, registry.Start{Who: v.who, Primary: []string{"pwd"}})
	return s.take(ctx, v, login, err)
}

func (s *Site) begin(ctx context.Context, v *session, q request) (any, error) {
	ch, err := s.challenge(ctx, v, q)
	v.shown = ch.Public
	return ch, err
}

func (s *Site) challenge(ctx context.Context, v *session, q request) (registry.Challenge, error) {
	switch q.Step {
	case "add":
		return s.Registry.BeginSetup(ctx, registry.Enrol{Who: v.who, Pending: v.pending, Kind: webauthn.Kind})
	case "add-signed-in":
		return s.Registry.BeginSetup(ctx, registry.Enrol{Who: v.who, Proof: v.proof, Kind: webauthn.Kind})
	case "second":
		return s.Registry.BeginLogin(ctx, registry.Begin{Who: v.who, Pending: v.pending, Kind: webauthn.Kind})
	case "passkey":
		return s.Registry.BeginLogin(ctx, registry.Begin{Who: nobody(v), Kind: webauthn.Kind})
	}
	return registry.Challenge{}, fmt.Errorf("no step %q", q.Step)
}

func (s *Site) finish(ctx context.Context, v *session, q request) (any, error) {
	options, err := json.Marshal(v.shown)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.posted = append(s.posted, Posted{options, q.Response})
	s.mu.Unlock()
	f := registry.Finish{Who: v.who, Challenge: q.ID, Response: q.Response}
	switch q.Step {
	case "add":
		f.Pending = v.pending
		login, err := s.Registry.FinishSetup(ctx, f)
		return s.take(ctx, v, login, err)
	case "add-signed-in":
		login, err := s.Registry.FinishSetup(ctx, f)
		return s.take(ctx, v, login, err)
	case "second":
		f.Pending = v.pending
	case "passkey":
		f.Who = nobody(v)
	}
	login, err := s.Registry.FinishLogin(ctx, f)
	return s.take(ctx, v, login, err)
}

// nobody is who signs in with nothing but a passkey: a browser.
func nobody(v *session) registry.Who { return registry.Who{Binding: v.who.Binding} }

// remove takes the first key away.
func (s *Site) remove(ctx context.Context, v *session, _ request) (any, error) {
	list, err := s.Registry.Factors(ctx, v.who)
	if err != nil || len(list) == 0 {
		return nil, errors.Join(err, errors.New("nothing to remove"))
	}
	login, err := s.Registry.Remove(ctx, registry.Manage{Who: v.who, Proof: v.proof, Factor: list[0].ID})
	return s.take(ctx, v, login, err)
}

func (s *Site) leave(_ context.Context, v *session, _ request) (any, error) {
	*v = session{who: registry.Who{Binding: rand.Text()}}
	return outcome{}, nil
}

// take keeps what a step gave in the session, and tells the page of it.
func (s *Site) take(ctx context.Context, v *session, login registry.Login, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	v.pending, v.who.User = login.Pending, login.User
	if login.Proof != "" {
		v.proof = login.Proof
	}
	list, err := s.Registry.Factors(ctx, v.who)
	return outcome{
		SignedIn: login.Satisfied, Name: login.User.ID, AMR: strings.Join(login.AMR, " "), AAL: login.AAL, Keys: len(list), Signal: login.Signal,
	}, err
}
