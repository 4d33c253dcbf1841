package keyset_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/keyset"
)

func generate(t testing.TB, kek seal.AEAD) keyset.JSON {
	t.Helper()
	j, err := keyset.Generate(kek)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func load(t testing.TB, cfg keyset.Config) *keyset.Keyset {
	t.Helper()
	k, err := keyset.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ephemeral(t testing.TB) *keyset.Keyset {
	t.Helper()
	k, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func encrypt(t testing.TB, a seal.AEAD, plain, ad string) []byte {
	t.Helper()
	sealed, err := a.Encrypt([]byte(plain), []byte(ad))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(t testing.TB, a seal.AEAD, sealed []byte, ad, want string) {
	t.Helper()
	got, err := a.Decrypt(sealed, []byte(ad))
	if err != nil || string(got) != want {
		t.Errorf("what was sealed must open: got %q, %v", got, err)
	}
}

func TestRotation(t *testing.T) {
	for name, kek := range map[string]seal.AEAD{"in the clear": nil, "under a KEK": ephemeral(t)} {
		t.Run(name, func(t *testing.T) { testRotation(t, kek) })
	}
}

func testRotation(t *testing.T, kek seal.AEAD) {
	cfg := keyset.Config{Keyset: generate(t, kek), KEK: kek}
	old := load(t, cfg)
	sealedByOld := encrypt(t, old, "secret", "row 1")

	rotated, err := keyset.Rotate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Keyset = rotated
	current := load(t, cfg)
	sealedByCurrent := encrypt(t, current, "secret", "row 2")

	if current.PrimaryID() == old.PrimaryID() || len(current.IDs()) != len(old.IDs())+1 {
		t.Errorf("rotation must move the primary key on and keep the old ones: %v became %v", old, current)
	}
	if id, ok := keyset.SealedBy(sealedByCurrent); !ok || id != current.PrimaryID() {
		t.Errorf("sealed under %d, but the primary key is %d", id, current.PrimaryID())
	}
	opens(t, current, sealedByOld, "row 1", "secret")
	// A replica that has not been restarted must open what the others seal already.
	opens(t, old, sealedByCurrent, "row 2", "secret")

	removed, err := keyset.Remove(cfg, old.PrimaryID())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Keyset = removed
	without := load(t, cfg)
	if slices.Contains(without.IDs(), old.PrimaryID()) {
		t.Errorf("key %d was removed and is still there: %v", old.PrimaryID(), without)
	}
	opens(t, without, sealedByCurrent, "row 2", "secret")
	if _, err := without.Decrypt(sealedByOld, []byte("row 1")); !errors.Is(err, keyset.ErrUnknownKey) { // attack: A-122
		t.Errorf("a key that was removed too early must be told apart from a forgery: %v", err)
	}
}

func TestRotationWithoutAWaitingKeyOnlyAddsOne(t *testing.T) {
	cfg := keyset.Config{Keyset: generate(t, nil)}
	before := load(t, cfg)
	alone, err := keyset.Remove(cfg, before.IDs()[1])
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := keyset.Rotate(keyset.Config{Keyset: alone})
	if err != nil {
		t.Fatal(err)
	}
	after := load(t, keyset.Config{Keyset: rotated})
	if after.PrimaryID() != before.PrimaryID() || len(after.IDs()) != 2 {
		t.Errorf("no replica may seal with a key that another has never seen: %v became %v", before, after)
	}
}

func TestThePrimaryKeyCannotBeRemoved(t *testing.T) {
	cfg := keyset.Config{Keyset: generate(t, nil)}
	k := load(t, cfg)
	if _, err := keyset.Remove(cfg, k.PrimaryID()); err == nil {
		t.Error("the primary key was removed")
	}
	unknown := k.IDs()[0] ^ k.IDs()[1]
	if _, err := keyset.Remove(cfg, unknown); err == nil {
		t.Error("an unknown key was removed")
	}
}

// attack: A-123
func TestCiphertextDoesNotMove(t *testing.T) {
	k := ephemeral(t)
	sealed := encrypt(t, k, "secret", "alice")
	if _, err := k.Decrypt(sealed, []byte("bob")); !errors.Is(err, keyset.ErrForged) {
		t.Errorf("alice's ciphertext in bob's row must not open: %v", err)
	}
	for i := range sealed {
		forged := bytes.Clone(sealed)
		forged[i] ^= 1
		if _, err := k.Decrypt(forged, []byte("alice")); !errors.Is(err, keyset.ErrForged) && !errors.Is(err, keyset.ErrUnknownKey) {
			t.Errorf("with byte %d altered it must not open: %v", i, err)
		}
		if _, err := k.Decrypt(sealed[:i], []byte("alice")); err == nil {
			t.Errorf("cut to %d bytes it opened", i)
		}
	}
	if _, err := k.Decrypt(nil, []byte("alice")); !errors.Is(err, keyset.ErrForged) {
		t.Errorf("nothing must not open: %v", err)
	}
}

// The files were written by the first release. Whoever changes them loses every enrolled factor of every deployment.
func TestGolden(t *testing.T) {
	golden := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	k := load(t, keyset.Config{Keyset: golden("keyset.json")})
	opens(t, k, golden("sealed-by-old-key"), "acme, alice", "a TOTP secret")
	opens(t, k, golden("sealed-by-primary-key"), "acme, alice", "a TOTP secret")
	encrypted := load(t, keyset.Config{Keyset: golden("keyset-encrypted.json"), KEK: k})
	opens(t, encrypted, golden("sealed-by-old-key"), "acme, alice", "a TOTP secret")
}

// keyMaterial is what must never be seen: the values of a keyset in the clear.
func keyMaterial(t testing.TB, clear keyset.JSON) []string {
	t.Helper()
	var parsed struct {
		Key []struct {
			KeyData struct {
				Value string `json:"value"`
			} `json:"keyData"`
		} `json:"key"`
	}
	if err := json.Unmarshal(clear, &parsed); err != nil || len(parsed.Key) == 0 {
		t.Fatalf("no keys in the keyset: %v", err)
	}
	var values []string
	for _, k := range parsed.Key {
		values = append(values, strings.TrimRight(k.KeyData.Value, "="))
	}
	return values
}
