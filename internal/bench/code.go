package main

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, and what apps know
	"encoding/binary"
	"fmt"
	"hash"
	"time"
)

const period = 30 // seconds that an app shows a code

func step(now time.Time) int64 { return now.Unix() / period }

// codeOf is what an app with this secret shows during a time step.
func codeOf(secret []byte, step int64) string { return newMAC(secret).code(step) }

// mac makes the codes of one secret, by hand: it is the app of our people, and the floor's check.
type mac struct{ hash.Hash }

func newMAC(secret []byte) mac { return mac{hmac.New(sha1.New, secret)} }

// code is RFC 6238's, for six digits.
func (m mac) code(step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	m.Reset()
	m.Write(counter[:])
	var buf [20]byte
	sum := m.Sum(buf[:0])
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)%1_000_000)
}
