package backup

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
)

// mac is what is kept of a code. A code that was used becomes zeros in its place, so neither a set's size nor the work of
// a check tells how many are left.
type mac [sha256.Size]byte

// set is what is kept of the codes.
type set struct {
	key  key
	macs []mac
}

// strike uses a code up, and says whether there was one to use. Right, wrong or used before: it costs one HMAC, and touches every
// entry. // attack
func (s set) strike(c code) bool {
	sum, used, found := s.mac(c), mac{}, 0
	for i := range s.macs {
		hit := subtle.ConstantTimeCompare(sum[:], s.macs[i][:])
		subtle.ConstantTimeCopy(hit, s.macs[i][:], used[:])
		found |= hit
	}
	return found == 1
}

func (s set) mac(c code) (m mac) {
	h := hmac.New(sha256.New, s.key[:])
	h.Write(c[:])
	h.Sum(m[:0])
	return m
}

// remaining is how many codes still work.
func (s set) remaining() int {
	n := 0
	for _, m := range s.macs {
		if m != (mac{}) {
			n++
		}
	}
	return n
}

// setFormat is the first byte of a stored set. A reader of another format denies. // attack: A-163
const setFormat = 1

func (s set) encode() []byte {
	var entries []byte
	for _, m := range s.macs {
		entries = append(entries, m[:]...)
	}
	return encode(setFormat, s.key, entries)
}

func readSet(b []byte) (set, error) {
	k, entries, ok := decode(b, setFormat, len(mac{}))
	if !ok {
		return set{}, errors.New("backup: the stored set is damaged or of an unknown format")
	}
	s := set{key: k, macs: make([]mac, len(entries)/len(mac{}))}
	for i := range s.macs {
		copy(s.macs[i][:], entries[i*len(mac{}):])
	}
	return s, nil
}
