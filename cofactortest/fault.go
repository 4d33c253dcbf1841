package cofactortest

import "slices"

// Fault is something wrong with a ceremony. A server that lets one pass has a hole.
type Fault uint8

// The faults. Those of the first group spoil both ceremonies.
const (
	NoFault Fault = iota

	WrongChallenge        // signed for another challenge
	EmptyChallenge        // signed for none
	WrongType             // a registration that says it is a login, and the reverse
	WrongOrigin           // made on another site
	WrongPort             // made on another port of the host
	FramedBySameSite      // in a frame, which the server does not expect
	FramedByOtherSite     // in a frame of another site, which the client names
	WrongRPID             // made for another RP
	NotPresent            // nobody touched it: UP is 0
	SyncedNotSyncable     // BS without BE
	UnsolicitedExtension  // an authenticator extension that was not asked for
	ExtensionsMissing     // ED is set, and nothing follows
	TrailingData          // authenticator data with a byte too many
	ShortData             // authenticator data that end early
	BadSignature          // one bit of it flipped; a registration attests itself for that
	NoSignature           // empty; likewise
	ChangedClientData     // changed after it was signed; likewise
	ChangedAuthData       // likewise
	OtherID               // the id is not that of the credential
	TwoIDs                // id and rawId differ
	WrongCredentialType   // not "public-key"
	NotVerified           // UV is 0: a hole only where verification is required
	UnsolicitedClientData // a client extension that was not asked for

	// Registrations only.
	NoCredential     // AT is 0
	UnknownAlgorithm // the key names an algorithm that nobody knows
	WrongAlgorithm   // the key names an algorithm of another key type
	OffCurve         // the public key is no point of the curve; a hole only for ES256
	LongID           // the credential id is over 1023 bytes
	IgnoredExclusion // excludeCredentials is ignored; a hole only if it names one that is here

	// Logins only.
	OldCounter      // the counter stands still; a hole only if it is not 0
	OtherUserHandle // somebody else's
	BackupChanged   // BE is not what it was
	OtherKey        // signed by another key under the same id

	faultCount
)

type meddling struct {
	name          string
	only          string // the ceremony that it can spoil; "" for both
	before, after func(*Ceremony)
}

const (
	creating = "webauthn.create"
	getting  = "webauthn.get"
)

// CreateFaults lists what can be wrong with a registration.
func CreateFaults() []Fault { return faultsOf(creating) }

// GetFaults lists what can be wrong with a login.
func GetFaults() []Fault { return faultsOf(getting) }

func faultsOf(ceremony string) (list []Fault) {
	for f := NoFault + 1; f < faultCount; f++ {
		if only := faults[f].only; only == "" || only == ceremony {
			list = append(list, f)
		}
	}
	return list
}

// String returns a few words.
func (f Fault) String() string {
	if f < faultCount {
		return faults[f].name
	}
	return "no such fault"
}

