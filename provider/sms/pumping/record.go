package pumping

import (
	"errors"
	"strings"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

const (
	privateFormat = 1
	maxCountry    = 5
	maxPrivate    = 4 << 10
)

// wrap is what a challenge remembers: format 1, the country that its message went to, and what the provider wants remembered.
func wrap(country string, private []byte) []byte {
	return wire.AppendBytes(wire.AppendString([]byte{privateFormat}, country), private)
}

func unwrap(b []byte) (country string, private []byte, err error) {
	r := wire.Read(b)
	if r.Byte() != privateFormat {
		r.Fail()
	}
	country, private = r.String(maxCountry), r.Bytes(maxPrivate)
	if r.Done() != nil || country != "" && !ValidCountry(country) {
		return "", nil, errors.New("pumping: unknown record of a challenge")
	}
	return country, private, nil
}

func unwrapped(previous []byte) ([]byte, error) {
	if len(previous) == 0 {
		return nil, nil
	}
	_, private, err := unwrap(previous)
	return private, err
}

// ValidCountry accepts a calling code, or an area of +1: there are a few hundred of them, so what is counted cannot grow.
func ValidCountry(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && digits != "" && len(digits) < maxCountry && strings.Trim(digits, "0123456789") == ""
}
