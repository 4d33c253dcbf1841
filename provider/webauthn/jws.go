package webauthn

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"time"
)

// maxSigners is how many certificates a signature may come with.
const maxSigners = 8

// signed returns what a JSON Web Signature (RFC 7515) in compact form has signed, if a certificate below the root has signed it. The library's reader is not
// used, because it asks the network whether certificates were revoked.
func (m *Metadata) signed(jws []byte, now time.Time) ([]byte, error) {
	parts := bytes.Split(jws, []byte("."))
	if len(parts) != 3 {
		return nil, errors.New("not a signature of three parts")
	}
	var decoded [3][]byte
	for i, p := range parts {
		raw, err := base64.RawURLEncoding.AppendDecode(nil, p)
		if err != nil {
			return nil, errors.New("not in base64url")
		}
		decoded[i] = raw
	}
	var header struct {
		Alg  string          `json:"alg"`
		X5U  json.RawMessage `json:"x5u"`
		X5C  [][]byte        `json:"x5c"` // base64, not base64url: so does encoding/json
		Crit json.RawMessage `json:"crit"`
	}
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		return nil, errors.New("the header is not JSON")
	}
	if header.X5U != nil || header.Crit != nil {
		return nil, errors.New("the header wants certificates fetched, or something that is unknown here")
	}
	leaf, err := m.signer(header.X5C, now)
	if err != nil {
		return nil, err
	}
	covered := jws[:len(parts[0])+1+len(parts[1])]
	if !signatureIs(header.Alg, leaf.PublicKey, sha256.Sum256(covered), decoded[2]) {
		return nil, errors.New("the signature is wrong")
	}
	return decoded[1], nil
}

// signer is the first of the certificates, if it leads to the root.
func (m *Metadata) signer(x5c [][]byte, now time.Time) (*x509.Certificate, error) {
	if len(x5c) == 0 || len(x5c) > maxSigners {
		return nil, errors.New("no signer, or too many")
	}
	var certs []*x509.Certificate
	for _, der := range x5c {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, errors.New("a signer has no certificate")
		}
		certs = append(certs, c)
	}
	o := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: now, DNSName: m.host, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	o.Roots.AddCert(m.root)
	for _, c := range certs[1:] {
		o.Intermediates.AddCert(c)
	}
	if _, err := certs[0].Verify(o); err != nil {
		return nil, err
	}
	return certs[0], nil
}

// signatureIs knows the two algorithms that such blobs come with. The algorithm must be that of the key.
func signatureIs(alg string, key any, digest [sha256.Size]byte, signature []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" && rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		return alg == "ES256" && k.Curve.Params().BitSize == 256 && len(signature) == 64 &&
			ecdsa.Verify(k, digest[:], new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	}
	return false
}
