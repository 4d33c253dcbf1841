package webauthn

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// ceremony is what a challenge was made for. // attack: A-25
type ceremony byte

const (
	create ceremony = iota + 1 // a new key
	get                        // one of the user's keys
	find                       // any key: nobody is named
)

const (
	sessionFormat = 1
	challengeSize = 32 // bytes; NIST SP 800-63B-4 asks for 64 bits (section 3.1.6), and level 3 for 16 bytes (section 13.4.3)
	maxAlgorithms = 8
	maxAllowed    = 100 // keys of one user
	idDigestSize  = 8
)

// session is what the two halves of a ceremony share. It is sealed by the registry.
type session struct {
	ceremony   ceremony
	wish       UserVerification
	began      time.Time // to the millisecond
	challenge  []byte
	algorithms []Algorithm          // of create: what was offered
	allowed    [][idDigestSize]byte // of get: which keys were asked
}

// newSession fails if the system has no randomness, and never falls back. // attack: A-119
func newSession(c ceremony, wish UserVerification, now time.Time) (session, error) {
	s := session{ceremony: c, wish: wish, began: wire.Time(wire.Milli(now)), challenge: make([]byte, challengeSize)}
	if _, err := io.ReadFull(rand.Reader, s.challenge); err != nil {
		return session{}, fmt.Errorf("webauthn: no randomness: %w", err)
	}
	return s, nil
}

func (s session) encode() []byte {
	b := make([]byte, 0, 48+len(s.allowed)*(idDigestSize+1))
	b = append(b, sessionFormat, byte(s.ceremony), byte(s.wish))
	b = wire.AppendTime(b, s.began)
	b = wire.AppendBytes(b, s.challenge)
	b = wire.AppendUint(b, uint64(len(s.algorithms)))
	for _, a := range s.algorithms {
		b = wire.AppendUint(b, uint64(-a))
	}
	b = wire.AppendUint(b, uint64(len(s.allowed)))
	for _, id := range s.allowed {
		b = append(b, id[:]...)
	}
	return b
}

// readSession is the session of one of these ceremonies, whole, or an error: nothing is assumed of what is missing. // attack: A-105
func readSession(b []byte, of ...ceremony) (session, error) {
	r := wire.Read(b)
	if r.Byte() != sessionFormat {
		r.Fail()
	}
	s := session{ceremony: ceremony(r.Byte()), wish: UserVerification(r.Byte()), began: r.Time(), challenge: slices.Clone(r.Bytes(challengeSize))}
	for n := r.Int(maxAlgorithms); n > 0; n-- {
		s.algorithms = append(s.algorithms, -Algorithm(r.Int(1<<16)))
	}
	for n := r.Int(maxAllowed); n > 0; n-- {
		var id [idDigestSize]byte
		for i := range id {
			id[i] = r.Byte()
		}
		s.allowed = append(s.allowed, id)
	}
	if s.wish < VerificationPreferred || s.wish > VerificationDiscouraged || len(s.challenge) != challengeSize {
		r.Fail()
	}
	if err := r.Done(); err != nil {
		return session{}, fmt.Errorf("webauthn: the ceremony's state: %w", err)
	}
	if !slices.Contains(of, s.ceremony) {
		return session{}, errors.New("webauthn: the state is another ceremony's")
	}
	return s, nil
}

// asks says whether a key was among those that were asked for (level 3, section 7.2, step 5).
func (s session) asks(credentialID []byte) bool {
	return s.ceremony == find || slices.Contains(s.allowed, digestOf(credentialID))
}

// digestOf stands for a credential id, which may have 1023 bytes. Two of one user's keys with one digest would do no harm: both are the user's.
func digestOf(credentialID []byte) [idDigestSize]byte {
	sum := sha256.Sum256(credentialID)
	return [idDigestSize]byte(sum[:idDigestSize])
}
