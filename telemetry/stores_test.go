package telemetry_test

import (
	"testing"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/factortest"
	"github.com/cofactor-mfa/cofactor/telemetry"
)

// A measured store keeps every promise that the store keeps.
func TestMeasuredStoresKeepThePromises(t *testing.T) {
	t.Parallel()
	m := measure(t)
	t.Run("challenges", func(t *testing.T) {
		challengetest.Run(t, func(*testing.T) challenge.Store { return m.Challenges(challenge.NewMemory()) })
	})
	t.Run("factors", func(t *testing.T) {
		factortest.Run(t, func(*testing.T) factor.Store { return m.Factors(factor.NewMemory()) })
	})
}

// What a store can do beside, it can do when it is measured, and nothing else: a registry that took it for an outbox would wait for events that never come.
func TestMeasuredStoresHaveTheAbilitiesTheyHad(t *testing.T) {
	t.Parallel()
	memory := factor.NewMemory()
	for name, s := range map[string]factor.Store{
		"both":   memory,
		"none":   struct{ factor.Store }{memory},
		"outbox": struct{ storeAndOutbox }{storeAndOutbox{memory, memory}},
		"reseal": struct{ storeAndResealer }{storeAndResealer{memory, memory}},
	} {
		measured := measure(t).Factors(s)
		_, queued := s.(factor.Outbox)
		_, queues := measured.(factor.Outbox)
		_, resealed := s.(factor.Resealer)
		_, reseals := measured.(factor.Resealer)
		if queues != queued || reseals != resealed {
			t.Errorf("a store with %s: outbox %v and was %v, resealer %v and was %v", name, queues, queued, reseals, resealed)
		}
	}
}

type storeAndOutbox struct {
	factor.Store
	factor.Outbox
}

type storeAndResealer struct {
	factor.Store
	factor.Resealer
}

func measure(t *testing.T) *telemetry.Telemetry {
	t.Helper()
	m, err := telemetry.New(telemetry.Config{}) // the global ones, which measure nothing
	if err != nil {
		t.Fatal(err)
	}
	return m
}
