package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Providers are the providers of a configuration, without stores and registries: for operators who try what messages look like, and whether they arrive.
type Providers struct {
	List []Instance
	made made
}

// Instance is one provider of a configuration.
type Instance struct {
	Tenant, ID string // whose, and its name under providers
	Provider   provider.MultiFactorProvider
}

// OpenProviders makes the providers of everybody and of each tenant that has settings of its own. They connect when they are used.
func (c *Config) OpenProviders(ctx context.Context, p Program) (_ *Providers, err error) {
	p = p.withDefaults()
	all := &Providers{}
	defer func() {
		if err != nil {
			err = errors.Join(err, all.Close(context.WithoutCancel(ctx)))
		}
	}()
	for _, tenant := range append([]string{""}, c.Tenants()...) {
		s := &c.deployment.settings
		if tenant != "" {
			own := c.deployment.Tenants[tenant]
			s = &own
		}
		for _, id := range slices.Sorted(maps.Keys(s.Providers)) {
			one := s.Providers[id]
			made, err := one.factory.make(ctx, one.section, c.deps(p, &all.made, id, tenant, s))
			if err != nil {
				return nil, fmt.Errorf("providers.%s: %w", id, err)
			}
			all.List = append(all.List, Instance{Tenant: tenant, ID: id, Provider: made})
		}
	}
	return all, nil
}

// Close ends the connections.
func (p *Providers) Close(ctx context.Context) error {
	var faults []error
	for _, do := range slices.Backward(p.made.closers) {
		faults = append(faults, do(ctx))
	}
	return errors.Join(faults...)
}