var faults = [faultCount]meddling{
	NoFault:               {name: "no fault"},
	WrongChallenge:        {name: "wrong challenge", before: func(c *Ceremony) { c.Challenge = string(flipText(c.Challenge)) }},
	EmptyChallenge:        {name: "empty challenge", before: func(c *Ceremony) { c.Challenge = "" }},
	WrongType:             {name: "wrong type", before: func(c *Ceremony) { c.Type = other(c.Type) }},
	WrongOrigin:           {name: "wrong origin", before: func(c *Ceremony) { c.Origin = "https://" + host(c.Origin) + ".evil.example" }},
	WrongPort:             {name: "wrong port", before: func(c *Ceremony) { c.Origin = "https://" + host(c.Origin) + ":8444" }},
	FramedBySameSite:      {name: "in a frame", before: func(c *Ceremony) { c.CrossOrigin = true }},
	FramedByOtherSite:     {name: "in another site's frame", before: func(c *Ceremony) { c.CrossOrigin, c.TopOrigin = true, "https://evil.example" }},
	WrongRPID:             {name: "wrong RP id", before: func(c *Ceremony) { c.RPID = "evil.example" }},
	NotPresent:            {name: "user not present", before: func(c *Ceremony) { c.Flags &^= UserPresent }},
	SyncedNotSyncable:     {name: "backed up but not eligible", before: func(c *Ceremony) { c.Flags = c.Flags&^BackupEligible | BackedUp }},
	UnsolicitedExtension:  {name: "unsolicited authenticator extension", before: unsolicited},
	ExtensionsMissing:     {name: "extensions missing", before: func(c *Ceremony) { c.Flags, c.Extensions = c.Flags|Extended, nil }},
	TrailingData:          {name: "trailing data", before: func(c *Ceremony) { c.AuthData = append(c.EncodeAuthData(), 0) }},
	ShortData:             {name: "short data", before: func(c *Ceremony) { c.AuthData = c.EncodeAuthData()[:36] }},
	BadSignature:          {name: "bad signature", before: attested, after: func(c *Ceremony) { c.Signature = flip(c.Signature) }},
	NoSignature:           {name: "no signature", before: attested, after: func(c *Ceremony) { c.Signature = []byte{} }},
	ChangedClientData:     {name: "changed client data", before: attested, after: func(c *Ceremony) { c.ClientData = append(c.ClientData, ' ') }},
	ChangedAuthData:       {name: "changed authenticator data", before: attested, after: func(c *Ceremony) { c.AuthData[36] ^= 1 }},
	OtherID:               {name: "another credential id", after: func(c *Ceremony) { c.CredentialID = random(32); c.RawID = c.CredentialID }},
	TwoIDs:                {name: "id and raw id differ", after: func(c *Ceremony) { c.RawID = random(32) }},
	WrongCredentialType:   {name: "wrong credential type", after: func(c *Ceremony) { c.CredentialType = "password" }},
	NotVerified:           {name: "user not verified", before: func(c *Ceremony) { c.Flags &^= UserVerified }},
	UnsolicitedClientData: {name: "unsolicited client extension", after: func(c *Ceremony) { c.ClientExtensions["appid"] = true }},

	NoCredential:     {name: "no credential", only: creating, before: func(c *Ceremony) { c.Flags &^= Attested }},
	UnknownAlgorithm: {name: "unknown algorithm", only: creating, before: func(c *Ceremony) { c.PublicKey = c.Credential.relabelled(-65535) }},
	WrongAlgorithm:   {name: "algorithm of another key", only: creating, before: func(c *Ceremony) { c.PublicKey = c.Credential.relabelled(misfit(c.Credential.Algorithm)) }},
	OffCurve:         {name: "point off the curve", only: creating, before: func(c *Ceremony) { c.PublicKey = flip(c.PublicKey) }},
	LongID:           {name: "long credential id", only: creating, before: func(c *Ceremony) { c.CredentialID = random(1024); c.RawID = c.CredentialID }},
	IgnoredExclusion: {name: "ignored exclusion", only: creating},

	OldCounter:      {name: "old counter", only: getting},
	OtherUserHandle: {name: "another user handle", only: getting, before: func(c *Ceremony) { c.UserHandle = random(32) }},
	BackupChanged:   {name: "backup eligibility changed", only: getting, before: func(c *Ceremony) { c.Flags = (c.Flags ^ BackupEligible) &^ BackedUp }},
	OtherKey:        {name: "another key", only: getting, before: func(c *Ceremony) { c.Credential = c.Credential.impostor() }},
}

func unsolicited(c *Ceremony) {
	c.Flags, c.Extensions = c.Flags|Extended, map[string]any{"hmac-secret": true}
}

// attested makes sure that a registration has a signature that can be wrong.
func attested(c *Ceremony) {
	if c.Type == creating && c.Attestation == NoAttestation {
		c.Attestation = SelfAttestation
	}
}

func other(ceremony string) string {
	if ceremony == creating {
		return getting
	}
	return creating
}

func misfit(alg Algorithm) Algorithm {
	if alg == ES256 {
		return RS256
	}
	return ES256
}

// flip returns a copy with the last bit changed.
func flip(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)-1] ^= 1
	return b
}

// flipText returns another base64url text of the same length.
func flipText(s string) []byte {
	b := []byte(s)
	if b[0] == 'A' {
		b[0] = 'B'
	} else {
		b[0] = 'A'
	}
	return b
}
