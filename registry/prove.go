package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// proved is a right answer that has been written down, and so counts.
type proved struct {
	evidence evidence
	snap     factor.Snapshot
	login    Login
	reason   string // policy's
}

// prove has the provider check an answer, and writes the result down: that is what decides single use. A row that changed meanwhile is read again. If
// the provider would see the same data its verdict stands; otherwise it is asked once more, and a second no is not a failure of the user.
func (r *Registry) prove(ctx context.Context, a *attempt, w Who, snap factor.Snapshot, e evidence, response json.RawMessage) (proved, error) {
	ans := provider.Answer{Private: a.Private, Response: response}
	var m provider.Match
	var seen []byte // what the provider saw of the factor that m names
	verifies := 0
	for range maxWrites {
		if snap.Account.Version == 0 || snap.Account.Epoch != e.epoch {
			return proved{}, a.fail(ctx, ErrChallengeGone, "the epoch has moved")
		}
		if verifies == 0 || !r.unchanged(snap, a.Challenge, m.FactorID, seen) {
			if verifies++; verifies > maxVerifies {
				break
			}
			fs := r.asked(snap, a.Challenge)
			if len(fs) == 0 {
				return proved{}, a.rejected(ctx, "the factor cannot be used")
			}
			opened, err := r.openAll(fs)
			if err != nil {
				return proved{}, a.undecided(ctx, ErrUnavailable, err.Error())
			}
			req := provider.LoginRequest{User: w.user(snap.Account), Factors: opened, Action: a.Action, Now: a.now}
			if m, err = r.loginVerify(ctx, a.kind, req, ans); err != nil {
				return proved{}, r.refused(ctx, a, snap, m, err, verifies)
			}
			if a.unprompted && m.Data == nil {
				return proved{}, a.undecided(ctx, ErrInternal, "the provider did not burn an answer that nothing else ends")
			}
			seen = dataOf(opened, m.FactorID)
		}
		p, err := r.write(ctx, a, w, snap, e, m, seen)
		switch {
		case err == nil:
			return p, nil
		case errors.Is(err, factor.ErrSpent):
			a.signal = SignalReuse
			return proved{}, a.fail(ctx, ErrChallengeGone, "redeemed before")
		case !errors.Is(err, factor.ErrConflict):
			return proved{}, a.undecided(ctx, ErrUnavailable, err.Error())
		}
		if snap, err = r.load(ctx, e.tenant, e.user); err != nil {
			return proved{}, a.undecided(ctx, ErrUnavailable, err.Error())
		}
	}
	return proved{}, a.undecided(ctx, ErrUnavailable, "the factor kept changing")
}

// write makes a right answer count: the factor's new state and the challenge's single use in one change, or neither.
func (r *Registry) write(ctx context.Context, a *attempt, w Who, snap factor.Snapshot, e evidence, m provider.Match, seen []byte) (proved, error) {
	f, _ := snap.Factor(m.FactorID)
	data := m.Data
	if data == nil {
		data = seen
	}
	f, err := r.sealed(f, data)
	if err != nil {
		return proved{}, err
	}
	f.LastUsed = a.now
	if m.Hint != "" {
		f.Hint = m.Hint
	}
	if a.Purpose != challenge.StepUp {
		f.Failures = 0
	}
	a.factor, a.note = f.ID, m.Note

	e = e.with(a.kind.step(a.now, m))
	c := change(a.now, snap.Account)
	var login Login
	var v verdict
	if a.Purpose == challenge.StepUp {
		login, err = a.steppedUp(a.now, w, snap, e)
	} else {
		v = r.decide(a.now, snap, e)
		if until, fixes := v.fixes(snap.Account); fixes { // a passkey has named the user, whose first login this is
			account := snap.Account
			account.GraceUntil = until
			c.Account = &account
		}
		login, err = r.login(a.now, w, snap, e, v)
	}
	if err != nil {
		return proved{}, err
	}
	login.Factor, login.Once = f.ID, m.Once

	c.Put = []factor.Factor{f}
	if _, issued := a.kind.MultiFactorProvider.(provider.Issuer); issued { // it was for this one time
		used, _ := snap.Factor(f.ID)
		c.Put, c.Delete = nil, []factor.Factor{used}
	}
	if a.id != "" {
		c.Once = append(c.Once, once("challenge", []byte(a.id), a.Expires))
	}
	if login.Satisfied && a.Purpose == challenge.Login {
		c.Once = append(c.Once, once("login", e.login, e.expires))
	}
	if reason := a.remarkable(snap, m, login.Satisfied); reason != "" {
		a.tell(ctx, &c, a.event("ok", reason), snap)
	}
	if err := r.apply(ctx, c); err != nil {
		a.signal, a.notice = "", ""
		return proved{}, err
	}
	a.sent(ctx)
	login.Signal = r.signal(ctx, a.call, a.kind, w, snap)
	return proved{evidence: e, snap: snap, login: login, reason: v.Reason}, nil
}

