package webauthn_test

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// vector is an example of the specification: a registration and a login with the key that it made. All values are hexadecimal.
type vector struct {
	Name   string
	Salts  map[string]byte
	Create struct{ Challenge, CredentialID, ClientDataJSON, AttestationObject string }
	Get    struct{ Challenge, ClientDataJSON, AuthenticatorData, Signature string }
}

func vectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/w3c-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 14 {
		t.Fatalf("%d vectors, want those of sections 16.2 to 16.11 and 16.13 to 16.16", len(file.Vectors))
	}
	return file.Vectors
}

// The specification derives its random values from a text, so that nobody has to believe where a copy of them comes from.
func TestTheVectorsAreTheSpecifications(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		for name, value := range map[string]string{
			"challenge": v.Create.Challenge, "credentialId": v.Create.CredentialID, "loginChallenge": v.Get.Challenge,
		} {
			salt, known := v.Salts[name]
			derived, err := hkdf.Key(sha256.New, []byte("WebAuthn test vectors"), []byte{salt}, v.Name, len(value)/2)
			if err != nil || !known || hex.EncodeToString(derived) != value {
				t.Errorf("%s: the %s is not derived as section 16 says", v.Name, name)
			}
		}
	}
}

// What becomes of each vector here. The specification's examples are all valid; a refusal is this site's choice, and has its reason. // attack: A-113
var outcomes = map[string]string{
	"none.ES256":                    "accepted",
	"packed-self.ES256":             "accepted",
	"none.ES256.long-credential-id": "accepted",
	"packed.ES256":                  "accepted",
	"packed.RS256":                  "accepted",
	"packed.EdDSA":                  "accepted",
	"none.ES256.crossOrigin":        "refused", // in a frame
	"none.ES256.topOrigin":          "refused", // in a frame of another site
	"packed.ES384":                  "refused", // an algorithm that was not offered
	"packed.ES512":                  "refused", // likewise
	"tpm.ES256":                     "refused", // a maker that does not exist
	"android-key.ES256":             "refused", // keys of no stated origin
	"apple.ES256":                   "refused", // not under Apple's root
	"fido-u2f.ES256":                "accepted",
}

func TestTheSpecificationsVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *webauthn.Config) { c.RPID, c.Origins = "example.org", []string{"https://example.org"} })
			prompt, err := s.p.SetupHook(context.Background(), s.setupRequest())
			if err != nil {
				t.Fatal(err)
			}
			e, err := s.finishSetup(provider.Answer{
				Private: replaced(t, prompt, v.Create.Challenge),
				Response: v.response(t, map[string]string{
					"clientDataJSON": v.Create.ClientDataJSON, "attestationObject": v.Create.AttestationObject,
				}),
			})
			if want := outcomes[v.Name]; (want == "accepted") != (err == nil) || (err != nil && !denied(err)) {
				t.Fatalf("the registration: %v, want it %s", err, want)
			}
			if err != nil {
				return
			}
			s.factors = []provider.Factor{{ID: "f-1", Data: e.Data}}
			prompt = s.prompt(s.loginRequest())
			login := map[string]string{
				"clientDataJSON": v.Get.ClientDataJSON, "authenticatorData": v.Get.AuthenticatorData, "signature": v.Get.Signature,
			}
			ans := provider.Answer{Private: replaced(t, prompt, v.Get.Challenge), Response: v.response(t, login)}
			m, err := s.finish(ans)
			if err != nil {
				t.Fatalf("the login: %v, want it accepted", err)
			}
			if flags := unhex(t, v.Get.AuthenticatorData)[32]; m.Verified != (flags&4 != 0) {
				t.Errorf("the login: verified is %v, and the flags are %b", m.Verified, flags)
			}
			ans.Private = prompt.Private
			if _, err := s.finish(ans); !denied(err) {
				t.Errorf("the same login for the challenge that was made here: %v, want it refused", err)
			}
		})
	}
}

// replaced is what a hook put by, with its challenge replaced by another of the same length.
func replaced(t *testing.T, p provider.Prompt, challenge string) []byte {
	t.Helper()
	var shown struct {
		PublicKey struct{ Challenge string }
	}
	if err := json.Unmarshal(options(t, p), &shown); err != nil {
		t.Fatal(err)
	}
	made, err := base64.RawURLEncoding.DecodeString(shown.PublicKey.Challenge)
	if err != nil || bytes.Count(p.Private, made) != 1 {
		t.Fatalf("the challenge is not in the state that was put by, or more than once: %v", err)
	}
	return bytes.Replace(p.Private, made, unhex(t, challenge)[:len(made)], 1)
}

// response is what a browser would have sent.
func (v vector) response(t *testing.T, members map[string]string) json.RawMessage {
	t.Helper()
	text := func(h string) string { return base64.RawURLEncoding.EncodeToString(unhex(t, h)) }
	inner := map[string]string{}
	for name, value := range members {
		inner[name] = text(value)
	}
	raw, err := json.Marshal(map[string]any{
		"id": text(v.Create.CredentialID), "rawId": text(v.Create.CredentialID), "type": "public-key",
		"clientExtensionResults": map[string]any{}, "response": inner,
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
