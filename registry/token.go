package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// A token is sealed state that the application keeps for us, as text: a letter for what it is, and base64url of the ciphertext. What
// it is, is bound into the ciphertext as well, so that a Pending does not open as a Proof. // attack
const (
	tokenPending = "p"
	tokenProof   = "x"
	maxToken     = 8 << 10
)

var (
	text       = base64.RawURLEncoding.Strict()
	errNoToken = errors.New("registry: not a token of this kind")
)

func (r *Registry) sealToken(letter string, plain []byte) (string, error) {
	sealed, err := r.cfg.AEAD.Encrypt(plain, seal.Bind("token 1", letter))
	if err != nil {
		return "", err
	}
	return letter + text.EncodeToString(sealed), nil
}

func (r *Registry) openToken(letter, token string) ([]byte, error) {
	if len(token) < 2 || len(token) > maxToken || token[:1] != letter {
		return nil, errNoToken
	}
	sealed, err := text.DecodeString(token[1:])
	if err != nil {
		return nil, errNoToken
	}
	return r.cfg.AEAD.Decrypt(sealed, seal.Bind("token 1", letter))
}

// pending opens the Pending of a login that is under way.
func (r *Registry) pending(now time.Time, w Who, token string) (evidence, error) {
	plain, err := r.openToken(tokenPending, token)
	if err != nil {
		return evidence{}, err
	}
	e, err := decodeEvidence(plain)
	switch {
	case err != nil:
		return evidence{}, err
	case !e.belongs(w):
		return evidence{}, errors.New("registry: the pending login is another user's or session's")
	case !now.Before(e.expires):
		return evidence{}, errors.New("registry: the pending login has expired")
	}
	return e, nil
}

// proof is evidence that is complete, with what it may be used for.
type proof struct {
	evidence
	id       []byte // 16 random bytes, spent by Consume
	at       time.Time
	action   string
	recovery bool   // rests on a recovery factor: good for attaching a new factor, and for nothing else
	opened   string // the factor attached on the strength of a recovery factor: for 5 minutes it may remove what is older
}

const proofFormat = 1

func (p proof) encode() []byte {
	b := append(make([]byte, 0, 256), proofFormat)
	b = wire.AppendBytes(b, p.id)
	b = wire.AppendTime(b, p.at)
	b = wire.AppendString(b, p.action)
	if p.recovery {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = wire.AppendString(b, p.opened)
	return append(b, p.evidence.encode()...)
}

func decodeProof(plain []byte) (proof, error) {
	rd := wire.Read(plain)
	if rd.Byte() != proofFormat {
		return proof{}, wire.ErrMalformed
	}
	p := proof{id: rd.Bytes(maxIDBytes), at: rd.Time(), action: rd.String(4 * maxActionRunes)}
	p.recovery = rd.Int(1) == 1
	p.opened = rd.String(maxIDBytes)
	p.evidence = readEvidence(rd)
	return p, rd.Done()
}

// proof opens a Proof. It does not say what the proof is good for.
func (r *Registry) proof(now time.Time, w Who, token string) (proof, error) {
	plain, err := r.openToken(tokenProof, token)
	if err != nil {
		return proof{}, err
	}
	p, err := decodeProof(plain)
	switch {
	case err != nil:
		return proof{}, err
	case !p.belongs(w):
		return proof{}, errors.New("registry: the proof is another user's or session's")
	case now.Sub(p.at) >= maxAge:
		return proof{}, errors.New("registry: the proof is over a day old")
	}
	return p, nil
}

// newProof seals a proof of what e says.
func (r *Registry) newProof(now time.Time, e evidence, action, opened string) (string, error) {
	recovery, _ := e.standsIn()
	p := proof{evidence: e, id: randomBytes(16), at: now, action: action, recovery: recovery, opened: opened}
	return r.sealToken(tokenProof, p.encode())
}

// randomBytes never fails: crypto/rand ends the program rather than return what can be guessed.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// randomID names a factor, or one try of a store call: 128 bits.
func randomID() string { return text.EncodeToString(randomBytes(16)) }

// once is the key under which something is spent in the factor store.
func once(what string, id []byte, expires time.Time) factor.Once {
	h := sha256.New()
	h.Write([]byte(what))
	h.Write([]byte{0})
	h.Write(id)
	o := factor.Once{Expires: expires.Add(spentMargin)}
	h.Sum(o.Key[:0])
	return o
}
