package registry

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// The files in testdata are what was sealed, or sent, by a version that is in use somewhere. They are read for ever; a file is never written again.

var (
	goldenTime     = time.Date(2026, 11, 1, 12, 0, 0, 123e6, time.UTC)
	goldenEvidence = evidence{
		login: []byte("sixteen byte id."), tenant: "acme", user: "ünï:{c}ode", binding: []byte("digest of sessio"), epoch: goldenTime.UnixMicro(),
		primary: []string{"pwd", "user"}, primaryAt: goldenTime.Add(-time.Minute), expires: goldenTime.Add(9 * time.Minute),
		steps: []policy.Step{
			{Factor: "f1", Kind: "key", Class: policy.Possession, AMR: []string{"hwk", "pin"}, At: goldenTime, Verified: true, PhishingResistant: true},
			{Factor: "f2", Kind: "backup", Class: policy.Knowledge, At: goldenTime, StandIn: true},
			{Factor: "f3", Kind: "sms", Channel: "phone", Class: policy.Inherence, AMR: []string{"sms"}, At: goldenTime.Add(time.Second), Trusted: true},
		},
	}
	goldenSaid = About{
		Roles: []string{"admin", "ünï"}, Attributes: []policy.Attribute{{Name: "sso", Value: "forced"}, {Name: "x"}}, Risk: policy.MediumRisk,
	}
	goldenProof = proof{evidence: goldenEvidence, id: []byte("sixteen byte id2"), at: goldenTime, action: "Send 500 € to ACME", recovery: true, opened: "f9"}
	goldenEvent = Event{
		Version: 1, At: goldenTime, Op: "finish_login", Result: "rejected", Reason: "wrong answer", Tenant: "acme", User: "u1", Kind: "totp", Factor: "f1",
		Actor: "root", Note: "line\nbreak", EndSessions: true,
	}
)

// golden returns the bytes of a file in testdata. With COFACTOR_UPDATE it makes a file that is not there yet, from what a new version writes.
func golden(t testing.TB, name string, first []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) && os.Getenv("COFACTOR_UPDATE") != "" {
		b, err = []byte(hex.EncodeToString(first)+"\n"), os.MkdirAll("testdata", 0o755)
		if err == nil {
			err = os.WriteFile(path, b, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// attack: A-163
func TestGoldenEvidence(t *testing.T) {
	t.Parallel()
	b := golden(t, "evidence-v1.hex", goldenEvidence.encode())
	got, err := decodeEvidence(b)
	if err != nil || !reflect.DeepEqual(got, goldenEvidence) {
		t.Errorf("evidence of version 1 reads as %+v, %v", got, err)
	}
	denies(t, b, func(b []byte) error { _, err := decodeEvidence(b); return err })
}

// attack: A-163
func TestGoldenEvidenceWithWhatWasSaid(t *testing.T) {
	t.Parallel()
	want := goldenEvidence
	want.stated, want.about = true, goldenSaid
	b := golden(t, "evidence-v2.hex", want.encode())
	got, err := decodeEvidence(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("evidence of version 2 reads as %+v, %v", got, err)
	}
	denies(t, b, func(b []byte) error { _, err := decodeEvidence(b); return err })
	if first, err := decodeEvidence(golden(t, "evidence-v1.hex", nil)); err != nil || first.stated {
		t.Errorf("of evidence of version 1 it is known what was said: %+v, %v", first, err)
	}
}

// attack: A-163
func TestGoldenProof(t *testing.T) {
	t.Parallel()
	b := golden(t, "proof-v1.hex", goldenProof.encode())
	got, err := decodeProof(b)
	if err != nil || !reflect.DeepEqual(got, goldenProof) {
		t.Errorf("a proof of version 1 reads as %+v, %v", got, err)
	}
	denies(t, b, func(b []byte) error { _, err := decodeProof(b); return err })
}

// attack: A-163
func TestGoldenNotice(t *testing.T) {
	t.Parallel()
	first := letter{
		Notice: Notice{
			Notice: provider.Notice{Op: "factor_removed", Kind: "email", Label: "Büro", Hint: "a···@example.com", At: goldenTime, Address: "192.0.2.7", Agent: "Firefox"},
			ID:     "id of the event", Tenant: "acme", User: "u1",
		},
		tag: "tag", kind: "email", factor: "f1", data: []byte("\x01data"),
	}
	b := golden(t, "notice-v1.hex", first.encode())
	got, err := decodeLetter(b)
	if err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("a notice of version 1 reads as %+v, %v", got, err)
	}
	denies(t, b, func(b []byte) error { _, err := decodeLetter(b); return err })
}

// denies says that a reader takes these bytes and none that are like them.
func denies(t *testing.T, b []byte, read func([]byte) error) {
	t.Helper()
	for n := range b {
		if read(b[:n]) == nil {
			t.Errorf("the first %d of %d bytes are taken for a record", n, len(b))
		}
	}
	if read(append(bytes.Clone(b), 0)) == nil {
		t.Error("a record with one byte more is taken")
	}
	for v := range 256 {
		if other := append([]byte{byte(v)}, b[1:]...); v != int(b[0]) && read(other) == nil {
			t.Errorf("a record of version %d is taken", v)
		}
	}
}

// attack: A-163
// asvs: V16.4.1
func TestGoldenEvent(t *testing.T) {
	t.Parallel()
	b := golden(t, "event-v1.hex", goldenEvent.encode())
	var got Event
	if err := json.Unmarshal(b, &got); err != nil || got != goldenEvent {
		t.Errorf("an event of version 1 reads as %+v, %v", got, err)
	}
	var before, after map[string]any
	if json.Unmarshal(b, &before) != nil || json.Unmarshal(goldenEvent.encode(), &after) != nil {
		t.Fatal("no JSON")
	}
	for name, v := range before {
		if after[name] != v {
			t.Errorf("the field %q is now %v, was %v", name, after[name], v)
		}
	}
	if bytes.ContainsAny(b, "\r\n") {
		t.Error("an event is more than a line")
	}
	now := goldenEvent
	now.ID, now.Signal, now.Address, now.Agent, now.Notice = "id", SignalClone, "192.0.2.7", "Firefox", "factor_disabled"
	b = golden(t, "event-v1-b.hex", now.encode())
	got = Event{}
	if err := json.Unmarshal(b, &got); err != nil || got != now {
		t.Errorf("an event of version 1 with all its fields reads as %+v, %v", got, err)
	}
}

// What is decoded encodes to the same bytes, so no two records mean the same and nothing in a record goes unread.
//
// attack: A-163
func FuzzRecords(f *testing.F) {
	f.Add(goldenEvidence.encode())
	f.Add(goldenProof.encode())
	said := goldenEvidence
	said.stated, said.about = true, goldenSaid
	f.Add(said.encode())
	f.Add(golden(f, "evidence-v1.hex", nil))
	f.Add(golden(f, "proof-v1.hex", nil))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := decodeEvidence(b); err == nil && !bytes.Equal(e.encode(), b) && !older(b, e, evidence.encode, decodeEvidence) {
			t.Errorf("evidence %x is read as if it were %x", b, e.encode())
		}
		if l, err := decodeLetter(b); err == nil && !bytes.Equal(l.encode(), b) {
			t.Errorf("notice %x is read as if it were %x", b, l.encode())
		}
		if p, err := decodeProof(b); err == nil && !bytes.Equal(p.encode(), b) && !older(b, p, proof.encode, decodeProof) {
			t.Errorf("proof %x is read as if it were %x", b, p.encode())
		}
	})
}

