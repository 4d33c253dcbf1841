package webauthn

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	defaultTimeout = 5 * time.Minute
	minTimeout     = time.Minute
	maxTimeout     = 10 * time.Minute
	maxName        = 64
)

// Config is what a Provider is made from.
type Config struct {
	// RPID is the domain that keys are made for: required. It is "example.com" for a site at https://login.example.com, and can never
	// be changed, for all keys would be lost. "localhost" is for development.
	RPID string
	// RPName is the name of the site for people: required, at most 64 bytes of UTF-8 without control characters.
	RPName string
	// Origins are the pages that ceremonies run on, exactly as a browser spells them: "https://login.example.com". At least one. The host is the RPID or
	// below it, and only localhost may do without TLS. // attack: A-110
	Origins []string
	// RelatedOrigins are pages of other domains that use the same keys: "https://example.co.uk". Browsers believe it if the RPID's own site says
	// so too: see WellKnown. They read at most 5 different names of companies (level 3, section 5.11).
	RelatedOrigins []string
	// Endpoints are pages of the site that password managers lead to; see WellKnown.
	Endpoints Endpoints

	// Preset is what the site is mainly meant for: passkeys, by default.
	Preset Preset
	// UserVerification is whether an authenticator asks for a finger, a face or a PIN. The default is the preset's. A login that names
	// nobody always requires it, because nothing else is proved. // attack: A-98
	UserVerification UserVerification
	// Hints say which way of the browser's to put first, in this order. The default is the preset's.
	Hints []Hint
	// Algorithms are those that new keys may have, most wanted first. The default is ES256, EdDSA and RS256; leaving out ES256 or RS256
	// locks out many authenticators.
	Algorithms []Algorithm
	// Timeout is how long a user has: 1 to 10 minutes, by default 5. Browser and challenge have the same.
	Timeout time.Duration
	// Counter says what to make of a signature counter that went back.
	Counter Counter
	// Attestation is what makers have to say about new keys. By default nobody is asked.
	Attestation Attestation
	// Names are what new passkeys are called, by the model of their authenticator. The default is DefaultNames; an empty map names none.
	Names map[AAGUID]string
}

// Preset is a goal that other settings follow from.
type Preset uint8

// The presets.
const (
	// Passkeys can be found by the browser without a user's name, ask who holds them where they can, and come from wherever the user keeps them.
	Passkeys Preset = iota
	// SecurityKeys are separate devices, touched after a password. The browser does not look for them on its own machine, and no PIN is asked for.
	SecurityKeys
)

// UserVerification is a wish to the authenticator, to verify who is there.
type UserVerification uint8

// The wishes. With VerificationPreferred and VerificationDiscouraged, Match.Verified says what came of it.
const (
	VerificationByPreset UserVerification = iota
	VerificationPreferred
	VerificationRequired
	VerificationDiscouraged
)

// Hint is a way for browsers to put first (level 3, section 5.8.7).
type Hint string

// The hints.
const (
	HintSecurityKey  Hint = "security-key"
	HintClientDevice Hint = "client-device"
	HintHybrid       Hint = "hybrid" // the telephone beside the computer
)

// Algorithm is a signature algorithm by its number in COSE.
type Algorithm int

// The algorithms.
const (
	ES256 Algorithm = -7   // ECDSA on P-256 with SHA-256
	EdDSA Algorithm = -8   // Ed25519
	RS256 Algorithm = -257 // RSA of 2048 to 4096 bits, PKCS #1 v1.5 with SHA-256
)

// Counter is what to do about a key whose counter went back.
type Counter uint8

// What to do. Both end in an event.
const (
	// RefuseClones refuses the answer and disables the factor.
	RefuseClones Counter = iota
	// ReportClones accepts it, and notes it in the event.
	ReportClones
)

// withDefaults fills in what was left out, and reports every fault of what was not.
func (c Config) withDefaults() (Config, error) {
	c.Origins, c.RelatedOrigins = slices.Clone(c.Origins), slices.Clone(c.RelatedOrigins)
	c.Hints, c.Algorithms = slices.Clone(c.Hints), slices.Clone(c.Algorithms)
	faults := c.siteFaults()
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("webauthn: "+format, args...))
		}
	}
	need(c.RPName != "" && presentable(c.RPName), "Config.RPName %.100q must have 1 to %d bytes of UTF-8 without control characters or outer spaces", c.RPName, maxName)
	need(c.Preset <= SecurityKeys, "Config.Preset is %d, not Passkeys or SecurityKeys", c.Preset)
	need(c.UserVerification <= VerificationDiscouraged, "Config.UserVerification is %d, which is none", c.UserVerification)
	need(c.Counter <= ReportClones, "Config.Counter is %d, not RefuseClones or ReportClones", c.Counter)

	if c.UserVerification == VerificationByPreset {
		c.UserVerification = [...]UserVerification{Passkeys: VerificationPreferred, SecurityKeys: VerificationDiscouraged}[c.Preset&1]
	}
	if c.Hints == nil && c.Preset == SecurityKeys {
		c.Hints = []Hint{HintSecurityKey}
	}
	for i, h := range c.Hints {
		need(slices.Contains([]Hint{HintSecurityKey, HintClientDevice, HintHybrid}, h), "Config.Hints: %.40q is none", h)
		need(!slices.Contains(c.Hints[:i], h), "Config.Hints: %.40q is there twice", h)
	}
	if c.Algorithms == nil {
		c.Algorithms = []Algorithm{ES256, EdDSA, RS256}
	}
	need(len(c.Algorithms) > 0, "Config.Algorithms is empty")
	for i, a := range c.Algorithms {
		need(a.known(), "Config.Algorithms: %d is none of ES256, EdDSA, RS256", a)
		need(!slices.Contains(c.Algorithms[:i], a), "Config.Algorithms: %d is there twice", a)
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	need(c.Timeout >= minTimeout && c.Timeout <= maxTimeout && c.Timeout%time.Second == 0, "Config.Timeout is %v, not %v to %v in whole seconds", c.Timeout, minTimeout, maxTimeout)
	if c.Names == nil {
		c.Names = DefaultNames()
	}
	c.Names = maps.Clone(c.Names)
	for id, name := range c.Names {
		need(name != "" && presentable(name), "Config.Names: the name %.100q of %v must have 1 to %d bytes of UTF-8 without control characters or outer spaces", name, id, maxName)
	}
	c.Attestation.Allow, c.Attestation.Deny = slices.Clone(c.Attestation.Allow), slices.Clone(c.Attestation.Deny)
	return c, errors.Join(append(faults, c.Attestation.faults()...)...)
}

func (a Algorithm) known() bool { return a == ES256 || a == EdDSA || a == RS256 }

// presentable accepts what can be put into a line of text.
func presentable(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && strings.TrimSpace(s) == s && strings.IndexFunc(s, unicode.IsControl) < 0
}
