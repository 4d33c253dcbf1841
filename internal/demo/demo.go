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
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/email"
	terminalsender "github.com/cofactor-mfa/cofactor/provider/sentcode/terminal"
	"github.com/cofactor-mfa/cofactor/provider/sms"
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
	Pepper     []byte           // 32 random bytes or more, which do not change while Challenges are kept

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
	d := &Demo{terminal: &terminal{w: cfg.Terminal}, sessions: newSessions(cfg.Now), history: newHistory(), now: cfg.Now}
	d.phone = newPhone(d.terminal, cfg)
	kinds, err := d.providers(cfg.Origin)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	rules := policy.When(policy.HasRole(administrator), policy.Required(), policy.Optional())
	if cfg.Require {
		rules = policy.Required()
	}
	d.reg, err = registry.New(registry.Config{
		AEAD: cfg.AEAD, Challenges: cfg.Challenges, Factors: cfg.Factors, Policy: rules, Pepper: cfg.Pepper, Now: cfg.Now,
		Observe: func(_ context.Context, e registry.Event) {
			d.terminal.event(e)
			d.history.add(e)
		},
	}, kinds...)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	if d.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return d, nil
}

// Flush delivers what people are still to be told of their accounts. It is for the end of the program.
func (d *Demo) Flush(ctx context.Context) error { return d.reg.Flush(ctx) }

// providers are the kinds of methods that there are, and what each of them needs to know.
func (d *Demo) providers(origin string) ([]provider.MultiFactorProvider, error) {
	var kinds []provider.MultiFactorProvider
	var faults []error
	add := func(p provider.MultiFactorProvider, err error) {
		kinds, faults = append(kinds, p), append(faults, err)
	}
	add(webauthn.New(webauthn.Config{RPID: "localhost", RPName: Name, Origins: []string{origin}}))
	add(totp.New(totp.Config{Issuer: Name, Digits: codeDigits}))
	texts, err := terminalsender.New[sms.Message](terminalsender.Config{Out: d.terminal, Development: true})
	faults = append(faults, err)
	mails, err := terminalsender.New[email.Message](terminalsender.Config{Out: d.terminal, Development: true})
	faults = append(faults, err)
	add(sms.New(sms.Config{Sender: texts, App: Name, Host: "localhost", Numbers: sms.Numbers{Reach: sms.Everywhere}}))
	add(email.New(email.Config{Sender: mails, App: Name, From: "no-reply@demo.example"}))
	add(backup.New(backup.Config{}))
	add(backup.Issued{}, nil)
	add(device.New(device.Config{}))
	return kinds, errors.Join(faults...)
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
