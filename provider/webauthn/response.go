package webauthn

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/cofactor-mfa/cofactor/provider"
)

// maxResponse is how much of an answer is looked at. An attestation with all its certificates has a few KiB. // attack: A-109
const maxResponse = 64 << 10

var (
	errSize   = fmt.Errorf("webauthn: %w: response over %d bytes", provider.ErrInvalid, maxResponse)
	errParse  = fmt.Errorf("webauthn: %w: not a credential in JSON", provider.ErrInvalid)
	errNoName = fmt.Errorf("webauthn: %w: the application gave no name for the user", provider.ErrInvalid)
)

// The library's errors quote the challenge and the origins in their details, so none of them is passed on: what a caller learns is which step refused. // attack: A-115
func refused(step string) error { return fmt.Errorf("webauthn: %w: %s", provider.ErrRejected, step) }

// credential is what a browser's toJSON() makes, as far as it is looked at. The outputs of extensions are not: clients may add some that nobody asked for, and
// password managers do (level 3, sections 7.1 and 7.2); they are not signed, they can be of any size, and there is nothing here that they could change.
type credential[R any] struct {
	ID       string                    `json:"id"`
	RawID    protocol.URLEncodedBase64 `json:"rawId"`
	Type     string                    `json:"type"`
	Response R                         `json:"response"`
}

// The library's types for these have more, and an attestation's has what it repeats outside of what is signed.
type (
	assertion   = protocol.AuthenticatorAssertionResponse
	attestation struct {
		protocol.AuthenticatorResponse
		Object     protocol.URLEncodedBase64 `json:"attestationObject"`
		Transports []string                  `json:"transports"`
	}
)

func parse[R any](response json.RawMessage) (c credential[R], of protocol.PublicKeyCredential, err error) {
	if len(response) > maxResponse {
		return c, of, errSize
	}
	if err := json.Unmarshal(response, &c); err != nil {
		return c, of, errParse
	}
	return c, protocol.PublicKeyCredential{Credential: protocol.Credential{ID: c.ID, Type: c.Type}, RawID: c.RawID}, nil
}

// parseAssertion takes the answer to a login apart. // attack
func parseAssertion(response json.RawMessage) (*protocol.ParsedCredentialAssertionData, error) {
	c, of, err := parse[assertion](response)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.CredentialAssertionResponse{PublicKeyCredential: of, AssertionResponse: c.Response}.Parse()
	if err != nil {
		return nil, errParse
	}
	return parsed, nil
}

// parseAttestation takes the answer to a set-up apart.
func parseAttestation(response json.RawMessage) (*protocol.ParsedCredentialCreationData, error) {
	c, of, err := parse[attestation](response)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.CredentialCreationResponse{PublicKeyCredential: of, AttestationResponse: protocol.AuthenticatorAttestationResponse{
		AuthenticatorResponse: c.Response.AuthenticatorResponse, AttestationObject: c.Response.Object, Transports: c.Response.Transports,
	}}.Parse()
	if err != nil {
		return nil, errParse
	}
	return parsed, nil
}

// handleOf is the name of a key in the store.
func handleOf(credentialID []byte) string { return base64.RawURLEncoding.EncodeToString(credentialID) }

// credentialID is the inverse of handleOf.
func credentialID(handle string) ([]byte, error) {
	id, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil || len(id) == 0 || len(id) > maxCredentialID {
		return nil, errParse
	}
	return id, nil
}

// checkKey accepts a public key that a signature could be checked with, of an algorithm that was offered. The library looks at the point of a curve only when it
// checks a signature, and at the size of an RSA key never; and without an attestation there is no signature before the first login. // attack: A-107
func checkKey(cose []byte, offered []Algorithm) error {
	if len(cose) > maxPublicKey {
		return errors.New("the public key is too large")
	}
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return errors.New("the public key is none")
	}
	var alg, fit Algorithm
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		alg, fit = Algorithm(k.Algorithm), ES256
	case webauthncose.OKPPublicKeyData:
		alg, fit = Algorithm(k.Algorithm), EdDSA
	case webauthncose.RSAPublicKeyData:
		alg, fit = Algorithm(k.Algorithm), RS256
		e, err := webauthncose.ParseRSAPublicKeyDataExponent(&k)
		bits := new(big.Int).SetBytes(k.Modulus).BitLen()
		if err != nil || e < 3 || e%2 == 0 || e > 1<<31-1 || bits < 2048 || bits > 4096 || k.Modulus[len(k.Modulus)-1]%2 == 0 {
			return errors.New("the RSA key is weak, or too large")
		}
	}
	if alg == fit && slices.Contains(offered, alg) { // the library lets an RSA key be called ES256
		return nil
	}
	return errors.New("the algorithm was not offered")
}