// remarkable says why a right answer is told to its user: it was a recovery code, or came after many wrong ones.
func (a *attempt) remarkable(snap factor.Snapshot, m provider.Match, satisfied bool) (reason string) {
	a.signal, a.notice = "", ""
	before, _ := snap.Factor(m.FactorID)
	if a.Purpose == challenge.Login && satisfied && !a.kind.Unguessable && before.Failures >= manyFailures {
		reason, a.signal, a.notice = "after many wrong answers", SignalAfterFailures, provider.NoticeAfterFailures
	}
	if a.kind.Role == provider.Recovery {
		reason, a.notice = "recovery factor used", provider.NoticeRecoveryUsed
		if m.Last {
			a.notice = provider.NoticeRecoveryLastUsed
		}
	}
	return reason
}

// steppedUp is the result of a step-up: it is about this proof, not about a login, so policy is not asked.
func (a *attempt) steppedUp(now time.Time, w Who, snap factor.Snapshot, e evidence) (Login, error) {
	token, err := a.r.newProof(now, e, a.Action, "")
	if err != nil {
		return Login{}, err
	}
	return Login{User: w.user(snap.Account), Satisfied: true, AMR: e.amr(), AAL: e.aal(), Proved: e.proved(), Proof: token, Action: a.Action}, nil
}

// refused turns the provider's no into the answer. A first no counts against the factor, if it can be guessed. // attack: A-49
func (r *Registry) refused(ctx context.Context, a *attempt, snap factor.Snapshot, m provider.Match, err error, verifies int) error {
	switch {
	case errors.Is(err, errPanicked), errors.Is(err, errAnswer): // the provider's
		return a.undecided(ctx, ErrInternal, err.Error())
	case !wrong(err):
		return a.undecided(ctx, ErrUnavailable, "the provider failed")
	case errors.Is(err, provider.ErrCompromised):
		a.factor, a.note = m.FactorID, m.Note
		return r.compromised(ctx, a, snap, m.FactorID)
	case verifies > 1:
		a.signal = SignalReuse
		return a.rejected(ctx, "used up meanwhile")
	case a.kind.Unguessable:
		return a.rejected(ctx, "wrong answer")
	}
	n, ferr := step(ctx, func(ctx context.Context) (int, error) {
		return r.cfg.Factors.Fail(ctx, snap.Account.Tenant, snap.Account.UserID, a.Challenge.Factor, a.now)
	})
	a.guessed(ctx)
	switch {
	case ferr != nil:
		return a.rejected(ctx, "wrong answer; its failure was not counted: "+ferr.Error())
	case n == maxFailures:
		a.wornOut(ctx)
		return a.rejected(ctx, "wrong answer; the factor is disabled")
	}
	return a.rejected(ctx, "wrong answer")
}

// compromised disables a factor that its provider has found to be cloned, and makes everything dead that was issued before: some of it may have been
// issued to whoever has the clone.
func (r *Registry) compromised(ctx context.Context, a *attempt, snap factor.Snapshot, id string) error {
	for range maxWrites {
		f, ok := snap.Factor(id)
		if !ok || f.Disabled {
			break
		}
		f.Disabled = true
		account := snap.Account
		account.Epoch = nextEpoch(a.now, account.Epoch)
		a.signal, a.notice = SignalClone, provider.NoticeDisabled
		event := a.event(string(ErrRejected), "factor compromised and disabled")
		event.EndSessions = true
		c := change(a.now, snap.Account)
		c.Account, c.Put = &account, []factor.Factor{f}
		a.tell(ctx, &c, event, snap)
		err := r.apply(ctx, c)
		if err == nil {
			a.sent(ctx)
			break
		}
		a.notice = ""
		if !errors.Is(err, factor.ErrConflict) {
			return a.rejected(ctx, "factor compromised, and not disabled: "+err.Error())
		}
		if snap, err = r.load(ctx, snap.Account.Tenant, snap.Account.UserID); err != nil {
			return a.rejected(ctx, "factor compromised, and not disabled: "+err.Error())
		}
	}
	return a.rejected(ctx, "factor compromised and disabled")
}

// unchanged says that a provider would see of the factor what it saw before: only its counters or its key have changed.
func (r *Registry) unchanged(snap factor.Snapshot, ch challenge.Challenge, id string, seen []byte) bool {
	for _, f := range r.asked(snap, ch) {
		if f.ID == id {
			opened, err := r.open(f)
			return err == nil && bytes.Equal(opened.Data, seen)
		}
	}
	return false
}

func dataOf(fs []provider.Factor, id string) []byte {
	for _, f := range fs {
		if f.ID == id {
			return f.Data
		}
	}
	return nil
}

// prune has the store forget what has expired, at most once a minute, beside the call and not in it.
func (r *Registry) prune(ctx context.Context, now time.Time) {
	last := r.pruned.Load()
	if now.UnixMilli()-last < pruneEvery.Milliseconds() || !r.pruned.CompareAndSwap(last, now.UnixMilli()) {
		return
	}
	r.postSoon(ctx) // what others have left behind
	ctx = context.WithoutCancel(ctx)
	go func() { // The next round does what this one could not.
		_, _ = guarded(ctx, r.cfg.FinishTimeout, func(ctx context.Context) (n int, err error) {
			for n = prunePerRound; n == prunePerRound && err == nil && ctx.Err() == nil; { // as much as has expired, in steps that hold no lock for long
				n, err = r.cfg.Factors.Prune(ctx, now, prunePerRound)
			}
			return n, err
		})
	}()
}
