package registry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// authority is what a life-cycle change is made on: the evidence of a login that is under way, or of a proof.
type authority struct {
	evidence
	pending bool
	opened  string    // from a proof: the factor attached after a recovery
	at      time.Time // when it has to be fresh
}

const weak = "the proof is weaker than what it is to change"

// authority opens what the caller brings. A proof for an action is for that action only.
func (r *Registry) authority(ctx context.Context, c *call, w Who, pending, token string) (authority, error) {
	switch {
	case token != "" && pending != "":
		return authority{}, c.fail(ctx, ErrInvalid, "a proof and a pending login at once")
	case token != "":
		p, err := r.proof(c.now, w, token)
		if err == nil && p.action != "" {
			err = errors.New("registry: the proof is for an action")
		}
		if err != nil {
			return authority{}, c.fail(ctx, ErrStepUpRequired, err.Error())
		}
		return authority{evidence: p.evidence, opened: p.opened, at: c.now}, nil
	}
	e, err := r.pending(c.now, w, pending)
	if err != nil {
		return authority{}, c.fail(ctx, ErrLoginRequired, err.Error())
	}
	return authority{evidence: e, pending: true, at: c.now}, nil
}

// maySetup says whether a factor of kind k may be attached to the account as it is, on this authority. It is asked when a set-up begins, and
// again when it ends, for another tab may have been quicker. What was fresh when it began stays so while it is open. // attack
func (r *Registry) maySetup(ctx context.Context, c *call, auth authority, snap factor.Snapshot, k kind, replaces string) error {
	if snap.Account.Version == 0 || snap.Account.Epoch != auth.epoch {
		return c.fail(ctx, ErrLoginRequired, "the epoch has moved")
	}
	have := r.ordinary(snap.Factors)
	recovery, _ := auth.standsIn()
	_, recovering := auth.window(snap)
	v := r.decide(c.now, snap, auth.evidence)
	enroll := v.enroll(auth.evidence)
	all := k.Role == provider.Transient || !recovery && !recovering && !v.has(enroll, k.Kind) // a trusted browser stands in for all that a login asks for
	switch {
	case len(have) > 0 && recovery && (k.Role != provider.Ordinary || replaces != ""):
		return c.fail(ctx, ErrStepUpRequired, "a recovery code opens the way to a new factor, and to nothing else")
	case len(have) > 0 && !auth.fresh(snap) && !auth.recovered():
		return c.fail(ctx, ErrStepUpRequired, "no factor was proved in the last 5 minutes")
	case len(have) > 0 && !recovery && !recovering && r.proved(auth, snap) < r.needed(snap, k): // or a stolen code would attach what removes a passkey
		return c.fail(ctx, ErrStepUpRequired, weak)
	case len(have) == 0 && k.Role != provider.Ordinary: // attack: A-81
		return c.fail(ctx, ErrPolicyForbids, "there is no factor that it could stand in for")
	case len(have) == 0 && (!auth.pending || auth.at.Sub(auth.primaryAt) >= loginTTL):
		return c.fail(ctx, ErrLoginRequired, "the first factor is over 10 minutes old")
	case !v.allows(k.Kind):
		return c.fail(ctx, ErrPolicyForbids, "the kind is forbidden")
	case !auth.pending && all && !r.enough(c.now, snap, auth.evidence): // or one factor of two would attach the other // attack
		return c.fail(ctx, ErrStepUpRequired, "less was proved than a login needs")
	}
	if auth.pending && !v.has(enroll, k.Kind) {
		if len(have) > 0 && (enroll == (policy.Set{}) || k.Role != provider.Ordinary) {
			return c.fail(ctx, ErrStepUpRequired, "the login is not over")
		}
		return c.fail(ctx, ErrPolicyForbids, "policy asks for another kind: "+v.Reason)
	}
	if replaces != "" {
		return r.mayReplace(ctx, c, auth, snap, k, replaces)
	}
	total, ofKind := 0, 0
	for _, f := range snap.Factors {
		if r.dead(snap.Account, f) || (k.Role == provider.Recovery && f.Kind == k.Kind) {
			continue // it goes when the new one comes
		}
		total++
		if f.Kind == k.Kind {
			ofKind++
		}
	}
	if total >= r.cfg.MaxFactors || ofKind >= r.maxOf(k) {
		return c.fail(ctx, ErrFactorLimit, "the account has as many as it may have")
	}
	return nil
}

// enough says that what was proved would do for a login, by itself and after a password where no first factor is known: a step-up may rest on one factor of two.
func (r *Registry) enough(now time.Time, snap factor.Snapshot, e evidence) bool {
	if e = e.provedOnly(); len(e.primary) == 0 {
		e.primary = []string{"pwd"}
	}
	return r.decide(now, snap, e).Satisfied
}

// maxOf is how many factors of a kind a user may have.
func (r *Registry) maxOf(k kind) int {
	if n, ok := r.cfg.MaxOfKind[k.Kind]; ok {
		return n
	}
	return r.cfg.MaxPerKind
}

