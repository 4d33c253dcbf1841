package registry

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// BeginSetup begins the attachment of a factor. It takes a Proof, or the Pending of a login, that proved an existing factor at most 5 minutes
// ago; for a user who has none, the Pending of a login whose first factor is at most 10 minutes old. Nothing is attached before FinishSetup.
//
// Like BeginLogin it returns the Challenge together with ErrSendFailed. ErrInvalid may come from the sender as well: there is no such address, and the
// way on is to begin again with another.
func (r *Registry) BeginSetup(ctx context.Context, b Enrol) (Challenge, error) {
	c := r.call("begin_setup", b.Who)
	defer c.trace(&ctx)()
	if !b.check() || (b.Label != "" && !validLabel(b.Label)) || len(b.Input) > maxResponse || len(b.Replaces) > maxIDBytes {
		return Challenge{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	k, ok := r.kinds[b.Kind]
	if !ok {
		return Challenge{}, c.fail(ctx, ErrUnknownKind, "no provider of this kind")
	}
	c.kind = b.Kind
	auth, fail := r.authority(ctx, c, b.Who, b.Pending, b.Proof)
	if fail != nil {
		return Challenge{}, fail
	}
	snap, err := r.load(ctx, b.User.Tenant, b.User.ID)
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	if fail := r.maySetup(ctx, c, auth, snap, k, b.Replaces); fail != nil {
		return Challenge{}, fail
	}
	c.factor = b.Replaces
	if err := c.allowed(ctx); err != nil {
		return Challenge{}, err
	}
	existing, err := r.openAll(r.asked(snap, challenge.Challenge{Kind: b.Kind}))
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	prompt, err := r.setupHook(ctx, k, provider.SetupRequest{User: b.user(snap.Account), Existing: existing, Input: b.Input, Now: c.now})
	if err != nil {
		return Challenge{}, c.hookFailed(ctx, err)
	}
	ch := challenge.Challenge{
		Purpose: challenge.Setup, Begun: c.now, Label: b.Label, Replaces: b.Replaces, Expires: c.now.Add(k.ttl(setupTTL)),
	}
	if auth.pending {
		ch.Login = auth.login
	} else {
		ch.Evidence, ch.Opened = auth.evidence.encode(), auth.opened
	}
	return r.issue(ctx, c, b.Who, snap.Account, k, ch, prompt)
}

// FinishSetup checks the proof of a new factor and attaches it. What it replaces goes in the same step. Within a login the new factor counts as
// proved, so that a user who has to attach one goes on from there.
func (r *Registry) FinishSetup(ctx context.Context, f Finish) (Login, error) {
	c := r.call("finish_setup", f.Who)
	defer c.trace(&ctx)()
	a, e, err := r.attempt(ctx, c, f, challenge.Setup)
	if err != nil {
		return Login{}, err
	}
	ctx, cancel := r.detach(ctx)
	defer cancel()

	auth := authority{evidence: e, pending: len(a.Login) > 0, opened: a.Opened, at: a.Begun}
	var enrolled *provider.Enrollment
	for range maxWrites {
		snap, err := r.load(ctx, e.tenant, e.user)
		if err != nil {
			return Login{}, a.undecided(ctx, ErrUnavailable, err.Error())
		}
		if snap.Account.Epoch != e.epoch {
			return Login{}, c.fail(ctx, ErrChallengeGone, "the epoch has moved")
		}
		if fail := r.maySetup(ctx, c, auth, snap, a.kind, a.Replaces); fail != nil {
			return Login{}, fail
		}
		if enrolled == nil {
			if err := c.allowed(ctx); err != nil {
				a.release(ctx)
				return Login{}, err
			}
			got, fail := r.enrolment(ctx, a, f, snap)
			if fail != nil {
				return Login{}, fail
			}
			enrolled = &got
		}
		login, err := r.attach(ctx, a, f.Who, auth, snap, *enrolled)
		switch {
		case err == nil:
			a.redeem(ctx)
			c.done(ctx, "")
			r.prune(ctx, c.now)
			return login, nil
		case errors.Is(err, factor.ErrSpent):
			return Login{}, c.fail(ctx, ErrChallengeGone, "redeemed before")
		case errors.Is(err, factor.ErrExists): // attack: A-103
			return Login{}, c.fail(ctx, ErrFactorExists, "the handle is taken")
		case !errors.Is(err, factor.ErrConflict):
			return Login{}, a.undecided(ctx, ErrUnavailable, err.Error())
		}
	}
	return Login{}, a.undecided(ctx, ErrUnavailable, "the account kept changing")
}

// enrolment has the provider check the proof, once.
func (r *Registry) enrolment(ctx context.Context, a *attempt, f Finish, snap factor.Snapshot) (provider.Enrollment, error) {
	existing, err := r.openAll(r.asked(snap, challenge.Challenge{Kind: a.Kind}))
	if err != nil {
		return provider.Enrollment{}, a.undecided(ctx, ErrUnavailable, err.Error())
	}
	req := provider.SetupRequest{User: f.user(snap.Account), Existing: existing, Now: a.now}
	got, err := r.setupVerify(ctx, a.kind, req, provider.Answer{Private: a.Private, Response: f.Response})
	switch {
	case err == nil:
		return got, nil
	case wrong(err):
		e := a.rejected(ctx, "wrong answer")
		if invalid := (*provider.InvalidError)(nil); errors.As(err, &invalid) {
			e.Text = invalid.Text // It is the user's own new factor, so what is wrong with it may be told.
		}
		return provider.Enrollment{}, e
	case errors.Is(err, errPanicked), errors.Is(err, errAnswer):
		return provider.Enrollment{}, a.undecided(ctx, ErrInternal, err.Error())
	}
	return provider.Enrollment{}, a.undecided(ctx, ErrUnavailable, "the provider failed")
}

// attach writes the new factor, and everything that goes or changes with it, in one change.
func (r *Registry) attach(ctx context.Context, a *attempt, w Who, auth authority, snap factor.Snapshot, got provider.Enrollment) (Login, error) {
	gone := replaced(snap, a.Challenge, a.kind)
	leaving := slices.Clone(gone)
	for _, f := range snap.Factors {
		if r.dead(snap.Account, f) {
			leaving = append(leaving, f)
		}
	}
	kept := without(snap.Factors, leaving)

	recovery, _ := auth.standsIn()
	recovery = recovery && a.kind.Role == provider.Ordinary
	account := snap.Account
	if recovery || (len(gone) > 0 && a.kind.Role == provider.Ordinary) { // what was issued before rests on what is lost
		account.Epoch = nextEpoch(a.now, account.Epoch)
	}
	if account.DefaultFactor == a.Replaces {
		account.DefaultFactor = ""
	}
	f := factor.Factor{
		Tenant: account.Tenant, UserID: account.UserID, ID: factorID(a.id), Kind: a.Kind, Handle: got.Handle,
		Label: freeLabel(labelOf(a, got, gone), kept), Hint: got.Hint, Created: a.now, Epoch: account.Epoch,
		Role: noted(a.kind.Role),
	}
	if got.GoodFor > 0 {
		f.Expires = a.now.Add(got.GoodFor)
	}
	f, err := r.sealed(f, got.Data)
	if err != nil {
		return Login{}, err
	}
	a.factor = f.ID

	e, opened := auth.evidence, auth.opened
	if recovery { // the new factor takes the place of what the code stood for
		e, opened = e.provedOnly(), f.ID
	}
	for _, g := range gone {
		e = e.without(g.ID)
	}
	e.epoch = account.Epoch
	if a.kind.Role == provider.Ordinary {
		e = e.with(a.kind.step(a.now, provider.Match{FactorID: f.ID}))
	}
	after := factor.Snapshot{Account: account, Factors: append(kept, f)}
	v := r.decide(a.now, after, e)
	if until, fixes := v.fixes(account); fixes {
		account.GraceUntil = until
	}
	login, err := r.enrolled(a, w, after, auth, e, opened, v)
	if err != nil {
		return Login{}, err
	}
	login.Factor, login.Once = f.ID, got.Once

	reason := "factor added"
	switch a.notice = provider.NoticeAdded; {
	case a.kind.Role == provider.Transient:
		a.notice = provider.NoticeTrusted
	case len(gone) > 0:
		reason, a.notice = "factor replaced", provider.NoticeReplaced
	}
	event := a.event("ok", reason)
	event.EndSessions = a.kind.Role == provider.Ordinary
	c := change(a.now, snap.Account)
	c.Account, c.Put, c.Delete = &account, []factor.Factor{f}, leaving
	a.tell(ctx, &c, event, snap)
	c.Once = []factor.Once{once("challenge", []byte(a.id), a.Expires)}
	if login.Satisfied && auth.pending {
		c.Once = append(c.Once, once("login", e.login, e.expires))
	}
	if err := r.apply(ctx, c); err != nil {
		a.notice = ""
		return Login{}, err
	}
	a.sent(ctx)
	login.Signal = r.signal(ctx, a.call, a.kind, w, after)
	return login, nil
}

// enrolled is the result of an attachment. Its Proof rests on the new factor; after a recovery it opens the window in which what is older may go.
func (r *Registry) enrolled(a *attempt, w Who, after factor.Snapshot, auth authority, e evidence, opened string, v verdict) (Login, error) {
	login, err := r.login(a.now, w, after, e, v)
	if err != nil || (login.Proof == "" && auth.pending) {
		return login, err
	}
	if !auth.pending { // a user who is signed in already has nothing pending
		login = Login{User: login.User, Satisfied: true, AMR: login.AMR, AAL: login.AAL, Proved: login.Proved}
	}
	login.Proof, err = r.newProof(a.now, e, "", opened)
	return login, err
}

// factorID is made from the challenge's id, so that a challenge whose set-up is over is known by its factor, even if the store that keeps
// challenges could not be told. // attack: A-80
func factorID(challengeID string) string {
	sum := sha256.Sum256([]byte("factor\x00" + challengeID))
	return text.EncodeToString(sum[:16])
}

// replaced are the factors that go when the new one comes: the one it was begun for, and of a recovery kind the old set. // attack: A-129
func replaced(snap factor.Snapshot, ch challenge.Challenge, k kind) []factor.Factor {
	var gone []factor.Factor
	for _, f := range snap.Factors {
		if f.ID == ch.Replaces || (k.Role == provider.Recovery && f.Kind == ch.Kind) {
			gone = append(gone, f)
		}
	}
	return gone
}

func without(fs, gone []factor.Factor) []factor.Factor {
	var kept []factor.Factor
	for _, f := range fs {
		if _, ok := (factor.Snapshot{Factors: gone}).Factor(f.ID); !ok {
			kept = append(kept, f)
		}
	}
	return kept
}

// labelOf is the name of a new factor: the user's, else that of what it replaces, else the provider's, else the kind's.
func labelOf(a *attempt, got provider.Enrollment, gone []factor.Factor) string {
	switch {
	case a.Label != "":
		return a.Label
	case len(gone) > 0 && gone[0].Label != "":
		return gone[0].Label
	case validLabel(got.Label):
		return got.Label
	}
	return a.Kind
}
