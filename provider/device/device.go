// Package device is trusted browsers: after a sign-in with a factor, the user may say that this browser need not be asked for a while.
//
// A trusted browser holds a token in a cookie. It satisfies a login and proves nothing: it earns no method, no level and no Proof, never steps up, and
// dies with the account's epoch (NIST SP 800-63B-4 section 2.1.3 asks for a new proof after 30 days at the latest, which is the default here).
//
// # The token
//
// A token names its factor and carries a secret of 256 bits, of which only digests are kept. The next token is an HMAC of the one before, under a key that stays
// in the sealed row: whoever holds a token cannot make the next one, and whoever reads the row cannot make any.
//
// Each login with a token hands out the one after it. Two tokens are good at any time, the newest and the one before: replies get lost, and two tabs
// may sign in with the same cookie at once, and both are given the same next token. Once the newer one is presented, the older is dead. A token that is older still
// was copied, so it is [provider.ErrCompromised]: the registry disables the browser and makes everything dead that was issued before. What this does not see is a
// thief who takes turns with the owner, sign-in by sign-in; that ends with the lifetime.
//
// # The cookie
//
// Keep the token in a cookie of its own: __Host-trusted, Secure, HttpOnly, SameSite=Lax, Path=/, with Max-Age from [Trusted]. Never let a script read
// it, never put it into a URL, and replace it whenever a Login brings a new one in Once. Do not delete it at sign-out: it says which browser this is, not who is signed in.
package device

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Kind is the wire name.
const Kind = "device"

const day = 24 * time.Hour

// Config is what a Provider is made from.
type Config struct {
	// Lifetime is how long a browser is trusted, from the set-up and no matter how often it is used: 1 to 90 whole days, by default 30.
	Lifetime time.Duration
}

// Provider makes and checks the tokens of trusted browsers.
type Provider struct{ lifetime time.Duration }

var _ provider.MultiFactorProvider = (*Provider)(nil)

// New makes a provider.
func New(cfg Config) (*Provider, error) {
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 30 * day
	}
	if cfg.Lifetime < day || cfg.Lifetime > 90*day || cfg.Lifetime%day != 0 {
		return nil, fmt.Errorf("device: Config.Lifetime is %v, not 1 to 90 whole days", cfg.Lifetime)
	}
	return &Provider{cfg.Lifetime}, nil
}

// Info describes trusted browsers. They earn no AMR value: nothing is proved again. Lifetime is that of Config.
func (p *Provider) Info() provider.Info {
	return provider.Info{Kind: Kind, Class: provider.Possession, Role: provider.Transient, Unguessable: true, Lifetime: p.lifetime}
}

// Offer is what SetupHook shows. FinishSetup then wants {"trust":true}.
type Offer struct {
	Days int `json:"days"` // how long the browser will be trusted
}

// Trusted is what the client is given once, in Login.Once: at the set-up, and at each login with the token before.
type Trusted struct {
	Token  string `json:"token"`
	MaxAge int    `json:"max_age"` // for the cookie, in seconds
}

// Format keeps the token out of whatever prints it.
func (Trusted) Format(f fmt.State, _ rune) { fmt.Fprint(f, "trusted browser (not printed)") }

// LogValue keeps the token out of logs, which else would have it as JSON.
func (t Trusted) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// SetupHook asks whether the browser is to be trusted, and makes its secrets, which nobody sees before the answer.
func (p *Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	var o offer
	var err error
	if len(req.Previous) > 0 {
		o, err = readOffer(req.Previous)
	} else {
		o, err = newOffer()
	}
	if err != nil {
		return provider.Prompt{}, err
	}
	return provider.Prompt{Public: Offer{Days: int(p.lifetime / day)}, Private: o.encode()}, nil
}

// SetupVerify takes {"trust":true} and nothing else: a browser is trusted because somebody said so.
func (p *Provider) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !ans.Says("trust") {
		return provider.Enrollment{}, provider.Invalid("Say that you trust this browser.")
	}
	o, err := readOffer(ans.Private)
	if err != nil {
		return provider.Enrollment{}, err
	}
	return provider.Enrollment{
		Data: o.series.accept(o.first).encode(), Label: "Trusted browser", GoodFor: p.lifetime, Once: p.trusted(o.series, o.first),
	}, nil
}

// LoginHook shows nothing. A registry does not ask: the token comes with StartLogin.
func (p *Provider) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

// LoginVerify accepts the newest token of one of the factors, or the one before it, and hands out the next. // attack: A-71
func (p *Provider) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	t, err := parseToken(ans.Response)
	if err != nil {
		return provider.Match{}, err
	}
	for _, f := range req.Factors {
		have, err := readRecord(f.Data)
		if err != nil {
			return provider.Match{}, err
		}
		if !have.signed(t) {
			continue
		}
		switch next := have.next(t.secret); have.knows(t.secret) {
		case newer: // It has arrived, so the one before it is not needed any more.
			return provider.Match{FactorID: f.ID, Data: have.accept(t.secret).encode(), Once: p.trusted(have.series, next)}, nil
		case older:
			return provider.Match{FactorID: f.ID, Once: p.trusted(have.series, next)}, nil
		}
		return provider.Match{FactorID: f.ID, Note: "a token from before the last two"}, provider.ErrCompromised
	}
	return provider.Match{}, provider.ErrRejected
}

func (p *Provider) trusted(s series, secret secret) Trusted {
	return Trusted{Token: s.token(secret), MaxAge: int(p.lifetime / time.Second)}
}
