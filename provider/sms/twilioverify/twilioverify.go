// Package twilioverify is Twilio Verify, version 2, as a factor: Twilio makes the code, sends it and checks it, and cofactor does everything else. Use it where
// Twilio's routes and sender numbers are wanted, and package sms with a Sender where the words, the bound last line and the code are to be yours.
//
// # What Twilio holds
//
// Twilio has at most one live verification for each number and service. Whoever begins a second challenge for the number gets the same code again, so a code
// is not bound to its challenge: it may answer any that is open for the number, a step-up as well as a login, and the message does not say what
// is confirmed. Each verification counts once all the same: a factor remembers the one it accepted last, which is compared after Twilio has
// approved, so that single use does not depend on Twilio's deleting it, nor on who asks Twilio first.
//
// # No verdict
//
// Twilio not answering, or answering something else, is no verdict: nobody gets in, and nobody is charged for it. A verification that Twilio
// does not know any more, because it was used, expired or guessed at five times, is a verdict: the code is wrong. Twilio is asked once; if its approval
// is lost on the way, the code is used up, and its user asks for another.
package twilioverify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

// Kind is the wire name.
const Kind = "sms-verify"

// Config is what a Provider is made from.
type Config struct {
	Account twilio.Account // required
	// Service is the SID of the Verify service: "VA" and 32 hexadecimal digits. Required.
	Service string
	// Numbers says which numbers get messages. Required.
	Numbers sms.Numbers
	// Digits is the length of the service's codes: 6, the default, to 10. Twilio's service has to say the same; one of 4 or 5 digits is too
	// short for a factor (NIST SP 800-63B-4 section 3.1.3.2).
	Digits int
	// Shown is how much of a number its owner is shown.
	Shown sms.Shown
}

// Provider has Twilio send and check codes.
type Provider struct {
	cfg    Config
	client *twilio.Client
}

var _ provider.MultiFactorProvider = (*Provider)(nil)

var serviceSID = regexp.MustCompile(`^VA[0-9a-fA-F]{32}$`)

// New makes a provider, or reports every fault of the configuration. It does not reach Twilio.
func New(cfg Config) (*Provider, error) {
	if cfg.Digits == 0 {
		cfg.Digits = 6
	}
	client, err := twilio.NewClient(cfg.Account)
	faults := []error{err, cfg.Numbers.Validate()}
	if !serviceSID.MatchString(cfg.Service) {
		faults = append(faults, errors.New("twilioverify: Config.Service is required: VA and 32 hexadecimal digits"))
	}
	if cfg.Digits < 6 || cfg.Digits > 10 {
		faults = append(faults, fmt.Errorf("twilioverify: Config.Digits is %d, not 6 to 10", cfg.Digits))
	}
	if cfg.Shown > sms.Nothing {
		faults = append(faults, fmt.Errorf("twilioverify: Config.Shown is %d, neither LastTwo nor Nothing", cfg.Shown))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &Provider{cfg: cfg, client: client}, nil
}

// Check asks Twilio, as the account, whether the service is there: for when a program starts. Nothing is sent. Its error is a *twilio.Error.
func (p *Provider) Check(ctx context.Context) error {
	return p.client.Ask(ctx, "https://verify.twilio.com/v2/Services/"+p.cfg.Service, nil)
}

// Info describes the kind. It travels as package sms does, so that the two count once.
func (*Provider) Info() provider.Info {
	return provider.Info{Kind: Kind, AMR: []string{"sms"}, Class: provider.Possession, Channel: "phone"}
}

// SetupHook has a code sent to the number of the input: {"phone":"+44 7911 123456"}.
func (p *Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	if len(req.Previous) > 0 {
		return p.again(req.Previous, req.User)
	}
	n, err := p.cfg.Numbers.FromInput(req.Input)
	if err != nil {
		return provider.Prompt{}, err
	}
	return p.prompt(begun(n.E164()), req.User)
}

// SetupVerify asks Twilio about the code. Its verification is used up by that, also for a login.
func (p *Provider) SetupVerify(ctx context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	b, err := readBeginning(ans.Private)
	if err != nil {
		return provider.Enrollment{}, err
	}
	sid, err := p.check(ctx, b.number, ans)
	if err != nil {
		return provider.Enrollment{}, err
	}
	n := sms.Stored(b.number)
	return provider.Enrollment{
		Data: telephone{number: b.number, used: sid}.encode(), Label: "Text message", Hint: n.Masked(p.cfg.Shown.Digits()),
	}, nil
}

// LoginHook has a code sent to the factor's number.
func (p *Provider) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	t, err := telephoneOf(req.Factors)
	if err != nil {
		return provider.Prompt{}, err
	}
	if len(req.Previous) > 0 {
		return p.again(req.Previous, req.User)
	}
	return p.prompt(begun(t.number), req.User)
}

// LoginVerify asks Twilio about the code, and accepts a verification that this factor has not accepted before.
func (p *Provider) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	t, err := telephoneOf(req.Factors)
	if err != nil {
		return provider.Match{}, err
	}
	b, err := readBeginning(ans.Private)
	if err != nil {
		return provider.Match{}, err
	}
	if b.number != t.number { // attack: A-91
		return provider.Match{}, provider.ErrRejected
	}
	sid, err := p.check(ctx, t.number, ans)
	if err != nil {
		return provider.Match{}, err
	}
	if sid == t.used { // attack: A-23
		return provider.Match{}, provider.ErrRejected
	}
	t.used = sid
	return provider.Match{FactorID: req.Factors[0].ID, Data: t.encode()}, nil
}

func (p *Provider) again(previous []byte, u provider.User) (provider.Prompt, error) {
	b, err := readBeginning(previous)
	if err != nil {
		return provider.Prompt{}, err
	}
	return p.prompt(b, u)
}

// prompt shows where the code goes, and has it sent there: while Twilio's verification is live, the same code again.
func (p *Provider) prompt(b beginning, u provider.User) (provider.Prompt, error) {
	n := sms.Stored(b.number)
	uses := n.Uses()
	if u.Tenant != "" {
		uses = append(uses, provider.Use{Budget: "tenant", Of: Kind + " " + u.Tenant})
	}
	uses = append(uses, provider.Use{Budget: "deployment", Of: Kind})
	locale := languageOf(u.Locale)
	return provider.Prompt{
		Public:  sentcode.Shown{SentTo: n.Masked(p.cfg.Shown.Digits()), Digits: p.cfg.Digits},
		Private: b.encode(),
		Deliver: &provider.Delivery{Uses: uses, Send: func(ctx context.Context) error { return p.start(ctx, b.number, locale) }},
	}, nil
}

// begun is a challenge for a number, unlike any other.
func begun(number string) beginning {
	b := beginning{number: number, nonce: make([]byte, nonceSize)}
	_, _ = rand.Read(b.nonce) // It never fails.
	return b
}
