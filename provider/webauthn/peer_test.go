package webauthn_test

import (
	"context"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/cofactor-mfa/cofactor/provider"
)

// An authenticator that others have written is understood, and what is wrong with it is seen, as with our own.
func TestAnotherAuthenticator(t *testing.T) {
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
