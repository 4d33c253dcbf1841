package webauthn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// Whatever comes as an answer to a login is the right one, or refused by a verdict, and changes nothing that was lent.
func FuzzLoginResponse(f *testing.F) {
	s, d := newSite(f), newDevice()
	s.enrol(d)
	good := s.begin(d)
	f.Add([]byte(good.Response))
	for _, fault := range cofactortest.GetFaults() {
		d.Fault = fault
		f.Add([]byte(s.begin(d).Response))
	}
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`))
	req := s.loginRequest()
	f.Fuzz(func(t *testing.T, response []byte) {
		m, err := s.p.LoginVerify(context.Background(), req, provider.Answer{Private: good.Private, Response: response})
		if err != nil && !denied(err) {
			t.Errorf("%v is no verdict, so the attempt would be free", err)
		}
		if err == nil && (m.FactorID != "f-1" || !bytes.Equal(signedParts(response), signedParts(good.Response))) {
			t.Errorf("an answer that was not signed is right: %s", response)
		}
		h, err := s.p.Locate(context.Background(), provider.Answer{Response: response})
		if (err == nil) == (h == "") || len(h) > 2<<10 {
			t.Errorf("the claim is %q: %v", h, err)
		}
	})
}

// signedParts is what a signature covers, and the signature; however it is spelled.
func signedParts(response []byte) []byte {
	var r struct {
		Response struct{ ClientDataJSON, AuthenticatorData, Signature string }
	}
	_ = json.Unmarshal(response, &r)
	parts, _ := json.Marshal(r)
	return parts
}

func FuzzSetupResponse(f *testing.F) {
	s, d := newSite(f), newDevice()
	d.Attestation = cofactortest.SelfAttestation
	good := s.beginSetup(d)
	f.Add([]byte(good.Response))
	for _, fault := range cofactortest.CreateFaults() {
		fresh := newDevice()
		fresh.Fault = fault
		f.Add([]byte(s.beginSetup(fresh).Response))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		e, err := s.p.SetupVerify(context.Background(), s.setupRequest(), provider.Answer{Private: good.Private, Response: response})
		switch {
		case err != nil && !denied(err):
			t.Errorf("%v is no verdict", err)
		case err == nil && (len(e.Data) == 0 || len(e.Data) > 4<<10 || e.Handle == "" || len(e.Handle) > 2<<10):
			t.Errorf("a record of %d bytes with the handle %.50q", len(e.Data), e.Handle)
		case err == nil:
			login := provider.LoginRequest{User: s.user, Factors: []provider.Factor{{ID: "f", Data: e.Data}}, Now: start}
			if _, err := s.p.LoginHook(context.Background(), login); err != nil {
				t.Errorf("a record that was made cannot be read: %v", err)
			}
		}
	})
}

// A record or a state of any bytes is read back as it is, or refused.
func FuzzStored(f *testing.F) {
	s, d := newSite(f), newDevice()
	s.enrol(d)
	good := s.begin(d)
	f.Add(s.factors[0].Data, good.Private)
	f.Add([]byte{1}, []byte{1})
	f.Add(bytes.Repeat([]byte{0xff}, 200), bytes.Repeat([]byte{0xff}, 200))
	key := s.factors[0].Data
	f.Fuzz(func(t *testing.T, data, private []byte) {
		req := s.loginRequest()
		req.Factors = []provider.Factor{{ID: "f-1", Data: data}}
		_, err := s.p.LoginVerify(context.Background(), req, good)
		if err == nil && !bytes.Contains(data, key[len(key)-60:len(key)-1]) {
			t.Errorf("the record %x has another key, and the answer is right", data)
		}
		req.Factors[0].Data = key
		if _, err := s.p.LoginVerify(context.Background(), req, provider.Answer{Private: private, Response: good.Response}); err == nil && !bytes.Contains(private, good.Private[10:42]) {
			t.Errorf("the state %x has another challenge, and the answer is right", private)
		}
		req.Previous = private
		if p, err := s.p.LoginHook(context.Background(), req); err == nil && len(private) > 0 && !bytes.Equal(p.Private, private) {
			t.Errorf("the state %x is repeated as %x", private, p.Private)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	maker := newMaker(f)
	f.Add(maker.blob(1, "2030-04-01"))
	f.Add([]byte("a.b.c"))
	f.Add([]byte("..."))
	f.Fuzz(func(t *testing.T, jwt []byte) {
		m, err := webauthn.NewMetadata(webauthn.MetadataConfig{Root: maker.ca.Root()})
		if err != nil {
			t.Fatal(err)
		}
		err = m.Load(jwt, start)
		if n, _ := m.Loaded(); (err == nil) != (n > 0) {
			t.Errorf("number %d was loaded: %v", n, err)
		}
	})
}
