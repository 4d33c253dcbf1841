package webauthn_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// device is one of the maker's.
func (m *maker) device() *cofactortest.Authenticator {
	d := newDevice()
	d.AAGUID, d.Attestation, d.CA = model, cofactortest.CertifiedAttestation, m.devices
	return d
}

func required(md *webauthn.Metadata) func(*webauthn.Config) {
	return func(c *webauthn.Config) {
		c.Attestation = webauthn.Attestation{Demand: webauthn.RequireAttestation, Metadata: md}
	}
}

// What is required must come, from a maker who is known, and be true. None, and a key that vouches for itself, are refused even if metadata are there.
func TestRequiredAttestation(t *testing.T) { // attack
	t.Parallel()
	m, stranger := newMaker(t), newMaker(t)
	md := m.metadata(1, "2030-04-01")
	for what, change := range map[string]func(*cofactortest.Authenticator){
		"none":                        func(d *cofactortest.Authenticator) { d.Attestation = cofactortest.NoAttestation },
		"none, of no model":           func(d *cofactortest.Authenticator) { d.Attestation, d.AAGUID = cofactortest.NoAttestation, [16]byte{} },
		"self":                        func(d *cofactortest.Authenticator) { d.Attestation = cofactortest.SelfAttestation },
		"another maker's":             func(d *cofactortest.Authenticator) { d.CA = stranger.devices },
		"an unknown model":            func(d *cofactortest.Authenticator) { d.AAGUID = [16]byte{0xcd} },
		"no model":                    func(d *cofactortest.Authenticator) { d.AAGUID = [16]byte{} },
		"a key that can be copied":    func(d *cofactortest.Authenticator) { d.Flags |= cofactortest.BackupEligible },
		"a signature that is not one": func(d *cofactortest.Authenticator) { d.Fault = cofactortest.BadSignature },
	} {
		s, d := newSite(t, required(md)), m.device()
		change(d)
		if _, err := s.finishSetup(s.beginSetup(d)); !denied(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	s, d := newSite(t, required(md)), m.device()
	prompt, err := s.p.SetupHook(t.Context(), s.setupRequest())
	if err != nil || decoded[creation](t, prompt).PublicKey.Attestation != "direct" {
		t.Errorf("the browser is not asked for attestation: %v", err)
	}
	s.enrol(d)
	for range 2 {
		match, err := s.login(d)
		if err != nil || !slices.Equal(match.AMR, []string{"pop", "hwk", "user"}) {
			t.Errorf("an attested key that stays in hardware: %v, %v", match.AMR, err)
		}
	}
}

// hwk is claimed of nothing less than an attested key that cannot leave hardware.
func TestHardwareHasToBeCertain(t *testing.T) { // nist: N17
	t.Parallel()
	m := newMaker(t)
	m.entries = []any{
		m.entry(model, nil, "hardware", "secure_element"), m.entry(webauthn.AAGUID{1}, nil, "software"), m.entry(webauthn.AAGUID{2}, nil), m.entry(webauthn.AAGUID{3}, nil, "hardware", "software"),
		m.entry(webauthn.AAGUID{4}, nil, "remote_handle"), m.synced(webauthn.AAGUID{5}),
	}
	md := m.metadata(1, "2030-04-01")
	ask := func(c *webauthn.Config) {
		c.Attestation = webauthn.Attestation{Demand: webauthn.AskAttestation, Metadata: md}
	}
	for what, tc := range map[string]struct {
		configure func(*webauthn.Config)
		device    func(*cofactortest.Authenticator)
		want      string
	}{
		"attested, in hardware":   {ask, func(*cofactortest.Authenticator) {}, "hwk"},
		"attested, in software":   {ask, func(d *cofactortest.Authenticator) { d.AAGUID = webauthn.AAGUID{1} }, "swk"},
		"attested, nobody says":   {ask, func(d *cofactortest.Authenticator) { d.AAGUID = webauthn.AAGUID{2} }, "swk"},
		"attested, in both":       {ask, func(d *cofactortest.Authenticator) { d.AAGUID = webauthn.AAGUID{3} }, "swk"},
		"attested, elsewhere":     {ask, func(d *cofactortest.Authenticator) { d.AAGUID = webauthn.AAGUID{4} }, "swk"},
		"attested, unknown model": {ask, func(d *cofactortest.Authenticator) { d.AAGUID = webauthn.AAGUID{9} }, "swk"},
		"attested, can be copied": {ask, func(d *cofactortest.Authenticator) {
			d.AAGUID = webauthn.AAGUID{5}
			d.Flags |= cofactortest.BackupEligible
		}, "swk"},
		"self": {ask, func(d *cofactortest.Authenticator) {
			d.Attestation = cofactortest.SelfAttestation
			d.AAGUID = [16]byte{7}
		}, "swk"},
		"none":                       {ask, func(d *cofactortest.Authenticator) { d.Attestation = cofactortest.NoAttestation }, "swk"},
		"attested, and nobody asked": {func(c *webauthn.Config) { c.Attestation.Metadata = md }, func(*cofactortest.Authenticator) {}, "swk"},
		"attested, no metadata":      {func(c *webauthn.Config) { c.Attestation.Demand = webauthn.AskAttestation }, func(*cofactortest.Authenticator) {}, "swk"},
	} {
		s, d := newSite(t, tc.configure), m.device()
		tc.device(d)
		s.enrol(d)
		match, err := s.login(d)
		if err != nil || !slices.Equal(match.AMR, []string{"pop", tc.want, "user"}) {
			t.Errorf("%s: methods %v, want %s (%v)", what, match.AMR, tc.want, err)
		}
	}
	s, d := newSite(t, ask), m.device()
	d.CA = newMaker(t).devices
	if _, err := s.finishSetup(s.beginSetup(d)); !denied(err) {
		t.Errorf("a false statement about a known model, where none is required: %v", err)
	}
}

func TestAllowedAndDeniedModels(t *testing.T) { // attack: A-106
	t.Parallel()
	m := newMaker(t)
	other := webauthn.AAGUID{1}
	m.entries = append(m.entries, m.entry(other, nil, "hardware"))
	md := m.metadata(1, "2030-04-01")
	accepts := func(d *cofactortest.Authenticator, edit func(*webauthn.Attestation)) bool {
		s := newSite(t, required(md), func(c *webauthn.Config) { edit(&c.Attestation) })
		_, err := s.finishSetup(s.beginSetup(d))
		invalid := (*provider.InvalidError)(nil)
		if err != nil && !errors.As(err, &invalid) {
			t.Errorf("a refusal without a sentence for the user: %v", err)
		}
		return err == nil
	}
	for what, tc := range map[string]struct {
		edit func(*webauthn.Attestation)
		want bool
	}{
		"allowed":              {func(a *webauthn.Attestation) { a.Allow = []webauthn.AAGUID{other, model} }, true},
		"not among them":       {func(a *webauthn.Attestation) { a.Allow = []webauthn.AAGUID{other} }, false},
		"denied":               {func(a *webauthn.Attestation) { a.Deny = []webauthn.AAGUID{model} }, false},
		"another denied":       {func(a *webauthn.Attestation) { a.Deny = []webauthn.AAGUID{other} }, true},
		"neither":              {func(*webauthn.Attestation) {}, true},
		"denied, not required": {func(a *webauthn.Attestation) { *a = webauthn.Attestation{Deny: []webauthn.AAGUID{model}} }, false},
	} {
		if got := accepts(m.device(), tc.edit); got != tc.want {
			t.Errorf("%s: accepted %v", what, got)
		}
	}
	zero := m.device()
	zero.Attestation, zero.AAGUID = cofactortest.NoAttestation, [16]byte{}
	if accepts(zero, func(a *webauthn.Attestation) { a.Allow = []webauthn.AAGUID{model} }) {
		t.Error("a key of no model passes a list of allowed ones")
	}
}

// A model may turn out to be broken when its keys have been in use for years.
func TestStatusOfKeysInUse(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"REVOKED", "RETIRED", "ATTESTATION_KEY_COMPROMISE", "USER_VERIFICATION_BYPASS", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"} {
		for _, mode := range []webauthn.BadStatus{webauthn.ReportBadStatus, webauthn.DisableBadStatus} {
			m := newMaker(t)
			md := m.metadata(1, "2030-04-01")
			s, d := newSite(t, required(md), func(c *webauthn.Config) { c.Attestation.BadStatus = mode }), m.device()
			s.enrol(d)
			if _, err := s.login(d); err != nil {
				t.Fatal(err)
			}
			m.entries = []any{m.entry(model, []report{{"status": status, "effectiveDate": "2030-03-01"}}, "hardware")}
			if err := md.Load(m.blob(2, "2030-05-01"), s.now); err != nil {
				t.Fatal(err)
			}
			match, err := s.login(d)
			if match.FactorID != "f-1" || !strings.Contains(match.Note, status) {
				t.Errorf("%s: factor %q, note %q", status, match.FactorID, match.Note)
			}
			switch mode {
			case webauthn.ReportBadStatus:
				if err != nil || !slices.Equal(match.AMR, []string{"pop", "swk", "user"}) {
					t.Errorf("%s, to be reported: methods %v, %v; a broken model's hardware is worth nothing", status, match.AMR, err)
				}
			case webauthn.DisableBadStatus:
				if !errors.Is(err, provider.ErrCompromised) {
					t.Errorf("%s, to be disabled: %v", status, err)
				}
			}
			if _, err := s.finishSetup(s.beginSetup(m.device())); !denied(err) {
				t.Errorf("%s: a new key of the model: %v", status, err)
			}
		}
	}
}

// Where verification can be got round, and the answer is accepted all the same, it proves no more than that somebody had the key.
func TestVerificationThatCanBeGotRoundIsNone(t *testing.T) { // attack: A-98
	t.Parallel()
	m := newMaker(t)
	md := m.metadata(1, "2030-04-01")
	s, d := newSite(t, required(md)), m.device()
	s.enrol(d)
	for i, tc := range []struct {
		statuses []string
		verified bool
	}{
		{[]string{"USER_VERIFICATION_BYPASS"}, false},
		{[]string{"RETIRED", "USER_VERIFICATION_BYPASS"}, false},
		{[]string{"RETIRED"}, true},
		{nil, true},
	} {
		var reports []report
		for _, status := range tc.statuses {
			reports = append(reports, report{"status": status, "effectiveDate": "2030-01-01"})
		}
		m.entries = []any{m.entry(model, reports, "hardware")}
		if err := md.Load(m.blob(2+i, "2030-04-01"), s.now); err != nil {
			t.Fatal(err)
		}
		match, err := s.finish(s.beginUnnamed(d))
		if err != nil || match.Verified != tc.verified {
			t.Errorf("%v: verified %v, %v; want %v", tc.statuses, match.Verified, err, tc.verified)
		}
		for _, status := range tc.statuses {
			if !strings.Contains(match.Note, status) {
				t.Errorf("%v: note %q", tc.statuses, match.Note)
			}
		}
	}
}

// A report has a beginning, may have an end, may be good news, and may be about one batch.
func TestReportsAreInForceOrNot(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	md := m.metadata(1, "2030-04-01")
	s, d := newSite(t, required(md)), m.device()
	s.enrol(d)
	batch := base64.StdEncoding.EncodeToString(newMaker(t).devices.Root().Raw)
	for i, tc := range []struct {
		report report
		bad    bool
	}{
		{report{"status": "REVOKED", "effectiveDate": "2030-03-01"}, true},
		{report{"status": "REVOKED", "effectiveDate": "2031-01-01"}, false},
		{report{"status": "REVOKED", "effectiveDate": "2029-01-01", "sunsetDate": "2030-01-01"}, false},
		{report{"status": "REVOKED"}, true},
		{report{"status": "UPDATE_AVAILABLE", "effectiveDate": "2030-01-01"}, false},
		{report{"status": "FIDO_CERTIFIED_L2", "effectiveDate": "2030-01-01"}, false},
		{report{"status": "ATTESTATION_KEY_COMPROMISE", "effectiveDate": "2030-01-01", "batchCertificate": batch}, false},
	} {
		m.entries = []any{m.entry(model, []report{tc.report}, "hardware")}
		if err := md.Load(m.blob(i+2, "2030-04-01"), s.now); err != nil {
			t.Fatal(err)
		}
		match, err := s.login(d)
		if err != nil || (match.Note != "") != tc.bad {
			t.Errorf("%v: note %q, %v", tc.report, match.Note, err)
		}
	}
	// The batch that a key belongs to is known by its certificates.
	own := m.device()
	m.entries = []any{m.entry(model, nil, "hardware")}
	if err := md.Load(m.blob(50, "2030-04-01"), s.now); err != nil {
		t.Fatal(err)
	}
	s = newSite(t, required(md))
	ans := s.beginSetup(own)
	e, err := s.finishSetup(ans)
	if err != nil {
		t.Fatal(err)
	}
	s.factors, s.now = []provider.Factor{{ID: "f-1", Data: e.Data}}, s.now.Add(time.Minute)
	leaf := leafOf(t, bytesOf(t, ans.Response, "attestationObject"))
	m.entries = []any{m.entry(model, []report{{"status": "ATTESTATION_KEY_COMPROMISE", "effectiveDate": "2030-01-01", "certificate": base64.StdEncoding.EncodeToString(leaf)}}, "hardware")}
	if err := md.Load(m.blob(51, "2030-04-01"), s.now); err != nil {
		t.Fatal(err)
	}
	if match, err := s.login(own); err != nil || !strings.Contains(match.Note, "ATTESTATION_KEY_COMPROMISE") {
		t.Errorf("a key of the batch that is reported: note %q, %v", match.Note, err)
	}
}

// leafOf is the certificate in an attestation object that has one: after its name, an array of one byte string.
func leafOf(t *testing.T, object []byte) []byte {
	t.Helper()
	_, after, found := bytes.Cut(object, []byte("x5c\x81\x59"))
	if !found {
		t.Fatal("no certificate")
	}
	return after[2 : 2+int(binary.BigEndian.Uint16(after))]
}

// Where attestation is required, metadata that are missing or old are nobody's wrong answer: no key is added, and keys in use go on.
func TestMissingAndStaleMetadata(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	md := m.empty()
	s, d := newSite(t, required(md)), m.device()
	if p, err := s.p.SetupHook(t.Context(), s.setupRequest()); err == nil || denied(err) || p.Public != nil {
		t.Errorf("without metadata: %v; want an error that is no verdict", err)
	}
	if err := md.Load(m.blob(1, "2030-03-10"), start); err != nil {
		t.Fatal(err)
	}
	s.enrol(d)
	begun := s.beginSetup(m.device())
	for day, fresh := range map[int]bool{9: true, 10: true, 11: true, 13: false, 30: false} {
		s.now = time.Date(2030, 3, day, 12, 0, 0, 0, time.UTC)
		_, err := s.p.SetupHook(t.Context(), s.setupRequest())
		if (err == nil) != fresh || denied(err) {
			t.Errorf("on day %d, with metadata until day 10: %v", day, err)
		}
		if _, err := s.finishSetup(begun); (err == nil) != fresh || denied(err) {
			t.Errorf("on day %d, a set-up that was begun before: %v", day, err)
		}
	}
	s.now = time.Date(2030, 4, 10, 12, 0, 0, 0, time.UTC)
	if _, err := s.login(d); err != nil {
		t.Errorf("a login with stale metadata: %v", err)
	}
	s.p = newProvider(t, required(md), func(c *webauthn.Config) { c.Attestation.Stale = webauthn.AcceptStale })
	if _, err := s.finishSetup(s.beginSetup(m.device())); err != nil {
		t.Errorf("where stale metadata are accepted: %v", err)
	}
}

func TestAttestationFaults(t *testing.T) {
	t.Parallel()
	md := newMaker(t).empty()
	for what, tc := range map[string]struct {
		att   webauthn.Attestation
		names string
	}{
		"required without metadata":   {webauthn.Attestation{Demand: webauthn.RequireAttestation}, "Metadata"},
		"disabling without metadata":  {webauthn.Attestation{BadStatus: webauthn.DisableBadStatus}, "Metadata"},
		"allowing what anybody says":  {webauthn.Attestation{Demand: webauthn.AskAttestation, Metadata: md, Allow: []webauthn.AAGUID{model}}, "Allow"},
		"allowing and denying":        {webauthn.Attestation{Demand: webauthn.RequireAttestation, Metadata: md, Allow: []webauthn.AAGUID{model}, Deny: []webauthn.AAGUID{model}}, "Deny"},
		"an unknown demand":           {webauthn.Attestation{Demand: 3}, "Demand"},
		"an unknown end":              {webauthn.Attestation{Metadata: md, BadStatus: 2}, "BadStatus"},
		"an unknown way with the old": {webauthn.Attestation{Stale: 2}, "Stale"},
	} {
		cfg := config()
		cfg.Attestation = tc.att
		if _, err := webauthn.New(cfg); err == nil || !strings.Contains(err.Error(), "Config.Attestation.") || !strings.Contains(err.Error(), tc.names) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
