// Package backup is the way back in for people who lost their factors: a set of codes to print or to keep in a password manager, each
// of which works once.
//
// A code is 120 random bits, which is more than anybody can search, so it is kept as one HMAC under a key of its set and needs no
// slow hash (NIST SP 800-63B-4 section 4.2.1.1, ASVS 6.5.2). A new set takes effect when the user has confirmed that it is saved; until then
// the old one works.
package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Kind is the wire name.
const Kind = "backup"

// How many codes a set may have.
const (
	defaultCount = 10
	minCount     = 4
	maxCount     = 20
)

// Config is what a Provider is made from.
type Config struct {
	// Count is how many codes a set has: 4 to 20, by default 10.
	Count int
}

// Provider makes and checks sets of backup codes.
type Provider struct{ count int }

var _ provider.MultiFactorProvider = (*Provider)(nil)

// New makes a provider.
func New(cfg Config) (*Provider, error) {
	if cfg.Count == 0 {
		cfg.Count = defaultCount
	}
	if cfg.Count < minCount || cfg.Count > maxCount {
		return nil, fmt.Errorf("backup: Config.Count is %d, not %d to %d", cfg.Count, minCount, maxCount)
	}
	return &Provider{count: cfg.Count}, nil
}

// Info describes backup codes. There is no registered AMR value for them, so they earn none. Not Unguessable: an answer does not name its
// factor, so failures have to count against the user.
func (p *Provider) Info() provider.Info {
	return provider.Info{Kind: Kind, Class: provider.Possession, Role: provider.Recovery}
}

// Shown is what SetupHook shows, and what FinishSetup then wants to be told: {"saved":true}.
type Shown struct {
	Codes []string `json:"codes"`
}

// Format keeps the codes out of whatever prints a prompt.
func (Shown) Format(f fmt.State, _ rune) { fmt.Fprint(f, "backup codes (not printed)") }

// LogValue keeps the codes out of logs, which else would have them as JSON.
func (s Shown) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Used is what a client learns when a code was right: how many are left, to warn before there are none.
type Used struct {
	Remaining int `json:"remaining"`
}

// SetupHook makes a new set. Nothing leads from an existing set back to its codes, so it can only be replaced. // attack: A-80
func (p *Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	var o offer
	var err error
	if len(req.Previous) > 0 {
		o, err = readOffer(req.Previous)
	} else {
		o, err = newOffer(p.count)
	}
	if err != nil {
		return provider.Prompt{}, err
	}
	shown := Shown{Codes: make([]string, len(o.codes))}
	for i, c := range o.codes {
		shown.Codes[i] = c.text()
	}
	return provider.Prompt{Public: shown, Private: o.encode()}, nil
}

// SetupVerify takes {"saved":true} and nothing else: people who click on without saving the codes would find out too late.
func (p *Provider) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !ans.Says("saved") {
		return provider.Enrollment{}, provider.Invalid("Save your backup codes, and confirm that you did.")
	}
	o, err := readOffer(ans.Private)
	if err != nil {
		return provider.Enrollment{}, err
	}
	return provider.Enrollment{
		Data:  o.set().encode(),
		Label: "Backup codes",
		Hint:  left(len(o.codes)),
	}, nil
}

// LoginHook shows nothing: how many codes are left is for those who have proved one.
func (p *Provider) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

// LoginVerify accepts a code of the set and strikes it out: the Data it returns no longer knows the code. // attack
func (p *Provider) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	s, err := struck(req, ans)
	if err != nil {
		return provider.Match{}, err
	}
	n := s.remaining()
	return provider.Match{FactorID: req.Factors[0].ID, Data: s.encode(), Hint: left(n), Last: n == 0, Once: Used{Remaining: n}}, nil
}

// struck is the set of a login without the code that was typed, if it was in the set.
func struck(req provider.LoginRequest, ans provider.Answer) (set, error) {
	typed, err := ans.Text()
	if err != nil {
		return set{}, err
	}
	c, err := parseCode(typed)
	if err != nil {
		return set{}, err
	}
	if len(req.Factors) != 1 {
		return set{}, errors.New("backup: a login is with exactly one set")
	}
	s, err := readSet(req.Factors[0].Data)
	if err != nil {
		return set{}, err
	}
	if !s.strike(c) {
		return set{}, provider.ErrRejected
	}
	return s, nil
}

// left is the hint for the owner's list of factors. How many codes are left does not help to guess one of 120 bits.
func left(n int) string { return fmt.Sprintf("%d left", n) }
