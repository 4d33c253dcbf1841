package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Check is a question about the outside world, for operators.
type Check struct {
	Name string // "challenges: redis"
	Run  func(context.Context) error
}

// Checks are the questions that a configuration has for the outside world, one for each thing that a deployment needs: its stores, and what its providers ask
// for with Deps.OnCheck. Each connects by itself when it is run, and sends nothing to anybody.
func (c *Config) Checks(p Program) ([]Check, error) {
	p = p.withDefaults()
	list := []Check{
		{"challenges: " + c.deployment.Challenges.Store, func(ctx context.Context) error {
			store, err := c.OpenChallenges()
			if err != nil {
				return err
			}
			return errors.Join(store.Check(ctx), store.Close())
		}},
		{"factors: " + c.deployment.Factors.Store, func(ctx context.Context) error {
			store, err := c.OpenFactors()
			if err != nil {
				return err
			}
			return errors.Join(store.Check(ctx), store.Close())
		}},
	}
	made := made{}
	ask := func(tenant string, s *settings) error {
		for _, id := range slices.Sorted(maps.Keys(s.Providers)) {
			one := s.Providers[id]
			if _, err := one.factory.make(context.Background(), one.section, c.deps(p, &made, id, tenant, s)); err != nil {
				return fmt.Errorf("providers.%s: %w", id, err)
			}
		}
		return nil
	}
	err := ask("", &c.deployment.settings)
	for _, name := range c.Tenants() {
		own := c.deployment.Tenants[name]
		err = errors.Join(err, ask(name, &own))
	}
	return append(list, made.checks...), err
}
