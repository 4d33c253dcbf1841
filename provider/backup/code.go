package backup

import (
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	codeBytes  = 15 // 120 bits // attack: A-118
	codeDigits = 24 // of base 32; no bits are left over, so a code has exactly one canonical spelling
	group      = 4
)

// alphabet is Crockford's base 32: no I, L, O, which are taken for 1 and 0, and no U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var crockford = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// code is a backup code without its spelling.
type code [codeBytes]byte

// text spells a code for the user: 7K4M-Q2XD-... It is not called String, so that printing a code by mistake does not.
func (c code) text() string {
	digits := crockford.EncodeToString(c[:])
	var b strings.Builder
	for i := 0; i < codeDigits; i += group {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(digits[i : i+group])
	}
	return b.String()
}

// parseCode reads a code as people type it: in either case, with spaces and hyphens anywhere, O for 0, I and L for 1. It looks at
// bytes, so nothing outside ASCII is ever taken for a letter, such as the Kelvin sign for a K. // attack: A-160
func parseCode(typed string) (code, error) {
	malformed := fmt.Errorf("%w: a backup code has %d letters and digits", provider.ErrInvalid, codeDigits)
	digits := make([]byte, 0, codeDigits)
	for _, b := range []byte(typed) {
		if b == ' ' || b == '-' {
			continue
		}
		if len(digits) == codeDigits {
			return code{}, malformed
		}
		digits = append(digits, canonical(b))
	}
	var c code // A line feed, which the decoder skips, leaves it incomplete.
	if n, err := crockford.Decode(c[:], digits); err != nil || n != codeBytes {
		return code{}, malformed
	}
	return c, nil
}

// canonical is the digit of the alphabet that b is a spelling of, or a byte outside it.
func canonical(b byte) byte {
	if 'a' <= b && b <= 'z' {
		b -= 'a' - 'A'
	}
	switch b {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return b
}
