package device

import (
	"crypto/subtle"
	"errors"
)

// record is what is kept of a trusted browser: the digests of the two tokens that are good.
type record struct {
	series
	older, newer digest
}

// worth is what a record makes of a token of its series.
type worth int

const (
	unknown worth = iota
	older
	newer
)

// accept is the record when a token has been seen: it and the one after it are good.
func (s series) accept(seen secret) record {
	return record{series: s, older: s.digest(seen), newer: s.digest(s.next(seen))}
}

// knows compares both digests, whatever the first says.
func (r record) knows(s secret) worth {
	d := r.digest(s)
	isOlder := subtle.ConstantTimeCompare(d[:], r.older[:])
	isNewer := subtle.ConstantTimeCompare(d[:], r.newer[:])
	return worth(isOlder*int(older) + isNewer*int(newer))
}

// recordFormat is the first byte of a stored browser. A reader of another format denies. // attack: A-163
const recordFormat = 1

func (r record) encode() []byte {
	b := append([]byte{recordFormat}, r.name[:]...)
	b = append(b, r.key[:]...)
	b = append(b, r.older[:]...)
	return append(b, r.newer[:]...)
}

func readRecord(b []byte) (record, error) {
	if len(b) != 1+16+32+32+32 || b[0] != recordFormat {
		return record{}, errors.New("device: the stored browser is damaged or of an unknown format")
	}
	return record{
		series: series{name: [16]byte(b[1:]), key: [32]byte(b[17:])},
		older:  digest(b[49:]), newer: digest(b[81:]),
	}, nil
}
