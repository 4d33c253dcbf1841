package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// How long an issued recovery code may live. NIST SP 800-63B-4 section 4.2.1.2 allows 10 minutes for one that is sent as a text message, and 24 hours for one that
// is sent by e-mail.
const (
	minRecovery = 10 * time.Minute
	maxRecovery = 24 * time.Hour
)

// Recovery asks for a recovery code for a user who has lost their factors.
type Recovery struct {
	// Deed says for whom and why. Factor is not looked at, and Actor is By's user ID; it may be left out.
	Deed
	By     Who    // the administrator
	Proof  string // of a step-up of the administrator for Action, at most 5 minutes ago; it is spent
	Action string // what the administrator has confirmed, as in BeginStepUp: "Recovery code for alice@example.com"
	// GoodFor is how long the code lives: 10 minutes to 24 hours, by default 24 hours. Take 10 minutes for one that goes by text message.
	GoodFor time.Duration
}

// Issued is a recovery code that was issued.
type Issued struct {
	Once    any // what to hand to the user, from the provider; it is nowhere else
	Expires time.Time
}

// Format keeps the code out of whatever prints it.
func (i Issued) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "recovery code (not printed), until %v", i.Expires)
}

// LogValue keeps it out of logs, which else would have it as JSON.
func (i Issued) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(i)) }

// IssueRecovery makes a recovery code, in place of any that was issued before. It switches nothing off: the user signs in with it once, and in the login that it
// completes attaches a new factor, which may for 5 minutes remove the lost ones. The administrator proves a factor for this one deed, and cannot do it for
// themselves: the power over all accounts is worth no more than the administrator's own.
//
// ErrPolicyForbids if it is for the administrator, or if the user has no factor that a code could stand in for; ErrStepUpRequired if the proof is not good or was spent;
// ErrUnknownKind if no provider can issue.
func (a Admin) IssueRecovery(ctx context.Context, d Recovery) (Issued, error) {
	if d.Actor == "" {
		d.Actor = d.By.User.ID
	}
	c, _, err := a.call(ctx, "issue_recovery", d.Deed)
	defer c.trace(&ctx)()
	if err != nil {
		return Issued{}, err
	}
	setDefault(&d.GoodFor, maxRecovery)
	switch {
	case !d.By.check(), d.Actor != d.By.User.ID, d.GoodFor < minRecovery, d.GoodFor > maxRecovery, d.GoodFor%time.Millisecond != 0,
		d.Action == "", utf8.RuneCountInString(d.Action) > maxActionRunes:
		return Issued{}, c.fail(ctx, ErrInvalid, "malformed request: the administrator, an action, and a life of 10m to 24h are required")
	case d.By.User.Tenant == d.Tenant && d.By.User.ID == d.User:
		return Issued{}, c.fail(ctx, ErrPolicyForbids, "an administrator cannot issue a code for themselves")
	}
	k, ok := a.r.issues()
	if !ok {
		return Issued{}, c.fail(ctx, ErrUnknownKind, "no provider can issue recovery codes")
	}
	c.kind, c.client = k.Kind, d.By.Client.printable()
	p, err := a.r.checked(ctx, c, d.Proof, Need{Who: d.By, Action: d.Action})
	switch {
	case err != nil:
		return Issued{}, err
	case len(p.steps) == 0: // which no step-up is, whatever else is
		return Issued{}, c.fail(ctx, ErrStepUpRequired, "no factor was proved")
	}
	if err := c.allowed(ctx); err != nil {
		return Issued{}, err
	}
	ctx, cancel := a.r.detach(ctx)
	defer cancel()
	return a.r.issueRecovery(ctx, c, k, p, d)
}

// issues is the kind whose codes administrators can issue.
func (r *Registry) issues() (kind, bool) {
	for _, k := range r.kinds {
		if _, ok := k.MultiFactorProvider.(provider.Issuer); ok {
			return k, true
		}
	}
	return kind{}, false
}

// oneIssuer says what is wrong with the kinds whose codes administrators can issue: each stands in for a lost factor, and there is one at most.
func (r *Registry) oneIssuer() error {
	found := 0
	for name, k := range r.kinds {
		if _, ok := k.MultiFactorProvider.(provider.Issuer); !ok {
			continue
		}
		if found++; k.Role != provider.Recovery {
			return fmt.Errorf("registry: kind %q is issued by administrators, and is no recovery kind", name)
		}
	}
	if found > 1 {
		return errors.New("registry: two providers issue recovery codes")
	}
	return nil
}

