package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/webhook"
)

// What Verify says of a request that it does not accept.
var (
	ErrSignature = webhook.ErrSignature
	ErrStale     = webhook.ErrStale
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
	if err := webhook.Verify(v.now(), v.window, h, body, v.keys...); err != nil {
		return Record{}, err
	}
	r := Record{JSON: body}
	if err := json.Unmarshal(body, &r.Event); err != nil || r.ID != h.Get(webhook.HeaderID) {
		return Record{}, errors.New("audit: the body is not the event that the header names")
	}
	return r, nil
}

// Format keeps the keys out of whatever prints a verifier.
func (Verifier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "audit.Verifier") }

func checkKeys(keys [][]byte) error {
	if len(keys) == 0 || len(keys) > webhook.MaxSignatures {
		return fmt.Errorf("audit: %d keys, not 1 to %d", len(keys), webhook.MaxSignatures)
	}
	for _, k := range keys {
		if len(k) < webhook.MinKey {
			return fmt.Errorf("audit: a key has %d bytes, fewer than %d", len(k), webhook.MinKey)
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
