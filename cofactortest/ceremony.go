package cofactortest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Ceremony is one answer of an Authenticator while it is made. BeforeSigning sees everything down to PublicKey filled in, and what it
// changes is encoded and signed; AfterSigning sees the bytes too, and changes only what is sent.
type Ceremony struct {
	Credential *Credential

	// The client data.
	Type        string // "webauthn.create" or "webauthn.get"
	Challenge   string // base64url, as it was in the options
	Origin      string
	TopOrigin   string
	CrossOrigin bool

	// The authenticator data.
	RPID         string // its hash is what the data hold
	Flags        Flags
	Counter      uint32
	AAGUID       [16]byte
	CredentialID []byte // also the id of the response
	PublicKey    []byte // COSE
	Extensions   map[string]any

	// The rest of the response.
	Attestation      Attestation
	CredentialType   string // "public-key"
	RawID            []byte
	UserHandle       []byte
	ClientExtensions map[string]any

	// What is signed, and the signature. BeforeSigning may set the first two, and then they are not encoded from the fields above.
	ClientData []byte
	AuthData   []byte
	Signature  []byte

	statement statement
	ca        *AttestationCA
}

// EncodeClientData returns the JSON of the client data (WebAuthn Level 3, section 5.8.1.1).
func (c *Ceremony) EncodeClientData() []byte {
	raw, err := json.Marshal(struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
		TopOrigin   string `json:"topOrigin,omitempty"`
	}{c.Type, c.Challenge, c.Origin, c.CrossOrigin, c.TopOrigin})
	if err != nil {
		panic(err) // strings and a bool
	}
	return raw
}

// EncodeAuthData returns the authenticator data (WebAuthn Level 3, section 6.1). The flags say what follows; they are taken at their
// word for the credential, and extensions are written if there are any.
func (c *Ceremony) EncodeAuthData() []byte {
	hash := sha256.Sum256([]byte(c.RPID))
	data := append(hash[:], byte(c.Flags))
	data = binary.BigEndian.AppendUint32(data, c.Counter)
	if c.Flags&Attested != 0 {
		data = append(data, c.AAGUID[:]...)
		data = binary.BigEndian.AppendUint16(data, uint16(len(c.CredentialID)))
		data = append(data, c.CredentialID...)
		data = append(data, c.PublicKey...)
	}
	if len(c.Extensions) > 0 {
		data = appendCBOR(data, c.Extensions)
	}
	return data
}

// toSign encodes what is not encoded yet and returns the message that is signed: authenticator data, then the hash of the client data.
func (c *Ceremony) toSign() []byte {
	if c.ClientData == nil {
		c.ClientData = c.EncodeClientData()
	}
	if c.AuthData == nil {
		c.AuthData = c.EncodeAuthData()
	}
	hash := sha256.Sum256(c.ClientData)
	return append(append([]byte{}, c.AuthData...), hash[:]...)
}

func (c *Ceremony) sign() (err error) {
	c.Signature, err = c.Credential.sign(c.toSign())
	return err
}

func (c *Ceremony) registration() ([]byte, error) {
	object := appendCBOR(nil, cborMap{{"fmt", c.statement.format}, {"attStmt", c.statement.encode(c.Signature)}, {"authData", c.AuthData}})
	public, err := c.Credential.spki()
	if err != nil {
		return nil, err
	}
	return c.envelope(map[string]any{
		"clientDataJSON":     b64(c.ClientData),
		"attestationObject":  b64(object),
		"authenticatorData":  b64(c.AuthData),
		"publicKey":          b64(public),
		"publicKeyAlgorithm": c.Credential.Algorithm,
		"transports":         []string{"internal"},
	})
}

func (c *Ceremony) assertion() ([]byte, error) {
	response := map[string]any{
		"clientDataJSON":    b64(c.ClientData),
		"authenticatorData": b64(c.AuthData),
		"signature":         b64(c.Signature),
	}
	if c.UserHandle != nil {
		response["userHandle"] = b64(c.UserHandle)
	}
	return c.envelope(response)
}

func (c *Ceremony) envelope(response map[string]any) ([]byte, error) {
	raw, err := json.Marshal(map[string]any{
		"id":                      base64.RawURLEncoding.EncodeToString(c.CredentialID),
		"rawId":                   b64(c.RawID),
		"type":                    c.CredentialType,
		"authenticatorAttachment": "platform",
		"clientExtensionResults":  c.ClientExtensions,
		"response":                response,
	})
	if err != nil {
		return nil, fmt.Errorf("cofactortest: a client extension is no JSON: %w", err)
	}
	return raw, nil
}
