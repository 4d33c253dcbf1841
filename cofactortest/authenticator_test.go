package cofactortest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// create and get run a ceremony that the device must have an answer for.
func create(t *testing.T, a *cofactortest.Authenticator) func([]byte) []byte {
	return func(options []byte) []byte {
		t.Helper()
		response, err := a.Create(options)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
}

func get(t *testing.T, a *cofactortest.Authenticator) func([]byte) []byte {
	return func(options []byte) []byte {
		t.Helper()
		response, err := a.Get(options)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
}

func TestTheLibraryAcceptsEveryKindOfPasskey(t *testing.T) {
	ca, err := cofactortest.NewAttestationCA()
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []cofactortest.Algorithm{cofactortest.ES256, cofactortest.EdDSA, cofactortest.RS256} {
		for attestation, format := range map[cofactortest.Attestation]string{
			cofactortest.NoAttestation: "none", cofactortest.SelfAttestation: "packed", cofactortest.CertifiedAttestation: "packed",
		} {
			for _, flags := range []cofactortest.Flags{0, cofactortest.BackupEligible, cofactortest.BackupEligible | cofactortest.BackedUp} {
				t.Run(fmt.Sprintf("%d/%s%d/%b", alg, format, attestation, flags), func(t *testing.T) {
					a := cofactortest.NewAuthenticator(origin)
					a.Algorithm, a.Attestation, a.CA, a.AAGUID = alg, attestation, ca, [16]byte{1, 2, 3}
					a.Flags |= flags
					s := newSite(t)
					s.must(s.register(create(t, a)))
					kept := s.alice.credentials[0]
					if kept.AttestationFormat != format {
						t.Errorf("the attestation format is %q, want %q", kept.AttestationFormat, format)
					}
					if !bytes.Equal(kept.Authenticator.AAGUID, a.AAGUID[:]) {
						t.Errorf("the AAGUID is %x, want %x", kept.Authenticator.AAGUID, a.AAGUID)
					}
					if on := cofactortest.Flags(kept.Flags.ProtocolValue()); on != a.Flags|cofactortest.Attested {
						t.Errorf("the library saw flags %b, want %b", on, a.Flags)
					}
					used, err := s.login(get(t, a))
					s.must(err)
					if used.Authenticator.SignCount != 2 {
						t.Errorf("the counter is %d after a registration and a login, want 2", used.Authenticator.SignCount)
					}
					s.must(s.discover(get(t, a)))
				})
			}
		}
	}
}

// What the library leaves to its caller, so that nobody takes these tests for a list of what it refuses.
var (
	leftAtCreate = []cofactortest.Fault{
		cofactortest.IgnoredExclusion,     // credential ids are for the site to keep unique
		cofactortest.UnsolicitedExtension, // the specification leaves them to the site
		cofactortest.WrongAlgorithm,       // the key is looked at when it is first used
		cofactortest.OffCurve,             // likewise
	}
	leftAtGet = []cofactortest.Fault{
		cofactortest.OldCounter, // a warning, not an error
		cofactortest.UnsolicitedExtension,
	}
)

func TestTheLibraryRefusesEveryFaultOfARegistration(t *testing.T) {
	for _, fault := range cofactortest.CreateFaults() {
		t.Run(fault.String(), func(t *testing.T) {
			a, s := cofactortest.NewAuthenticator(origin), newSite(t)
			a.Fault = fault
			err := s.register(create(t, a))
			t.Log(err)
			if left := slices.Contains(leftAtCreate, fault); (err == nil) != left {
				t.Errorf("accepted: %v; left to the caller: %v", err == nil, left)
			}
		})
	}
}

func TestTheLibraryRefusesEveryFaultOfALogin(t *testing.T) {
	for _, fault := range cofactortest.GetFaults() {
		t.Run(fault.String(), func(t *testing.T) {
			a, s := cofactortest.NewAuthenticator(origin), newSite(t)
			s.must(s.register(create(t, a)))
			a.Fault = fault
			_, err := s.login(get(t, a))
			t.Log(err)
			if left := slices.Contains(leftAtGet, fault); (err == nil) != left {
				t.Errorf("accepted: %v; left to the caller: %v", err == nil, left)
			}
		})
	}
}

// A clone's counter falls behind that of the original, which is all that shows it.
func TestACloneFallsBehind(t *testing.T) {
	a, s := cofactortest.NewAuthenticator(origin), newSite(t)
	s.must(s.register(create(t, a)))
	twin := a.Clone()
	for range 3 {
		used, err := s.login(get(t, a))
		s.must(err)
		s.alice.credentials[0] = *used
	}
	used, err := s.login(get(t, twin))
	s.must(err)
	if !used.Authenticator.CloneWarning {
		t.Error("the library does not see the clone")
	}
	if n := a.Credentials()[0].Counter; n != 4 {
		t.Errorf("the original counts %d, want 4: a clone must not share its state", n)
	}
}

func TestADeviceRefusesWhatItHasAlready(t *testing.T) {
	a, s := cofactortest.NewAuthenticator(origin), newSite(t)
	s.must(s.register(create(t, a)))
	_ = s.register(func(options []byte) []byte {
		if _, err := a.Create(options); !errors.Is(err, cofactortest.ErrExcluded) {
			t.Errorf("a second credential under excludeCredentials: %v, want ErrExcluded", err)
		}
		return nil
	})
}

func TestADeviceAnswersOnlyWithWhatFits(t *testing.T) {
	options := func(m map[string]any) []byte {
		m["challenge"] = "AAAAAAAAAAAAAAAAAAAAAA"
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	key := cofactortest.NewAuthenticator(origin)
	key.NotDiscoverable = true
	s := newSite(t)
	s.must(s.register(create(t, key)))
	if _, err := key.Get(options(map[string]any{"rpId": rpID})); !errors.Is(err, cofactortest.ErrNoCredential) {
		t.Errorf("an old security key without a list: %v, want ErrNoCredential", err)
	}
	if _, err := s.login(get(t, key)); err != nil {
		t.Errorf("an old security key whose credential is named: %v", err)
	}
	if _, err := key.Get(options(map[string]any{"rpId": "elsewhere.example"})); !errors.Is(err, cofactortest.ErrNoCredential) {
		t.Errorf("another site: %v, want ErrNoCredential", err)
	}
	id := key.Credentials()[0].ID
	key.Remove(id)
	if n := len(key.Credentials()); n != 0 {
		t.Errorf("%d credentials left after the only one was removed", n)
	}
	for name, o := range map[string]map[string]any{
		"unknown algorithm": {"rp": map[string]any{"id": rpID}, "pubKeyCredParams": []any{map[string]any{"type": "public-key", "alg": -65535}}},
		"must be discoverable": {
			"rp": map[string]any{"id": rpID}, "pubKeyCredParams": []any{map[string]any{"type": "public-key", "alg": -7}},
			"authenticatorSelection": map[string]any{"residentKey": "required"},
		},
	} {
		if _, err := key.Create(options(o)); !errors.Is(err, cofactortest.ErrNotSupported) {
			t.Errorf("%s: %v, want ErrNotSupported", name, err)
		}
	}
	for _, bad := range []string{"", "null", "[]", `{"publicKey":{}}`, `{"challenge":1}`, `{"challenge":"AAAA","user":{"id":"="}}`} {
		if _, err := key.Create([]byte(bad)); err == nil {
			t.Errorf("options %q have an answer", bad)
		}
		if _, err := key.Get([]byte(bad)); err == nil {
			t.Errorf("options %q have an answer", bad)
		}
	}
}

func TestSeveralPasskeysOfSeveralUsersLieSideBySide(t *testing.T) {
	a := cofactortest.NewAuthenticator(origin)
	s, other := newSite(t), newSite(t)
	other.alice.handle = []byte("another user")
	s.must(s.register(create(t, a)))
	other.must(other.register(create(t, a)))
	s.must(s.register(create(t, a.Clone()), webauthn.WithExclusions(nil))) // the clone's new one is not on a
	if n := len(a.Credentials()); n != 2 {
		t.Fatalf("%d credentials, want one for each user", n)
	}
	a.Use = a.Credentials()[0].ID
	s.must(s.discover(get(t, a)))
	a.Use = nil
	_, err := other.login(get(t, a))
	other.must(err)
	s.must(s.register(create(t, a), webauthn.WithExclusions(nil)))
	if n := len(a.Credentials()); n != 2 {
		t.Errorf("%d credentials, want 2: a device has one for each user of a site, and a new one replaces it", n)
	}
}

func TestExtensionsAreCarriedBothWays(t *testing.T) {
	a := cofactortest.NewAuthenticator(origin)
	a.AuthenticatorExtensions = map[string]any{"credProtect": 2}
	a.ClientExtensions = map[string]any{"minPinLength": 4}
	response := create(t, a)([]byte(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAA","rp":{},"user":{"id":"AAAA"},"extensions":{"credProps":true},
		"pubKeyCredParams":[{"type":"public-key","alg":-7}]}`))
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed.Response.AttestationObject.AuthData; !got.Flags.HasExtensions() || !bytes.Contains(got.ExtData, []byte("credProtect")) {
		t.Errorf("the authenticator data have flags %b and extensions %x", got.Flags, got.ExtData)
	}
	if got := parsed.ClientExtensionResults; !bytes.Contains(response, []byte(`"minPinLength":4`)) || got.CredProps == nil {
		t.Errorf("the client extensions are %+v", got)
	}
}

func TestHooksChangeWhatIsSignedAndWhatIsSent(t *testing.T) {
	a, s := cofactortest.NewAuthenticator(origin), newSite(t)
	s.must(s.register(create(t, a)))
	a.BeforeSigning = func(c *cofactortest.Ceremony) { c.Counter = 77 }
	used, err := s.login(get(t, a))
	s.must(err)
	if used.Authenticator.SignCount != 77 {
		t.Errorf("the counter is %d, want what the hook wrote", used.Authenticator.SignCount)
	}
	a.AfterSigning = func(c *cofactortest.Ceremony) { c.AuthData[33] ^= 1 }
	if _, err := s.login(get(t, a)); err == nil {
		t.Error("what changed after signing is accepted")
	}
}

func TestFaultsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range slices.Concat(cofactortest.CreateFaults(), cofactortest.GetFaults()) {
		if f.String() == "" {
			t.Errorf("fault %d has no name", f)
		}
		seen[f.String()] = true
	}
	if len(seen) < 30 || seen[cofactortest.NoFault.String()] {
		t.Errorf("%d faults", len(seen))
	}
	if cofactortest.Fault(255).String() != "no such fault" {
		t.Error("an unknown fault has a name")
	}
}
