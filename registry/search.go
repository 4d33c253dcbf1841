package registry

import (
	"context"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// State is something an administrator looks for in accounts. An account may be in several.
type State string

// The states.
const (
	StateNoFactor  State = "no_factor"  // no factor that counts is attached
	StateInGrace   State = "in_grace"   // a factor has to be attached by Listed.GraceUntil, which has not come
	StateOnlySent  State = "only_sent"  // every factor that can be used travels: e-mail and text messages
	StateOnlyPhone State = "only_phone" // and that by telephone
	StateUnusable  State = "unusable"   // there are factors that count, and none of them can be used
	StateDisabled  State = "disabled"   // a factor was disabled: cloned, worn out by guessing, or by an administrator
	StateRecovery  State = "recovery"   // a recovery code that an administrator issued is waiting to be used
)

// States are all states, in the order in which they are listed.
func States() []State {
	return []State{StateNoFactor, StateInGrace, StateOnlySent, StateOnlyPhone, StateUnusable, StateDisabled, StateRecovery}
}

// Search asks for accounts by state. A call looks at one page of them: the caller goes on with the result's Next, as fast as the database should be
// asked.
type Search struct {
	Actor, Reason string  // required, as in a Deed
	Tenant        *string // nil for all tenants
	State         State   // "" for every account
	After         string  // the last result's Next; "" to begin
	N             int     // accounts to look at: 1 to 1000, by default 100
}

// Listed is an account as an administrator sees it. There is no secret in it, and no whole address.
type Listed struct {
	Tenant, User string
	States       []State
	GraceUntil   time.Time // zero if there is no grace, or there was none yet
	Factors      []Attached
}

// SearchPage is what a Search has found on one page of accounts.
type SearchPage struct {
	Scanned  int // accounts that were looked at
	Accounts []Listed
	Next     string // "" after the last account
}

// Search lists accounts by state. A page may have none of those that are looked for, and yet a Next. Locks are not a state: they end by themselves, and
// are kept where nobody can list them by user; they are told by events when they begin.
func (a Admin) Search(ctx context.Context, s Search) (SearchPage, error) {
	c := a.r.call("search", s.who())
	defer c.trace(&ctx)()
	page, err := c.page(ctx, s)
	if err != nil {
		return SearchPage{}, err
	}
	snaps, next, err := a.r.scan(ctx, page)
	if err != nil {
		return SearchPage{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	out := SearchPage{Scanned: len(snaps), Next: next}
	for _, snap := range snaps {
		if l := a.r.listed(c.now, snap); s.State == "" || slices.Contains(l.States, s.State) {
			out.Accounts = append(out.Accounts, l)
		}
	}
	c.done(ctx, "")
	return out, nil
}

// Account shows one account. ErrNoFactor if there is none.
func (a Admin) Account(ctx context.Context, d Deed) (Listed, error) {
	c, _, err := a.call(ctx, "account", d)
	defer c.trace(&ctx)()
	if err != nil {
		return Listed{}, err
	}
	snap, err := a.r.load(ctx, d.Tenant, d.User)
	switch {
	case err != nil:
		return Listed{}, c.fail(ctx, ErrUnavailable, err.Error())
	case snap.Account.Version == 0:
		return Listed{}, c.fail(ctx, ErrNoFactor, "no such account")
	}
	c.done(ctx, "")
	return a.r.listed(c.now, snap), nil
}

// who is whom the search is about: a tenant.
func (s Search) who() (w Who) {
	if s.Tenant != nil {
		w.User.Tenant = *s.Tenant
	}
	return w
}

// page checks who asks, why, and for what.
func (c *call) page(ctx context.Context, s Search) (factor.Page, error) {
	setDefault(&s.N, 100)
	if s.Actor == "" || !validID(s.Actor) || s.Reason == "" || !validID(s.Reason) || s.N < 1 || s.N > 1000 || !validID(s.who().User.Tenant) ||
		(s.State != "" && !slices.Contains(States(), s.State)) {
		return factor.Page{}, c.fail(ctx, ErrInvalid, "malformed request: an actor and a reason are required")
	}
	if _, _, err := factor.ParseCursor(s.After); err != nil {
		return factor.Page{}, c.fail(ctx, ErrInvalid, err.Error())
	}
	c.actor, c.note = s.Actor, s.Reason
	return factor.Page{Tenant: s.Tenant, After: s.After, N: s.N}, nil
}

func (r *Registry) scan(ctx context.Context, p factor.Page) ([]factor.Snapshot, string, error) {
	type scanned struct {
		snaps []factor.Snapshot
		next  string
	}
	got, err := step(ctx, func(ctx context.Context) (s scanned, err error) {
		s.snaps, s.next, err = r.cfg.Factors.Scan(ctx, p)
		return s, err
	})
	return got.snaps, got.next, err
}

// listed is an account as an administrator sees it.
func (r *Registry) listed(now time.Time, snap factor.Snapshot) Listed {
	l := Listed{Tenant: snap.Account.Tenant, User: snap.Account.UserID, GraceUntil: snap.Account.GraceUntil, Factors: r.attached(snap)}
	for _, s := range States() {
		if r.in(now, s, snap) {
			l.States = append(l.States, s)
		}
	}
	return l
}

// in says whether an account is in a state.
func (r *Registry) in(now time.Time, s State, snap factor.Snapshot) bool {
	have := r.ordinary(snap.Factors)
	usable := slices.DeleteFunc(slices.Clone(have), func(f factor.Factor) bool { return !r.usable(snap.Account, f) })
	every := func(is func(kind) bool) bool {
		return len(usable) > 0 && !slices.ContainsFunc(usable, func(f factor.Factor) bool { return !is(r.kinds[f.Kind]) })
	}
	switch s {
	case StateNoFactor:
		return len(have) == 0
	case StateInGrace:
		return len(usable) == 0 && now.Before(snap.Account.GraceUntil)
	case StateOnlySent:
		return every(func(k kind) bool { return k.Channel != "" })
	case StateOnlyPhone:
		return every(func(k kind) bool { return k.Channel == "phone" })
	case StateUnusable:
		return len(have) > 0 && len(usable) == 0
	case StateDisabled:
		return slices.ContainsFunc(snap.Factors, func(f factor.Factor) bool { return f.Disabled || r.wornOut(f) })
	case StateRecovery:
		return slices.ContainsFunc(snap.Factors, func(f factor.Factor) bool {
			_, issued := r.kinds[f.Kind].MultiFactorProvider.(provider.Issuer)
			return issued && r.usable(snap.Account, f)
		})
	}
	return false
}
