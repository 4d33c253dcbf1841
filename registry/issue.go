package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
)

// issue seals and stores a challenge, takes what it uses up of the user's budgets, and carries out its delivery.
func (r *Registry) issue(ctx context.Context, c *call, w Who, a factor.Account, k kind, ch challenge.Challenge, prompt provider.Prompt) (Challenge, error) {
	ch.Tenant, ch.User, ch.Binding, ch.Epoch = a.Tenant, a.UserID, w.digest(), a.Epoch
	ch.Kind, ch.Private = k.Kind, prompt.Private
	c.purpose = ch.Purpose

	terms := challenge.Record{Attempts: r.cfg.Attempts}
	var take []challenge.Spend
	if !k.Unguessable { // Whoever shuts these budgets must not shut out the user's passkeys as well.
		terms.OnTry = []challenge.Spend{r.spend(budgetFailures, "")}
		take = append(take, r.spend(budgetBegin, ""))
	}
	if prompt.Deliver != nil {
		take = append(take, r.sending(k)...)
	}
	issued, err := step(ctx, func(ctx context.Context) (challenge.Issued, error) {
		return r.issuer.Issue(ctx, c.now, tag(a), ch, terms, take...)
	})
	if err != nil {
		return Challenge{}, c.storeFailed(ctx, err)
	}
	out := Challenge{ID: issued.ID, Kind: k.Kind, Expires: issued.Expires, AttemptsLeft: issued.Attempts, Action: ch.Action, Public: prompt.Public}
	if prompt.Deliver != nil {
		out.ResendAt = issued.Next
		if fail := r.deliver(ctx, c, prompt.Deliver); fail != nil {
			return undelivered(out, fail), fail
		}
	}
	c.done(ctx, "")
	return out, nil
}

// sending is what a message takes from its user's budgets. The wait comes last, because Next is the last one's.
func (r *Registry) sending(k kind) []challenge.Spend {
	return []challenge.Spend{r.spend(budgetSend, ""), r.spend(budgetWait, k.Kind)}
}

// spend is one take, as the deployment limits it; of narrows the budget to one kind.
func (r *Registry) spend(budget, of string) challenge.Spend {
	b := r.cfg.Budgets[budget]
	name := budget
	if of != "" {
		name += " " + of
	}
	return challenge.Spend{Budget: name, Limit: b.Limit, Window: b.Window, Max: b.Max}
}

// deliver takes what the message uses up, one budget after the other in the provider's order, and then sends it. The user's own budgets were
// taken before: a user who may not send cannot use up what belongs to all. Nothing is given back, also if sending fails. // attack: A-130
func (r *Registry) deliver(ctx context.Context, c *call, d *provider.Delivery) error {
	if d.Send == nil {
		return c.fail(ctx, ErrInternal, "a delivery without Send")
	}
	for _, use := range d.Uses {
		if _, known := r.cfg.Budgets[use.Budget]; !known || len(r.cfg.Pepper) == 0 {
			return c.fail(ctx, ErrInternal, fmt.Sprintf("no budget %.30q, or no pepper, for a delivery", use.Budget))
		}
		take, key, try := r.spend(use.Budget, ""), r.useKey(use), randomID()
		err := does(ctx, func(ctx context.Context) error { return r.cfg.Challenges.Spend(ctx, c.now, key, try, take) })
		if err != nil {
			return c.storeFailed(ctx, err)
		}
	}
	_, err := ask(ctx, r, "send", c.kind, func(ctx context.Context) (struct{}, error) { return struct{}{}, d.Send(ctx) })
	if err != nil {
		return c.sendFailed(ctx, err)
	}
	return nil
}

// sendFailed says that a message was not sent. Why is for the event, with one exception: whoever sets a factor up has named the address, and is told
// that it is none. In a login the address is the account's, and how it fares is told to nobody.
func (c *call) sendFailed(ctx context.Context, err error) *Error {
	reason := "the provider could not send"
	if noted := (*provider.SendError)(nil); errors.As(err, &noted) && noted.Note != "" && validID(noted.Note) {
		reason += ": " + noted.Note
	}
	if invalid := (*provider.InvalidError)(nil); c.purpose == challenge.Setup && errors.As(err, &invalid) {
		e := c.fail(ctx, ErrInvalid, reason)
		e.Text = invalid.Text
		return e
	}
	return c.fail(ctx, ErrSendFailed, reason)
}

// undelivered is the challenge that goes with a failed delivery: none, if there is nowhere to send it to again.
func undelivered(ch Challenge, fail error) Challenge {
	if errors.Is(fail, ErrInvalid) {
		return Challenge{}
	}
	return ch
}

// useKey names what a delivery uses up without telling what it is: the digits of a telephone number are quickly tried.
func (r *Registry) useKey(u provider.Use) string {
	mac := hmac.New(sha256.New, r.cfg.Pepper)
	mac.Write(wire.AppendString(wire.AppendString(nil, u.Budget), u.Of))
	return "u" + text.EncodeToString(mac.Sum(nil)[:24])
}

// storeFailed turns what a challenge store says into what the client may know.
func (c *call) storeFailed(ctx context.Context, err error) *Error {
	var refused *challenge.Refused
	switch {
	case errors.As(err, &refused):
		code := ErrResendWait
		if refused.Budget == budgetFailures || refused.Budget == budgetBegin {
			code = ErrLocked
		}
		e := c.fail(ctx, code, "budget "+refused.Budget+" is shut")
		e.RetryAfter = refused.RetryAfter
		return e
	case errors.Is(err, challenge.ErrGone):
		return c.fail(ctx, ErrChallengeGone, err.Error())
	}
	return c.fail(ctx, ErrUnavailable, err.Error())
}
