// Package registry runs every kind of factor through the same ceremony. It is the package that programs call, and the only
// place where rules live: expiry, single use, attempts, locks, binding, encryption and events are here, for every provider alike.
//
// # Signing in
//
// The application checks the first factor itself, and then asks what is left:
//
//	login, err := reg.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}})
//	if login.Satisfied { ... }                             // signed in; keep login.Proof in the session
//	                                                        // otherwise keep login.Pending, and offer login.Choices
//	ch, err := reg.BeginLogin(ctx, registry.Begin{Who: who, Pending: login.Pending, Factor: login.Choices[0].Factor})
//	login, err = reg.FinishLogin(ctx, registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: body})
//
// BeginSetup and FinishSetup attach a factor, BeginStepUp and FinishStepUp prove one again for something that matters, and Check and Consume
// ask what a Proof is worth.
//
// # Errors
//
// Every method fails with an *Error, to be matched by its Code. The zero value of every result means "not authenticated".
package registry

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Registry holds the kinds of one deployment, or of one tenant with settings of its own. It is immutable and safe for concurrent use; any number
// of registries, in any number of processes, may share the same stores and keys.
type Registry struct {
	cfg     Config
	issuer  *challenge.Issuer
	kinds   map[string]kind
	known   []policy.Kind    // the same, by name, as policy sees them
	decoys  map[string]decoy // by kind, for VerifyTogether
	floor   time.Duration    // before which it refuses nobody
	pruned  atomic.Int64     // when Prune was last called, in milliseconds
	outbox  factor.Outbox    // of Config.Factors; nil if it has none
	courier *courier
	// notifies says that there is somebody who delivers notices.
	notifies bool
}

// kind is a provider with its Info, which is asked for once.
type kind struct {
	provider.MultiFactorProvider
	provider.Info
}

// New makes a registry of these providers. Its error joins every fault of the configuration.
func New(cfg Config, providers ...provider.MultiFactorProvider) (*Registry, error) {
	cfg, err := cfg.withDefaults()
	faults := []error{err}
	r := &Registry{cfg: cfg, kinds: make(map[string]kind, len(providers)), decoys: map[string]decoy{}, floor: togetherFloor}
	for i, p := range providers {
		if p == nil {
			faults = append(faults, fmt.Errorf("registry: provider %d is nil", i))
			continue
		}
		info := p.Info()
		info.AMR = slices.Clone(info.AMR)
		faults = append(faults, info.Validate())
		if _, dup := r.kinds[info.Kind]; dup { // attack: A-162
			faults = append(faults, fmt.Errorf("registry: two providers are of kind %q", info.Kind))
		}
		if info.TTL > setupTTL {
			faults = append(faults, fmt.Errorf("registry: kind %q wants challenges of %v; %v is the longest", info.Kind, info.TTL, setupTTL))
		}
		if len(info.AMR) > 0 && !validMethods(info.AMR) {
			faults = append(faults, fmt.Errorf("registry: the AMR of kind %q is not one", info.Kind))
		}
		if info.Channel != "" && len(cfg.Pepper) == 0 {
			faults = append(faults, fmt.Errorf("registry: Config.Pepper is required, because kind %q sends messages", info.Kind))
		}
		r.kinds[info.Kind] = kind{p, info}
		faults = append(faults, r.addDecoy(info.Kind, p))
	}
	faults = append(faults, r.oneIssuer())
	for name := range cfg.MaxOfKind {
		if _, known := r.kinds[name]; !known {
			faults = append(faults, fmt.Errorf("registry: Config.MaxOfKind[%q]: no provider of this kind", name))
		}
	}
	if len(providers) == 0 {
		faults = append(faults, errors.New("registry: no provider was given"))
	}
	if len(r.kinds) > maxKinds {
		faults = append(faults, fmt.Errorf("registry: %d providers, more than %d", len(r.kinds), maxKinds))
	}
	for _, name := range slices.Sorted(maps.Keys(r.kinds)) {
		r.known = append(r.known, r.kinds[name].policy())
	}
	if !cfg.Policy.IsZero() {
		faults = append(faults, cfg.Policy.Check(slices.Clone(r.known)))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	r.issuer, err = challenge.NewIssuer(cfg.Challenges, cfg.AEAD)
	if err != nil {
		return nil, err
	}
	r.outbox, _ = cfg.Factors.(factor.Outbox)
	r.courier = newCourier()
	r.notifies = cfg.Notify != nil
	for _, k := range r.kinds {
		_, ok := k.MultiFactorProvider.(provider.Notifier)
		r.notifies = r.notifies || ok
	}
	r.pruned.Store(r.now().UnixMilli())
	return r, nil
}

// Kinds lists what the registry can do, by name.
func (r *Registry) Kinds() []provider.Info {
	infos := make([]provider.Info, 0, len(r.kinds))
	for _, name := range slices.Sorted(maps.Keys(r.kinds)) {
		info := r.kinds[name].Info
		info.AMR = slices.Clone(info.AMR)
		infos = append(infos, info)
	}
	return infos
}

// Format keeps the keys out of whatever prints a registry.
func (r *Registry) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "registry of %q", slices.Sorted(maps.Keys(r.kinds)))
}

// now is the time in whole milliseconds, which is what every record keeps.
func (r *Registry) now() time.Time { return r.cfg.Now().UTC().Truncate(time.Millisecond) }
