// Package totp is the authenticator app: a secret shared once as a QR code, and from then on a new code every half minute (RFC 6238).
//
// # How long, and how likely
//
// With period P and skew s, a code is accepted from s periods before its own period to s periods after it, so for (2s+1)·P in all: 90
// seconds by default. At any moment 2s+1 codes of d digits are right, so one guess succeeds with probability (2s+1)/10^d, and n guesses
// with at most n times that: 3 in a million, and 3 in 100,000 for the ten guesses that the default failure budget has between two locks.
// Each step of skew adds 2 to the 3; two more digits divide by 100. // attack: A-50
//
// # Once
//
// A code works once. A factor remembers the newest time step that was used, by number and not for a time, and only later steps can
// match: no expiry can be shorter than the window, and a clock that is set back opens nothing (RFC 6238 section 5.2). The code
// that completes the set-up is used, too. A server whose clock ran ahead while somebody logged in refuses that factor's codes until the
// true time has caught up.
//
// # Storage
//
// The period, the algorithm and the length of the codes are stored with each factor, so that a new configuration leaves the apps that
// are enrolled working. The skew belongs to the server and applies to all of them.
package totp

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Kind is the wire name.
const Kind = "totp"

const (
	defaultDigits = 6
	defaultPeriod = 30 * time.Second
	minPeriod     = 15 * time.Second
	maxPeriod     = 60 * time.Second
	maxIssuer     = 64
)

// Config is what a Provider is made from.
type Config struct {
	// Issuer is the name that apps show above the codes: required, the same for all users, at most 64 bytes of UTF-8 without a
	// colon, control characters or outer spaces. It is the deployment's to choose and never a request's. // attack: A-141
	Issuer string
	// Algorithm is the hash of new factors. Most apps know only SHA1, the default, and some ignore the wish for another and show wrong
	// codes. HMAC does not need a hash without collisions, so SHA1 is no weakness here.
	Algorithm Algorithm
	// Digits is the length of new factors' codes: 6 or 8, by default 6.
	Digits int
	// Period is how long an app shows one code, for new factors: 15 to 60 whole seconds, by default 30 s.
	Period time.Duration
	// Skew is how far the clocks of app and server may be apart, by default one period. It applies to all factors.
	Skew Skew
}

// Skew is how many periods a code may be early or late.
type Skew uint8

// The skews. One period each way is what RFC 6238 section 5.2 recommends at most; two are for users whose clocks are known to be poor.
const (
	OneStep Skew = iota
	NoSkew
	TwoSteps
)

func (s Skew) steps() int64 { return [...]int64{OneStep: 1, NoSkew: 0, TwoSteps: 2}[s] }

// Provider sets up authenticator apps and checks their codes.
type Provider struct {
	issuer string
	fresh  key // the parameters of new factors; it has no secret
	skew   Skew
}

var _ provider.MultiFactorProvider = (*Provider)(nil)

// New makes a provider, or reports every fault of the configuration.
func New(cfg Config) (*Provider, error) {
	if cfg.Digits == 0 {
		cfg.Digits = defaultDigits
	}
	if cfg.Period == 0 {
		cfg.Period = defaultPeriod
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	fresh := key{algorithm: cfg.Algorithm, digits: cfg.Digits, period: int64(cfg.Period / time.Second)}
	return &Provider{issuer: cfg.Issuer, fresh: fresh, skew: cfg.Skew}, nil
}

func (cfg Config) validate() error {
	var faults []error
	switch {
	case cfg.Issuer == "":
		faults = append(faults, errors.New("totp: Config.Issuer is required"))
	case !presentable(cfg.Issuer, maxIssuer) || strings.TrimSpace(cfg.Issuer) != cfg.Issuer:
		faults = append(faults, fmt.Errorf("totp: Config.Issuer %.100q must be at most %d bytes of UTF-8 without a colon, control characters or outer spaces", cfg.Issuer, maxIssuer))
	}
	if cfg.Algorithm > SHA512 {
		faults = append(faults, fmt.Errorf("totp: Config.Algorithm is %v, not SHA1, SHA256 or SHA512", cfg.Algorithm))
	}
	if !validDigits(cfg.Digits) {
		faults = append(faults, fmt.Errorf("totp: Config.Digits is %d, not 6 or 8", cfg.Digits))
	}
	if cfg.Period < minPeriod || cfg.Period > maxPeriod || cfg.Period%time.Second != 0 {
		faults = append(faults, fmt.Errorf("totp: Config.Period is %v, not %v to %v in whole seconds", cfg.Period, minPeriod, maxPeriod))
	}
	if cfg.Skew > TwoSteps {
		faults = append(faults, fmt.Errorf("totp: Config.Skew is %d, not OneStep, NoSkew or TwoSteps", cfg.Skew))
	}
	return errors.Join(faults...)
}

// Info describes authenticator apps. A code can be typed into any site, so they do not resist phishing.
func (p *Provider) Info() provider.Info {
	lifetime := time.Duration(p.fresh.period*(2*p.skew.steps()+1)) * time.Second
	return provider.Info{Kind: Kind, AMR: []string{"otp"}, Class: provider.Possession, Lifetime: lifetime}
}