// older says that b holds evidence of version 1, of which a newer one differs by its version and by what it says more, and that is all the same when it is
// written again.
func older[T any](b []byte, v T, encode func(T) []byte, decode func([]byte) (T, error)) bool {
	newer := encode(v)
	again, err := decode(newer)
	if err != nil || !reflect.DeepEqual(v, again) || len(newer) != len(b)+1 || newer[len(b)] != 0 {
		return false
	}
	differing := 0
	for i := range b {
		if b[i] != newer[i] {
			differing++
			if b[i] != evidenceFormat1 || newer[i] != evidenceFormat {
				return false
			}
		}
	}
	return differing == 1
}

// A flag that this version does not know may be a restriction, so a record that has it is not read as if it had not.
//
// attack
func TestUnknownFlagIsDenied(t *testing.T) {
	t.Parallel()
	e := goldenEvidence
	e.steps = []policy.Step{{Factor: "f1", Kind: "key", Class: policy.Possession, At: goldenTime}}
	b := e.encode()
	i := bytes.Index(b, []byte("key")) + len("key") + 1 // the channel's length, then class and flags
	for _, at := range []int{i, i + 1} {
		for _, v := range []byte{0x10, 0x80, 0xff} {
			other := bytes.Clone(b)
			other[at] = v
			if got, err := decodeEvidence(other); err == nil {
				t.Errorf("byte %d as %#x: %+v", at, v, got.steps)
			}
		}
	}
}

// What a login can collect always fits what is read again.
func TestLargestEvidenceIsRead(t *testing.T) {
	t.Parallel()
	e := evidence{
		login: make([]byte, 16), tenant: strings.Repeat("t", maxIDBytes), user: strings.Repeat("u", maxIDBytes), binding: make([]byte, 16), epoch: 1 << 62,
		primaryAt: goldenTime, expires: goldenTime,
	}
	for range maxMethods {
		e.primary = append(e.primary, strings.Repeat("m", 64))
	}
	e.stated = true
	for range maxRoles {
		e.about.Roles = append(e.about.Roles, strings.Repeat("r", maxAbout/maxRoles/2))
		e.about.Attributes = append(e.about.Attributes, policy.Attribute{Name: "n", Value: strings.Repeat("v", maxAbout/maxAttributes/2-1)})
	}
	if !e.about.valid() {
		t.Error("not the largest")
	}
	for range maxSteps {
		e.steps = append(e.steps, policy.Step{
			Factor: strings.Repeat("f", 22), Kind: strings.Repeat("k", 32), Channel: "phone", AMR: []string{"otp", "sms"}, At: goldenTime,
		})
	}
	if _, err := decodeEvidence(e.encode()); err != nil {
		t.Error(err)
	}
	if n := text.EncodedLen(len(e.encode()) + 64); n > maxToken {
		t.Errorf("a token of %d bytes is not read again; %d is the most", n, maxToken)
	}
}
