package webauthn_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// fields takes a response apart.
func fields(tb testing.TB, raw json.RawMessage) (outer, inner map[string]json.RawMessage) {
	tb.Helper()
	if err := json.Unmarshal(raw, &outer); err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(outer["response"], &inner); err != nil {
		tb.Fatal(err)
	}
	return outer, inner
}

// with is a response with one field of its inner part replaced.
func with(tb testing.TB, raw json.RawMessage, field string, value []byte) json.RawMessage {
	tb.Helper()
	outer, inner := fields(tb, raw)
	inner[field] = json.RawMessage(`"` + base64.RawURLEncoding.EncodeToString(value) + `"`)
	joined, err := json.Marshal(inner)
	if err != nil {
		tb.Fatal(err)
	}
	outer["response"] = joined
	whole, err := json.Marshal(outer)
	if err != nil {
		tb.Fatal(err)
	}
	return whole
}

func bytesOf(tb testing.TB, raw json.RawMessage, field string) []byte {
	tb.Helper()
	_, inner := fields(tb, raw)
	var text string
	if err := json.Unmarshal(inner[field], &text); err != nil {
		tb.Fatal(err)
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Every bit of what is signed, and of the signature, is looked at: no byte can be another.
func TestNoByteOfALoginCanBeAnother(t *testing.T) { // attack: A-101
	t.Parallel()
	for _, alg := range []cofactortest.Algorithm{cofactortest.ES256, cofactortest.EdDSA, cofactortest.RS256} {
		s, d := newSite(t), newDevice()
		d.Algorithm = alg
		s.enrol(d)
		good, tried := s.begin(d), 0
		for _, field := range []string{"clientDataJSON", "authenticatorData", "signature"} {
			original := bytesOf(t, good.Response, field)
			for i := range original {
				for _, flip := range []byte{0x01, 0x80, 0xff} {
					changed := bytes.Clone(original)
					changed[i] ^= flip
					tried++
					if _, err := s.p.LoginVerify(t.Context(), s.loginRequest(), provider.Answer{Private: good.Private, Response: with(t, good.Response, field, changed)}); !denied(err) {
						t.Errorf("%d: byte %d of %s changed by %#x: %v", alg, i, field, flip, err)
					}
				}
			}
		}
		if tried < 3*200 {
			t.Errorf("only %d changes were tried", tried)
		}
		if _, err := s.finish(good); err != nil {
			t.Errorf("%d: unchanged: %v", alg, err)
		}
	}
}

// Of a registration that signs for itself likewise.
func TestNoByteOfARegistrationCanBeAnother(t *testing.T) { // attack
	t.Parallel()
	s, d := newSite(t), newDevice()
	d.Attestation = cofactortest.SelfAttestation
	good := s.beginSetup(d)
	for _, field := range []string{"clientDataJSON", "attestationObject"} {
		original := bytesOf(t, good.Response, field)
		for i := range original {
			for _, flip := range []byte{0x01, 0x80} {
				changed := bytes.Clone(original)
				changed[i] ^= flip
				e, err := s.finishSetup(provider.Answer{Private: good.Private, Response: with(t, good.Response, field, changed)})
				if !denied(err) {
					t.Errorf("byte %d of %s changed by %#x: %v, label %q", i, field, flip, err, e.Label)
				}
			}
		}
	}
	if _, err := s.finishSetup(good); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// 64 KiB is what an answer may have; a byte more is not read.
func TestSizeOfAnAnswer(t *testing.T) { // attack: A-109
	t.Parallel()
	s, d := newSite(t), newDevice()
	setup := s.beginSetup(d)
	s.enrol(newDevice())
	e, err := s.finishSetup(setup)
	if err != nil {
		t.Fatal(err)
	}
	s.factors = append(s.factors, provider.Factor{ID: "f-2", Data: e.Data})
	login := s.begin(d)
	pad := func(raw json.RawMessage, size int) json.RawMessage {
		return append(bytes.Clone(raw), bytes.Repeat([]byte(" "), size-len(raw))...)
	}
	for size, fits := range map[int]bool{64 << 10: true, 64<<10 + 1: false} {
		_, err := s.finishSetup(provider.Answer{Private: setup.Private, Response: pad(setup.Response, size)})
		if (err == nil) != fits {
			t.Errorf("a set-up of %d bytes: %v", size, err)
		}
		_, err = s.p.LoginVerify(t.Context(), s.loginRequest(), provider.Answer{Private: login.Private, Response: pad(login.Response, size)})
		if (err == nil) != fits {
			t.Errorf("a login of %d bytes: %v", size, err)
		}
		_, err = s.p.Locate(t.Context(), provider.Answer{Response: pad(login.Response, size)})
		if (err == nil) != fits {
			t.Errorf("a claim of %d bytes: %v", size, err)
		}
	}
}

// What announces more than it has, or is nested without end, is refused before much is allocated.
func TestBombs(t *testing.T) { // attack
	s, d := newSite(t), newDevice()
	setup := s.beginSetup(d)
	s.enrol(d)
	login := s.begin(d)
	data := bytesOf(t, setup.Response, "attestationObject")
	auth := bytesOf(t, login.Response, "authenticatorData")
	auth[32] |= byte(cofactortest.Extended)
	const large = 48 << 10 // of base64, 64 KiB
	items := map[string][]byte{
		"arrays in arrays":          bytes.Repeat([]byte{0x81}, 40_000),
		"maps in maps":              bytes.Repeat([]byte{0xa1, 0x00}, 20_000),
		"tags on tags":              bytes.Repeat([]byte{0xc1}, 40_000),
		"a map of 2^63 entries":     {0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"an array of 2^32 elements": {0x9a, 0xff, 0xff, 0xff, 0xff},
		"bytes of 2^40":             {0x5b, 0, 0, 1, 0, 0, 0, 0, 0},
		"text of 2^64":              {0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"without an end":            {0x9f, 0xff},
		"bytes without an end":      append(bytes.Repeat([]byte{0x5f}, 100), 0xff),
		"a key twice":               {0xa2, 0x01, 0x02, 0x01, 0x02},
		"a large array of nulls":    append([]byte{0x99, 0x80, 0x00}, bytes.Repeat([]byte{0xf6}, 0x8000)...),
		"nothing":                   {},
	}
	responses := map[string][2]json.RawMessage{}
	for name, item := range items {
		responses["CBOR: "+name] = [2]json.RawMessage{with(t, setup.Response, "attestationObject", item), with(t, login.Response, "authenticatorData", append(bytes.Clone(auth), item...))}
		responses["CBOR in the key: "+name] = [2]json.RawMessage{with(t, setup.Response, "attestationObject", intoKey(data, item)), with(t, login.Response, "authenticatorData", item)}
	}
	for name, text := range map[string]string{
		"arrays in arrays": strings.Repeat("[", 60_000), "objects in objects": strings.Repeat(`{"a":`, 12_000), "empty objects": `{"clientExtensionResults":{"x":[` + strings.Repeat(`{},`, 20_000) + `{}]}}`,
		"closed arrays": strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), "many keys": `{` + strings.Repeat(`"a":1,`, 10_000) + `"b":1}`,
		"a long text": `{"id":"` + strings.Repeat("A", 60_000) + `"}`, "a long number": `{"id":` + strings.Repeat("9", 60_000) + `}`, "escapes": `{"id":"` + strings.Repeat(`\u0041`, 10_000) + `"}`,
	} {
		responses["JSON: "+name] = [2]json.RawMessage{json.RawMessage(text), json.RawMessage(text)}
		nested := fmt.Sprintf(`{"clientExtensionResults":%s}`, text)
		responses["JSON in the extensions: "+name] = [2]json.RawMessage{json.RawMessage(nested), json.RawMessage(nested)}
		responses["JSON in the client data: "+name] = [2]json.RawMessage{with(t, setup.Response, "clientDataJSON", []byte(text[:min(len(text), large)])), with(t, login.Response, "clientDataJSON", []byte(text[:min(len(text), large)]))}
	}
	for name, r := range responses {
		for i, run := range []func() error{
			func() error { return second(s.finishSetup(provider.Answer{Private: setup.Private, Response: r[0]})) },
			func() error {
				return second(s.p.LoginVerify(t.Context(), s.loginRequest(), provider.Answer{Private: login.Private, Response: r[1]}))
			},
			func() error { return second(s.p.Locate(t.Context(), provider.Answer{Response: r[1]})) },
		} {
			var err error
			allocated := allocates(func() { err = run() })
			if i < 2 && !denied(err) {
				t.Errorf("%s, call %d: %v", name, i, err)
			}
			if allocated > 1<<20 {
				t.Errorf("%s, call %d: %d bytes allocated for an answer of %d, want at most 1 MiB", name, i, allocated, len(r[min(i, 1)]))
			}
		}
	}
}

// allocates is how many bytes a call has allocated, when nothing else runs.
func allocates(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// intoKey replaces the public key, which is at the end of an attestation object without extensions.
func intoKey(object, item []byte) []byte {
	at := bytes.LastIndex(object, []byte{0xa5, 0x01}) // a COSE key of five entries
	if at < 0 {
		return item
	}
	return append(bytes.Clone(object[:at]), item...)
}

// Keys that no signature could be checked with, or anybody's could, or that would make each login a burden.
func TestKeysThatAreNone(t *testing.T) { // attack: A-107
	t.Parallel()
	head := func(entries, kty byte, alg ...byte) []byte {
		return append([]byte{0xa0 | entries, 0x01, kty, 0x03}, alg...)
	}
	es256, eddsa, rs256 := []byte{0x26}, []byte{0x27}, []byte{0x39, 0x01, 0x00}
	bstr := func(b []byte) []byte { return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...) }
	rsaKey := func(bits int, e []byte) []byte {
		n := bytes.Repeat([]byte{0xc3}, bits/8)
		return append(append(append(head(4, 3, rs256...), 0x20), bstr(n)...), append([]byte{0x21}, bstr(e)...)...)
	}
	ec := func(curve byte, x, y []byte) []byte {
		k := append(head(5, 2, es256...), 0x20, curve, 0x21)
		return append(append(append(k, bstr(x)...), 0x22), bstr(y)...)
	}
	okp := func(curve byte, x []byte) []byte {
		return append(append(head(4, 1, eddsa...), 0x20, curve, 0x21), bstr(x)...)
	}
	e65537, one := []byte{1, 0, 1}, bytes.Repeat([]byte{1}, 32)
	even := rsaKey(2048, e65537)
	even[len(even)-8] &^= 1 // the last byte of n
	leading := append([]byte{0}, bytes.Repeat([]byte{0xc3}, 255)...)
	for name, key := range map[string][]byte{
		"RSA, e = 1": rsaKey(2048, []byte{1}), "RSA, e = 2": rsaKey(2048, []byte{2}), "RSA, e even": rsaKey(2048, []byte{1, 0, 0}), "RSA, e = 0": rsaKey(2048, []byte{0}),
		"RSA, no e": rsaKey(2048, nil), "RSA, e of 8 bytes": rsaKey(2048, bytes.Repeat([]byte{1}, 8)), "RSA, 512 bits": rsaKey(512, e65537), "RSA, 1024 bits": rsaKey(1024, e65537),
		"RSA, 8192 bits": rsaKey(8192, e65537), "RSA, 262144 bits": rsaKey(262144, e65537), "RSA, no n": rsaKey(0, e65537), "RSA, n even": even,
		"RSA, n short but for a zero": append(append(append(head(4, 3, rs256...), 0x20), bstr(leading)...), append([]byte{0x21}, bstr(e65537)...)...),
		"EC, off the curve":           ec(1, one, one), "EC, at infinity": ec(1, make([]byte, 32), make([]byte, 32)), "EC, P-384's number": ec(2, one, one), "EC, secp256k1's number": ec(8, one, one),
		"EC, a short x": ec(1, one[:31], one), "EC, no y": ec(1, one, nil), "OKP, X25519's number": okp(4, one), "OKP, a short x": okp(6, one[:31]), "OKP, a long x": okp(6, append(one, 1)),
		"symmetric": head(2, 4, es256...), "no type": {0xa1, 0x03, 0x26}, "nothing": {0xa0}, "a text": {0x61, 0x61}, "ES256 of an RSA key": append([]byte{0xa4, 0x01, 0x03, 0x03, 0x26}, rsaKey(2048, e65537)[7:]...),
	} {
		s, d := newSite(t), newDevice()
		d.BeforeSigning = func(c *cofactortest.Ceremony) { c.PublicKey = key }
		ans := s.beginSetup(d)
		if _, err := s.finishSetup(ans); !denied(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, d := newSite(t), newDevice()
	d.BeforeSigning = func(c *cofactortest.Ceremony) { // a good key, and under a number that nobody knows 5000 bytes more
		c.PublicKey = append([]byte{0xa6}, append(append(c.PublicKey[1:], 0x3a, 0, 1, 0x11, 0x6f), bstr(make([]byte, 5000))...)...)
	}
	if _, err := s.finishSetup(s.beginSetup(d)); !denied(err) {
		t.Errorf("a key with luggage: %v", err)
	}
	s, d = newSite(t, func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{webauthn.RS256} }), newDevice()
	d.BeforeSigning = func(c *cofactortest.Ceremony) { c.PublicKey = rsaKey(4096, e65537) }
	if _, err := s.finishSetup(s.beginSetup(d)); err != nil {
		t.Errorf("RSA, 4096 bits: %v", err)
	}
}
