package cofactortest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"math/big"
)

// Algorithm is a COSE algorithm identifier.
type Algorithm int

// The algorithms that an Authenticator knows.
const (
	ES256 Algorithm = -7
	EdDSA Algorithm = -8
	RS256 Algorithm = -257
)

func (a Algorithm) known() bool { return a == ES256 || a == EdDSA || a == RS256 }

// Credential is one key on the device. Its Counter is what the last ceremony sent.
type Credential struct {
	ID           []byte
	RPID         string
	UserHandle   []byte
	UserName     string
	Algorithm    Algorithm
	Discoverable bool
	Counter      uint32

	key crypto.Signer
}

func newCredential(alg Algorithm) (*Credential, error) {
	c := &Credential{ID: random(32), Algorithm: alg}
	var err error
	switch alg {
	case ES256:
		c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, c.key, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		c.key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("cofactortest: algorithm %d is none of ES256, EdDSA, RS256", alg)
	}
	return c, err
}

func (c *Credential) sign(message []byte) ([]byte, error) {
	if c.Algorithm == EdDSA {
		return c.key.Sign(rand.Reader, message, crypto.Hash(0))
	}
	digest := sha256.Sum256(message)
	return c.key.Sign(rand.Reader, digest[:], crypto.SHA256)
}

// spki is the public key as a SubjectPublicKeyInfo, which clients add to a registration.
func (c *Credential) spki() ([]byte, error) { return x509.MarshalPKIXPublicKey(c.key.Public()) }

// cose is the public key as in RFC 9053, labels in canonical order.
func (c *Credential) cose() []byte {
	switch key := c.key.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, x, y
		if err != nil {
			panic(err) // a P-256 key that was generated here
		}
		return appendCBOR(nil, cborMap{{1, 2}, {3, int(c.Algorithm)}, {-1, 1}, {-2, point[1:33]}, {-3, point[33:]}})
	case ed25519.PublicKey:
		return appendCBOR(nil, cborMap{{1, 1}, {3, int(c.Algorithm)}, {-1, 6}, {-2, []byte(key)}})
	case *rsa.PublicKey:
		return appendCBOR(nil, cborMap{{1, 3}, {3, int(c.Algorithm)}, {-1, key.N.Bytes()}, {-2, big.NewInt(int64(key.E)).Bytes()}})
	}
	panic(fmt.Sprintf("cofactortest: a key of type %T", c.key))
}

// relabelled is the public key with another algorithm written on it.
func (c *Credential) relabelled(alg Algorithm) []byte {
	liar := *c
	liar.Algorithm = alg
	return liar.cose()
}

// impostor is the same credential with a key of its own.
func (c *Credential) impostor() *Credential {
	fresh, err := newCredential(c.Algorithm)
	if err != nil {
		panic(err) // the algorithm is known: the credential has it
	}
	twin := *c
	twin.key = fresh.key
	return &twin
}
