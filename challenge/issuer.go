package challenge

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/seal"
)

const (
	tagBytes    = 9
	secretBytes = 32
	hashBytes   = 16

	storedLen   = 1 + 55  // "1" and 41 bytes of base64url
	maxUnstored = 4 << 10 // what a client may be asked to carry for us
)

var text = base64.RawURLEncoding.Strict()

// Tag names the account whose random handle this is, without telling which account it is.
func Tag(handle []byte) string {
	sum := sha256.Sum256(handle)
	return text.EncodeToString(sum[:tagBytes])
}

// Issuer gives out challenges and takes them back. It is the only place where ids are made and records are sealed and opened.
//
// An id is "1" and base64url of the account's tag and 32 random bytes; the store knows their digest. A challenge that names nobody is not
// stored at all: its id is "0" and the sealed record itself, so that a stranger on the sign-in page writes nothing, anywhere.
type Issuer struct {
	store Store
	aead  seal.AEAD
}

// NewIssuer needs both.
func NewIssuer(store Store, aead seal.AEAD) (*Issuer, error) {
	if store == nil || aead == nil {
		return nil, errors.New("challenge: an issuer needs a store and an AEAD")
	}
	return &Issuer{store: store, aead: aead}, nil
}

// Issued is a challenge that was given out: its id, and its terms as they were stored.
type Issued struct {
	ID string
	Record
}

// Opened is a challenge that was taken back, and its terms as they are now. A challenge that a client carries has none but the expiry.
type Opened struct {
	Challenge
	Attempts int       // left
	Next     time.Time // see Record
	Shut     time.Time // see Record
}

// Issue seals and stores c for the account that tag names, with r's terms. The challenge expires when c says.
func (i *Issuer) Issue(ctx context.Context, now time.Time, tag string, c Challenge, r Record, take ...Spend) (Issued, error) {
	rawTag, err := text.DecodeString(tag)
	if err != nil || len(rawTag) != tagBytes {
		return Issued{}, fmt.Errorf("challenge: %.20q is no tag", tag)
	}
	raw := make([]byte, tagBytes+secretBytes)
	copy(raw, rawTag)
	if _, err := rand.Read(raw[tagBytes:]); err != nil {
		return Issued{}, fmt.Errorf("challenge: no randomness: %w", err)
	}
	k := keyOf(raw)
	if r.Sealed, err = i.aead.Encrypt(c.encode(), binding(k)); err != nil {
		return Issued{}, fmt.Errorf("challenge: sealing: %w", err)
	}
	r.Expires = c.Expires
	if r, err = i.store.Create(ctx, now, k, r, take...); err != nil {
		return Issued{}, err
	}
	return Issued{ID: "1" + text.EncodeToString(raw), Record: r}, nil
}

// Carry seals a challenge that names nobody into its own id.
func (i *Issuer) Carry(c Challenge) (id string, err error) {
	sealed, err := i.aead.Encrypt(c.encode(), unstored)
	if err != nil {
		return "", fmt.Errorf("challenge: sealing: %w", err)
	}
	id = "0" + text.EncodeToString(sealed)
	if len(id) > maxUnstored {
		return "", fmt.Errorf("challenge: %d bytes are too many to be carried by a client", len(id))
	}
	return id, nil
}

// Get opens a challenge that may still be tried, without counting an attempt. ErrGone, *Refused, or a store's error.
func (i *Issuer) Get(ctx context.Context, now time.Time, id, try string, take ...Spend) (Opened, error) {
	k, ok := parse(id)
	if !ok {
		return Opened{}, ErrGone
	}
	r, err := i.store.Get(ctx, now, k, try, take...)
	if err != nil {
		return Opened{}, err
	}
	return i.open(now, k, r)
}

// Attempt counts an attempt, then opens the challenge. A challenge that a client carries has no attempts to count.
func (i *Issuer) Attempt(ctx context.Context, now time.Time, id, try string) (Opened, error) {
	if Carried(id) {
		return i.unseal(now, id)
	}
	k, ok := parse(id)
	if !ok {
		return Opened{}, ErrGone
	}
	r, err := i.store.Attempt(ctx, now, k, try)
	if err != nil {
		return Opened{}, err
	}
	return i.open(now, k, r)
}

// Release gives back what an Attempt with the same id and try charged.
func (i *Issuer) Release(ctx context.Context, now time.Time, id, try string) error {
	k, ok := parse(id)
	if !ok {
		return nil
	}
	return i.store.Release(ctx, now, k, try)
}

// Redeem ends the challenge that an Attempt with the same id and try opened. One that a client carries has nothing to end.
func (i *Issuer) Redeem(ctx context.Context, now time.Time, id, try string, refill ...string) error {
	if Carried(id) {
		return nil
	}
	k, ok := parse(id)
	if !ok {
		return ErrGone
	}
	return i.store.Redeem(ctx, now, k, try, refill...)
}

// Nowhere is the id of a challenge of this tag that was never issued: to ask for it costs a store what it costs to ask for another, and it writes nothing.
func Nowhere(tag string) string {
	var secret [secretBytes]byte
	_, _ = rand.Read(secret[:]) // never fails
	return "1" + tag + text.EncodeToString(secret[:])
}

// Carried says that the id carries its own challenge.
func Carried(id string) bool { return id != "" && id[0] == '0' }

func (i *Issuer) open(now time.Time, k Key, r Record) (Opened, error) {
	plain, err := i.aead.Decrypt(r.Sealed, binding(k))
	if err != nil {
		return Opened{}, fmt.Errorf("%w: does not open", ErrGone)
	}
	c, err := decode(plain)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: %w", ErrGone, err)
	}
	if !now.Before(c.Expires) {
		return Opened{}, fmt.Errorf("%w: expired", ErrGone)
	}
	return Opened{Challenge: c, Attempts: r.Attempts, Next: r.Next, Shut: r.Shut}, nil
}

func (i *Issuer) unseal(now time.Time, id string) (Opened, error) {
	if len(id) > maxUnstored {
		return Opened{}, ErrGone
	}
	sealed, err := decodeText(id[1:])
	if err != nil {
		return Opened{}, ErrGone
	}
	plain, err := i.aead.Decrypt(sealed, unstored)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: does not open", ErrGone)
	}
	c, err := decode(plain)
	if err != nil || c.User != "" || !now.Before(c.Expires) {
		return Opened{}, ErrGone
	}
	return Opened{Challenge: c}, nil
}

// parse reads a stored challenge's id, in constant time for one of a megabyte. // attack: A-159
func parse(id string) (Key, bool) {
	if len(id) != storedLen || id[0] != '1' {
		return Key{}, false
	}
	raw, err := decodeText(id[1:])
	if err != nil {
		return Key{}, false
	}
	return keyOf(raw), true
}

// decodeText reads base64url that is written in the one way there is. The standard decoder skips line breaks even when it is strict; ids are
// spent by their text, so a second spelling of an id would be a second use of it.
func decodeText(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("challenge: a line break in an id")
	}
	return text.DecodeString(s)
}

func keyOf(raw []byte) Key {
	sum := sha256.Sum256(raw)
	return Key{Tag: text.EncodeToString(raw[:tagBytes]), Hash: text.EncodeToString(sum[:hashBytes])}
}

// A record opens only under its own key, so a store, or a client that mixes up replies, cannot pass one for another. // attack: A-152
func binding(k Key) []byte { return seal.Bind("challenge 1", k.Tag, k.Hash) }

var unstored = seal.Bind("challenge 1", "unstored")
