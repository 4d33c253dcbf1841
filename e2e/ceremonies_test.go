package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// ceremony is the whole life of a passkey as it went over the wire: it was made, and it signed in once. Our provider has accepted both.
type ceremony struct {
	Name   string   `json:"-"`
	Origin string   `json:"origin"`
	Create exchange `json:"create"`
	Get    exchange `json:"get"`
}

type exchange struct {
	Options  json.RawMessage `json:"options"`
	Response json.RawMessage `json:"response"`
}

// ceremonies are what other verifiers are given: of our own authenticator every algorithm and attestation, and one of Chromium's.
func ceremonies(t *testing.T) []ceremony {
	t.Helper()
	ca, err := cofactortest.NewAttestationCA()
	if err != nil {
		t.Fatal(err)
	}
	list := []ceremony{inChromium(t)}
	for _, alg := range []cofactortest.Algorithm{cofactortest.ES256, cofactortest.EdDSA, cofactortest.RS256} {
		for _, attestation := range []cofactortest.Attestation{cofactortest.NoAttestation, cofactortest.SelfAttestation, cofactortest.CertifiedAttestation} {
			device := cofactortest.NewAuthenticator("https://login.example.com")
			device.Algorithm, device.Attestation, device.CA = alg, attestation, ca
			list = append(list, inSoftware(t, fmt.Sprintf("software/%d/%d", alg, attestation), device))
		}
	}
	return list
}

func inChromium(t *testing.T) ceremony {
	t.Helper()
	s, tab := visit(t, verifying)
	tab.Phone()
	enrol(tab, "victor")
	leave(tab)
	tab.Click("#passkey")
	tab.WaitText(said, "In: id-of-victor")
	p := s.Posted()
	return ceremony{Name: "chromium", Origin: s.URL, Create: exchange(p[0]), Get: exchange(p[1])}
}

func inSoftware(t *testing.T, name string, device *cofactortest.Authenticator) ceremony {
	t.Helper()
	p, err := webauthn.New(webauthn.Config{
		RPID: "example.com", RPName: "Example", Origins: []string{device.Origin}, UserVerification: webauthn.VerificationRequired,
	})
	if err != nil {
		t.Fatal(err)
	}
	user := provider.User{ID: "u-1", Name: "alice@example.com", Handle: make([]byte, 32)}
	setup := provider.SetupRequest{User: user, Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	prompt, err := p.SetupHook(t.Context(), setup)
	create, ans := exchanged(t, prompt, err, device.Create)
	made, err := p.SetupVerify(t.Context(), setup, ans)
	if err != nil {
		t.Fatalf("%s: our own provider refuses the registration: %v", name, err)
	}
	login := provider.LoginRequest{User: user, Factors: []provider.Factor{{ID: "f-1", Data: made.Data}}, Now: setup.Now.Add(time.Hour)}
	prompt, err = p.LoginHook(t.Context(), login)
	get, ans := exchanged(t, prompt, err, device.Get)
	if _, err := p.LoginVerify(t.Context(), login, ans); err != nil {
		t.Fatalf("%s: our own provider refuses the login: %v", name, err)
	}
	return ceremony{Name: name, Origin: device.Origin, Create: create, Get: get}
}

// exchanged has a device answer a prompt.
func exchanged(t *testing.T, p provider.Prompt, err error, answer func([]byte) ([]byte, error)) (exchange, provider.Answer) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	options, err := json.Marshal(p.Public)
	if err != nil {
		t.Fatal(err)
	}
	response, err := answer(options)
	if err != nil {
		t.Fatal(err)
	}
	return exchange{options, response}, provider.Answer{Private: p.Private, Response: response}
}

// flipped is a response with one bit of a member changed.
func flipped(t *testing.T, response json.RawMessage, member string) json.RawMessage {
	t.Helper()
	var whole, inner map[string]json.RawMessage
	var raw []byte
	decode(t, response, &whole)
	decode(t, whole["response"], &inner)
	raw = unb64(t, inner[member])
	raw[len(raw)-1] ^= 1
	inner[member] = encode(t, b64(raw))
	whole["response"] = encode(t, inner)
	return encode(t, whole)
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
