// Package keyset makes the encryption of a deployment from a Tink keyset: several AES-256-GCM keys at once, of which one seals
// and all open.
//
// [Generate] makes a keyset, [New] loads one, [Rotate] moves on to the next key without a gap, [Remove] ends a key that no row
// needs any more. A keyset that is missing or unusable is an error, and never replaced by a new one: that would lose every
// enrolled factor. // attack: A-122
//
// What is sealed by a released version opens with every later one; testdata holds the proof.
package keyset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/cofactor-mfa/cofactor/internal/seal"
)

// What Decrypt says of bytes that do not open.
var (
	// ErrUnknownKey says that they were sealed under a key that is not in the keyset, or is disabled: it was removed too early.
	ErrUnknownKey = errors.New("keyset: sealed under a key that is not in use")
	// ErrForged says that they were altered, or belong elsewhere: their associated data is another. // attack: A-123
	ErrForged = errors.New("keyset: altered, or moved from where it belongs")
)

// Config says what New loads.
type Config struct {
	// Keyset is the keyset, from a secret file or the environment. Required.
	Keyset JSON
	// KEK is the key encryption key that Keyset is encrypted under: the client of a key management service, say. nil says
	// that Keyset is in the clear, and a secret itself.
	KEK seal.AEAD
}

// Keyset seals with its primary key and opens with every enabled one. It is safe for concurrent use, and prints without its keys.
//
// Its keys have ids, which are not secret: each ciphertext begins with the id of the key it was sealed under.
type Keyset struct {
	aead    tink.AEAD
	primary uint32
	ids     []uint32
}

var (
	_ seal.AEAD  = (*Keyset)(nil)
	_ seal.Keyed = (*Keyset)(nil)
)

// New loads a keyset. All its keys must be AEAD keys that mark their ciphertexts with their id (Tink's output prefix TINK).
func New(cfg Config) (*Keyset, error) {
	handle, err := read(cfg)
	if err != nil {
		return nil, err
	}
	return load(handle)
}

func load(handle *keyset.Handle) (*Keyset, error) {
	k := &Keyset{}
	for _, info := range handle.KeysetInfo().GetKeyInfo() {
		if info.GetStatus() != tinkpb.KeyStatusType_ENABLED {
			continue
		}
		if info.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
			return nil, fmt.Errorf("keyset: key %d does not mark its ciphertexts: output prefix %v, want TINK", info.GetKeyId(), info.GetOutputPrefixType())
		}
		k.ids = append(k.ids, info.GetKeyId())
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	k.primary = primary.KeyID()
	if k.aead, err = aead.New(handle); err != nil {
		return nil, fmt.Errorf("keyset: holds a key that is not an AEAD's: %w", err)
	}
	return k, nil
}

// Encrypt seals plaintext under the primary key, for this associated data only.
func (k *Keyset) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	return k.aead.Encrypt(plaintext, associatedData)
}

// Decrypt opens what an enabled key sealed for the same associated data; otherwise ErrUnknownKey or ErrForged.
func (k *Keyset) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	id, ok := SealedBy(ciphertext)
	if !ok {
		return nil, ErrForged
	}
	if !slices.Contains(k.ids, id) {
		return nil, fmt.Errorf("%w: %d", ErrUnknownKey, id)
	}
	plaintext, err := k.aead.Decrypt(ciphertext, associatedData)
	if err != nil {
		return nil, ErrForged
	}
	return plaintext, nil
}

// KeyOf says which key a ciphertext claims to be sealed under, and whether it is the primary one. What is not should be sealed again before
// that key is removed.
func (k *Keyset) KeyOf(ciphertext []byte) (id string, sealing bool) {
	n, ok := SealedBy(ciphertext)
	if !ok {
		return "", false
	}
	return strconv.FormatUint(uint64(n), 10), n == k.primary
}

// PrimaryID is the id of the key that seals.
func (k *Keyset) PrimaryID() uint32 { return k.primary }

// IDs are the ids of the keys that open, in the order of the keyset.
func (k *Keyset) IDs() []uint32 { return slices.Clone(k.ids) }

// Format prints the ids, whatever the verb.
func (k *Keyset) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "keyset %v sealing with %d", k.ids, k.primary)
}

// SealedBy reads the id of the key that a ciphertext claims to be sealed under. What is not sealed under PrimaryID should be sealed
// again before that key is removed.
func SealedBy(ciphertext []byte) (id uint32, ok bool) {
	const tinkPrefix = 1
	if len(ciphertext) < 5 || ciphertext[0] != tinkPrefix {
		return 0, false
	}
	return binary.BigEndian.Uint32(ciphertext[1:]), true
}

// JSON is a keyset in Tink's JSON format. In the clear it is a secret, so it does not print, nor end up in a log or in other JSON;
// os.WriteFile takes it as it is.
type JSON []byte

const hidden = "[keyset]"

// Format prints a placeholder, whatever the verb. // attack: A-124
func (JSON) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// MarshalText gives the same placeholder to encoding/json and log/slog.
func (JSON) MarshalText() ([]byte, error) { return []byte(hidden), nil }
