package config

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

// builtIn are the factories that are always there.
func builtIn() []Factory {
	return []Factory{
		FactoryFor(totp.Kind, buildTOTP),
		FactoryFor("webauthn", buildWebAuthn),
		FactoryFor("email", buildEmail),
		FactoryFor("sms", buildSMS),
		FactoryFor("sms-verify", buildVerify),
		FactoryFor(backup.Kind, buildBackup),
		FactoryFor(backup.KindIssued, buildIssued),
		FactoryFor(device.Kind, buildDevice),
	}
}

// notAllowed refuses what allow_insecure does not name.
func notAllowed(key, insecure string) error {
	return At(key, hinted{errors.New("is insecure, and not allowed here"), "for development: mode: development, and allow_insecure: [" + insecure + "]"})
}

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

// Hint is what to do.
func (h hinted) Hint() string { return h.hint }

// Unwrap implements errors.Is.
func (h hinted) Unwrap() error { return h.error }

// oneOf is the value of an enumeration that stands at the place of a word among its words. The tags have let no other word through.
func oneOf[T ~uint8](word string, words ...string) T {
	return T(max(0, slices.Index(words, word)))
}

type totpSection struct {
	_         struct{}      `doc:"Authenticator apps (RFC 6238)."`
	Issuer    string        `yaml:"issuer" doc:"The name that apps show above the codes." fallback:"product_name" sample:"Acme"`
	Algorithm string        `yaml:"algorithm" doc:"The hash of new factors. Most apps know only the default." default:"SHA1" enum:"SHA1,SHA256,SHA512"`
	Digits    int           `yaml:"digits" doc:"The length of new factors' codes." default:"6" enum:"6,8"`
	Period    time.Duration `yaml:"period" doc:"How long an app shows one code, for new factors." default:"30s" min:"15s" max:"60s"`
	Skew      string        `yaml:"skew" doc:"How many periods the clocks of app and server may be apart." default:"one" enum:"one,none,two"`
}

func buildTOTP(_ context.Context, s totpSection, d Deps) (provider.MultiFactorProvider, error) {
	return totp.New(totp.Config{
		Issuer:    or(s.Issuer, d.Site.ProductName),
		Algorithm: oneOf[totp.Algorithm](s.Algorithm, "SHA1", "SHA256", "SHA512"),
		Digits:    s.Digits,
		Period:    s.Period,
		Skew:      oneOf[totp.Skew](s.Skew, "one", "none", "two"),
	})
}

type backupSection struct {
	_     struct{} `doc:"Backup codes: the way back in for those who have lost their factors."`
	Count int      `yaml:"count" doc:"How many codes a set has." default:"10" min:"4" max:"20"`
}

func buildBackup(_ context.Context, s backupSection, _ Deps) (provider.MultiFactorProvider, error) {
	return backup.New(backup.Config{Count: s.Count})
}

type issuedSection struct {
	_ struct{} `doc:"Recovery codes that an administrator issues to somebody who has lost everything."`
}

func buildIssued(context.Context, issuedSection, Deps) (provider.MultiFactorProvider, error) {
	return backup.Issued{}, nil
}

type deviceSection struct {
	_        struct{}      `doc:"Trusted browsers: after a sign-in, this browser need not be asked for a while."`
	Lifetime time.Duration `yaml:"lifetime" doc:"How long a browser is trusted, in whole days." default:"30d" min:"1d" max:"90d"`
}

func buildDevice(_ context.Context, s deviceSection, _ Deps) (provider.MultiFactorProvider, error) {
	return device.New(device.Config{Lifetime: s.Lifetime})
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
