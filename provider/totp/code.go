package totp

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// Algorithm is the hash in the HMAC.
type Algorithm uint8

// The algorithms of RFC 6238. Their numbers are stored.
const (
	SHA1 Algorithm = iota
	SHA256
	SHA512
)

// String is the name that the Key URI format uses.
func (a Algorithm) String() string {
	switch a {
	case SHA1:
		return "SHA1"
	case SHA256:
		return "SHA256"
	case SHA512:
		return "SHA512"
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// lastSecond is the end of the year 9999, in seconds since 1970.
const lastSecond = 253402300799

// errClock is no verdict: nobody is let in, and nobody pays for the server's clock. // attack: A-155
var errClock = errors.New("totp: the clock is not between the years 1970 and 9999")

// find returns the earliest unused time step, at most reach steps from now, whose code this is. Two steps may share a code; the later one is
// then still unused. All codes are made and compared whatever the answer, so the time taken tells neither which step it was nor
// how close a wrong code came. A step before 1970 is never newer than last, so it cannot match. // attack: A-128
func (k key) find(code string, now time.Time, reach int64) (step int64, found bool, err error) {
	seconds := now.Unix()
	if seconds <= 0 || seconds > lastSecond {
		return 0, false, errClock
	}
	secret, current := k.base32Secret(), seconds/k.period
	for s := current + reach; s >= current-reach; s-- {
		want, err := k.code(secret, s)
		if err != nil {
			return 0, false, err
		}
		if same := subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1; same && s > k.last { // attack
			step, found = s, true // The loop goes back in time, so the earliest is what remains.
		}
	}
	return step, found, nil
}

// code is the code of one time step: RFC 4226 with the step as the counter. Of the library only this is used. Its Validate functions accept a code
// twice, accept an empty secret and trim white space, so nothing may call them. // attack
func (k key) code(secret string, step int64) (string, error) {
	algorithm := [...]otp.Algorithm{SHA1: otp.AlgorithmSHA1, SHA256: otp.AlgorithmSHA256, SHA512: otp.AlgorithmSHA512}[k.algorithm]
	code, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.Digits(k.digits), Algorithm: algorithm})
	if err != nil {
		return "", fmt.Errorf("totp: no code: %w", err)
	}
	return code, nil
}
