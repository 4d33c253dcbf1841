package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// What an event may be a sign of. (ASVS 6.3.5, 16.3.3)
const (
	SignalGuessing       = "guessing"        // the user's answers were wrong so often that the user is locked: once for each lock
	SignalGuessingTenant = "guessing_tenant" // answers of many users of a tenant are wrong: at most once for each window of the budget
	SignalAfterFailures  = "after_failures"  // a login with a factor that had at least 5 wrong answers in a row before
	SignalPartial        = "partial"         // a first factor was right and the second was not
	SignalReuse          = "reuse"           // an answer that was right, and that somebody else had used at the same time
	SignalClone          = "clone"           // a copy of a factor was used, or one whose make is known to be broken: the note says which
)

// manyFailures in a row before a right answer make it suspicious.
const manyFailures = 5

// lock is a user's failure budget that an attempt has shut. Its owner is the challenge's, whoever made the attempt.
type lock struct {
	tenant, user, kind, factor string
	until                      time.Time
}

// tellLock tells that a user is locked, once: by the attempt that shut the budget, when its charge stays. // attack: A-27
func (c *call) tellLock(ctx context.Context) {
	if c.lock == nil {
		return
	}
	l := *c.lock
	c.lock = nil
	e := c.beside(string(ErrLocked), "too many wrong answers, until "+l.until.Format(time.RFC3339))
	e.Tenant, e.User, e.Kind, e.Factor = l.tenant, l.user, l.kind, l.factor
	e.Signal, e.Notice = SignalGuessing, provider.NoticeLocked
	c.r.observe(ctx, e)
	c.announce(ctx, l.tenant, l.user, e)
}

// announce puts an event that no change goes with into the outbox, with its notices. It is best effort: what it is about has happened already.
func (c *call) announce(ctx context.Context, tenant, user string, e Event) {
	ctx = context.WithoutCancel(ctx)
	for range maxVerifies { // the epoch may move in between
		snap, err := c.r.load(ctx, tenant, user)
		if err != nil || snap.Account.Version == 0 {
			return
		}
		ch := change(c.now, snap.Account)
		c.tell(ctx, &ch, e, snap)
		if err = c.r.apply(ctx, ch); err == nil {
			c.sent(ctx)
		}
		if !errors.Is(err, factor.ErrConflict) {
			return
		}
	}
}

// beside is an event of its own that a call gives rise to.
func (c *call) beside(result, reason string) Event {
	e := c.event(result, reason)
	e.ID, e.Signal, e.Notice = randomID(), "", ""
	return e
}

// wornOut tells that a factor has had its last wrong answer.
func (c *call) wornOut(ctx context.Context) {
	e := c.beside("disabled", fmt.Sprintf("%d wrong answers in a row", maxFailures))
	e.Notice = provider.NoticeDisabled
	c.r.observe(ctx, e)
	c.announce(ctx, c.tenant, c.user, e)
}

// guessed counts a wrong answer against the tenant, whoever gave it, and raises a signal when there are too many: one code tried on many accounts is a single
// failure to each of them. // attack: A-46
func (c *call) guessed(ctx context.Context) {
	refused, err := c.takeTenant(ctx, budgetGuessing)
	if err != nil || refused == nil {
		return // A count that is lost changes nobody's login.
	}
	key, take := c.tenantWindow(budgetGuessing)
	told := challenge.Spend{Budget: "told", Limit: 1, Window: take.Window, Max: take.Window}
	err = does(ctx, func(ctx context.Context) error { return c.r.cfg.Challenges.Spend(ctx, c.now, key, randomID(), told) })
	if err != nil {
		return // told already, by this replica or another
	}
	e := c.beside("signal", fmt.Sprintf("more than %d wrong answers in %v", take.Limit, take.Window))
	e.Op, e.Signal, e.User, e.Kind, e.Factor, e.Address, e.Agent, e.Note = "guessing", SignalGuessingTenant, "", "", "", "", "", ""
	c.r.observe(ctx, e)
	c.announce(ctx, c.tenant, c.user, e)
}

// takeTenant takes from a budget of the tenant that begins anew with each window, so that it measures a rate.
func (c *call) takeTenant(ctx context.Context, budget string) (*challenge.Refused, error) {
	key, take := c.tenantWindow(budget)
	err := does(ctx, func(ctx context.Context) error { return c.r.cfg.Challenges.Spend(ctx, c.now, key, randomID(), take) })
	if refused := (*challenge.Refused)(nil); errors.As(err, &refused) {
		return refused, nil
	}
	return nil, err
}

func (c *call) tenantWindow(budget string) (key string, take challenge.Spend) {
	take = c.r.spend(budget, "")
	take.Max = take.Window // it is over with its window
	began := c.now.Truncate(take.Window)
	return c.r.useKey(provider.Use{Budget: budget, Of: c.tenant + "\x00" + strconv.FormatInt(began.UnixMilli(), 10)}), take
}

// throttle refuses an answer if the deployment limits those of a tenant, and there have been too many. It is off unless Config.Budgets has "attempts".
func (a *attempt) throttle(ctx context.Context) *Error {
	if _, on := a.r.cfg.Budgets[budgetAttempts]; !on || a.kind.Unguessable {
		return nil
	}
	refused, err := a.takeTenant(ctx, budgetAttempts)
	switch {
	case err != nil:
		return a.undecided(ctx, ErrUnavailable, err.Error())
	case refused != nil:
		e := a.undecided(ctx, ErrLocked, "budget "+budgetAttempts+" of the tenant is shut")
		e.RetryAfter = refused.RetryAfter
		return e
	}
	return nil
}
