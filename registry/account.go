package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// load reads the account and its factors.
func (r *Registry) load(ctx context.Context, tenant, user string) (factor.Snapshot, error) {
	return step(ctx, func(ctx context.Context) (factor.Snapshot, error) { return r.cfg.Factors.Load(ctx, tenant, user) })
}

func (r *Registry) apply(ctx context.Context, c factor.Change) error {
	return does(ctx, func(ctx context.Context) error { return r.cfg.Factors.Apply(ctx, c) })
}

// change starts a change to an account as it was read.
func change(now time.Time, a factor.Account) factor.Change {
	return factor.Change{Tenant: a.Tenant, UserID: a.UserID, Epoch: a.Epoch, At: now}
}

// nextEpoch moves on even if the clock has stepped back.
func nextEpoch(now time.Time, old int64) int64 { return max(old+1, now.UnixMicro()) }

// open decrypts a factor for its provider. A row that was moved from another user does not open. // attack: A-123
func (r *Registry) open(f factor.Factor) (provider.Factor, error) {
	plain, err := r.cfg.AEAD.Decrypt(f.Data, rowBinding(f))
	if err != nil {
		return provider.Factor{}, fmt.Errorf("registry: factor does not open: %w", err)
	}
	return provider.Factor{ID: f.ID, Data: plain}, nil
}

func (r *Registry) openAll(fs []factor.Factor) ([]provider.Factor, error) {
	opened := make([]provider.Factor, 0, len(fs))
	for _, f := range fs {
		o, err := r.open(f)
		if err != nil {
			return nil, err
		}
		opened = append(opened, o)
	}
	return opened, nil
}

// sealed is the factor with new plain data, under the primary key: rows move to a new key as they are used. // attack: A-122
func (r *Registry) sealed(f factor.Factor, plain []byte) (factor.Factor, error) {
	data, err := r.cfg.AEAD.Encrypt(plain, rowBinding(f))
	if err != nil {
		return factor.Factor{}, fmt.Errorf("registry: sealing a factor: %w", err)
	}
	f.Data = data
	return f, nil
}

func rowBinding(f factor.Factor) []byte {
	return seal.Bind("factor 1", f.Tenant, f.UserID, f.ID, f.Kind)
}

// usable says whether a factor can be used at all now: its provider is there, nobody has disabled it, it is not worn out by guessing, and,
// if it is a trusted browser, the epoch in which it was trusted is not over. // attack
func (r *Registry) usable(a factor.Account, f factor.Factor) bool {
	_, ok := r.kinds[f.Kind]
	return ok && !f.Disabled && !r.wornOut(f) && !r.dead(a, f)
}

// wornOut says that a factor was guessed at too often, and has to be set up again. // attack: A-49
func (r *Registry) wornOut(f factor.Factor) bool {
	return !r.kinds[f.Kind].Unguessable && f.Failures >= maxFailures
}

// dead says that a factor was trusted in an epoch that is over, or has ended. It takes nobody's place, and goes with the next change.
func (r *Registry) dead(a factor.Account, f factor.Factor) bool {
	switch role := r.role(f); {
	case role == provider.Ordinary:
		return false
	case role == provider.Transient && f.Epoch != a.Epoch:
		return true
	}
	return !f.Expires.IsZero() && !r.now().Before(f.Expires)
}

// role is what a factor is for. Where its provider is not configured, the row tells; if it does not tell either, the factor counts as an
// ordinary one: taking a provider away must not make MFA optional for those who use it. // attack
func (r *Registry) role(f factor.Factor) provider.Role {
	if k, ok := r.kinds[f.Kind]; ok {
		return k.Role
	}
	if noted := provider.Role(f.Role - 1); f.Role > 0 && noted <= provider.Transient {
		return noted
	}
	return provider.Ordinary
}

// noted is the role as a row has it, where 0 is unknown.
func noted(role provider.Role) uint8 { return uint8(role) + 1 }

// ordinary are the factors that count, whether they can be used or not.
func (r *Registry) ordinary(fs []factor.Factor) []factor.Factor {
	return slices.DeleteFunc(slices.Clone(fs), func(f factor.Factor) bool { return r.role(f) != provider.Ordinary })
}

// step is what a right answer proves.
func (k kind) step(now time.Time, m provider.Match) policy.Step {
	amr := m.AMR
	if amr == nil {
		amr = k.AMR
	}
	return policy.Step{
		Factor: m.FactorID, Kind: k.Kind, Channel: k.Channel, Class: policy.Class(k.Class), AMR: amr, At: now,
		Verified: m.Verified, PhishingResistant: k.PhishingResistant,
		StandIn: k.Role == provider.Recovery, Trusted: k.Role == provider.Transient,
	}
}

// freeLabel is the label, or the label with the first number that makes it unique among the account's factors.
func freeLabel(label string, fs []factor.Factor) string {
	taken := func(l string) bool {
		return slices.ContainsFunc(fs, func(f factor.Factor) bool { return strings.EqualFold(f.Label, l) })
	}
	for n, free := 2, label; ; n++ {
		if !taken(free) {
			return free
		}
		free = fmt.Sprintf("%s %d", label, n)
	}
}
