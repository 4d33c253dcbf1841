package webhook

import (
	"errors"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/webhook"
)

// The headers of a signed request: those of Standard Webhooks, version 1, for which there are libraries in most languages. The signature is "v1," and
// the HMAC-SHA256, in base64, of the id, the time in seconds since 1970 and the body, with full stops between them.
const (
	HeaderID        = webhook.HeaderID
	HeaderTime      = webhook.HeaderTime
	HeaderSignature = webhook.HeaderSignature
)

// Fresh is how far the time of a request may be from the receiver's, either way. A receiver that must not send a message twice remembers the ids of
// that time.
const Fresh = 5 * time.Minute

// ErrSignature says that a request is not from whoever has the secret, or not from now.
var ErrSignature = errors.New("webhook: the signature is missing, wrong or old")

// Sign makes the value of HeaderSignature. An id has no full stop.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	return webhook.Sign(secret, id, at, body)
}

// Verify is for whoever receives the requests, which they read whole and with a limit: it returns nil if the header has a signature of the body by
// one of the secrets, made within Fresh of now. Two secrets are for the time when one takes the place of the other; without any, nothing is right.
func Verify(now time.Time, h http.Header, body []byte, secrets ...[]byte) error {
	if webhook.Verify(now, Fresh, h, body, secrets...) != nil {
		return ErrSignature
	}
	return nil
}
