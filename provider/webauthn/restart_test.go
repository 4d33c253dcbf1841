package webauthn_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// A program that was started again has no metadata until it loads them. Until then nothing is known of any model: no key is in hardware, and where
// the keys of broken models are disabled, none gets in. // nist: N17
func TestWithoutMetadataNothingIsKnownOfKeysInUse(t *testing.T) {
	t.Parallel()
	for _, mode := range []webauthn.BadStatus{webauthn.ReportBadStatus, webauthn.DisableBadStatus} {
		m := newMaker(t)
		md := m.metadata(1, "2030-04-01")
		disabling := func(c *webauthn.Config) { c.Attestation.BadStatus = mode }
		s, d := newSite(t, required(md), disabling), m.device()
		s.enrol(d)
		ans := s.begin(d)
		s.p = newProvider(t, required(m.empty()), disabling)
		match, err := s.p.LoginVerify(t.Context(), s.loginRequest(), ans)
		if mode == webauthn.ReportBadStatus {
			if err != nil || !slices.Equal(match.AMR, []string{"pop", "swk", "user"}) {
				t.Errorf("bad models are reported: methods %v, %v; want swk", match.AMR, err)
			}
			continue
		}
		if err == nil || denied(err) || match.FactorID != "" {
			t.Errorf("bad models are disabled: %+v, %v; want an error that is no verdict", match, err)
		}
		if p, err := s.p.LoginHook(t.Context(), s.loginRequest()); err == nil || denied(err) || p.Public != nil {
			t.Errorf("bad models are disabled, and a key is asked for: %v", err)
		}
	}
	// What a maker claims may be put right later.
	m := newMaker(t)
	md := m.metadata(1, "2030-04-01")
	s, d := newSite(t, required(md)), m.device()
	s.enrol(d)
	m.entries = []any{m.entry(model, nil, "software")}
	if err := md.Load(m.blob(2, "2030-04-01"), s.now); err != nil {
		t.Fatal(err)
	}
	if match, err := s.login(d); err != nil || !slices.Equal(match.AMR, []string{"pop", "swk", "user"}) {
		t.Errorf("a model that turned out to keep keys in software: methods %v, %v", match.AMR, err)
	}
}

// A report may name the root of those whose keys are compromised, and roots are seldom among an answer's certificates.
func TestReportsAboutARoot(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	for what, pad := range map[string]int{"alone": 0, "behind others' certificates": 5} {
		md := m.metadata(1, "2030-04-01")
		s, d := newSite(t, required(md)), m.device()
		ans := s.beginSetup(d)
		ans.Response = padded(t, ans.Response, pad)
		e, err := s.finishSetup(ans)
		if err != nil {
			t.Fatal(what, err)
		}
		s.factors, s.now = []provider.Factor{{ID: "f-1", Data: e.Data}}, s.now.Add(time.Minute)
		reported := m.entry(model, []report{{"status": "ATTESTATION_KEY_COMPROMISE", "effectiveDate": "2030-01-01", "certificate": base64.StdEncoding.EncodeToString(m.devices.Root().Raw)}}, "hardware")
		m.entries = []any{reported}
		if err := md.Load(m.blob(2, "2030-04-01"), s.now); err != nil {
			t.Fatal(err)
		}
		if match, err := s.login(d); err != nil || !strings.Contains(match.Note, "ATTESTATION_KEY_COMPROMISE") || slices.Contains(match.AMR, "hwk") {
			t.Errorf("%s: note %q, methods %v, %v; the root that vouched for the key is reported", what, match.Note, match.AMR, err)
		}
		if _, err := s.finishSetup(s.beginSetup(m.device())); !denied(err) {
			t.Errorf("%s: a new key below a root that is reported: %v", what, err)
		}
		m.entries = []any{m.entry(model, nil, "hardware")}
	}
}

// A chain that nobody needs is none: it could hide what is in it from reports.
func TestChainsHaveAnEnd(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	s := newSite(t, required(m.metadata(1, "2030-04-01")))
	ans := s.beginSetup(m.device())
	ans.Response = padded(t, ans.Response, 8)
	if _, err := s.finishSetup(ans); !denied(err) {
		t.Errorf("nine certificates: %v", err)
	}
}

// padded is a response whose one certificate is followed by n of others, which is not signed.
func padded(t *testing.T, response json.RawMessage, n int) json.RawMessage {
	t.Helper()
	object := bytesOf(t, response, "attestationObject")
	leaf := leafOf(t, object)
	before, after, _ := bytes.Cut(object, append([]byte("x5c\x81\x59"), binary.BigEndian.AppendUint16(nil, uint16(len(leaf)))...))
	whole := append(bytes.Clone(before), "x5c"...)
	whole = append(whole, 0x81+byte(n), 0x59)
	whole = append(binary.BigEndian.AppendUint16(whole, uint16(len(leaf))), leaf...)
	for range n {
		other := newMaker(t).devices.Root().Raw
		whole = append(binary.BigEndian.AppendUint16(append(whole, 0x59), uint16(len(other))), other...)
	}
	return with(t, response, "attestationObject", append(whole, after[len(leaf):]...))
}
