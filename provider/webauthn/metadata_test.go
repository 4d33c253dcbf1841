package webauthn_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// model is the AAGUID of the authenticators in these tests.
var model = webauthn.AAGUID{0xab, 1, 2, 3}

// maker is a metadata service of its own, and the maker of one model.
type maker struct {
	tb      testing.TB
	ca      *authority                  // signs metadata
	devices *cofactortest.AttestationCA // certifies authenticators
	entries []any
}

// authority is a root with a key.
type authority struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (a *authority) Root() *x509.Certificate { return a.root }

func newMaker(tb testing.TB) *maker {
	tb.Helper()
	devices, err := cofactortest.NewAttestationCA()
	if err != nil {
		tb.Fatal(err)
	}
	m := &maker{tb: tb, ca: newAuthority(tb), devices: devices}
	m.entries = []any{m.entry(model, nil, "hardware", "secure_element")}
	return m
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	root := certify(tb, nil, key.Public(), key, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign })
	return &authority{root, key}
}

// certify signs a certificate; without a parent it signs for itself.
func certify(tb testing.TB, parent *x509.Certificate, public, signer any, edit func(*x509.Certificate)) *x509.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "metadata test"},
		NotBefore: start.AddDate(-10, 0, 0), NotAfter: start.AddDate(10, 0, 0), BasicConstraintsValid: true,
	}
	edit(template)
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

type report = map[string]any

// entry is a model in the metadata, with reports about it.
func (m *maker) entry(id webauthn.AAGUID, reports []report, protection ...string) map[string]any {
	reports = append([]report{{"status": "FIDO_CERTIFIED", "effectiveDate": "2020-01-01"}}, reports...)
	return map[string]any{
		"aaguid": id.String(), "statusReports": reports, "timeOfLastStatusChange": "2020-01-01",
		"metadataStatement": map[string]any{
			"aaguid": id.String(), "description": "Test key", "protocolFamily": "fido2", "schema": 3, "attestationTypes": []string{"basic_full"}, "keyProtection": protection,
			"attestationRootCertificates":  []string{base64.StdEncoding.EncodeToString(m.devices.Root().Raw)},
			"multiDeviceCredentialSupport": "unsupported",
		},
	}
}

// synced is a model that keeps keys in hardware, and copies them to other devices.
func (m *maker) synced(id webauthn.AAGUID) map[string]any {
	e := m.entry(id, nil, "hardware")
	statement, _ := e["metadataStatement"].(map[string]any)
	statement["multiDeviceCredentialSupport"] = "implicit"
	return e
}

// blob is the metadata, signed by the root itself.
func (m *maker) blob(number int, next string) []byte {
	return m.signed(map[string]any{"alg": "ES256", "typ": "JWT", "x5c": [][]byte{m.ca.root.Raw}}, m.payload(number, next), m.ca.key)
}

func (m *maker) payload(number int, next string) map[string]any {
	return map[string]any{"legalHeader": "none", "no": number, "nextUpdate": next, "entries": m.entries}
}

func (m *maker) signed(header, payload any, key crypto.Signer) []byte {
	m.tb.Helper()
	var parts [][]byte
	for _, v := range []any{header, payload} {
		raw, ok := v.([]byte)
		if !ok {
			var err error
			if raw, err = json.Marshal(v); err != nil {
				m.tb.Fatal(err)
			}
		}
		parts = append(parts, base64.RawURLEncoding.AppendEncode(nil, raw))
	}
	covered := bytes.Join(parts, []byte("."))
	digest := sha256.Sum256(covered)
	var signature []byte
	var err error
	switch k := key.(type) {
	case *rsa.PrivateKey:
		signature, err = k.Sign(rand.Reader, digest[:], crypto.SHA256)
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, k, digest[:])
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	if err != nil {
		m.tb.Fatal(err)
	}
	return base64.RawURLEncoding.AppendEncode(append(covered, '.'), signature)
}

// metadata are the maker's, loaded.
func (m *maker) metadata(number int, next string) *webauthn.Metadata {
	m.tb.Helper()
	loaded := m.empty()
	if err := loaded.Load(m.blob(number, next), start); err != nil {
		m.tb.Fatal(err)
	}
	return loaded
}

