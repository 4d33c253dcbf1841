package cofactortest_test

import (
	"encoding/json"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	origin = "https://login.example.com"
	rpID   = "login.example.com"
)

// site is a server written with the library alone, as strict as the library can be told to be.
type site struct {
	t     *testing.T
	lib   *webauthn.WebAuthn
	alice *account
}

type account struct {
	handle      []byte
	credentials []webauthn.Credential
}

func (a *account) WebAuthnID() []byte                         { return a.handle }
func (a *account) WebAuthnName() string                       { return "alice" }
func (a *account) WebAuthnDisplayName() string                { return "Alice" }
func (a *account) WebAuthnCredentials() []webauthn.Credential { return a.credentials }

func newSite(t *testing.T) *site {
	t.Helper()
	lib, err := webauthn.New(&webauthn.Config{RPID: rpID, RPDisplayName: "Example", RPOrigins: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, lib: lib, alice: &account{handle: []byte("0123456789abcdef0123456789abcdef")}}
}

// register runs a registration with whatever makes answers out of options, and keeps the credential if the library accepts it.
func (s *site) register(create func(options []byte) []byte, opts ...webauthn.RegistrationOption) error {
	s.t.Helper()
	options, session, err := s.lib.BeginRegistration(s.alice, append([]webauthn.RegistrationOption{
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationRequired,
		}),
		webauthn.WithConveyancePreference(protocol.PreferDirectAttestation),
		webauthn.WithExtensions(webauthn.WithExtensionCredProps()),
		webauthn.WithExclusions(webauthn.Credentials(s.alice.credentials).CredentialDescriptors()),
	}, opts...)...)
	s.must(err)
	parsed, err := protocol.ParseCredentialCreationResponseBytes(create(s.marshal(options)))
	if err != nil {
		return err
	}
	cred, err := s.lib.CreateCredential(s.alice, *session, parsed)
	if err != nil {
		return err
	}
	s.alice.credentials = append(s.alice.credentials, *cred)
	return nil
}

// login runs a login of a user who is known.
func (s *site) login(get func(options []byte) []byte) (*webauthn.Credential, error) {
	s.t.Helper()
	options, session, err := s.lib.BeginLogin(s.alice, webauthn.WithUserVerification(protocol.VerificationRequired))
	s.must(err)
	parsed, err := protocol.ParseCredentialRequestResponseBytes(get(s.marshal(options)))
	if err != nil {
		return nil, err
	}
	return s.lib.ValidateLogin(s.alice, *session, parsed)
}

// discover runs a login of a user whom the passkey names.
func (s *site) discover(get func(options []byte) []byte) error {
	s.t.Helper()
	options, session, err := s.lib.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	s.must(err)
	parsed, err := protocol.ParseCredentialRequestResponseBytes(get(s.marshal(options)))
	if err != nil {
		return err
	}
	_, _, err = s.lib.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != string(s.alice.handle) {
			s.t.Errorf("the user handle is %x", handle)
		}
		return s.alice, nil
	}, *session, parsed)
	return err
}

func (s *site) marshal(v any) []byte {
	s.t.Helper()
	raw, err := json.Marshal(v)
	s.must(err)
	return raw
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// The site is no strawman of our own authenticator: somebody else's passes through the same path.
func TestSomebodyElsesAuthenticatorPassesThroughTheSamePath(t *testing.T) {
	for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
		t.Run(string(kind), func(t *testing.T) {
			s := newSite(t)
			rp := virtualwebauthn.RelyingParty{ID: rpID, Name: "Example", Origin: origin}
			device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: s.alice.handle})
			cred := virtualwebauthn.NewCredential(kind)
			err := s.register(func(options []byte) []byte {
				o, err := virtualwebauthn.ParseAttestationOptions(string(options))
				s.must(err)
				return []byte(virtualwebauthn.CreateAttestationResponse(rp, device, cred, *o))
			})
			s.must(err)
			device.AddCredential(cred)
			if _, err := s.login(func(options []byte) []byte {
				o, err := virtualwebauthn.ParseAssertionOptions(string(options))
				s.must(err)
				return []byte(virtualwebauthn.CreateAssertionResponse(rp, device, cred, *o))
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
