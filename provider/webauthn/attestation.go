package webauthn

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	lib "github.com/go-webauthn/webauthn/webauthn"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Attestation is what makers have to say about the authenticators of new keys, and what becomes of keys whose model is found to be broken. The zero value
// asks nobody, which is right unless a deployment hands out the authenticators: asking for attestation takes from users a bit of their privacy, and
// most passkeys have none.
type Attestation struct {
	Demand Demand
	// Metadata are the models and their makers: required by RequireAttestation. Without any, no key is ever known to stay in hardware.
	Metadata *Metadata
	// Allow, if it is not empty, are the only models whose keys are accepted. Only an attestation proves a model, so it needs RequireAttestation. The
	// model of all zeros is one like any other, and so not among them. // attack: A-106
	Allow []AAGUID
	// Deny are models whose new keys are not accepted. Without RequireAttestation a client may claim another.
	Deny []AAGUID
	// BadStatus is what becomes of a login with a key whose model is reported as broken: revoked, retired, compromised, its user verification bypassed.
	BadStatus BadStatus
	// Stale is what becomes of new keys when metadata are older than they say they should be.
	Stale Stale
}

// Demand is how much attestation is asked for.
type Demand uint8

// The demands.
const (
	NoAttestation      Demand = iota // the browser is asked to leave it out
	AskAttestation                   // it is checked if it comes; a false one is refused, none is not
	RequireAttestation               // it must come, from a maker in the metadata; keys of before FIDO2 (U2F) tell no model, and cannot
)

// BadStatus is what a login with a broken model leads to.
type BadStatus uint8

// What it leads to. Both end in an event.
const (
	// ReportBadStatus accepts the answer, notes the status in the event, and does not claim that the key is in hardware; nor that the user was verified, if
	// the status is that this can be got round.
	ReportBadStatus BadStatus = iota
	// DisableBadStatus refuses it and disables the factor. No key is asked for, and none accepted, until metadata are loaded: after a start too.
	DisableBadStatus
)

// Stale is what old metadata lead to.
type Stale uint8

// What they lead to.
const (
	RefuseStale Stale = iota // with RequireAttestation, no keys are added until newer ones are loaded
	AcceptStale
)

const notAccepted = "This kind of passkey or security key is not accepted here. Use another one."

func (a Attestation) faults() []error {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("webauthn: Config.Attestation."+format, args...))
		}
	}
	need(a.Demand <= RequireAttestation, "Demand is %d, not NoAttestation, AskAttestation or RequireAttestation", a.Demand)
	need(a.BadStatus <= DisableBadStatus, "BadStatus is %d, not ReportBadStatus or DisableBadStatus", a.BadStatus)
	need(a.Stale <= AcceptStale, "Stale is %d, not RefuseStale or AcceptStale", a.Stale)
	need(a.Demand != RequireAttestation || a.Metadata != nil, "Metadata is required by RequireAttestation")
	need(a.BadStatus != DisableBadStatus || a.Metadata != nil, "Metadata is required by DisableBadStatus")
	need(len(a.Allow) == 0 || a.Demand == RequireAttestation, "Allow needs RequireAttestation, for otherwise a client may claim any model")
	for _, id := range a.Allow {
		need(!slices.Contains(a.Deny, id), "Allow and Deny both have %v", id)
	}
	return faults
}

func (a Attestation) preference() protocol.ConveyancePreference {
	if a.Demand == NoAttestation {
		return protocol.PreferNoAttestation
	}
	return protocol.PreferDirectAttestation
}

// blob is the metadata there are, or none.
func (a Attestation) blob() *blob {
	if a.Metadata == nil {
		return nil
	}
	return a.Metadata.current.Load()
}

// ready returns the metadata that a set-up goes by, whatever is loaded meanwhile; or an error if no key could be accepted now, which is nobody's wrong answer.
func (a Attestation) ready(now time.Time) (*blob, error) {
	b := a.blob()
	switch {
	case a.Demand != RequireAttestation:
	case b == nil:
		return nil, errors.New("webauthn: attestation is required, and no metadata are loaded")
	case a.Stale == RefuseStale && b.stale(now):
		return nil, errors.New("webauthn: attestation is required, and the metadata are stale")
	}
	return b, nil
}

// stale says that newer metadata should have come by now: after the day that they name, in whatever zone.
func (b *blob) stale(now time.Time) bool { return now.After(b.next.AddDate(0, 0, 2)) }

// register has the library check a registration, against the metadata if there are any.
func (p *Provider) register(b *blob, u person, s lib.SessionData, parsed *protocol.ParsedCredentialCreationData) (*lib.Credential, error) {
	verify := p.verify
	if b != nil && p.cfg.Attestation.Demand != NoAttestation {
		cfg := *p.verify.Config
		cfg.MDS = b.lookup
		var err error
		if verify, err = lib.New(&cfg); err != nil {
			return nil, err
		}
	}
	return verify.CreateCredential(u, s, parsed)
}

// assess decides whether a new key, whose attestation statement the library has found right if there is one, is of a model that is wanted; and fills in what is
// certain of it.
func (p *Provider) assess(b *blob, k *record, made *lib.Credential, statement map[string]any, now time.Time) error {
	a := p.cfg.Attestation
	x5c, _ := statement["x5c"].([]any)
	// None says nothing, and self attestation says that the key is the key's. Both come without a chain. // attack: A-106
	attested := b != nil && a.Demand != NoAttestation && b.vouches(k.model) && byMaker(made.AttestationType)
	if attested {
		k.chain = b.chain(k.model, x5c)
		attested = len(k.chain) > 0
		k.hardware = attested && !k.eligible && b.keepsInHardware(k.model)
	}
	switch {
	case a.Demand == RequireAttestation && !attested,
		len(a.Allow) > 0 && !slices.Contains(a.Allow, k.model),
		slices.Contains(a.Deny, k.model),
		b != nil && len(b.undesired(k.model, k.chain, now)) > 0:
		return provider.Invalid(notAccepted)
	}
	return nil
}

// byMaker says whether a statement of this type leads to a maker's root.
func byMaker(attestationType string) bool {
	switch metadata.AuthenticatorAttestationType(attestationType) {
	case metadata.BasicFull, metadata.AttCA, metadata.AnonCA:
		return true
	}
	return false
}

// inUse returns the metadata that a login goes by; or an error if keys of broken models are to be kept out, and which those are is not known, as before the first
// Load of a program that was started again.
func (a Attestation) inUse() (*blob, error) {
	b := a.blob()
	if b == nil && a.BadStatus == DisableBadStatus {
		return nil, errors.New("webauthn: the status of models is required, and no metadata are loaded")
	}
	return b, nil
}

// standing is what is wrong with the model of a key that is in use, nothing if nothing is known; and whether the key is known to stay in hardware, which was
// certain when it was made, and may have been put right since.
func (b *blob) standing(k record, now time.Time) (bad []string, hardware bool) {
	if b == nil {
		return nil, false
	}
	return b.undesired(k.model, k.chain, now), k.hardware && b.keepsInHardware(k.model)
}

func certDigest(der []byte) [certDigestSize]byte {
	sum := sha256.Sum256(der)
	return [certDigestSize]byte(sum[:certDigestSize])
}
