package cofactortest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"
)

// Attestation is what a new credential says about the device that made it (WebAuthn Level 3, section 8).
type Attestation uint8

// The attestations.
const (
	NoAttestation        Attestation = iota // format none: nothing
	SelfAttestation                         // format packed, signed by the credential itself
	CertifiedAttestation                    // format packed, signed by a key that Authenticator.CA has certified
)

// statement is an attestation statement, but for the signature.
type statement struct {
	format string
	alg    Algorithm
	x5c    []any
}

func (s statement) encode(signature []byte) cborMap {
	if s.format == "none" {
		return cborMap{}
	}
	fields := cborMap{{"alg", int(s.alg)}, {"sig", signature}}
	if s.x5c != nil {
		fields = append(fields, struct{ key, value any }{"x5c", s.x5c})
	}
	return fields
}

func (c *Ceremony) attest() (err error) {
	message := c.toSign()
	switch c.Attestation {
	case SelfAttestation:
		c.statement = statement{format: "packed", alg: c.Credential.Algorithm}
		c.Signature, err = c.Credential.sign(message)
	case CertifiedAttestation:
		if c.ca == nil {
			return errors.New("cofactortest: CertifiedAttestation needs Authenticator.CA")
		}
		key, leaf, issueErr := c.ca.issue(c.AAGUID)
		if issueErr != nil {
			return issueErr
		}
		digest := sha256.Sum256(message)
		c.statement = statement{format: "packed", alg: ES256, x5c: []any{leaf}}
		c.Signature, err = key.Sign(rand.Reader, digest[:], crypto.SHA256)
	default:
		c.statement = statement{format: "none"}
	}
	return err
}

// AttestationCA is a maker of authenticators, as far as its certificates go.
type AttestationCA struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAttestationCA returns one with a new key.
func NewAttestationCA() (*AttestationCA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate("cofactor test root")
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, err
	}
	return &AttestationCA{root: root, key: key}, nil
}

// Root is the certificate that a server must trust.
func (ca *AttestationCA) Root() *x509.Certificate { return ca.root }

// issue makes the key of a batch of devices, and its certificate as section 8.2.1 wants it.
func (ca *AttestationCA) issue(aaguid [16]byte) (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	model, err := asn1.Marshal(aaguid[:])
	if err != nil {
		return nil, nil, err
	}
	template := certificate("cofactor test authenticator")
	template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, Value: model}} // id-fido-gen-ce-aaguid
	leaf, err := x509.CreateCertificate(rand.Reader, template, ca.root, key.Public(), ca.key)
	return key, leaf, err
}

func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(random(8)),
		Subject: pkix.Name{
			Country: []string{"AT"}, Organization: []string{"cofactor"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: name,
		},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true,
	}
}
