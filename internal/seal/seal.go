// Package seal names the one kind of encryption that cofactor uses, and says what each ciphertext is bound to.
package seal

import "github.com/cofactor-mfa/cofactor/internal/wire"

// AEAD encrypts and authenticates. It has the shape of Tink's primitive, so a Tink keyset is one. Implementations must be
// safe for concurrent use, must use a fresh nonce for each call, and must open what any key in use has sealed.
type AEAD interface {
	Encrypt(plaintext, associatedData []byte) ([]byte, error)
	Decrypt(ciphertext, associatedData []byte) ([]byte, error)
}

// Keyed is an optional ability of an AEAD: to say which of its keys a ciphertext was sealed under, by its id, and whether that is the one that seals now. The
// id of what it cannot tell is "".
type Keyed interface {
	KeyOf(ciphertext []byte) (id string, sealing bool)
}

// Bind makes the associated data of a ciphertext from what the ciphertext is and whom it belongs to. The parts are length-prefixed, so
// ("a:b", "c") and ("a", "b:c") bind differently, and a ciphertext moved to another row does not open. // attack
func Bind(purpose string, parts ...string) []byte {
	n := len(purpose) + 1
	for _, p := range parts {
		n += len(p) + 2
	}
	b := wire.AppendString(make([]byte, 0, n), purpose)
	for _, p := range parts {
		b = wire.AppendString(b, p)
	}
	return b
}
