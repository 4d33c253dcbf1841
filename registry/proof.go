package registry

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
)

// Need is what a proof must be good for.
type Need struct {
	Who
	// MaxAge is how long ago the last factor may have been proved: up to 24 hours, by default 5 minutes. Without any factor it is the age of the first one. (RFC 9470)
	MaxAge time.Duration
	AMR    []string // methods that must all have been proved
	AAL    int      // the least level: 0 to 3
	// PhishingResistant says that a factor that cannot be phished must be among them (NIST SP 800-63B-4 section 3.2.5).
	PhishingResistant bool
	Action            string // what a step-up was for, to the byte
}

// How long a session may go on until its user is authenticated again (NIST SP 800-63B-4 sections 2.2.3 and 2.3.3): values for Need.MaxAge. At level 1 that is
// 30 days, which is longer than a Proof is worth anything. After the idle time of level 2 one factor is enough, together with the session: a
// Need without AAL or AMR.
const (
	OverallAAL2 = 24 * time.Hour
	OverallAAL3 = 12 * time.Hour
	IdleAAL2    = time.Hour
	IdleAAL3    = 15 * time.Minute
)

// Check says whether a proof is good for a need without an action. It may be asked any number of times, and reads the account: a proof
// dies when a factor is removed. ErrStepUpRequired if it is not good.
func (r *Registry) Check(ctx context.Context, token string, n Need) error {
	c := r.call("check", n.Who)
	defer c.trace(&ctx)()
	if n.Action != "" {
		return c.fail(ctx, ErrInvalid, "an action needs Consume")
	}
	_, err := r.checked(ctx, c, token, n)
	if err == nil {
		c.quietly()
	}
	return err
}

// Consume says whether a proof is good for an action, and spends it: of any number of calls one succeeds. ErrStepUpRequired if it is
// not good, or was spent.
func (r *Registry) Consume(ctx context.Context, token string, n Need) error {
	c := r.call("consume", n.Who)
	defer c.trace(&ctx)()
	if n.Action == "" || utf8.RuneCountInString(n.Action) > maxActionRunes {
		return c.fail(ctx, ErrInvalid, "Consume needs an action")
	}
	p, err := r.checked(ctx, c, token, n)
	if err != nil {
		return err
	}
	ctx, cancel := r.detach(ctx)
	defer cancel()
	err = r.apply(ctx, factor.Change{
		Tenant: p.tenant, UserID: p.user, Epoch: p.epoch, At: c.now,
		Once: []factor.Once{once("proof", p.id, p.at.Add(maxAge))},
	})
	switch {
	case errors.Is(err, factor.ErrSpent):
		return c.fail(ctx, ErrStepUpRequired, "the proof was spent before")
	case errors.Is(err, factor.ErrConflict):
		return c.fail(ctx, ErrStepUpRequired, "the epoch has moved")
	case err != nil:
		return c.fail(ctx, ErrUnavailable, err.Error())
	}
	c.done(ctx, "")
	return nil
}

func (r *Registry) checked(ctx context.Context, c *call, token string, n Need) (proof, error) {
	if !n.check() || n.MaxAge < 0 || n.MaxAge > maxAge || n.AAL < 0 || n.AAL > 3 {
		return proof{}, c.fail(ctx, ErrInvalid, "malformed need")
	}
	if n.MaxAge == 0 {
		n.MaxAge = freshFor
	}
	p, err := r.proof(c.now, n.Who, token)
	if err != nil {
		return proof{}, c.fail(ctx, ErrStepUpRequired, err.Error())
	}
	if reason := p.lacks(n, c.now); reason != "" {
		return proof{}, c.fail(ctx, ErrStepUpRequired, reason)
	}
	snap, err := r.load(ctx, p.tenant, p.user)
	if err != nil {
		return proof{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	if snap.Account.Version == 0 || snap.Account.Epoch != p.epoch {
		return proof{}, c.fail(ctx, ErrStepUpRequired, "the epoch has moved")
	}
	return p, nil
}

// lacks says what a proof does not have that is needed. Only what was proved within MaxAge counts, beside the first factor: one method that
// is fresh does not make another one so. // attack
func (p proof) lacks(n Need, now time.Time) string {
	recent := p.since(now.Add(-n.MaxAge))
	have := recent.amr()
	switch {
	case p.recovery:
		return "the proof rests on a recovery factor"
	case p.action != n.Action:
		return "the proof is for another action"
	case len(p.steps) == 0 && now.Sub(p.primaryAt) >= n.MaxAge, len(p.steps) > 0 && len(recent.steps) == 0:
		return "the proof is too old"
	case recent.aal() < n.AAL:
		return "the proof's level is too low"
	case n.PhishingResistant && !slices.ContainsFunc(recent.steps, func(s policy.Step) bool { return s.PhishingResistant }):
		return "nothing that cannot be phished was proved"
	}
	for _, method := range n.AMR {
		if !slices.Contains(have, method) {
			return "the proof lacks a method"
		}
	}
	return ""
}
