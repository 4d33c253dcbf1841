package totp

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"io"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// format is the version of the records below. The registry seals them, so what is read back is what was written, or an old version.
const format = 1

const (
	secretSize = 20  // bytes of a new secret: 160 bits, as RFC 4226 section 4 recommends. // attack: A-117
	minSecret  = 16  // 128 bits, the least that RFC 4226 section 4 allows
	maxSecret  = 128 // the block of SHA-512; HMAC would hash a longer key down to less
)

// key is one factor, or one candidate for it: what the app and the server share, and what of it is used up.
type key struct {
	algorithm Algorithm
	digits    int
	period    int64 // seconds
	last      int64 // the newest time step that was used; 0 if none was
	secret    []byte
}

// withSecret is the key with a new secret. It fails if the system has no randomness, and never falls back. // attack: A-119
func (k key) withSecret() (key, error) {
	k.secret = make([]byte, secretSize)
	if _, err := io.ReadFull(rand.Reader, k.secret); err != nil {
		return key{}, fmt.Errorf("totp: no randomness: %w", err)
	}
	return k, nil
}

func (k key) encode() []byte {
	b := make([]byte, 0, 16+len(k.secret))
	b = append(b, format, byte(k.algorithm))
	b = wire.AppendUint(b, uint64(k.digits))
	b = wire.AppendUint(b, uint64(k.period))
	b = wire.AppendUint(b, uint64(k.last))
	return wire.AppendBytes(b, k.secret)
}

// decode checks all parameters again, because a wrong one would panic far away or accept codes of an empty secret. // attack
func decode(b []byte) (key, error) {
	r := wire.Read(b)
	if r.Byte() != format {
		r.Fail()
	}
	k := key{
		algorithm: Algorithm(r.Byte()),
		digits:    r.Int(8),
		period:    int64(r.Int(int(maxPeriod / time.Second))),
		last:      int64(r.Uint()),
		secret:    r.Bytes(maxSecret),
	}
	if k.algorithm > SHA512 || !validDigits(k.digits) || k.period < int64(minPeriod/time.Second) ||
		k.last < 0 || k.last > lastSecond || len(k.secret) < minSecret {
		r.Fail()
	}
	if err := r.Done(); err != nil {
		return key{}, fmt.Errorf("totp: stored key: %w", err)
	}
	return k, nil
}

func validDigits(n int) bool { return n == 6 || n == 8 } // What the Key URI format knows.

// base32Secret is the secret as apps, and the library, take it: RFC 4648 base 32 without padding.
func (k key) base32Secret() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(k.secret)
}