func (m *maker) empty() *webauthn.Metadata {
	m.tb.Helper()
	empty, err := webauthn.NewMetadata(webauthn.MetadataConfig{Root: m.ca.root})
	if err != nil {
		m.tb.Fatal(err)
	}
	return empty
}

func TestMetadataIsBelievedOnlyIfItIsSigned(t *testing.T) { // attack: A-107
	t.Parallel()
	m, other := newMaker(t), newAuthority(t)
	intermediateKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	intermediate := certify(t, m.ca.root, intermediateKey.Public(), m.ca.key, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign })
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := certify(t, intermediate, leafKey.Public(), intermediateKey, func(*x509.Certificate) {})
	expired := certify(t, m.ca.root, leafKey.Public(), m.ca.key, func(c *x509.Certificate) { c.NotAfter = start.AddDate(0, 0, -1) })
	payload := m.payload(7, "2030-04-01")
	header := func(alg string, chain ...*x509.Certificate) map[string]any {
		var x5c [][]byte
		for _, c := range chain {
			x5c = append(x5c, c.Raw)
		}
		return map[string]any{"alg": alg, "x5c": x5c}
	}
	plus := func(h map[string]any, name string, value any) map[string]any { h[name] = value; return h }
	good := m.signed(header("ES256", leaf, intermediate), payload, leafKey)
	parts := bytes.Split(good, []byte("."))
	for what, blob := range map[string][]byte{
		"by the root": m.blob(7, "2030-04-01"), "by a chain": good, "by RSA": m.signed(header("RS256", intermediate), payload, intermediateKey), "with white space": append([]byte("\n "), append(good, '\n')...),
		"by a chain with the root": m.signed(header("ES256", leaf, intermediate, m.ca.root, other.root), payload, leafKey),
	} {
		md := m.empty()
		if err := md.Load(blob, start); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n, next := md.Loaded(); n != 7 || next != time.Date(2030, 4, 1, 0, 0, 0, 0, time.UTC) {
			t.Errorf("%s: number %d, next %v", what, n, next)
		}
	}
	for what, blob := range map[string][]byte{
		"nothing": nil, "two parts": []byte("e30.e30"), "four parts": append(bytes.Clone(good), ".e30"...), "no signature": append(bytes.Join(parts[:2], []byte(".")), '.'),
		"another payload": bytes.Join([][]byte{parts[0], []byte("e30"), parts[2]}, []byte(".")), "the signature of another": m.signed(header("ES256", leaf, intermediate), payload, intermediateKey),
		"without the chain": m.signed(header("ES256", leaf), payload, leafKey), "no signer": m.signed(header("ES256"), payload, m.ca.key),
		"another root": m.signed(header("ES256", other.root), payload, other.key), "RSA that says ES256": m.signed(header("ES256", intermediate), payload, intermediateKey), "alg none": m.signed(header("none", leaf, intermediate), payload, leafKey),
		"another alg": m.signed(header("RS256", leaf, intermediate), payload, leafKey), "HS256": m.signed(header("HS256", leaf, intermediate), payload, leafKey),
		"expired signer": m.signed(header("ES256", expired), payload, leafKey), "x5u": m.signed(plus(header("ES256", leaf, intermediate), "x5u", "https://evil.example"), payload, leafKey),
		"crit": m.signed(plus(header("ES256", leaf, intermediate), "crit", []string{"b64"}), payload, leafKey), "x5c of texts": m.signed(map[string]any{"alg": "ES256", "x5c": []string{"!", ""}}, payload, m.ca.key),
		"x5c a number": m.signed(map[string]any{"alg": "ES256", "x5c": []int{1}}, payload, m.ca.key), "garbage for a certificate": m.signed(map[string]any{"alg": "ES256", "x5c": [][]byte{{1, 2, 3}}}, payload, m.ca.key),
		"nine signers": m.signed(header("ES256", leaf, intermediate, leaf, leaf, leaf, leaf, leaf, leaf, leaf), payload, leafKey), "no JSON": m.signed(header("ES256", leaf, intermediate), []byte("x"), leafKey),
		"null": m.signed(header("ES256", leaf, intermediate), []byte("null"), leafKey), "no number": m.signed(header("ES256", leaf, intermediate), m.payload(0, "2030-04-01"), leafKey),
		"no date": m.signed(header("ES256", leaf, intermediate), m.payload(1, "soon"), leafKey), "number a text": m.signed(header("ES256", leaf, intermediate), []byte(`{"no":"1","nextUpdate":"2030-04-01"}`), leafKey),
	} {
		md := m.metadata(3, "2030-03-10")
		if err := md.Load(blob, start); err == nil {
			t.Errorf("%s is accepted", what)
		}
		if n, _ := md.Loaded(); n != 3 {
			t.Errorf("%s: number %d is loaded, and 3 was", what, n)
		}
	}
	for i := range good {
		changed := bytes.Clone(good)
		if changed[i] ^= 1; i%5 == 0 && m.empty().Load(changed, start) == nil {
			t.Errorf("a blob with another byte at %d of %d is accepted", i, len(good))
		}
	}
}

