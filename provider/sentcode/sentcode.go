// Package sentcode is every kind of factor whose codes are sent: a code goes to an address of the user, who types it back.
//
// A [Channel] says what an address is and sends to it; everything else is here, once: the code, its comparison, the same code when it is sent again, the
// budgets, the binding of a code to the address it went to, and notices. provider/email and provider/sms are channels, and the example of this package is
// a third one, complete.
//
// Codes are single-factor out-of-band authenticators of NIST SP 800-63B-4 section 3.1.3: at least 6 digits, valid for at most 10 minutes and
// for one use. Limits, attempts and expiry are the registry's.
package sentcode

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	defaultTTL = 5 * time.Minute
	maxTTL     = 10 * time.Minute // NIST SP 800-63B-4 section 3.1.3.2
	minTTL     = time.Minute
	maxAddress = 320
	maxLocale  = 35 // RFC 5646 section 4.4.1
	maxDigits  = 8
)

// Config is what a Provider is made from.
type Config struct {
	// Channel is how codes travel. Required.
	Channel Channel
	// Digits is the length of a code: 6, the default, or 8.
	Digits int
	// TTL is how long a code is good for: 1 to 10 minutes, by default 5.
	TTL time.Duration
}

// Provider sends codes over a channel, checks them, and carries notices to the addresses it knows.
type Provider struct {
	ch     Channel
	info   provider.Info
	digits int
}

var (
	_ provider.MultiFactorProvider = (*Provider)(nil)
	_ provider.Notifier            = (*Provider)(nil)
)

// New makes a provider.
func New(cfg Config) (*Provider, error) {
	if cfg.Channel == nil {
		return nil, errors.New("sentcode: Config.Channel is required")
	}
	if cfg.Digits == 0 {
		cfg.Digits = 6
	}
	if cfg.TTL == 0 {
		cfg.TTL = defaultTTL
	}
	var faults []error
	if cfg.Digits != 6 && cfg.Digits != maxDigits {
		faults = append(faults, fmt.Errorf("sentcode: Config.Digits is %d, not 6 or 8", cfg.Digits))
	}
	if cfg.TTL < minTTL || cfg.TTL > maxTTL {
		faults = append(faults, fmt.Errorf("sentcode: Config.TTL is %v, not 1m to 10m", cfg.TTL))
	}
	info := cfg.Channel.Info()
	info.TTL = cfg.TTL
	faults = append(faults, info.Validate())
	if info.Channel == "" || info.Role != provider.Ordinary || info.Unguessable || info.PhishingResistant {
		faults = append(faults, fmt.Errorf("sentcode: %s: a code that is sent has a Channel, is ordinary and guessable, and can be phished", info.Kind))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &Provider{ch: cfg.Channel, info: info, digits: cfg.Digits}, nil
}

// Info describes the kind.
func (p *Provider) Info() provider.Info { return p.info }

// Shown is the prompt of a code that was sent.
type Shown struct {
	SentTo string `json:"sent_to"` // masked
	Digits int    `json:"digits"`
}

// SetupHook makes a code for the address of the request.
func (p *Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	if len(req.Previous) > 0 {
		s, err := readSent(req.Previous)
		if err != nil {
			return provider.Prompt{}, err
		}
		return p.prompt(s, about{req.User, SetUp, "", req.Now})
	}
	to, err := p.ch.Address(req)
	if err != nil {
		return provider.Prompt{}, err
	}
	return p.fresh(destination{address: to, locale: cleanLocale(req.User.Locale)}, about{req.User, SetUp, "", req.Now})
}

// SetupVerify accepts the code, and with it the address it was sent to: that one and no other is what Data says. // attack: A-91
func (p *Provider) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	s, err := readSent(ans.Private)
	if err != nil {
		return provider.Enrollment{}, err
	}
	if err := s.check(ans); err != nil {
		return provider.Enrollment{}, err
	}
	hint, err := p.hint(s.address)
	if err != nil {
		return provider.Enrollment{}, err
	}
	return provider.Enrollment{Data: s.destination.encode(), Label: p.ch.Label(), Hint: hint}, nil
}

// LoginHook makes a code for the factor's address.
func (p *Provider) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	d, err := destinationOf(req.Factors)
	if err != nil {
		return provider.Prompt{}, err
	}
	a := about{req.User, SignIn, req.Action, req.Now}
	if req.Action != "" {
		a.purpose = Confirm
	}
	if len(req.Previous) > 0 {
		s, err := readSent(req.Previous)
		if err == nil && s.address != d.address {
			err = errors.New("sentcode: the challenge is another address's")
		}
		if err != nil {
			return provider.Prompt{}, err
		}
		return p.prompt(s, a)
	}
	if l := cleanLocale(req.User.Locale); l != "" {
		d.locale = l
	}
	return p.fresh(d, a)
}

