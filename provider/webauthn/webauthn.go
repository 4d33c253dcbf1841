// Package webauthn is passkeys and security keys (W3C Web Authentication, level 3): a key pair whose private half stays with an authenticator,
// which signs only for the site that it was made for. It is a second factor after a password, and a sign-in of its own that names no user.
//
// # What a login proves
//
// That the user was there, and that the authenticator verified them, is read from the signed answer at hand and never from what was stored: with Match.Verified
// it asked for a finger, a face or a PIN this time. The methods (RFC 8176) are "pop", "user", and "hwk" or "swk". "hwk", on which the highest assurance
// level hangs, needs certainty: a key that cannot leave its authenticator, whose maker has attested the model, and metadata that says that the
// model keeps its keys in hardware. Every other key is "swk", and without metadata all are. // nist: N17
//
// # Clones
//
// A signature counter that does not advance is the sign of a copied key, and disables the factor unless Config.Counter says otherwise. But
// answers overtake each other: one that was asked for before the newest was accepted, and comes after it, may be the same authenticator's. It raises no
// alarm, and is refused all the same, because a copy could have given it. Most synced passkeys do not count, and send 0. // attack: A-102
package webauthn

import (
	lib "github.com/go-webauthn/webauthn/webauthn"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Kind is the wire name.
const Kind = "webauthn"

// Provider sets up passkeys and security keys, and checks their signatures.
type Provider struct {
	cfg     Config
	origins []string // where answers may come from
	verify  *lib.WebAuthn
}

var (
	_ provider.MultiFactorProvider = (*Provider)(nil)
	_ provider.Locator             = (*Provider)(nil)
)

// New makes a provider, or reports every fault of the configuration.
func New(cfg Config) (*Provider, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Provider{cfg: cfg, origins: cfg.allOrigins()}
	p.verify, err = lib.New(&lib.Config{RPID: cfg.RPID, RPDisplayName: cfg.RPName, RPOrigins: p.origins})
	return p, err
}

// Info describes passkeys. An answer is a signature over 32 random bytes and over the origin of the page, so it can neither be guessed nor
// brought along from another site. The methods are those of a key about which nothing is certain.
func (p *Provider) Info() provider.Info {
	return provider.Info{
		Kind: Kind, AMR: []string{"pop", "swk", "user"}, Class: provider.Possession, TTL: p.cfg.Timeout,
		PhishingResistant: true, Unguessable: true,
	}
}
