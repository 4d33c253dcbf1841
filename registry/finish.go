package registry

import (
	"context"
	"errors"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// FinishLogin checks the answer to a login's challenge. If the result is Satisfied the user is signed in; if not, its Pending takes the
// login on. A Pending may fork: each challenge, and the completed login, is what is single use.
//
// The call goes on when its caller hangs up. ErrRejected says how many attempts the challenge has left; ErrChallengeGone is every reason
// for which there is no such challenge.
func (r *Registry) FinishLogin(ctx context.Context, f Finish) (Login, error) {
	c := r.call("finish_login", f.Who)
	defer c.trace(&ctx)()
	return r.finish(ctx, c, f, challenge.Login)
}

// FinishStepUp checks the answer to a step-up's challenge. The result's Proof is fresh, and good for the action that it was begun for.
func (r *Registry) FinishStepUp(ctx context.Context, f Finish) (Login, error) {
	c := r.call("finish_step_up", f.Who)
	defer c.trace(&ctx)()
	return r.finish(ctx, c, f, challenge.StepUp)
}

func (r *Registry) finish(ctx context.Context, c *call, f Finish, purpose challenge.Purpose) (Login, error) {
	a, e, err := r.attempt(ctx, c, f, purpose)
	if err != nil {
		return Login{}, err
	}
	ctx, cancel := r.detach(ctx)
	defer cancel()

	w, err := r.locate(ctx, a, f)
	if err != nil {
		return Login{}, err
	}
	if err := a.allowed(ctx); err != nil {
		a.release(ctx)
		if a.User == "" { // a stranger does not learn whose factor it is; the event has told
			return Login{}, &Error{Code: ErrRejected, Op: c.op, Kind: c.kind}
		}
		return Login{}, err
	}
	e.tenant, e.user = w.User.Tenant, w.User.ID
	snap, err := r.load(ctx, e.tenant, e.user)
	if err != nil {
		return Login{}, a.undecided(ctx, ErrUnavailable, err.Error())
	}
	if a.User == "" {
		e.epoch = snap.Account.Epoch
		if e, err = r.state(ctx, e); err != nil {
			return Login{}, a.undecided(ctx, ErrUnavailable, "Config.About failed")
		}
	}
	if !r.permits(c.now, snap, e, a.kind.Kind, purpose == challenge.Login) {
		if a.User == "" { // a stranger does not learn whose factor it is
			return Login{}, a.rejected(ctx, "the kind is forbidden")
		}
		return Login{}, a.undecided(ctx, ErrPolicyForbids, "the kind is forbidden")
	}
	p, err := r.prove(ctx, a, w, snap, e, f.Response)
	if err != nil {
		return Login{}, err
	}
	r.settle(ctx, a, p)
	c.done(ctx, p.reason)
	r.prune(ctx, c.now)
	return p.login, nil
}

// locate finds the user whom nobody has named, by what the answer claims. The claim is proved later, by LoginVerify.
func (r *Registry) locate(ctx context.Context, a *attempt, f Finish) (Who, error) {
	w := f.Who
	if a.User != "" {
		return w, nil
	}
	l, ok := a.kind.MultiFactorProvider.(provider.Locator)
	if !ok {
		return w, a.undecided(ctx, ErrUnknownKind, "this kind cannot tell who answers")
	}
	ans := cloneAnswer(provider.Answer{Private: a.Private, Response: f.Response})
	handle, err := ask(ctx, r, "locate", a.kind.Kind, func(ctx context.Context) (string, error) { return l.Locate(ctx, ans) })
	switch {
	case err != nil && wrong(err):
		return w, a.rejected(ctx, "the answer names no factor")
	case err != nil:
		return w, a.undecided(ctx, ErrUnavailable, "the provider failed")
	case handle == "" || len(handle) > maxHandle:
		return w, a.rejected(ctx, "the answer names no factor")
	}
	found, err := step(ctx, func(ctx context.Context) (factor.Factor, error) {
		return r.cfg.Factors.Find(ctx, f.User.Tenant, a.kind.Kind, handle)
	})
	switch {
	case errors.Is(err, factor.ErrNowhere):
		e := a.rejected(ctx, "no factor with this handle")
		e.Signal = r.forget(ctx, a, handle)
		return w, e
	case errors.Is(err, factor.ErrNotFound):
		return w, a.rejected(ctx, "no factor with this handle in this tenant")
	case err != nil:
		return w, a.undecided(ctx, ErrUnavailable, err.Error())
	}
	w.User.ID = found.UserID
	a.user = found.UserID
	return w, nil
}

// forget asks the provider how to tell the client that nobody has the factor which it answered with. That is the one reason for a no that is told, for
// whoever answers to an unstored challenge has named nobody; what they learn is of an id that they hold already, and must be certain, because a device
// that is told forgets the key.
func (r *Registry) forget(ctx context.Context, a *attempt, handle string) any {
	f, ok := a.kind.MultiFactorProvider.(provider.Forgetter)
	if !ok {
		return nil
	}
	v, err := guarded(ctx, storeTimeout, func(ctx context.Context) (any, error) { return f.Forget(ctx, handle) })
	if err != nil {
		a.report(ctx, "no_signal", "the provider failed")
		return nil
	}
	return v
}

// settle ends the challenge, and decides what a right answer is worth to the user's budgets: its own charge comes back, and what was begun in vain
// is forgotten. The failures are forgotten only when the whole login is done, by something other than a recovery code or a trusted browser. // attack
func (r *Registry) settle(ctx context.Context, a *attempt, p proved) {
	refill := []string{budgetBegin}
	recovery, trusted := p.evidence.standsIn()
	if a.Purpose == challenge.Login && p.login.Satisfied && !recovery && !trusted {
		refill = append(refill, budgetFailures)
	}
	a.redeem(ctx, refill...)
}

// signal asks the provider what the client should learn. It never fails a call.
func (r *Registry) signal(ctx context.Context, c *call, k kind, w Who, snap factor.Snapshot) any {
	s, ok := k.MultiFactorProvider.(provider.Signaler)
	if !ok {
		return nil
	}
	var fs []factor.Factor
	for _, f := range snap.Factors {
		if f.Kind == k.Kind && r.usable(snap.Account, f) {
			fs = append(fs, f)
		}
	}
	opened, err := r.openAll(fs)
	if err != nil {
		c.report(ctx, "no_signal", err.Error())
		return nil
	}
	user := w.user(snap.Account)
	v, err := guarded(ctx, storeTimeout, func(ctx context.Context) (any, error) { return s.Signal(ctx, user, opened) })
	if err != nil {
		c.report(ctx, "no_signal", "the provider failed")
		return nil
	}
	return v
}
