package pumping

import (
	"crypto/rand"
	"errors"
	"strings"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

const (
	privateFormat = 1
	maxCountry    = 5
	maxID         = 32
	maxPrivate    = 4 << 10
)

// record is what a challenge remembers: format 1, the country that its message went to, its ID for the counter, and what the provider wants remembered.
type record struct {
	country, id string
	private     []byte
}

func (r record) encode() []byte {
	return wire.AppendBytes(wire.AppendString(wire.AppendString([]byte{privateFormat}, r.country), r.id), r.private)
}

func readRecord(b []byte) (record, error) {
	r := wire.Read(b)
	if r.Byte() != privateFormat {
		r.Fail()
	}
	rec := record{r.String(maxCountry), r.String(maxID), r.Bytes(maxPrivate)}
	if r.Done() != nil || rec.id == "" || rec.country != "" && !ValidCountry(rec.country) {
		return record{}, errors.New("pumping: unknown record of a challenge")
	}
	return rec, nil
}

// begun is the record of a challenge that is shown again, or else of a new one.
func begun(previous []byte) (record, error) {
	if len(previous) == 0 {
		return record{id: rand.Text()}, nil
	}
	return readRecord(previous)
}

// ValidCountry accepts a calling code, or an area of +1: there are a few hundred of them, so what is counted cannot grow.
func ValidCountry(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && digits != "" && len(digits) < maxCountry && strings.Trim(digits, "0123456789") == ""
}
