package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// A program that forgets the session's binding value is told so at once: an empty one would bind nothing, and look as if it did. A program that has no session says
// so with NoBinding.
//
// attack
func TestBindingIsRequired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newPasskey())
	r := w.registry()
	for _, binding := range []string{"", strings.Repeat("x", 257)} {
		who := alice()
		who.Binding = binding
		got, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
		refused(t, registry.ErrInvalid, got, err)
		if _, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: who, Kind: "pin"}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("BeginStepUp without a binding: %v", err)
		}
		nobody := registry.Who{Binding: binding}
		if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("BeginLogin without a binding, nobody named: %v", err)
		}
	}
	who := alice()
	who.Binding = registry.NoBinding
	start(t, r, who)
}
