package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
)

// Together is a sign-in whose form asks for everything at once: user name, password and code.
type Together struct {
	// Who is as in every call, but User.ID may be empty: for a name that the application does not know.
	Who
	About // what policy may decide by, as in Start
	// PrimaryOK is the application's verdict on the first factor. It must be as slow to find for a user who does not exist.
	PrimaryOK bool
	Primary   []string        // what the first factor was, as RFC 8176 values; "pwd" if there is none
	Kind      string          // of the code that was typed: an authenticator app's, or a backup code
	Response  json.RawMessage // whatever the client sent
}

// VerifyTogether checks a password's verdict and a typed code together, and gives one answer for both: ErrRejected, whether the password was wrong, the code was, the user
// does not exist, has no factor of the kind, or is locked. It never says ErrLocked; whoever is locked learns it from a notice. Every refusal is the same work
// and the same round trips, and comes no sooner than 250 ms after the call. // attack
//
// A wrong code is counted against the user only where the password was right, so nobody can lock somebody else out; a wrong password spends
// nothing. A stranger writes nothing, anywhere. // attack: A-48
//
// Nobody can choose a factor in a form like this. The code is checked against one: the user's default if it is of the kind, otherwise the one that was used
// last. A user who has no factor at all, and whose password is right, gets what StartLogin would say: signed in where policy asks for no more, or a Pending to attach
// a factor with.
func (r *Registry) VerifyTogether(ctx context.Context, t Together) (Login, error) {
	c := r.call("verify_together", t.Who)
	defer c.trace(&ctx)()
	if len(t.Primary) == 0 {
		t.Primary = []string{"pwd"}
	}
	if !t.About.valid() || !validID(t.User.Tenant) || !validID(t.User.ID) || !t.validBinding() || !validMethods(t.Primary) || len(t.Response) > maxResponse {
		return Login{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	if _, ok := r.decoys[t.Kind]; !ok {
		return Login{}, c.fail(ctx, ErrUnknownKind, "no provider of this kind whose answers can be given unprompted")
	}
	c.kind = t.Kind
	if ctx.Err() != nil {
		return Login{}, c.fail(ctx, ErrUnavailable, "the caller hung up before the answer was counted")
	}
	if err := c.allowed(ctx); err != nil { // asked of everybody, before anything is known of the user
		return Login{}, err
	}
	floor := time.NewTimer(r.floor)
	defer floor.Stop()
	login, err := r.together(ctx, c, t)
	if errors.Is(err, ErrRejected) {
		select { // A write that a database makes durable takes longer than none. // attack: A-146
		case <-floor.C:
		case <-ctx.Done():
		}
	}
	return login, err
}

func (r *Registry) together(ctx context.Context, c *call, t Together) (Login, error) {
	ctx, cancel := r.detach(ctx)
	defer cancel()
	snap, err := r.load(ctx, t.User.Tenant, t.User.ID)
	if err != nil {
		return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	known := t.PrimaryOK && t.User.ID != ""
	if known && len(r.ordinary(snap.Factors)) == 0 {
		return r.withoutFactor(ctx, c, t)
	}
	e := evidence{
		login: randomBytes(16), tenant: t.User.Tenant, user: t.User.ID, binding: t.digest(), epoch: snap.Account.Epoch,
		primary: t.Primary, primaryAt: c.now, expires: c.now.Add(loginTTL), stated: true, about: t.About.clone(),
	}
	f, usable := r.typed(c.now, snap, e, t.Kind)
	if !known || !usable {
		reason := "the first factor was wrong"
		if known {
			reason = "the account has no factor of this kind that could be used"
		}
		return Login{}, r.disguised(ctx, c, t, r.tagOf(snap, t), reason)
	}
	a, err := r.charge(ctx, c, t, snap, f)
	switch {
	case errors.Is(err, ErrLocked):
		if err := r.pretend(ctx, c, t, tag(snap.Account), true); err != nil {
			return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
		}
		return Login{}, oneAnswer(t.Kind, err)
	case err != nil:
		return Login{}, oneAnswer(t.Kind, err)
	}
	p, err := r.prove(ctx, a, t.Who, snap, e, t.Response)
	if err != nil {
		return Login{}, oneAnswer(t.Kind, err)
	}
	r.settle(ctx, a, p)
	c.done(ctx, p.reason)
	r.prune(ctx, c.now)
	return p.login, nil
}

// typed is the factor that a code is checked against where none can be chosen: the first of the kind that a login would offer. One and no more, or a guess would
// have as many chances as the user has factors.
func (r *Registry) typed(now time.Time, snap factor.Snapshot, e evidence, kind string) (factor.Factor, bool) {
	for _, choice := range r.choices(snap, e, r.decide(now, snap, e)) {
		if choice.Kind == kind {
			return snap.Factor(choice.Factor)
		}
	}
	return factor.Factor{}, false
}

// charge counts the answer against the user before anybody looks at it, by a challenge of one attempt that is issued and tried at once. So a charge can be given back
// and a budget refilled as in every other login.
func (r *Registry) charge(ctx context.Context, c *call, t Together, snap factor.Snapshot, f factor.Factor) (*attempt, error) {
	ch := challenge.Challenge{
		Purpose: challenge.Login, Tenant: t.User.Tenant, User: t.User.ID, Binding: t.digest(), Kind: t.Kind, Factor: f.ID,
		Epoch: snap.Account.Epoch, Expires: c.now.Add(2 * time.Minute), // longer than FinishTimeout can be
	}
	terms := challenge.Record{Attempts: 1, OnTry: []challenge.Spend{r.spend(budgetFailures, "")}}
	issued, err := step(ctx, func(ctx context.Context) (challenge.Issued, error) {
		return r.issuer.Issue(ctx, c.now, tag(snap.Account), ch, terms)
	})
	if err != nil {
		return nil, c.storeFailed(ctx, err)
	}
	a, _, err := r.attempt(ctx, c, Finish{Who: t.Who, Challenge: issued.ID, Response: t.Response}, challenge.Login)
	if err != nil {
		return nil, err
	}
	a.unprompted = true
	return a, nil
}

// disguised does the work of a wrong code, and gives its answer. Why is for the event.
func (r *Registry) disguised(ctx context.Context, c *call, t Together, tag, reason string) error {
	if err := r.pretend(ctx, c, t, tag, false); err != nil {
		return c.fail(ctx, ErrUnavailable, err.Error())
	}
	return c.fail(ctx, ErrRejected, reason)
}

// oneAnswer is what a login that failed says: not how many attempts are left, nor that a code was right and somebody else was quicker.
func oneAnswer(kind string, err error) error {
	e := (*Error)(nil)
	if !errors.As(err, &e) || (e.Code != ErrRejected && e.Code != ErrChallengeGone && e.Code != ErrLocked) {
		return err
	}
	return &Error{Code: ErrRejected, Op: "verify_together", Kind: kind}
}

// withoutFactor is for a user whose password is right and who has nothing to type a code from.
func (r *Registry) withoutFactor(ctx context.Context, c *call, t Together) (Login, error) {
	login, err := r.StartLogin(ctx, Start{Who: t.Who, About: t.About, Primary: t.Primary})
	if err == nil && !login.Satisfied && !login.MayEnroll {
		return Login{}, r.disguised(ctx, c, t, r.tagOf(factor.Snapshot{}, t), "policy asks for a factor, and allows none")
	}
	c.quietly() // the start has told
	if failed := (*Error)(nil); errors.As(err, &failed) {
		c.result = string(failed.Code)
	}
	return login, err
}

// tagOf is where the user's challenges are, or where they would be. That is one place per user: asking at another one each time could be told from outside.
func (r *Registry) tagOf(snap factor.Snapshot, t Together) string {
	if snap.Account.Version != 0 {
		return tag(snap.Account)
	}
	return challenge.Tag([]byte(t.User.Tenant + "\x00" + t.User.ID))
}