// LoginVerify accepts the code that was sent to the factor's address.
func (p *Provider) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	d, err := destinationOf(req.Factors)
	if err != nil {
		return provider.Match{}, err
	}
	s, err := readSent(ans.Private)
	if err != nil {
		return provider.Match{}, err
	}
	if s.address != d.address { // attack: A-91
		return provider.Match{}, provider.ErrRejected
	}
	if err := s.check(ans); err != nil {
		return provider.Match{}, err
	}
	return provider.Match{FactorID: req.Factors[0].ID}, nil
}

// Notify sends a notice to the factor's address.
func (p *Provider) Notify(ctx context.Context, f provider.Factor, n provider.Notice) error {
	d, err := readDestination(f.Data)
	if err != nil {
		return err
	}
	return p.ch.SendNotice(ctx, Notice{To: d.address, Locale: d.locale, Notice: n})
}

// about is what a message is about.
type about struct {
	user    provider.User
	purpose Purpose
	action  string
	now     time.Time
}

// fresh makes a new code for an address.
func (p *Provider) fresh(d destination, a about) (provider.Prompt, error) {
	if !validAddress(d.address) {
		return provider.Prompt{}, errors.New("sentcode: the channel's address is empty, too long, or not a line of text")
	}
	digits, err := provider.NewCode(p.digits)
	if err != nil {
		return provider.Prompt{}, err
	}
	s := sent{destination: d, expires: a.now.Add(p.info.TTL), digits: digits}
	return p.prompt(s, a)
}

// prompt shows where a code goes, and sends it there: the first time, and again. A record has one encoding, so Private stays the same. // attack: A-22
func (p *Provider) prompt(s sent, a about) (provider.Prompt, error) {
	hint, err := p.hint(s.address)
	if err != nil {
		return provider.Prompt{}, err
	}
	uses, err := p.uses(s.address, a.user.Tenant)
	if err != nil {
		return provider.Prompt{}, err
	}
	message := Code{
		To: s.address, Locale: s.locale, Digits: s.digits, Purpose: a.purpose, Action: a.action, Sent: a.now, Expires: s.expires,
	}
	return provider.Prompt{
		Public:  Shown{SentTo: hint, Digits: len(s.digits)},
		Private: s.encode(),
		Deliver: &provider.Delivery{Uses: uses, Send: func(ctx context.Context) error { return told(p.ch.SendCode(ctx, message)) }},
	}, nil
}

// uses are the channel's and, of each kind its own, the tenant's and the deployment's: whoever has used up the text messages has not used up the
// e-mail. // attack: A-130
func (p *Provider) uses(address, tenant string) ([]provider.Use, error) {
	uses := p.ch.Uses(address)
	limited := false
	for _, u := range uses {
		limited = limited || u.Budget == "address" && u.Of != ""
	}
	if !limited {
		return nil, errors.New("sentcode: the channel does not limit what an address gets")
	}
	if tenant != "" {
		uses = append(uses[:len(uses):len(uses)], provider.Use{Budget: "tenant", Of: p.info.Kind + " " + tenant})
	}
	return append(uses[:len(uses):len(uses)], provider.Use{Budget: "deployment", Of: p.info.Kind}), nil
}

func (p *Provider) hint(address string) (string, error) {
	hint := p.ch.Hint(address)
	if hint == "" || strings.Contains(hint, address) {
		return "", errors.New("sentcode: the channel's hint does not mask the address")
	}
	return hint, nil
}

// told gives the user a sentence if the address is to blame, and the channel has none.
func told(err error) error {
	if errors.Is(err, ErrAddress) && !errors.Is(err, provider.ErrInvalid) {
		return errors.Join(err, provider.Invalid("We can't send anything there. Check it, or use something else."))
	}
	return err
}

// check compares in constant time. The length of a code is no secret. // attack: A-128
func (s sent) check(ans provider.Answer) error {
	typed, err := ans.Code()
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(typed), []byte(s.digits)) != 1 {
		return provider.ErrRejected
	}
	return nil
}

func validAddress(s string) bool {
	if s == "" || len(s) > maxAddress || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsControl(c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c)
	})
}

// cleanLocale is the tag if it could be one: what is kept is short, and harmless wherever a channel puts it.
func cleanLocale(s string) string {
	if len(s) > maxLocale {
		return ""
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return ""
		}
	}
	return s
}
