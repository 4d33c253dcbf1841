package webauthn_test

import (
	"context"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// TestAnotherHousesAuthenticatorSignsIn has somebody else's software make the answers: our own authenticator and our own provider could agree on a mistake.
func TestAnotherHousesAuthenticatorSignsIn(t *testing.T) {
	t.Parallel()
	for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *webauthn.Config) { c.UserVerification = webauthn.VerificationRequired })
			rp := virtualwebauthn.RelyingParty{ID: rpID, Name: "Example", Origin: origin}
			device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: s.user.Handle})
			key := virtualwebauthn.NewCredential(kind)

			prompt, err := s.p.SetupHook(context.Background(), s.setupRequest())
			if err != nil {
				t.Fatal(err)
			}
			creation, err := virtualwebauthn.ParseAttestationOptions(string(options(t, prompt)))
			if err != nil {
				t.Fatal(err)
			}
			made := virtualwebauthn.CreateAttestationResponse(rp, device, key, *creation)
			e, err := s.finishSetup(provider.Answer{Private: prompt.Private, Response: []byte(made)})
			if err != nil {
				t.Fatalf("the registration: %v", err)
			}
			s.factors = []provider.Factor{{ID: "f-1", Data: e.Data}}

			for _, req := range []provider.LoginRequest{s.loginRequest(), {Now: s.now}} { // named, and with nobody named
				prompt = s.prompt(req)
				request, err := virtualwebauthn.ParseAssertionOptions(string(options(t, prompt)))
				if err != nil {
					t.Fatal(err)
				}
				key.Counter++
				used := virtualwebauthn.CreateAssertionResponse(rp, device, key, *request)
				m, err := s.finish(provider.Answer{Private: prompt.Private, Response: []byte(used)})
				if err != nil || !m.Verified || m.FactorID != "f-1" {
					t.Errorf("the login: %v, %+v", err, m)
				}
			}
		})
	}
}

// What is wrong with its answers is seen as well, and keys whose coordinates begin with zeros, which come by chance, are keys.
func TestAnotherHousesFaultsAreSeen(t *testing.T) {
	t.Parallel()
	rp := virtualwebauthn.RelyingParty{Name: "Example", ID: rpID, Origin: origin}
	for name, keyType := range map[string]virtualwebauthn.KeyType{"EC2": virtualwebauthn.KeyTypeEC2, "RSA": virtualwebauthn.KeyTypeRSA} {
		for range 20 { // coordinates with leading zeros come by chance
			s := newSite(t)
			device := virtualwebauthn.NewAuthenticator()
			device.Options.UserHandle = s.user.Handle
			key := virtualwebauthn.NewCredential(keyType)
			prompt, err := s.p.SetupHook(context.Background(), s.setupRequest())
			if err != nil {
				t.Fatal(err)
			}
			asked, err := virtualwebauthn.ParseAttestationOptions(string(options(t, prompt)))
			if err != nil {
				t.Fatal(err)
			}
			e, err := s.finishSetup(provider.Answer{Private: prompt.Private, Response: []byte(virtualwebauthn.CreateAttestationResponse(rp, device, key, *asked))})
			if err != nil {
				t.Fatalf("%s: set-up: %v", name, err)
			}
			s.factors = []provider.Factor{{ID: "f-1", Data: e.Data}}
			login := func(rp virtualwebauthn.RelyingParty, device virtualwebauthn.Authenticator, key virtualwebauthn.Credential) error {
				prompt := s.prompt(s.loginRequest())
				asked, err := virtualwebauthn.ParseAssertionOptions(string(options(t, prompt)))
				if err != nil {
					t.Fatal(err)
				}
				response := virtualwebauthn.CreateAssertionResponse(rp, device, key, *asked)
				_, err = s.p.LoginVerify(context.Background(), s.loginRequest(), provider.Answer{Private: prompt.Private, Response: []byte(response)})
				return err
			}
			if err := login(rp, device, key); err != nil {
				t.Errorf("%s: login: %v", name, err)
			}
			absent, eligible, elsewhere, impostor := device, device, rp, virtualwebauthn.NewCredential(keyType)
			absent.Options.UserNotPresent, eligible.Options.BackupEligible, elsewhere.Origin, impostor.ID = true, true, "https://evil.example", key.ID
			for what, err := range map[string]error{
				"nobody there": login(rp, absent, key), "another eligibility": login(rp, eligible, key), "another origin": login(elsewhere, device, key), "another key": login(rp, device, impostor),
			} {
				if !denied(err) {
					t.Errorf("%s: %s: %v", name, what, err)
				}
			}
			if name == "RSA" {
				break // a key takes long to make
			}
		}
	}
}