func (r *Registry) mayReplace(ctx context.Context, c *call, auth authority, snap factor.Snapshot, k kind, replaces string) error {
	old, ok := snap.Factor(replaces)
	switch {
	case !ok:
		return c.fail(ctx, ErrNoFactor, "the account has no such factor")
	case k.Role != provider.Ordinary || r.role(old) != provider.Ordinary:
		return c.fail(ctx, ErrPolicyForbids, "only a factor that counts can be replaced, and only by one")
	}
	ofKind := 0
	for _, f := range snap.Factors {
		if f.Kind == k.Kind && f.ID != replaces {
			ofKind++
		}
	}
	if ofKind >= r.maxOf(k) {
		return c.fail(ctx, ErrFactorLimit, "the account has as many of the kind as it may have")
	}
	if fail := r.mayRemove(ctx, c, auth, snap, old); fail != nil {
		return fail
	}
	now, next := snap.Factors, old // as it will be; who cannot sign in as it is makes nothing worse
	next.Kind, next.Disabled, next.Failures = k.Kind, false, 0
	after := append(without(now, []factor.Factor{old}), next)
	if r.couldLogin(c.now, auth.evidence, snap.Account, now) && !r.couldLogin(c.now, auth.evidence, snap.Account, after) {
		return c.fail(ctx, ErrPolicyForbids, "policy asks for what would be gone")
	}
	return nil
}

// mayRemove says whether a factor may go: on a fresh proof of a factor that is at least as strong as the strongest there is, or
// in the window after a recovery, in which what is older than the new factor may go. // attack: A-82
func (r *Registry) mayRemove(ctx context.Context, c *call, auth authority, snap factor.Snapshot, target factor.Factor) error {
	if r.role(target) != provider.Ordinary { // recovery codes and trusted browsers: any fresh factor will do
		if !auth.fresh(snap) {
			return c.fail(ctx, ErrStepUpRequired, "no factor was proved in the last 5 minutes")
		}
		return nil
	}
	if opener, open := auth.window(snap); open && opener.ID != target.ID && !target.Created.After(opener.Created) {
		return nil
	}
	strongest, usable := r.strongest(snap)
	switch proved := r.proved(auth, snap); {
	case proved >= strongest && proved > 0:
		return nil
	case usable < strongest:
		return c.fail(ctx, ErrNoEligibleFactor, "the strongest factor cannot be used, so nothing proves as much")
	}
	return c.fail(ctx, ErrStepUpRequired, weak)
}

// strongest is the strength of the strongest factor that counts, and of the strongest that can be used.
func (r *Registry) strongest(snap factor.Snapshot) (attached, usable int) {
	for _, f := range r.ordinary(snap.Factors) {
		s := r.strength(f.Kind)
		attached = max(attached, s)
		if r.usable(snap.Account, f) {
			usable = max(usable, s)
		}
	}
	return attached, usable
}

// window is the factor that a recovery has opened the window with, and whether it is open.
func (auth authority) window(snap factor.Snapshot) (opener factor.Factor, open bool) {
	opener, attached := snap.Factor(auth.opened)
	return opener, attached && auth.at.Sub(opener.Created) < freshFor
}

// proved is the strength of the strongest fresh proof.
func (r *Registry) proved(auth authority, snap factor.Snapshot) int {
	best := 0
	for _, s := range auth.steps {
		if fresh(s, snap, auth.at) {
			best = max(best, r.strength(s.Kind))
		}
	}
	return best
}

// needed is how strong a proof must be to attach a factor of kind k: as strong as what it attaches, or as the strongest that the user can prove, if that is
// less. Recovery codes attach anything later, so they need the strongest; a trusted browser attaches nothing.
func (r *Registry) needed(snap factor.Snapshot, k kind) int {
	_, usable := r.strongest(snap)
	switch k.Role {
	case provider.Recovery:
		return usable
	case provider.Transient:
		return 0
	}
	return min(usable, r.strength(k.Kind))
}

// strength orders kinds by what it takes to steal one: 3 cannot be phished, 2 stays with the user, 1 travels. A kind whose provider is not configured
// counts as the strongest, so that taking a provider away does not make it easier to remove what it protected; nobody can prove one.
func (r *Registry) strength(name string) int {
	k, ok := r.kinds[name]
	switch {
	case !ok || k.PhishingResistant:
		return 3
	case k.Channel == "":
		return 2
	}
	return 1
}

// fresh says that a factor that is still attached was proved at most 5 minutes ago. // attack
func (auth authority) fresh(snap factor.Snapshot) bool {
	return slices.ContainsFunc(auth.steps, func(s policy.Step) bool { return fresh(s, snap, auth.at) })
}

// recovered says that a recovery factor was used at most 5 minutes ago.
func (auth authority) recovered() bool {
	return slices.ContainsFunc(auth.steps, func(s policy.Step) bool { return s.StandIn && auth.at.Sub(s.At) < freshFor })
}

func fresh(s policy.Step, snap factor.Snapshot, now time.Time) bool {
	_, attached := snap.Factor(s.Factor)
	return attached && !s.StandIn && !s.Trusted && now.Sub(s.At) < freshFor
}

// validLabel accepts a name of one line that is not too long to show.
func validLabel(s string) bool {
	return strings.TrimSpace(s) == s && s != "" && len(s) <= 4*maxLabelRunes && utf8.RuneCountInString(s) <= maxLabelRunes && printable(s)
}
