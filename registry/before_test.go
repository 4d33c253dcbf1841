package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// The application may refuse each step. Nothing is then shown, sent, attached, removed or proved; the reason is in the event, and not in the answer.
func TestTheApplicationMayRefuse(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	var mu sync.Mutex
	var veto string
	var asked []registry.Event
	r := w.registry(func(c *registry.Config) {
		c.Before = func(_ context.Context, e registry.Event) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, e)
			switch {
			case e.Op != veto:
				return nil
			case e.Kind == "app":
				panic("not prepared for this")
			}
			return errors.New("the contract forbids it")
		}
	})
	in := enrolled(t, r, alice(), "pin")
	app := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	for _, op := range operations() {
		switch op.name {
		case "FinishLogin", "FinishStepUp", "FinishSetup", "Remove", "Rename", "SetDefault", "BeginLogin", "BeginSetup", "BeginStepUp", "StartLogin":
		default:
			continue
		}
		inner, _, _ := populated(t)
		name := strings.ToLower(op.name[:1]) + op.name[1:]
		for _, big := range []string{"Login", "Setup", "Step", "Up", "Default"} {
			name = strings.ReplaceAll(name, big, "_"+strings.ToLower(big))
		}
		refuse := false
		r := inner.registry(func(c *registry.Config) {
			c.Before = func(_ context.Context, e registry.Event) error {
				if refuse && e.Op == name {
					return errors.New("the contract forbids it")
				}
				return nil
			}
		})
		act := op.ready(t, inner, r)
		before := factors(t, r, alice())
		refuse = true
		got, err := act(t.Context())
		refused(t, registry.ErrPolicyForbids, got, err)
		if e := inner.lastEvent(); e.Op != name || e.Result != string(registry.ErrPolicyForbids) || !strings.Contains(e.Reason, "the contract forbids it") {
			t.Errorf("%s: the event is %+v", op.name, e)
		}
		if err != nil && strings.Contains(err.Error(), "contract") {
			t.Errorf("%s: the client is told why: %v", op.name, err)
		}
		if after := factors(t, r, alice()); !slices.Equal(after, before) {
			t.Errorf("%s: something was changed:\n%+v\n%+v", op.name, before, after)
		}
		refuse = false
		if _, err := act(t.Context()); err != nil {
			t.Errorf("%s: afterwards: %v", op.name, err)
		}
	}

	veto = "remove"
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: app.Proof, Factor: app.Factor})
	refused(t, registry.ErrPolicyForbids, got, err) // a panic is no
	mu.Lock()
	defer mu.Unlock()
	last := asked[len(asked)-1]
	if last.Op != "remove" || last.Result != "" || last.User != "alice" || last.Kind != "app" || last.Factor != app.Factor {
		t.Errorf("asked about %+v", last)
	}
}
