package registry_test

import (
	"errors"
	"testing"

	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Keys rotate under a running deployment: what the old key sealed goes on working, and a row moves to the new key when it is used. A key that is
// taken away too early closes the door, and never opens it. // attack: A-56, A-122 // asvs: V11.2.2
func TestKeysRotateLive(t *testing.T) {
	t.Parallel()
	first, err := keyset.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := keyset.Rotate(keyset.Config{Keyset: first})
	if err != nil {
		t.Fatal(err)
	}
	before, after := keysOf(t, first), keysOf(t, second)

	w := newWorld(t, newSecret("pin"))
	old := w.registry(func(c *registry.Config) { c.AEAD = before })
	enrolled(t, old, alice(), "pin")
	if got := w.sealedBy(t); got != before.PrimaryID() {
		t.Fatalf("the row is sealed by %d, not by the primary key %d", got, before.PrimaryID())
	}

	// A login that was begun by a replica with the old keyset is finished by one with the new.
	l, ch := begin(t, old, alice())
	rotated := w.registry(func(c *registry.Config) { c.AEAD = after })
	if _, err := answer(t, rotated, alice(), l, ch, yes); err != nil {
		t.Fatalf("a login across the rotation: %v", err)
	}
	if got := w.sealedBy(t); got != after.PrimaryID() {
		t.Errorf("a used row is still sealed by %d, not by the new primary key %d", got, after.PrimaryID())
	}

	// And the other way round, for replicas do not restart at the same moment.
	signIn(t, old, alice())

	other, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	lost := w.registry(func(c *registry.Config) { c.AEAD = other })
	got := start(t, lost, alice())
	if got.Satisfied || got.Proof != "" {
		t.Error("a deployment that cannot open a user's factor asks for no factor")
	}
	if _, err := lost.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: got.Pending, Kind: "pin"}); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("a factor that does not open: %v, want %v", err, registry.ErrUnavailable)
	}
}

func keysOf(t *testing.T, j keyset.JSON) *keyset.Keyset {
	t.Helper()
	k, err := keyset.New(keyset.Config{Keyset: j})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sealedBy is the key that seals alice's only factor.
func (w *world) sealedBy(t *testing.T) uint32 {
	t.Helper()
	snap, err := w.factors.Load(t.Context(), "", "alice")
	if err != nil || len(snap.Factors) != 1 {
		t.Fatalf("alice has %d factors, %v", len(snap.Factors), err)
	}
	id, ok := keyset.SealedBy(snap.Factors[0].Data)
	if !ok {
		t.Fatal("the row does not say which key sealed it")
	}
	return id
}
