package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a request, and the version of its signatures (Standard Webhooks, version 1).
const (
	headerID        = "webhook-id"
	headerTime      = "webhook-timestamp"
	headerSignature = "webhook-signature"
	version         = "v1,"
	maxSignatures   = 16
)

// What Verify says of a request that it does not accept.
var (
	ErrSignature = errors.New("audit: the request is not signed by any of the keys")
	ErrStale     = errors.New("audit: the request is too old, or of the future")
)

// VerifierConfig is what a Verifier is made from.
type VerifierConfig struct {
	// Keys are those that the sender may sign with: at least one, each of 32 bytes or more.
	Keys [][]byte

	// Window is how far a request's time may be from this machine's, in both directions: up to 1 hour, by default 5 minutes.
	Window time.Duration

	// Now is the clock, by default the system's.
	Now func() time.Time
}

// Format keeps the keys out of whatever prints a configuration.
func (VerifierConfig) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "audit.VerifierConfig (not printed)")
}

// Verifier tells a receiver whether a request comes from a Webhook. A request may come again within the window: by the sender, when the answer was lost, or by somebody
// who has recorded it. The receiver remembers the IDs of that time, and does nothing twice.
type Verifier struct {
	keys   [][]byte
	window time.Duration
	now    func() time.Time
}

// NewVerifier makes a verifier.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	if cfg.Window == 0 {
		cfg.Window = 5 * time.Minute
	}
	cfg.Now = clock(cfg.Now)
	faults := []error{checkKeys(cfg.Keys)}
	if cfg.Window < time.Second || cfg.Window > time.Hour {
		faults = append(faults, fmt.Errorf("audit: VerifierConfig.Window is %v, not 1s to 1h", cfg.Window))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &Verifier{keys: cloneKeys(cfg.Keys), window: cfg.Window, now: cfg.Now}, nil
}

// Verify returns the event of a request whose header and whole body these are: ErrSignature if it is not the sender's, ErrStale if it is not of now. A receiver reads
// the body through http.MaxBytesReader; an event has at most 64 KiB.
func (v *Verifier) Verify(h http.Header, body []byte) (Record, error) {
	id, at := h.Get(headerID), h.Get(headerTime)
	if !v.signed(h.Get(headerSignature), id, at, body) {
		return Record{}, ErrSignature
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != at {
		return Record{}, ErrStale
	}
	if age := v.now().Sub(time.Unix(seconds, 0)); age > v.window || age < -v.window {
		return Record{}, ErrStale
	}
	r := Record{JSON: body}
	if err := json.Unmarshal(body, &r.Event); err != nil || r.ID != id {
		return Record{}, errors.New("audit: the body is not the event that the header names")
	}
	return r, nil
}

// signed compares every signature with every key's, in constant time.
func (v *Verifier) signed(header, id, at string, body []byte) bool {
	given := strings.SplitN(header, " ", maxSignatures+1)
	if len(given) > maxSignatures {
		return false
	}
	ok := false
	for _, key := range v.keys {
		want := []byte(sign(key, id, at, body))
		for _, g := range given {
			ok = hmac.Equal(want, []byte(g)) || ok
		}
	}
	return ok
}

// Format keeps the keys out of whatever prints a verifier.
func (Verifier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "audit.Verifier") }

func signatures(keys [][]byte, id, at string, body []byte) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = sign(k, id, at, body)
	}
	return strings.Join(list, " ")
}

// sign signs id, time and body with dots between them. An id has no dot, nor has a time.
func sign(key []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, id+"."+at+".")
	_, _ = mac.Write(body)
	return version + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func checkKeys(keys [][]byte) error {
	if len(keys) == 0 || len(keys) > maxSignatures {
		return fmt.Errorf("audit: %d keys, not 1 to %d", len(keys), maxSignatures)
	}
	for _, k := range keys {
		if len(k) < minKey {
			return fmt.Errorf("audit: a key has %d bytes, fewer than %d", len(k), minKey)
		}
	}
	return nil
}

func cloneKeys(keys [][]byte) [][]byte {
	own := make([][]byte, len(keys))
	for i, k := range keys {
		own[i] = append([]byte(nil), k...)
	}
	return own
}
