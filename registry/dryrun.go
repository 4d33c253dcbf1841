package registry

import (
	"context"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Trial is a policy to be tried on the accounts that there are, before it is anybody's. A call tries it on one page of them: the caller goes on
// with the result's Next, as fast as the database should be asked.
type Trial struct {
	Actor, Reason string        // required, as in a Deed
	Policy        policy.Policy // required
	Tenant        *string       // nil for all tenants
	After         string        // the last result's Next; "" to begin
	N             int           // accounts of one call: 1 to 1000, by default 100
	// Primary is how the users sign in first; by default {"pwd"}.
	Primary []string
	// About says of each user what Start would; by default Config.About. Without either nothing is known of them.
	About func(ctx context.Context, tenant, user string) (About, error)
}

// Outlook is what a policy means to a user.
type Outlook string

// The outlooks, from a nuisance to a call at the help desk.
const (
	OutlookMustEnroll Outlook = "must_enroll" // can sign in, and has to attach a factor; if Affected has a GraceUntil, by then
	OutlookRecovery   Outlook = "recovery"    // has nothing that counts, but a recovery code, which opens the way to a new factor
	OutlookLockedOut  Outlook = "locked_out"  // cannot sign in, and may attach nothing, until an administrator helps
)

// Affected is a user to whom a policy would make a difference.
type Affected struct {
	Tenant, User string
	Outlook      Outlook
	GraceUntil   time.Time
	// Explanation is of the best that the user could do.
	Explanation policy.Explanation
}

// TrialPage is what a Trial has found on one page of accounts.
type TrialPage struct {
	Scanned  int
	Affected []Affected
	Next     string // "" after the last account
}

// DryRun lists the users whom a policy would lock out, or make attach a factor. It changes nothing. A policy that the configured kinds can never
// satisfy is ErrInvalid.
func (a Admin) DryRun(ctx context.Context, t Trial) (TrialPage, error) {
	r := a.r
	c := r.call("dry_run", Who{})
	defer c.trace(&ctx)()
	setDefault(&t.N, 100)
	if len(t.Primary) == 0 {
		t.Primary = []string{"pwd"}
	}
	if t.About == nil {
		t.About = r.cfg.About
	}
	if t.Actor == "" || !validID(t.Actor) || t.Reason == "" || !validID(t.Reason) || t.N < 1 || t.N > 1000 || !validMethods(t.Primary) {
		return TrialPage{}, c.fail(ctx, ErrInvalid, "malformed request: an actor and a reason are required")
	}
	c.actor, c.note = t.Actor, t.Reason
	if err := t.Policy.Check(slices.Clone(r.known)); err != nil {
		e := c.fail(ctx, ErrInvalid, err.Error())
		e.Text = err.Error()
		return TrialPage{}, e
	}
	page := factor.Page{Tenant: t.Tenant, After: t.After, N: t.N}
	type scanned struct {
		accounts []factor.Snapshot
		next     string
	}
	got, err := step(ctx, func(ctx context.Context) (s scanned, err error) {
		s.accounts, s.next, err = r.cfg.Factors.Scan(ctx, page)
		return s, err
	})
	if err != nil {
		return TrialPage{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	out := TrialPage{Scanned: len(got.accounts), Next: got.next}
	for _, snap := range got.accounts {
		found, err := r.try(ctx, c.now, t, snap)
		if err != nil {
			return TrialPage{}, c.fail(ctx, ErrUnavailable, err.Error())
		}
		if found.Outlook != "" {
			out.Affected = append(out.Affected, found)
		}
	}
	c.done(ctx, "")
	return out, nil
}

// try tries a policy on one account.
func (r *Registry) try(ctx context.Context, now time.Time, t Trial, snap factor.Snapshot) (found Affected, err error) {
	defer func() {
		if recover() != nil {
			found, err = Affected{}, errPanicked
		}
	}()
	e := evidence{tenant: snap.Account.Tenant, user: snap.Account.UserID, primary: t.Primary, primaryAt: now}
	if t.About != nil {
		said, err := guarded(ctx, r.cfg.FinishTimeout, func(ctx context.Context) (About, error) { return t.About(ctx, e.tenant, e.user) })
		if err != nil {
			return Affected{}, err
		}
		e.stated, e.about = true, said
	}
	judged := func(facts policy.Facts) (policy.Decision, policy.Explanation) {
		best := t.Policy.BestCase(facts)
		return t.Policy.Decide(best), t.Policy.Explain(best)
	}
	facts := r.facts(now, snap, e)
	d, why := judged(facts)
	found = Affected{Tenant: e.tenant, User: e.user, Explanation: why}
	switch {
	case d.Satisfied && !d.InGrace:
		return Affected{}, nil
	case d.Satisfied:
		found.Outlook, found.GraceUntil = OutlookMustEnroll, d.GraceUntil
		return found, nil
	case d.MayEnroll():
		found.Outlook = OutlookMustEnroll
		return found, nil
	}
	found.Outlook = OutlookLockedOut
	for _, f := range snap.Factors {
		if k := r.kinds[f.Kind]; k.Role == provider.Recovery && r.usable(snap.Account, f) {
			facts.Steps = append(facts.Steps, k.step(now, provider.Match{FactorID: f.ID}))
		}
	}
	if len(facts.Steps) > 0 {
		if d, _ := judged(facts); d.Satisfied || d.MayEnroll() {
			found.Outlook = OutlookRecovery
		}
	}
	return found, nil
}
