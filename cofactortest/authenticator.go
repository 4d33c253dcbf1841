package cofactortest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// Why an Authenticator has no answer. The texts begin with the name that a browser gives the error.
var (
	// ErrExcluded: options.excludeCredentials names a credential that is here.
	ErrExcluded = errors.New("InvalidStateError: the authenticator has a credential of excludeCredentials")
	// ErrNoCredential: no credential here fits the options.
	ErrNoCredential = errors.New("NotAllowedError: no credential fits the options")
	// ErrNotSupported: none of options.pubKeyCredParams is known here, or a discoverable credential is required of one that makes none.
	ErrNotSupported = errors.New("NotSupportedError: the authenticator cannot make such a credential")
)

// Flags are those of the authenticator data (WebAuthn Level 3, section 6.1).
type Flags byte

// The flags.
const (
	UserPresent    Flags = 1 << 0 // UP
	UserVerified   Flags = 1 << 2 // UV
	BackupEligible Flags = 1 << 3 // BE: a passkey that can be synced
	BackedUp       Flags = 1 << 4 // BS: and is
	Attested       Flags = 1 << 6 // AT: a credential follows; set by Create
	Extended       Flags = 1 << 7 // ED: extensions follow; set if there are any
)

// Authenticator is a client and its authenticator in one. Its fields may be changed between ceremonies, and hold from the next one on. It
// does not refuse what the server must refuse itself: an RP id that is not the origin's, or verification that is required and does
// not happen. It must not be used by several goroutines at once.
type Authenticator struct {
	Origin      string // of the page: "https://login.example.com"
	TopOrigin   string // of the page that frames it; "" for none
	CrossOrigin bool   // the page is in a frame of another origin

	Flags           Flags       // UserPresent | UserVerified, unless set otherwise
	AAGUID          [16]byte    // the model; zero by default
	Algorithm       Algorithm   // of new credentials; 0 takes the first of the options that is known
	Attestation     Attestation // whatever the options prefer; NoAttestation by default
	CA              *AttestationCA
	CounterStep     uint32 // by how much a use raises the counter; 0 is how synced passkeys count: not at all
	NotDiscoverable bool   // an old security key: its credentials must be named to be used
	Use             []byte // the id of the credential that Get takes; nil for the newest that fits

	ClientExtensions        map[string]any // outputs added to clientExtensionResults
	AuthenticatorExtensions map[string]any // outputs added to the authenticator data

	Fault         Fault           // what is wrong with each ceremony
	BeforeSigning func(*Ceremony) // may change anything; what it leaves is encoded and signed
	AfterSigning  func(*Ceremony) // may change what is sent

	credentials []*Credential
}

// NewAuthenticator returns a device on which nothing is wrong: it verifies its user, counts, and attests nothing.
func NewAuthenticator(origin string) *Authenticator {
	return &Authenticator{Origin: origin, Flags: UserPresent | UserVerified, CounterStep: 1}
}

// Credentials lists what is on the device, oldest first. Changing one changes it on the device.
func (a *Authenticator) Credentials() []*Credential { return slices.Clone(a.credentials) }

// Remove forgets the credential with this id, as its user would in the settings of a phone.
func (a *Authenticator) Remove(id []byte) {
	a.credentials = slices.DeleteFunc(a.credentials, func(c *Credential) bool { return bytes.Equal(c.ID, id) })
}

// Clone returns a second device with the same keys, whose counters go their own way from here on.
func (a *Authenticator) Clone() *Authenticator {
	twin := *a
	twin.credentials = nil
	for _, c := range a.credentials {
		same := *c
		twin.credentials = append(twin.credentials, &same)
	}
	return &twin
}

