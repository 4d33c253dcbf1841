package twilioverify

import (
	"errors"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	dataFormat    = 1
	privateFormat = 1
	maxNumber     = 24
	maxSID        = 34
	nonceSize     = 16
)

// telephone is what a factor is: format 1, the number, and the SID of the verification that it accepted last. One is enough: for a number, Twilio has
// no verification live that is older than the newest.
type telephone struct{ number, used string }

func (t telephone) encode() []byte {
	return wire.AppendString(wire.AppendString([]byte{dataFormat}, t.number), t.used)
}

func telephoneOf(fs []provider.Factor) (telephone, error) {
	if len(fs) != 1 {
		return telephone{}, errors.New("twilioverify: a code goes to exactly one factor")
	}
	r := wire.Read(fs[0].Data)
	if r.Byte() != dataFormat {
		r.Fail()
	}
	t := telephone{r.String(maxNumber), r.String(maxSID)}
	if r.Done() != nil || t.number == "" || t.used == "" {
		return telephone{}, errors.New("twilioverify: unknown record of a factor")
	}
	return t, nil
}

// beginning is what a challenge remembers: format 1, the number, and what tells it from other challenges. The SID of Twilio's verification cannot be
// here: there is none before the message is sent, and nothing is sent before this is stored.
type beginning struct {
	number string
	nonce  []byte
}

func (b beginning) encode() []byte {
	return wire.AppendBytes(wire.AppendString([]byte{privateFormat}, b.number), b.nonce)
}

func readBeginning(private []byte) (beginning, error) {
	r := wire.Read(private)
	if r.Byte() != privateFormat {
		r.Fail()
	}
	b := beginning{r.String(maxNumber), r.Bytes(nonceSize)}
	if r.Done() != nil || b.number == "" || len(b.nonce) != nonceSize {
		return beginning{}, errors.New("twilioverify: unknown record of a challenge")
	}
	return b, nil
}
