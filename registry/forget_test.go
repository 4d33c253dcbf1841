package registry_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/registry"
)

// forgetful is a passkey kind whose devices can be told that nobody has a key.
type forgetful struct {
	*passkey
	err error
}

func (f forgetful) Forget(_ context.Context, handle string) (any, error) {
	return "forget " + handle, f.err
}

// unsure is a store that does not tell a handle that another tenant has from one that nobody has.
type unsure struct{ factor.Store }

func (s unsure) Find(ctx context.Context, tenant, kind, handle string) (factor.Factor, error) {
	f, err := s.Store.Find(ctx, tenant, kind, handle)
	if errors.Is(err, factor.ErrNotFound) {
		err = factor.ErrNotFound
	}
	return f, err
}

// A device is told to forget a key only if nobody named a user, and it is certain that nobody has the key.
//
// attack
func TestOnlyAKeyThatIsNowhereIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forgetful{passkey: newPasskey()})
	r := w.registry()
	first := enrolled(t, r, alice(), "key")
	removed := enrol(t, r, alice(), registry.Enrol{Proof: first.Proof, Kind: "key"})
	acme := bob()
	acme.User.Tenant = "acme"
	enrolled(t, r, acme, "key")
	disabled := enrol(t, r, alice(), registry.Enrol{Proof: removed.Proof, Kind: "key"})
	change := registry.Manage{Who: alice(), Proof: disabled.Proof, Factor: removed.Factor}
	if _, err := r.Remove(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if err := r.Admin().Disable(t.Context(), registry.Deed{Actor: "op", Reason: "lost", User: "alice", Factor: disabled.Factor}); err != nil {
		t.Fatal(err)
	}
	unnamed := func(r *registry.Registry, handle string, nonce any) registry.Error {
		nobody := registry.Who{Binding: "a visitor's session"}
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
		if err != nil {
			t.Fatal(err)
		}
		if nonce == nil {
			nonce = ch.Public
		}
		got, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: ch.ID, Response: assert(handle, nonce)})
		refused(t, registry.ErrRejected, got, err)
		return public(t, err)
	}
	for what, handle := range map[string]string{"never made": "nobody's", "removed": handleOf("alice", 2)} {
		if got := unnamed(r, handle, nil); got.Signal != "forget "+handle {
			t.Errorf("a key that was %s: signal %v", what, got.Signal)
		}
	}
	for what, got := range map[string]registry.Error{
		"another tenant's key":      unnamed(r, handleOf("bob", 3), nil),
		"a disabled key":            unnamed(r, handleOf("alice", 4), nil),
		"a wrong answer of a key":   unnamed(r, handleOf("alice", 1), "AAAA"),
		"an answer that has no key": unnamed(r, "", nil),
		"a store that is not sure":  unnamed(w.registry(func(c *registry.Config) { c.Factors = unsure{c.Factors} }), "nobody's", nil),
	} {
		if got.Signal != nil {
			t.Errorf("%s: signal %v", what, got.Signal)
		}
	}

	l, ch := begin(t, r, alice())
	_, err := answer(t, r, alice(), l, ch, assert("nobody's", ch.Public))
	unknown := public(t, err)
	l, ch = begin(t, r, alice())
	_, err = answer(t, r, alice(), l, ch, assert(handleOf("bob", 3), ch.Public))
	if known := public(t, err); known != unknown || known.Signal != nil {
		t.Errorf("a named user's answer with a key that is nowhere: %+v, with another user's: %+v; they must be one", unknown, known)
	}
}

// A provider that cannot say it does not change the answer.
func TestForgettingThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]forgetful{"fails": {newPasskey(), errors.New("no")}, "panics": {newPasskey(), nil}} {
		w := newWorld(t, kind)
		if name == "panics" {
			w = newWorld(t, panicking{kind})
		}
		r := w.registry()
		nobody := registry.Who{Binding: "a visitor's session"}
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: ch.ID, Response: assert("nobody's", ch.Public)})
		refused(t, registry.ErrRejected, got, err)
		if e := public(t, err); e.Signal != nil {
			t.Errorf("a provider that %s: signal %v", name, e.Signal)
		}
	}
}

type panicking struct{ forgetful }

func (panicking) Forget(context.Context, string) (any, error) { panic("no") }
