package cofactortest

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Host and Origin are those of the site that a Kit plays, unless its Config says otherwise. No such host exists (RFC 2606).
const (
	Host   = "app.example.test"
	Origin = "https://" + Host
)

// Config is what a Kit is made from. Its zero value is a program with every built-in provider, whose users need a second factor.
type Config struct {
	// Registry is the registry's configuration. What it leaves out that is required is the kit's: an ephemeral key, a pepper, stores in memory and
	// policy.Standard; so are its clock and who observes it. Without Now, the kit's Clock is the clock. Observe is called as well as Events.
	Registry registry.Config
	// Providers are your own, built as your program builds them, with the senders of Outbox. The default are all that come with cofactor, for the site at
	// Origin: authenticator apps, e-mail and text messages to an outbox, passkeys, backup codes, trusted browsers.
	Providers []provider.MultiFactorProvider
	// Outbox is the one whose senders Providers have. The default is a new one.
	Outbox *Outbox
}

// Kit is a registry in memory, and what a test wants to see and to move of it. It takes no network, and works in a bubble of testing/synctest, where time.Sleep
// passes the time.
type Kit struct {
	Registry *registry.Registry
	Clock    *Clock
	Outbox   *Outbox
	Events   *Events

	t       testing.TB
	now     func() time.Time           // the registry's
	devices map[account]registry.Login // what was last proved when something was attached
}

// New makes a Kit that lives as long as the test. A configuration that is none fails the test.
func New(t testing.TB, cfg Config) *Kit {
	onlyInTests()
	t.Helper()
	k := &Kit{Clock: new(Clock), Outbox: cmp.Or(cfg.Outbox, new(Outbox)), Events: new(Events), t: t, devices: map[account]registry.Login{}}
	rc := cfg.Registry
	if rc.AEAD == nil {
		keys, err := keyset.Ephemeral()
		if err != nil {
			t.Fatal(err)
		}
		rc.AEAD = keys
	}
	if rc.Challenges == nil {
		rc.Challenges = challenge.NewMemory()
	}
	if rc.Factors == nil {
		rc.Factors = factor.NewMemory()
	}
	if rc.Policy.IsZero() {
		rc.Policy = policy.Standard()
	}
	if rc.Pepper == nil {
		rc.Pepper = make([]byte, 32)
	}
	if rc.Now == nil {
		rc.Now = k.Clock.Now
	}
	also := rc.Observe
	rc.Observe = func(ctx context.Context, e registry.Event) {
		k.Events.Observe(ctx, e)
		if also != nil {
			also(ctx, e)
		}
	}
	providers := cfg.Providers
	if providers == nil {
		providers = builtIn(t, k.Outbox)
	}
	reg, err := registry.New(rc, providers...)
	if err != nil {
		t.Fatalf("the configuration of the kit: %v", err)
	}
	k.Registry, k.now = reg, rc.Now
	t.Cleanup(func() { // so that no notice is on its way when the test, or its bubble, is over
		if err := reg.Flush(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("notices were left: %v", err)
		}
	})
	return k
}

// builtIn are the providers that come with cofactor.
func builtIn(t testing.TB, o *Outbox) []provider.MultiFactorProvider {
	t.Helper()
	const app = "Example"
	var all []provider.MultiFactorProvider
	add := func(p provider.MultiFactorProvider, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	add(totp.New(totp.Config{Issuer: app}))
	add(email.New(email.Config{Sender: o.Email(), App: app, From: "no-reply@" + Host}))
	add(sms.New(sms.Config{Sender: o.SMS(), App: app, Host: Host, Numbers: sms.Numbers{Reach: sms.Everywhere}}))
	add(webauthn.New(webauthn.Config{RPID: Host, RPName: app, Origins: []string{Origin}}))
	add(backup.New(backup.Config{}))
	add(device.New(device.Config{}))
	return append(all, backup.Issued{})
}