// A maker's mistake in one entry takes away that entry, and panics nowhere.
func TestBrokenEntriesAreLeftOut(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	good := m.entries[0]
	for _, broken := range []string{
		`{}`, `{"aaguid":"x"}`, `{"aaguid":"` + webauthn.AAGUID{9}.String() + `","timeOfLastStatusChange":"2020-01-01","metadataStatement":{"attestationRootCertificates":["!"]}}`,
		`{"aaguid":"` + webauthn.AAGUID{9}.String() + `","timeOfLastStatusChange":"2020-01-01","statusReports":[{"status":"REVOKED","certificate":"AAAA"}]}`, `{"timeOfLastStatusChange":""}`,
	} {
		m.entries = []any{json.RawMessage(broken), good}
		md := m.empty()
		if err := md.Load(m.blob(1, "2030-04-01"), start); err != nil {
			t.Errorf("%s: %v", broken, err)
			continue
		}
		s, d := newSite(t, required(md)), m.device()
		if _, err := s.finishSetup(s.beginSetup(d)); err != nil {
			t.Errorf("beside %s a good entry is not found: %v", broken, err)
		}
	}
}

// An older blob, played back, would hide what was reported since.
func TestMetadataDoesNotGoBack(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	md := m.metadata(7, "2030-04-01")
	for number, fits := range map[int]bool{6: false, 1: false, 7: true} {
		if err := md.Load(m.blob(number, "2030-05-01"), start); (err == nil) != fits {
			t.Errorf("number %d after 7: %v", number, err)
		}
	}
	if err := md.Load(m.blob(8, "2030-05-01"), start); err != nil {
		t.Error(err)
	}
	least, err := webauthn.NewMetadata(webauthn.MetadataConfig{Root: m.ca.root, Least: 8})
	if err != nil {
		t.Fatal(err)
	}
	if err := least.Load(m.blob(7, "2030-05-01"), start); err == nil {
		t.Error("number 7 is loaded into a program that knows 8")
	}
	if _, err := webauthn.NewMetadata(webauthn.MetadataConfig{Least: -1}); err == nil {
		t.Error("a number below 0 is one")
	}
}

// The FIDO Alliance's root also vouches for web servers, so the signer has to be the Alliance's; what is signed by another is not believed.
func TestDefaultRootIsTheAlliances(t *testing.T) {
	t.Parallel()
	md, err := webauthn.NewMetadata(webauthn.MetadataConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(t)
	if err := md.Load(m.blob(1, "2030-04-01"), start); err == nil {
		t.Error("metadata of anybody are believed")
	} else if n, _ := md.Loaded(); n != 0 {
		t.Error("and loaded")
	}
	for host, fits := range map[string]bool{"": true, "mds.example.com": true, "www.example.com": false} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		leaf := certify(t, m.ca.root, key.Public(), m.ca.key, func(c *x509.Certificate) { c.DNSNames = []string{"mds.example.com"} })
		blob := m.signed(map[string]any{"alg": "ES256", "x5c": [][]byte{leaf.Raw}}, m.payload(1, "2030-04-01"), key)
		own, err := webauthn.NewMetadata(webauthn.MetadataConfig{Root: m.ca.root, Host: host})
		if err != nil {
			t.Fatal(err)
		}
		if err := own.Load(blob, start); (err == nil) != fits {
			t.Errorf("a signer called mds.example.com, where %q is wanted: %v", host, err)
		}
	}
	if err := md.Load([]byte(strings.Repeat("a", 64<<20+1)), start); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("a blob without end: %v", err)
	}
}
