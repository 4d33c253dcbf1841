package sentcode

import (
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	dataFormat    = 1
	privateFormat = 1
)

// destination is what a factor is: format 1, the address, the locale at enrolment, which notices are written in.
type destination struct{ address, locale string }

func (d destination) encode() []byte {
	return wire.AppendString(wire.AppendString([]byte{dataFormat}, d.address), d.locale)
}

func readDestination(b []byte) (destination, error) {
	r := wire.Read(b)
	if r.Byte() != dataFormat {
		r.Fail()
	}
	d := destination{r.String(maxAddress), r.String(maxLocale)}
	if r.Done() != nil || d.address == "" {
		return destination{}, errors.New("sentcode: unknown record of a factor")
	}
	return d, nil
}

func destinationOf(fs []provider.Factor) (destination, error) {
	if len(fs) != 1 {
		return destination{}, errors.New("sentcode: a code goes to exactly one factor")
	}
	return readDestination(fs[0].Data)
}

// sent is what a challenge remembers: format 1, where the code went and in which language, until when it is good, and the code. The
// expiry is for the text of a message that is sent again; what enforces it is the challenge's own.
type sent struct {
	destination
	expires time.Time
	digits  string
}

func (s sent) encode() []byte {
	b := wire.AppendString(wire.AppendString([]byte{privateFormat}, s.address), s.locale)
	return wire.AppendString(wire.AppendTime(b, s.expires), s.digits)
}

func readSent(b []byte) (sent, error) {
	r := wire.Read(b)
	if r.Byte() != privateFormat {
		r.Fail()
	}
	s := sent{destination{r.String(maxAddress), r.String(maxLocale)}, r.Time(), r.String(maxDigits)}
	if r.Done() != nil || s.address == "" || len(s.digits) < 6 {
		return sent{}, errors.New("sentcode: unknown record of a challenge")
	}
	return s, nil
}