// Create answers options for navigator.credentials.create, a PublicKeyCredentialCreationOptionsJSON, with a RegistrationResponseJSON.
// The options may also lie in a member "publicKey".
func (a *Authenticator) Create(options []byte) ([]byte, error) {
	o, err := parse(options)
	if err != nil {
		return nil, err
	}
	for _, d := range o.ExcludeCredentials {
		if a.find(o.rpID(a.Origin), d.ID) != nil && a.Fault != IgnoredExclusion {
			return nil, ErrExcluded
		}
	}
	alg := a.Algorithm
	if alg == 0 {
		if alg = o.firstKnown(); alg == 0 {
			return nil, ErrNotSupported
		}
	}
	if o.wantsDiscoverable() == required && a.NotDiscoverable {
		return nil, ErrNotSupported
	}
	cred, err := newCredential(alg)
	if err != nil {
		return nil, err
	}
	cred.RPID, cred.UserHandle, cred.UserName = o.rpID(a.Origin), o.User.ID, o.User.Name
	cred.Discoverable = o.wantsDiscoverable() != discouraged && !a.NotDiscoverable
	cred.Counter = a.CounterStep

	c := a.begin(o, cred)
	c.Type, c.Flags = "webauthn.create", c.Flags|Attested
	if _, asked := o.Extensions["credProps"]; asked {
		c.ClientExtensions["credProps"] = map[string]any{"rk": cred.Discoverable}
	}
	a.before(c)
	if err := c.attest(); err != nil {
		return nil, err
	}
	a.after(c)
	a.keep(cred)
	return c.registration()
}

// Get answers options for navigator.credentials.get, a PublicKeyCredentialRequestOptionsJSON, with an AuthenticationResponseJSON.
// The options may also lie in a member "publicKey".
func (a *Authenticator) Get(options []byte) ([]byte, error) {
	o, err := parse(options)
	if err != nil {
		return nil, err
	}
	cred := a.choose(o)
	if cred == nil {
		return nil, ErrNoCredential
	}
	if a.Fault != OldCounter {
		cred.Counter += a.CounterStep
	}
	c := a.begin(o, cred)
	c.Type = "webauthn.get"
	if cred.Discoverable {
		c.UserHandle = cred.UserHandle
	}
	a.before(c)
	if err := c.sign(); err != nil {
		return nil, err
	}
	a.after(c)
	return c.assertion()
}

func (a *Authenticator) begin(o options, cred *Credential) *Ceremony {
	c := &Ceremony{
		Credential: cred, Challenge: o.Challenge, Origin: a.Origin, TopOrigin: a.TopOrigin, CrossOrigin: a.CrossOrigin || a.TopOrigin != "",
		RPID: cred.RPID, Flags: a.Flags, Counter: cred.Counter, AAGUID: a.AAGUID, CredentialID: cred.ID, RawID: cred.ID, PublicKey: cred.cose(),
		Attestation: a.Attestation, Extensions: a.AuthenticatorExtensions, CredentialType: "public-key", ClientExtensions: map[string]any{}, ca: a.CA,
	}
	if len(c.Extensions) > 0 {
		c.Flags |= Extended
	}
	for name, output := range a.ClientExtensions {
		c.ClientExtensions[name] = output
	}
	return c
}

func (a *Authenticator) before(c *Ceremony) {
	for _, change := range []func(*Ceremony){faults[a.Fault].before, a.BeforeSigning} {
		if change != nil {
			change(c)
		}
	}
}

func (a *Authenticator) after(c *Ceremony) {
	for _, change := range []func(*Ceremony){faults[a.Fault].after, a.AfterSigning} {
		if change != nil {
			change(c)
		}
	}
}

// keep stores a credential. A device has one discoverable credential for each user of a site, so a new one replaces it.
func (a *Authenticator) keep(cred *Credential) {
	a.credentials = slices.DeleteFunc(a.credentials, func(c *Credential) bool {
		return c.Discoverable && cred.Discoverable && c.RPID == cred.RPID && bytes.Equal(c.UserHandle, cred.UserHandle)
	})
	a.credentials = append(a.credentials, cred)
}

func (a *Authenticator) find(rpID string, id []byte) *Credential {
	for _, c := range a.credentials {
		if c.RPID == rpID && bytes.Equal(c.ID, id) {
			return c
		}
	}
	return nil
}

func (a *Authenticator) choose(o options) *Credential {
	for _, c := range slices.Backward(a.credentials) {
		switch {
		case c.RPID != o.rpID(a.Origin), a.Use != nil && !bytes.Equal(a.Use, c.ID):
		case len(o.AllowCredentials) == 0 && c.Discoverable, o.allows(c.ID):
			return c
		}
	}
	return nil
}

// host is the RP id of a page that names none.
func host(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// b64 is a byte string in JSON, as WebAuthn writes it: base64url without padding.
type b64 []byte

// MarshalJSON implements json.Marshaler.
func (b b64) MarshalJSON() ([]byte, error) {
	return json.Marshal(base64.RawURLEncoding.EncodeToString(b))
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *b64) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("cofactortest: options: %w", err)
	}
	*b = decoded
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return b
}
