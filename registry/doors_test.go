package registry_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

// Whoever names nobody, and holds the id of a key and not the key, gets one answer, also if the application would refuse the key's owner.
//
// attack: A-143
func TestAStrangerDoesNotLearnWhomTheApplicationRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newPasskey())
	r := w.registry(func(c *registry.Config) {
		c.Before = func(_ context.Context, e registry.Event) error {
			if e.Op == "finish_login" && e.User == "alice" {
				return errors.New("suspended")
			}
			return nil
		}
	})
	enrolled(t, r, alice(), "key")
	visitor := registry.Who{Binding: "a visitor's session"}
	var told []string
	for _, handle := range []string{handleOf("alice", 1), handleOf("nobody", 1)} {
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: visitor, Kind: "key"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.FinishLogin(t.Context(), registry.Finish{Who: visitor, Challenge: ch.ID, Response: assert(handle, "not this nonce")})
		refused(t, registry.ErrRejected, got, err)
		told = append(told, fmt.Sprintf("%#v", err))
	}
	if strip := regexp.MustCompile(`0x[0-9a-f]+`); strip.ReplaceAllString(told[0], "") != strip.ReplaceAllString(told[1], "") {
		t.Errorf("the answers differ: %s and %s", told[0], told[1])
	}
}
