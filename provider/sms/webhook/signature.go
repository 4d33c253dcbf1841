package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed request: those of Standard Webhooks, version 1, for which there are libraries in most languages. The signature is "v1," and
// the HMAC-SHA256, in base64, of the id, the time in seconds since 1970 and the body, with full stops between them.
const (
	HeaderID        = "Webhook-Id"
	HeaderTime      = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const maxSignatures = 16

// Fresh is how far the time of a request may be from the receiver's, either way. A receiver that must not send a message twice remembers the ids of
// that time.
const Fresh = 5 * time.Minute

// ErrSignature says that a request is not from whoever has the secret, or not from now.
var ErrSignature = errors.New("webhook: the signature is missing, wrong or old")

// Sign makes the value of HeaderSignature. An id has no full stop.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	return sign(secret, id, strconv.FormatInt(at.Unix(), 10), body)
}

// Verify is for whoever receives the requests, which they read whole and with a limit: it returns nil if the header has a signature of the body by
// one of the secrets, made within Fresh of now. Two secrets are for the time when one takes the place of the other; without any, nothing is right.
func Verify(now time.Time, h http.Header, body []byte, secrets ...[]byte) error {
	id, at := h.Get(HeaderID), h.Get(HeaderTime)
	given := strings.SplitN(h.Get(HeaderSignature), " ", maxSignatures+1)
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != at || id == "" || strings.Contains(id, ".") || len(given) > maxSignatures {
		return ErrSignature
	}
	right := false
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		want := []byte(sign(secret, id, at, body))
		for _, g := range given {
			right = hmac.Equal(want, []byte(g)) || right
		}
	}
	if age := now.Sub(time.Unix(seconds, 0)); !right || age > Fresh || age < -Fresh {
		return ErrSignature
	}
	return nil
}

func sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
