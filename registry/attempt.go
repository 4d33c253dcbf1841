package registry

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// attempt is one answer to one challenge, counted.
type attempt struct {
	*call
	challenge.Challenge
	kind kind
	id   string
	try  string
	left int // attempts

	unprompted bool // there was no challenge before the answer, so the answer must be burnt
}

// detach lets a call go on when its caller hangs up: otherwise hanging up would be a way not to be counted, or to lose a
// right answer. // attack: A-157
func (r *Registry) detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), r.cfg.FinishTimeout)
}

// attempt counts an answer and charges it to the user, before anybody looks at it, and then compares everything that the challenge was
// issued for with what it is used for. The evidence is the pending login's, or what the challenge brought along. // attack
func (r *Registry) attempt(ctx context.Context, c *call, f Finish, purpose challenge.Purpose) (*attempt, evidence, error) {
	unnamed := f.User.ID == "" && purpose == challenge.Login
	switch {
	case len(f.Response) > maxResponse, !unnamed && !f.check(), unnamed && !(validID(f.User.Tenant) && f.validBinding()):
		return nil, evidence{}, c.fail(ctx, ErrInvalid, "malformed request")
	case ctx.Err() != nil:
		return nil, evidence{}, c.fail(ctx, ErrUnavailable, "the caller hung up before the answer was counted")
	case unnamed && !challenge.Carried(f.Challenge): // as every challenge that is not this client's
		return nil, evidence{}, c.fail(ctx, ErrChallengeGone, "nobody is named, and the challenge is somebody's")
	}
	a := &attempt{call: c, id: f.Challenge, try: randomID()}
	ctx = context.WithoutCancel(ctx)
	opened, err := step(ctx, func(ctx context.Context) (challenge.Opened, error) { return r.issuer.Attempt(ctx, c.now, a.id, a.try) })
	if err != nil {
		if refused := (*challenge.Refused)(nil); !errors.As(err, &refused) && !errors.Is(err, challenge.ErrGone) {
			a.release(ctx)
		}
		return nil, evidence{}, c.storeFailed(ctx, err)
	}
	ch := opened.Challenge
	a.Challenge, a.left = ch, opened.Attempts
	if !opened.Shut.IsZero() {
		a.lock = &lock{ch.Tenant, ch.User, ch.Kind, ch.Factor, opened.Shut}
	}
	if reason := mismatch(ch, f.Who, purpose); reason != "" {
		return nil, evidence{}, c.fail(ctx, ErrChallengeGone, reason)
	}
	c.factor = ch.Factor
	var known bool
	if a.kind, known = r.kinds[ch.Kind]; !known {
		a.release(ctx)
		return nil, evidence{}, c.fail(ctx, ErrUnknownKind, "no provider of this kind")
	}
	c.kind = ch.Kind
	if err := a.throttle(ctx); err != nil {
		return nil, evidence{}, err
	}
	e, code, reason := r.evidenceOf(c.now, a, f)
	if reason != "" {
		return nil, evidence{}, c.fail(ctx, code, reason)
	}
	return a, e, nil
}

// mismatch compares, every one, every time. // attack
func mismatch(ch challenge.Challenge, w Who, purpose challenge.Purpose) string {
	switch {
	case ch.Purpose != purpose:
		return "the challenge is for another purpose"
	case ch.Tenant != w.User.Tenant:
		return "the challenge is another tenant's"
	case ch.User != w.User.ID:
		return "the challenge is another user's"
	case subtle.ConstantTimeCompare(ch.Binding, w.digest()) != 1:
		return "the challenge is another session's"
	}
	return ""
}

// evidenceOf finds what was proved before this step.
func (r *Registry) evidenceOf(now time.Time, a *attempt, f Finish) (evidence, Code, string) {
	if len(a.Login) > 0 {
		e, err := r.pending(now, f.Who, f.Pending)
		switch {
		case err != nil:
			return evidence{}, ErrLoginRequired, err.Error()
		case !bytes.Equal(e.login, a.Login):
			return evidence{}, ErrChallengeGone, "the challenge is another login's"
		case e.epoch != a.Epoch:
			return evidence{}, ErrChallengeGone, "the epoch has moved"
		}
		return e, "", ""
	}
	if len(a.Evidence) > 0 {
		e, err := decodeEvidence(a.Evidence)
		if err != nil || !e.belongs(f.Who) || e.epoch != a.Epoch {
			return evidence{}, ErrChallengeGone, "the challenge's evidence is not this user's"
		}
		return e, "", ""
	}
	return evidence{
		login: randomBytes(16), tenant: a.Tenant, user: a.User, binding: a.Binding, epoch: a.Epoch,
		expires: now.Add(loginTTL),
	}, "", ""
}

// release gives the charge back, because there was no verdict. It is best effort: if it fails too, the charge stays.
func (a *attempt) release(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	err := does(ctx, func(ctx context.Context) error { return a.r.issuer.Release(ctx, a.now, a.id, a.try) })
	if err != nil {
		a.report(ctx, "charge_kept", err.Error())
		return
	}
	a.lock = nil // it was shut, and is open again
}

// redeem ends the challenge. What decided was the factor store, so a failure only leaves a charge behind.
func (a *attempt) redeem(ctx context.Context, refill ...string) {
	ctx = context.WithoutCancel(ctx)
	err := does(ctx, func(ctx context.Context) error { return a.r.issuer.Redeem(ctx, a.now, a.id, a.try, refill...) })
	if err != nil {
		a.report(ctx, "charge_kept", err.Error())
	}
}

// undecided fails without a verdict, and gives the charge back.
func (a *attempt) undecided(ctx context.Context, code Code, reason string) *Error {
	a.release(ctx)
	return a.fail(ctx, code, reason)
}

// rejected is the one answer to a wrong one, whatever was wrong with it. // attack: A-144
func (a *attempt) rejected(ctx context.Context, reason string) *Error {
	if a.signal == "" && a.Purpose == challenge.Login && (len(a.Login) > 0 || a.unprompted) {
		a.signal = SignalPartial
	}
	e := a.fail(ctx, ErrRejected, reason)
	e.AttemptsLeft = a.left
	return e
}
