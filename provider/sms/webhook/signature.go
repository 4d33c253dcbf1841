package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Header is the HTTP header that carries the signature:
//
//	Cofactor-Signature: t=1898586000,v1=41d36c5019eb52a588a48f2f576b2fb1ff0c94560a3fde13d785885bf9ddf8cf
//
// t is the time in seconds since 1970, and v1 the HMAC-SHA256, in hexadecimal, of the time as it stands there, a full stop, and the body. A
// later scheme would have another name beside v1.
const Header = "Cofactor-Signature"

// Fresh is how far the time of a signature may be from the receiver's, either way. A receiver that must not send a message twice remembers the
// signatures of that time.
const Fresh = 5 * time.Minute

// ErrSignature says that a request is not from whoever has the secret, or not from now.
var ErrSignature = errors.New("webhook: the signature is missing, wrong or old")

// Sign makes the value of Header.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(sum(secret, t, body))
}

// Verify is for whoever receives the requests: it returns nil if the value of Header is a signature of the body by one of the secrets, made
// within Fresh of now. Two secrets are for the time when one takes the place of the other; without any, nothing is right.
func Verify(now time.Time, header string, body []byte, secrets ...[]byte) error {
	stamp, rest, ok := strings.Cut(header, ",v1=")
	t, isTime := strings.CutPrefix(stamp, "t=")
	given, err := hex.DecodeString(rest)
	if !ok || !isTime || err != nil || len(given) != sha256.Size || len(t) > 20 {
		return ErrSignature
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return ErrSignature
	}
	right := 0
	for _, secret := range secrets {
		if len(secret) >= minSecret && hmac.Equal(given, sum(secret, t, body)) {
			right++
		}
	}
	if age := now.Sub(time.Unix(seconds, 0)); right == 0 || age > Fresh || age < -Fresh {
		return ErrSignature
	}
	return nil
}

func sum(secret []byte, t string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
