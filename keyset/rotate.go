package keyset

import (
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/cofactor-mfa/cofactor/internal/seal"
)

// Generate makes a keyset of two new keys: the first seals, the second waits for Rotate. It is encrypted under kek, or in the clear
// if that is nil.
func Generate(kek seal.AEAD) (JSON, error) {
	handle, err := generate()
	if err != nil {
		return nil, err
	}
	return write(handle, kek)
}

// Rotate makes the waiting key the primary one, and adds the next key to wait. The replicas of a deployment may take up the result one
// after the other: those that have not yet can open what the others seal, because they know the key already. All keys stay.
//
// A keyset that was made elsewhere may have no key waiting behind its primary one. Rotate then only adds one, and the primary key
// stays; deploy the result everywhere, then rotate.
func Rotate(cfg Config) (JSON, error) {
	return change(cfg, func(m *keyset.Manager, k *Keyset) error {
		if waiting := k.ids[len(k.ids)-1]; waiting != k.primary {
			if err := m.SetPrimary(waiting); err != nil {
				return err
			}
		}
		_, err := m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
}

// Remove takes a key out. What is still sealed under it never opens again, so seal that again first. The primary key cannot be removed.
func Remove(cfg Config, id uint32) (JSON, error) {
	return change(cfg, func(m *keyset.Manager, _ *Keyset) error { return m.Delete(id) })
}

// Ephemeral makes a keyset that ends with the process, and everything sealed under it with it. It is for demos and tests, which keep
// nothing either.
func Ephemeral() (*Keyset, error) {
	handle, err := generate()
	if err != nil {
		return nil, err
	}
	return load(handle)
}

func generate() (*keyset.Handle, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("keyset: making a key: %w", err)
	}
	m := keyset.NewManagerFromHandle(handle)
	if _, err := m.Add(aead.AES256GCMKeyTemplate()); err != nil {
		return nil, fmt.Errorf("keyset: making a key: %w", err)
	}
	return m.Handle()
}

func change(cfg Config, do func(*keyset.Manager, *Keyset) error) (JSON, error) {
	handle, err := read(cfg)
	if err != nil {
		return nil, err
	}
	k, err := load(handle)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(handle)
	if err := do(m, k); err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	if handle, err = m.Handle(); err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return write(handle, cfg.KEK)
}
