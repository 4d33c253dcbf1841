// Package demo is a small website whose people sign in with a password and a second step: what `cofactor demo` serves.
//
// It is an application like any other. Its own are a page for the password, sessions in memory, and a few pages worth protecting; the second step, setting it up,
// and everything about it are the pages of package web over package httpapi. Only its people are made up, and their password is known.
package demo

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/web"
)

// Name is what the site is called, on its pages and in authenticator apps.
const Name = "Cofactor demo"

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
	api      *httpapi.Handler
	mfa      *web.Pages
	sessions *sessions
	pages    map[string]*template.Template
	phone    *phone
	outbox   *outbox
	history  *history
	payments *payments
	terminal *terminal
	now      func() time.Time
}

// New makes a website.
func New(cfg Config) (*Demo, error) {
	if cfg.Terminal == nil || cfg.Now == nil {
		return nil, errors.New("demo: Config.Terminal and Config.Now are required")
	}
	d := &Demo{
		terminal: &terminal{w: cfg.Terminal}, sessions: newSessions(cfg.Now), history: newHistory(), payments: &payments{byUser: map[string][]payment{}}, now: cfg.Now,
	}
	d.phone, d.outbox = newPhone(d.terminal, cfg), &outbox{now: cfg.Now}
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
	d.api, err = httpapi.New(httpapi.Config{
		Tenants:  httpapi.One(d.reg),
		Host:     httpapi.Host{Session: d.sessions.session, Keep: d.sessions.keep, Next: d.next, EndOthers: d.sessions.endOthers},
		Activity: d.history.of,
	})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d.mfa, err = web.New(web.Config{API: d.api, Product: Name, Support: "/stuck", Location: time.Local, Now: cfg.Now}) //nolint:gosmopolitan // it is somebody's own computer
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
	app, err := totp.New(totp.Config{Issuer: Name, Digits: codeDigits})
	add(withPhone{app, d.phone}, err)
	texts, mails, err := d.senders()
	faults = append(faults, err)
	add(sms.New(sms.Config{Sender: texts, App: Name, Host: "localhost", Numbers: sms.Numbers{Reach: sms.Everywhere}}))
	add(email.New(email.Config{Sender: mails, App: Name, From: "no-reply@demo.example"}))
	add(backup.New(backup.Config{}))
	add(backup.Issued{}, nil)
	add(device.New(device.Config{}))
	return kinds, errors.Join(faults...)
}
