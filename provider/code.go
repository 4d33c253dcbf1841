package provider

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
)

const (
	maxCode     = 64  // bytes of a typed code, spaces and hyphens included
	maxResponse = 512 // bytes of the JSON around it: every character escaped, and room for white space
)

// Code reads the answer of a factor whose codes are typed: the JSON object {"code":"..."} with exactly this one member, whose
// value is at most 64 bytes. Spaces and hyphens are dropped, and what remains must be ASCII digits, at least one. Anything else is
// ErrInvalid, found in constant time for oversized input and without touching the code. // attack
func (a Answer) Code() (string, error) {
	typed, err := a.Text()
	if err != nil {
		return "", err
	}
	digits := make([]byte, 0, len(typed))
	for _, c := range []byte(typed) {
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c == ' ' || c == '-':
		default:
			return "", fmt.Errorf("%w: a code has digits only", ErrInvalid)
		}
	}
	if len(digits) == 0 {
		return "", fmt.Errorf("%w: the code is empty", ErrInvalid)
	}
	return string(digits), nil
}

// Text reads what Code reads, but leaves the code as it was typed, for kinds whose codes have letters.
func (a Answer) Text() (string, error) {
	if len(a.Response) > maxResponse {
		return "", fmt.Errorf("%w: response over %d bytes", ErrInvalid, maxResponse)
	}
	typed, err := soleString(a.Response, "code")
	if err != nil {
		return "", err
	}
	if len(typed) > maxCode {
		return "", fmt.Errorf("%w: code over %d bytes", ErrInvalid, maxCode)
	}
	return typed, nil
}

// Says reports whether the response is the JSON object {"<name>":true} and nothing else: a user's click that means something. It compares the
// whole, so there is no second key, other case or trailing data to have an opinion on. // attack: A-161
func (a Answer) Says(name string) bool {
	const limit = 64
	var compact bytes.Buffer
	return len(a.Response) <= limit && json.Compact(&compact, a.Response) == nil && compact.String() == `{"`+name+`":true}`
}

// soleString decodes an object with one member, and that a string. The standard decoder alone would take the last of two equal
// keys, ignore case, and read null as "".
func soleString(raw []byte, name string) (string, error) {
	malformed := fmt.Errorf("%w: want an object with the one member %q, a string", ErrInvalid, name)
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "", malformed
	}
	if t, err := dec.Token(); err != nil || t != name {
		return "", malformed
	}
	t, err := dec.Token()
	value, ok := t.(string)
	if err != nil || !ok {
		return "", malformed
	}
	if t, err := dec.Token(); err != nil || t != json.Delim('}') {
		return "", malformed
	}
	if _, err := dec.Token(); err != io.EOF {
		return "", malformed
	}
	return value, nil
}

// NewCode returns a uniformly distributed decimal code from crypto/rand, leading zeros included. digits is 6 to 10.
// It fails if the system has no randomness, and never falls back. // attack
func NewCode(digits int) (string, error) {
	if digits < 6 || digits > 10 {
		return "", fmt.Errorf("provider: a code has 6 to 10 digits, not %d", digits)
	}
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return "", fmt.Errorf("provider: no randomness: %w", err)
	}
	return fmt.Sprintf("%0*d", digits, n), nil
}
