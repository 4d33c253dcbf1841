package registry_test

import (
	"errors"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// One code at two doors at once, through two replicas, opens one of them.
//
// attack
func TestOneCodeOpensOneDoor(t *testing.T) {
	t.Parallel()
	w := onServers(t, newTypedApp())
	tap := w.tapped()
	one, two := w.registry(patient).Unpadded(), w.registry(patient).Unpadded()
	enrolled(t, one, alice(), "app")
	for round := range 5 {
		l, ch := begin(t, two, alice())
		tap.during(meeting("Apply", 2))
		n, failed := crowd(t, 2, func(i int) error {
			if i == 0 {
				_, err := together(t, one, alice(), true, later(1+round))
				return err
			}
			_, err := answer(t, two, alice(), l, ch, later(1+round))
			return err
		})
		tap.during(nil)
		if n != 1 {
			t.Errorf("round %d: one code opened %d doors; %v", round, n, failed)
		}
		for _, err := range failed {
			if !errors.Is(err, registry.ErrRejected) {
				t.Errorf("round %d: %v", round, err)
			}
		}
	}
}
