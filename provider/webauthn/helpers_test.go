package webauthn_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

const (
	rpID   = "example.com"
	origin = "https://login.example.com"
)

var start = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)

func config() webauthn.Config {
	return webauthn.Config{RPID: rpID, RPName: "Example", Origins: []string{origin}}
}

func newProvider(tb testing.TB, edit ...func(*webauthn.Config)) *webauthn.Provider {
	tb.Helper()
	cfg := config()
	for _, e := range edit {
		e(&cfg)
	}
	p, err := webauthn.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// site is the provider with one user, whose factors it keeps as a registry would.
type site struct {
	tb      testing.TB
	p       *webauthn.Provider
	user    provider.User
	factors []provider.Factor
	now     time.Time
}

func newSite(tb testing.TB, edit ...func(*webauthn.Config)) *site {
	return &site{tb: tb, p: newProvider(tb, edit...), user: person(1), now: start}
}

// person is the n-th user.
func person(n byte) provider.User {
	handle := make([]byte, 32)
	handle[0] = n
	return provider.User{ID: "u-" + string('0'+rune(n)), Name: "alice@example.com", DisplayName: "Alice", Handle: handle}
}

func newDevice() *cofactortest.Authenticator { return cofactortest.NewAuthenticator(origin) }

// options is a prompt as a browser gets it.
func options(tb testing.TB, p provider.Prompt) []byte {
	tb.Helper()
	b, err := json.Marshal(p.Public)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func (s *site) setupRequest() provider.SetupRequest {
	return provider.SetupRequest{User: s.user, Existing: s.factors, Now: s.now}
}

func (s *site) loginRequest() provider.LoginRequest {
	return provider.LoginRequest{User: s.user, Factors: s.factors, Now: s.now}
}

// beginSetup has a device answer a prompt to make a key.
func (s *site) beginSetup(d *cofactortest.Authenticator) provider.Answer {
	s.tb.Helper()
	prompt, err := s.p.SetupHook(context.Background(), s.setupRequest())
	if err != nil {
		s.tb.Fatal(err)
	}
	response, err := d.Create(options(s.tb, prompt))
	if err != nil {
		s.tb.Fatal(err)
	}
	return provider.Answer{Private: prompt.Private, Response: response}
}

func (s *site) finishSetup(ans provider.Answer) (provider.Enrollment, error) {
	return s.p.SetupVerify(context.Background(), s.setupRequest(), ans)
}

// enrol attaches a new key of the device. A minute later it can be used.
func (s *site) enrol(d *cofactortest.Authenticator) provider.Enrollment {
	s.tb.Helper()
	e, err := s.finishSetup(s.beginSetup(d))
	if err != nil {
		s.tb.Fatal(err)
	}
	s.factors = append(s.factors, provider.Factor{ID: "f-" + string('1'+rune(len(s.factors))), Data: e.Data})
	s.now = s.now.Add(time.Minute)
	return e
}

// begin shows a login prompt and has the device answer it.
func (s *site) begin(d *cofactortest.Authenticator) provider.Answer {
	s.tb.Helper()
	return s.answer(s.prompt(s.loginRequest()), d)
}

// beginUnnamed does so with nobody named.
func (s *site) beginUnnamed(d *cofactortest.Authenticator) provider.Answer {
	s.tb.Helper()
	return s.answer(s.prompt(provider.LoginRequest{Now: s.now}), d)
}

func (s *site) prompt(req provider.LoginRequest) provider.Prompt {
	s.tb.Helper()
	prompt, err := s.p.LoginHook(context.Background(), req)
	if err != nil {
		s.tb.Fatal(err)
	}
	return prompt
}

func (s *site) answer(prompt provider.Prompt, d *cofactortest.Authenticator) provider.Answer {
	s.tb.Helper()
	response, err := d.Get(options(s.tb, prompt))
	if err != nil {
		s.tb.Fatal(err)
	}
	return provider.Answer{Private: prompt.Private, Response: response}
}

// finish checks an answer, and keeps what becomes of the factor. A minute passes.
func (s *site) finish(ans provider.Answer) (provider.Match, error) {
	m, err := s.p.LoginVerify(context.Background(), s.loginRequest(), ans)
	for i, f := range s.factors {
		if err == nil && f.ID == m.FactorID && m.Data != nil {
			s.factors[i].Data = m.Data
		}
	}
	s.now = s.now.Add(time.Minute)
	return m, err
}

func (s *site) login(d *cofactortest.Authenticator) (provider.Match, error) {
	s.tb.Helper()
	return s.finish(s.begin(d))
}

// denied says that an error is a verdict.
func denied(err error) bool {
	return errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrCompromised)
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}
