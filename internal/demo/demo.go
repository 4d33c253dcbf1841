// Package demo is a small website whose people sign in with a password and a second step, over a real registry: what `cofactor demo` serves.
//
// Its pages are plain HTML that needs no script, and it keeps the rules that any such site should keep: forms that POST, a session whose id
// changes at sign-in, a content security policy without exceptions. Only its people are made up, and their password is known.
package demo

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Name is what the site is called, on its pages and in authenticator apps.
const Name = "Cofactor demo"

// codeDigits is how long the codes of authenticator apps are.
const codeDigits = 6

// Config is what a Demo is made from. All fields but KeepSecrets and Require are required.
type Config struct {
	Challenges challenge.Store
	Factors    factor.Store
	AEAD       registry.AEAD
	Terminal   io.Writer        // is told what happens, a line each
	Now        func() time.Time // the clock
	Origin     string           // where browsers find it: "http://localhost:8080"

	// KeepSecrets has the demo remember the secrets of authenticator apps in memory, to print codes for people who have no phone at hand.
	// Nothing but a demo may do that.
	KeepSecrets bool

	// Require has everybody set up a second step before they get in. Without it, only those who have one are asked for it.
	Require bool
}

// Demo is the website.
type Demo struct {
	reg      *registry.Registry
	sessions *sessions
	pages    map[string]*template.Template
	phone    *phone
	history  *history
	terminal *terminal
	now      func() time.Time
}

// New makes a website.
func New(cfg Config) (*Demo, error) {
	if cfg.Terminal == nil || cfg.Now == nil {
		return nil, errors.New("demo: Config.Terminal and Config.Now are required")
	}
	apps, err := totp.New(totp.Config{Issuer: Name, Digits: codeDigits})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	passkeys, err := webauthn.New(webauthn.Config{RPID: "localhost", RPName: Name, Origins: []string{cfg.Origin}})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	codes, err := backup.New(backup.Config{})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	browsers, err := device.New(device.Config{})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d := &Demo{terminal: &terminal{w: cfg.Terminal}, sessions: newSessions(cfg.Now), history: newHistory(), now: cfg.Now}
	d.phone = newPhone(d.terminal, cfg)
	rules := policy.When(policy.HasRole(administrator), policy.Required(), policy.Optional())
	if cfg.Require {
		rules = policy.Required()
	}
	d.reg, err = registry.New(registry.Config{
		AEAD: cfg.AEAD, Challenges: cfg.Challenges, Factors: cfg.Factors, Policy: rules, Now: cfg.Now,
		Observe: func(_ context.Context, e registry.Event) {
			d.terminal.event(e)
			d.history.add(e)
		},
	}, passkeys, apps, codes, browsers)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	if d.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return d, nil
}

// Handler serves the website on a loopback address.
func (d *Demo) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range d.routes() {
		mux.Handle(r.pattern, d.within(r))
	}
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(refuseForeign))
	return d.onLocalhost(secured(sameOrigin.Handler(mux)))
}
