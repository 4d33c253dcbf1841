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
