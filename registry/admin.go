package registry

import (
	"context"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Admin is what administrators may do to other people's accounts. Everything it does is in the events, with who did it and why.
type Admin struct{ r *Registry }

// Admin returns the registry's administration. Who may call it is the application's to decide.
func (r *Registry) Admin() Admin { return Admin{r} }

// Deed is what an administrator wants done. Actor and Reason are required.
type Deed struct {
	Tenant, User string
	Actor        string // who does it: at most 256 bytes, like a user's ID
	Reason       string // why, in up to 256 bytes of one line
	Factor       string // for Disable
}

func (a Admin) call(ctx context.Context, op string, d Deed) (*call, Who, error) {
	w := Who{User: provider.User{Tenant: d.Tenant, ID: d.User}, Binding: NoBinding}
	c := a.r.call(op, w)
	if !w.check() || d.Actor == "" || !validID(d.Actor) || d.Reason == "" || !validID(d.Reason) {
		return c, w, c.fail(ctx, ErrInvalid, "malformed request: an actor and a reason are required")
	}
	c.actor, c.note = d.Actor, d.Reason
	return c, w, nil
}

// Unlock makes the user's budgets new: failures, challenges begun, messages. It does not enable a factor that was disabled.
func (a Admin) Unlock(ctx context.Context, d Deed) error {
	c, _, err := a.call(ctx, "unlock", d)
	defer c.trace(&ctx)()
	if err != nil {
		return err
	}
	snap, err := a.r.load(ctx, d.Tenant, d.User)
	if err != nil {
		return c.fail(ctx, ErrUnavailable, err.Error())
	}
	if snap.Account.Version == 0 {
		return c.fail(ctx, ErrNoFactor, "no such account")
	}
	budgets := []string{budgetFailures, budgetBegin, budgetSend}
	for name := range a.r.kinds {
		budgets = append(budgets, a.r.spend(budgetWait, name).Budget)
	}
	err = does(ctx, func(ctx context.Context) error { return a.r.cfg.Challenges.Refill(ctx, tag(snap.Account), budgets...) })
	if err != nil {
		return c.fail(ctx, ErrUnavailable, err.Error())
	}
	c.done(ctx, "")
	return nil
}

// Disable makes a factor unusable until its owner sets it up again, and everything dead that was issued before.
func (a Admin) Disable(ctx context.Context, d Deed) error {
	c, w, err := a.call(ctx, "disable", d)
	defer c.trace(&ctx)()
	if err != nil {
		return err
	}
	return a.r.bump(ctx, c, w, func(snap factor.Snapshot, ch *factor.Change) error {
		f, ok := snap.Factor(d.Factor)
		if !ok {
			return c.fail(ctx, ErrNoFactor, "the account has no such factor")
		}
		c.kind, c.factor = f.Kind, f.ID
		c.notice = provider.NoticeDisabled
		f.Disabled = true
		ch.Put = []factor.Factor{f}
		return nil
	})
}

// Reset removes every factor of the account, recovery codes and trusted browsers included, and everything dead that was issued before. What the user
// must do at the next login is policy's decision, as for somebody who never had a factor: where policy asks for none, this switches MFA off. Whoever has only
// lost their factors is better served by IssueRecovery. // attack: A-87
func (a Admin) Reset(ctx context.Context, d Deed) error {
	c, w, err := a.call(ctx, "reset", d)
	defer c.trace(&ctx)()
	if err != nil {
		return err
	}
	return a.r.bump(ctx, c, w, func(snap factor.Snapshot, ch *factor.Change) error {
		c.notice = provider.NoticeReset
		ch.Delete, ch.Account.DefaultFactor = snap.Factors, ""
		return nil
	})
}

// Erase removes the account with all its factors, for a user who is gone. What was spent stays spent.
func (a Admin) Erase(ctx context.Context, d Deed) error {
	c, w, err := a.call(ctx, "erase", d)
	defer c.trace(&ctx)()
	if err != nil {
		return err
	}
	return a.r.bump(ctx, c, w, func(_ factor.Snapshot, ch *factor.Change) error {
		ch.Erase, ch.Account = true, nil
		return nil
	})
}