// issueRecovery writes the code and spends the proof in one change, and makes it again if the account was changed meanwhile.
func (r *Registry) issueRecovery(ctx context.Context, c *call, k kind, p proof, d Recovery) (Issued, error) {
	var made *provider.Enrollment
	for range maxWrites {
		snap, err := r.load(ctx, d.Tenant, d.User)
		switch {
		case err != nil:
			return Issued{}, c.fail(ctx, ErrUnavailable, err.Error())
		case snap.Account.Version == 0:
			return Issued{}, c.fail(ctx, ErrNoFactor, "no such account")
		case len(r.ordinary(snap.Factors)) == 0: // attack: A-81
			return Issued{}, c.fail(ctx, ErrPolicyForbids, "there is no factor that it could stand in for")
		}
		if made == nil {
			got, err := r.issuedBy(ctx, k, provider.SetupRequest{User: provider.User{Tenant: d.Tenant, ID: d.User, Handle: snap.Account.Handle}, Now: c.now})
			if err != nil {
				return Issued{}, c.fail(ctx, ErrUnavailable, "the provider failed")
			}
			made = &got
		}
		ch, f, err := r.recoveryChange(ctx, c, k, p, d, snap, *made)
		if err != nil {
			return Issued{}, c.fail(ctx, ErrUnavailable, err.Error())
		}
		switch err := r.apply(ctx, ch); {
		case err == nil:
			c.sent(ctx)
			c.done(ctx, "")
			return Issued{Once: made.Once, Expires: f.Expires}, nil
		case errors.Is(err, factor.ErrSpent):
			c.notice = ""
			return Issued{}, c.fail(ctx, ErrStepUpRequired, "the proof was spent before")
		case !errors.Is(err, factor.ErrConflict):
			c.notice = ""
			return Issued{}, c.fail(ctx, ErrUnavailable, err.Error())
		}
	}
	c.notice = ""
	return Issued{}, c.fail(ctx, ErrUnavailable, "the account kept changing")
}

// recoveryChange puts the code in the place of what was issued before.
func (r *Registry) recoveryChange(ctx context.Context, c *call, k kind, p proof, d Recovery, snap factor.Snapshot, made provider.Enrollment) (factor.Change, factor.Factor, error) {
	account, ch := snap.Account, change(c.now, snap.Account)
	ch.Account = &account
	for _, f := range snap.Factors {
		if f.Kind == k.Kind || r.dead(snap.Account, f) {
			ch.Delete = append(ch.Delete, f)
		}
	}
	f := factor.Factor{
		Tenant: d.Tenant, UserID: d.User, ID: randomID(), Kind: k.Kind, Label: k.Kind, Hint: made.Hint, Created: c.now, Epoch: account.Epoch,
		Role: noted(k.Role), Expires: c.now.Add(d.GoodFor),
	}
	if validLabel(made.Label) {
		f.Label = made.Label
	}
	f.Label = freeLabel(f.Label, without(snap.Factors, ch.Delete))
	f, err := r.sealed(f, made.Data)
	if err != nil {
		return factor.Change{}, factor.Factor{}, err
	}
	ch.Put = []factor.Factor{f}
	ch.Once = []factor.Once{once("proof", p.id, p.at.Add(maxAge))}
	c.factor, c.notice = f.ID, provider.NoticeRecoveryIssued
	c.tell(ctx, &ch, c.event("ok", "until "+f.Expires.Format(time.RFC3339)), snap)
	return ch, f, nil
}

// issuedBy has the provider make a code.
func (r *Registry) issuedBy(ctx context.Context, k kind, req provider.SetupRequest) (provider.Enrollment, error) {
	issuer, ok := k.MultiFactorProvider.(provider.Issuer)
	if !ok {
		return provider.Enrollment{}, errAnswer
	}
	e, err := guarded(ctx, r.cfg.FinishTimeout, func(ctx context.Context) (provider.Enrollment, error) { return issuer.Issue(ctx, req) })
	return ownEnrollment(k, e, err)
}
