package device

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cofactor-mfa/cofactor/provider"
)

type (
	secret [32]byte // what a token is worth
	digest [sha256.Size]byte
	tag    [16]byte // says that a token was made here
)

// series is one trusted browser: the name that its tokens carry, and the key that they are made with.
type series struct {
	name [16]byte
	key  [32]byte
}

// token is one that was presented.
type token struct {
	name   [16]byte
	secret secret
	tag    tag
}

const (
	tokenFormat = 1
	tokenBytes  = 1 + 16 + 32 + 16
)

var text = base64.RawURLEncoding.Strict()

// mac keeps what the key is used for apart.
func (s series) mac(use byte, of secret) (m digest) {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte{tokenFormat, use})
	h.Write(s.name[:])
	h.Write(of[:])
	h.Sum(m[:0])
	return m
}

// next is the secret of the token that follows. It is the same however often it is asked for, so that two tabs get one token.
func (s series) next(of secret) secret { return secret(s.mac('n', of)) }

func (s series) digest(of secret) digest { return s.mac('d', of) }

func (s series) tag(of secret) tag {
	m := s.mac('t', of)
	return tag(m[:len(tag{})])
}

// token spells a token for the client.
func (s series) token(of secret) string {
	t := s.tag(of)
	b := make([]byte, 0, tokenBytes)
	b = append(b, tokenFormat)
	b = append(b, s.name[:]...)
	b = append(b, of[:]...)
	return text.EncodeToString(append(b, t[:]...))
}

// signed says that the token is of this series, whatever it is worth by now. Nobody else can make one, so one that is not good is a copy of an old one.
func (s series) signed(t token) bool {
	want := s.tag(t.secret)
	return subtle.ConstantTimeCompare(t.name[:], s.name[:])&subtle.ConstantTimeCompare(t.tag[:], want[:]) == 1
}

// parseToken reads a token as JSON: a string, in the one spelling that there is.
func parseToken(response json.RawMessage) (token, error) {
	malformed := fmt.Errorf("%w: no token of a trusted browser", provider.ErrInvalid)
	n := text.EncodedLen(tokenBytes)
	if len(response) != n+2 || response[0] != '"' || response[n+1] != '"' {
		return token{}, malformed
	}
	b := make([]byte, tokenBytes)
	if m, err := text.Decode(b, response[1:n+1]); err != nil || m != tokenBytes || b[0] != tokenFormat { // a line feed, which the decoder skips, leaves it incomplete
		return token{}, malformed
	}
	return token{name: [16]byte(b[1:]), secret: secret(b[17:]), tag: tag(b[49:])}, nil
}

// offer is a browser that may become trusted. It is the only form that knows a secret, and lives in the sealed challenge until the user has answered.
type offer struct {
	series series
	first  secret
}

const offerFormat = 1

// newOffer fails if the system has no randomness, and never falls back. // attack: A-119
func newOffer() (o offer, err error) {
	for _, b := range [][]byte{o.series.name[:], o.series.key[:], o.first[:]} {
		if _, err := io.ReadFull(rand.Reader, b); err != nil {
			return offer{}, fmt.Errorf("device: no randomness: %w", err)
		}
	}
	return o, nil
}

func (o offer) encode() []byte {
	b := append([]byte{offerFormat}, o.series.name[:]...)
	b = append(b, o.series.key[:]...)
	b = append(b, o.first[:]...)
	check := o.series.tag(o.first)
	return append(b, check[:]...)
}

func readOffer(b []byte) (offer, error) {
	if len(b) != 1+16+32+32+16 || b[0] != offerFormat {
		return offer{}, errors.New("device: the offer is damaged or of an unknown format")
	}
	o := offer{series: series{name: [16]byte(b[1:]), key: [32]byte(b[17:])}, first: secret(b[49:])}
	if check := o.series.tag(o.first); subtle.ConstantTimeCompare(check[:], b[81:]) != 1 {
		return offer{}, errors.New("device: the offer is damaged")
	}
	return o, nil
}
