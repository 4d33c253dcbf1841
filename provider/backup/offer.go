package backup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
)

// offer is a set that is being shown. It is the only form that knows the codes, and lives in the sealed challenge until they are saved.
type offer struct {
	key   key
	codes []code
}

// newOffer fails if the system has no randomness, and never falls back. // attack: A-119
func newOffer(count int) (offer, error) {
	random := make([]byte, len(key{})+count*codeBytes)
	if _, err := io.ReadFull(rand.Reader, random); err != nil {
		return offer{}, fmt.Errorf("backup: no randomness: %w", err)
	}
	return offer{key: key(random), codes: codesOf(random[len(key{}):])}, nil
}

// set is what is kept of the offer. // attack: A-120
func (o offer) set() set {
	s := set{key: o.key, macs: make([]mac, len(o.codes))}
	for i, c := range o.codes {
		s.macs[i] = s.mac(c)
	}
	return s
}

// offerFormat is the first byte of what a challenge carries.
const offerFormat = 1

func (o offer) encode() []byte {
	var entries []byte
	for _, c := range o.codes {
		entries = append(entries, c[:]...)
	}
	return encode(offerFormat, o.key, entries)
}

func readOffer(b []byte) (offer, error) {
	k, entries, ok := decode(b, offerFormat, codeBytes)
	if !ok {
		return offer{}, errors.New("backup: the offered codes are damaged or of an unknown format")
	}
	return offer{key: k, codes: codesOf(entries)}, nil
}

func codesOf(entries []byte) (codes []code) {
	for c := range slices.Chunk(entries, codeBytes) {
		codes = append(codes, code(c))
	}
	return codes
}
