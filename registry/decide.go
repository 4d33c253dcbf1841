package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// verdict is what policy says of a login, with the facts that its sets are about.
type verdict struct {
	policy.Decision
	facts policy.Facts
}

// policy is the kind as policy sees it.
func (k kind) policy() policy.Kind {
	return policy.Kind{
		Name: k.Kind, Channel: k.Channel, Class: policy.Class(k.Class), PhishingResistant: k.PhishingResistant, Lifetime: k.Lifetime,
		StandIn: k.Role == provider.Recovery, Trusted: k.Role == provider.Transient,
	}
}

// facts are what policy decides by.
func (r *Registry) facts(now time.Time, snap factor.Snapshot, e evidence) policy.Facts {
	facts := policy.Facts{
		Circumstances: policy.Circumstances{
			Tenant: e.tenant, Roles: e.about.Roles, Attributes: e.about.Attributes, Risk: e.about.Risk, Unstated: !e.stated,
			Primary: e.primary, PrimaryAt: e.primaryAt, GraceUntil: snap.Account.GraceUntil, Now: now,
		},
		Kinds: r.known, Steps: e.steps, Factors: make([]policy.Factor, 0, len(snap.Factors)),
	}
	for _, f := range snap.Factors {
		if r.role(f) != provider.Ordinary {
			continue
		}
		k := r.kinds[f.Kind]
		facts.Factors = append(facts.Factors, policy.Factor{
			ID: f.ID, Kind: f.Kind, Channel: k.Channel, Class: policy.Class(k.Class),
			PhishingResistant: k.PhishingResistant, Usable: r.usable(snap.Account, f), Created: f.Created,
		})
	}
	return facts
}

// decide asks the policy. One that panics allows nothing. // attack: A-158
func (r *Registry) decide(now time.Time, snap factor.Snapshot, e evidence) (v verdict) {
	v.facts = r.facts(now, snap, e)
	defer func() {
		if recover() != nil {
			v.Decision = policy.Decision{Reason: "the policy panicked"}
		}
	}()
	v.Decision = r.cfg.Policy.Decide(v.facts)
	return v
}

// allows says whether the user may attach and use factors of a kind at all.
func (v verdict) allows(kind string) bool { return v.has(v.Allowed, kind) }

func (v verdict) has(kinds policy.Set, name string) bool {
	i := slices.IndexFunc(v.facts.Kinds, func(k policy.Kind) bool { return k.Name == name })
	return kinds.Has(i)
}

// helps says whether proving a factor would bring the login on.
func (v verdict) helps(id string) bool {
	return v.Next.Has(slices.IndexFunc(v.facts.Factors, func(f policy.Factor) bool { return f.ID == id }))
}

// enroll are the kinds of which a factor may be attached within the login: what policy asks for, and after a recovery code whatever is allowed. Otherwise somebody who
// has one of two factors could attach the second, or make new recovery codes to stand in for it.
func (v verdict) enroll(e evidence) policy.Set {
	if recovery, _ := e.standsIn(); recovery && v.Satisfied {
		return v.Allowed
	}
	return v.Enroll
}

func (v verdict) names(kinds policy.Set) (names []string) {
	for i, k := range v.facts.Kinds {
		if kinds.Has(i) && !k.StandIn && !k.Trusted {
			names = append(names, k.Name)
		}
	}
	return names
}

// permits asks whether policy lets this user prove a factor of a kind: in a login, or in a step-up, where the first factor is long past and its channel free
// again. A forbidden kind is not begun, and what was begun before it was forbidden does not end well.
func (r *Registry) permits(now time.Time, snap factor.Snapshot, e evidence, kind string, login bool) bool {
	if !login {
		e.primary = nil
	}
	e.tenant = snap.Account.Tenant
	return r.decide(now, snap, e).allows(kind)
}

// trust is how long policy lets a browser be trusted.
func (v verdict) trust() (longest time.Duration) {
	for i, k := range v.facts.Kinds {
		if k.Trusted && v.Allowed.Has(i) {
			longest = max(longest, k.Lifetime)
		}
	}
	return longest
}

// fixes says that the user's grace begins with this decision, and until when it lasts.
func (v verdict) fixes(a factor.Account) (time.Time, bool) {
	return v.GraceUntil, a.GraceUntil.IsZero() && !v.GraceUntil.IsZero()
}

// decideOnce decides, and if that is when the user's grace begins, writes its end down before anybody is told of it: it is fixed once, by the first of all
// logins that are under way, and never renewed.
func (r *Registry) decideOnce(ctx context.Context, now time.Time, snap factor.Snapshot, e evidence) (factor.Snapshot, verdict, error) {
	for range maxWrites {
		v := r.decide(now, snap, e)
		until, fixes := v.fixes(snap.Account)
		if !fixes {
			return snap, v, nil
		}
		account := snap.Account
		account.GraceUntil = until
		c := change(now, snap.Account)
		c.Account = &account
		err := r.apply(ctx, c)
		if err != nil && !errors.Is(err, factor.ErrConflict) {
			return snap, verdict{}, err
		}
		if snap, err = r.load(ctx, account.Tenant, account.UserID); err != nil {
			return snap, verdict{}, err
		}
	}
	return snap, verdict{}, errors.New("registry: the account kept changing")
}

// choices are the factors that would help a login on, as policy says, in the order in which to offer them: the user's default, then the one
// used last, then the one added first; recovery codes at the end.
func (r *Registry) choices(snap factor.Snapshot, e evidence, v verdict) []Choice {
	var list []factor.Factor
	for _, f := range snap.Factors {
		proved := slices.ContainsFunc(e.steps, func(s policy.Step) bool { return s.Factor == f.ID })
		recovery := r.role(f) == provider.Recovery && r.usable(snap.Account, f) && v.allows(f.Kind)
		if !proved && (recovery || v.helps(f.ID)) {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b factor.Factor) int {
		if d := int(r.role(a)) - int(r.role(b)); d != 0 {
			return d
		}
		if isDefault := snap.Account.DefaultFactor; a.ID == isDefault {
			return -1
		} else if b.ID == isDefault {
			return 1
		}
		return b.LastUsed.Compare(a.LastUsed)
	})
	out := make([]Choice, len(list))
	for i, f := range list {
		out[i] = Choice{
			Factor: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint, LastUsed: f.LastUsed,
			Default: f.ID == snap.Account.DefaultFactor,
		}
	}
	return out
}
