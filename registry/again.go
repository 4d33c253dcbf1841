package registry

import (
	"bytes"
	"context"
	"errors"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Resume shows the prompt of a live challenge again, after a reload: the same one. It sends nothing and changes nothing.
func (r *Registry) Resume(ctx context.Context, a Again) (Challenge, error) {
	c := r.call("resume", a.Who)
	defer c.trace(&ctx)()
	ch, _, err := r.again(ctx, c, a)
	if err == nil {
		c.quietly()
	}
	return ch, err
}

// Resend sends the message of a live challenge again: the same code, which lives no longer for it. ErrResendWait says when. A message that
// fails keeps what it took, and changes nothing else: what was sent before still works.
func (r *Registry) Resend(ctx context.Context, a Again) (Challenge, error) {
	c := r.call("resend", a.Who)
	defer c.trace(&ctx)()
	ch, message, err := r.again(ctx, c, a)
	if err != nil {
		return Challenge{}, err
	}
	if message == nil {
		return Challenge{}, c.fail(ctx, ErrInvalid, "this kind sends nothing")
	}
	live, err := r.get(ctx, c, a.Challenge, r.sending(r.kinds[ch.Kind])...)
	if err != nil {
		return Challenge{}, c.storeFailed(ctx, err)
	}
	ch.ResendAt = live.Next
	if err := r.deliver(ctx, c, message); err != nil {
		return undelivered(ch, err), err
	}
	c.done(ctx, "")
	return ch, nil
}

func (r *Registry) get(ctx context.Context, c *call, id string, take ...challenge.Spend) (challenge.Opened, error) {
	try := randomID()
	return step(ctx, func(ctx context.Context) (challenge.Opened, error) { return r.issuer.Get(ctx, c.now, id, try, take...) })
}

// again opens a live challenge of this user and session, and has its prompt made again.
func (r *Registry) again(ctx context.Context, c *call, a Again) (Challenge, *provider.Delivery, error) {
	if !a.check() || challenge.Carried(a.Challenge) {
		return Challenge{}, nil, c.fail(ctx, ErrChallengeGone, "malformed request")
	}
	live, err := r.get(ctx, c, a.Challenge)
	if err != nil {
		return Challenge{}, nil, c.storeFailed(ctx, err)
	}
	ch := live.Challenge
	if reason := mismatch(ch, a.Who, ch.Purpose); reason != "" { // any purpose will do
		return Challenge{}, nil, c.fail(ctx, ErrChallengeGone, reason)
	}
	c.kind, c.factor, c.purpose = ch.Kind, ch.Factor, ch.Purpose
	k, ok := r.kinds[ch.Kind]
	if !ok {
		return Challenge{}, nil, c.fail(ctx, ErrUnknownKind, "no provider of this kind")
	}
	snap, err := r.load(ctx, ch.Tenant, ch.User)
	if err != nil {
		return Challenge{}, nil, c.fail(ctx, ErrUnavailable, err.Error())
	}
	if snap.Account.Epoch != ch.Epoch {
		return Challenge{}, nil, c.fail(ctx, ErrChallengeGone, "the epoch has moved")
	}
	if _, done := snap.Factor(factorID(a.Challenge)); done {
		return Challenge{}, nil, c.fail(ctx, ErrChallengeGone, "the set-up is over")
	}
	prompt, err := r.promptAgain(ctx, c, a.Who, k, ch, snap)
	if err != nil {
		return Challenge{}, nil, c.hookFailed(ctx, err)
	}
	out := Challenge{ID: a.Challenge, Kind: ch.Kind, Expires: ch.Expires, AttemptsLeft: live.Attempts, Action: ch.Action, Public: prompt.Public}
	if prompt.Deliver != nil {
		out.ResendAt = live.Next
	}
	return out, prompt.Deliver, nil
}

// promptAgain asks the provider for the same prompt, and insists that it is the same.
func (r *Registry) promptAgain(ctx context.Context, c *call, w Who, k kind, ch challenge.Challenge, snap factor.Snapshot) (prompt provider.Prompt, err error) {
	about := r.asked(snap, ch)
	if ch.Purpose != challenge.Setup && len(about) == 0 {
		return prompt, errors.New("registry: the factor cannot be used any more")
	}
	opened, err := r.openAll(about)
	if err != nil {
		return prompt, err
	}
	if ch.Purpose == challenge.Setup {
		prompt, err = r.setupHook(ctx, k, provider.SetupRequest{User: w.user(snap.Account), Existing: opened, Previous: ch.Private, Now: c.now})
	} else {
		prompt, err = r.loginHook(ctx, k, provider.LoginRequest{User: w.user(snap.Account), Factors: opened, Action: ch.Action, Previous: ch.Private, Now: c.now})
	}
	if err == nil && !bytes.Equal(prompt.Private, ch.Private) {
		return provider.Prompt{}, errors.Join(errAnswer, errors.New("registry: the provider changed the prompt when asked for it again"))
	}
	return prompt, err
}

// asked are the usable factors that a challenge is about: its one factor, or all of the kind.
func (r *Registry) asked(snap factor.Snapshot, ch challenge.Challenge) []factor.Factor {
	var fs []factor.Factor
	for _, f := range snap.Factors {
		if f.Kind == ch.Kind && (ch.Factor == "" || ch.Factor == f.ID) && r.usable(snap.Account, f) {
			fs = append(fs, f)
		}
	}
	return fs
}
