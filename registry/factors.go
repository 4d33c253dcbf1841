package registry

import (
	"context"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Attached is a factor as its owner sees it.
type Attached struct {
	ID, Kind, Label, Hint string
	Role                  provider.Role
	Created, LastUsed     time.Time // LastUsed is zero if never
	Expires               time.Time // zero if never; from then on it is not Usable
	Default               bool
	Usable                bool // false if it was disabled, is worn out by guessing, or its provider is not configured
}

// Manage is a change to one of the user's factors. Proof must have proved a factor at most 5 minutes ago.
type Manage struct {
	Who
	Proof  string
	Factor string
	Label  string // for Rename
}

// Factors lists what the user has attached, oldest first.
func (r *Registry) Factors(ctx context.Context, w Who) ([]Attached, error) {
	c := r.call("factors", w)
	defer c.trace(&ctx)()
	if !w.check() {
		return nil, c.fail(ctx, ErrInvalid, "malformed request")
	}
	snap, err := r.load(ctx, w.User.Tenant, w.User.ID)
	if err != nil {
		return nil, c.fail(ctx, ErrUnavailable, err.Error())
	}
	c.quietly()
	return r.attached(snap), nil
}

// attached are an account's factors as its owner, and an administrator, sees them.
func (r *Registry) attached(snap factor.Snapshot) []Attached {
	list := make([]Attached, len(snap.Factors))
	for i, f := range snap.Factors {
		list[i] = Attached{
			ID: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint, Role: r.role(f), Created: f.Created, LastUsed: f.LastUsed,
			Expires: f.Expires, Default: f.ID == snap.Account.DefaultFactor, Usable: r.usable(snap.Account, f),
		}
	}
	return list
}

// Rename gives a factor another name, which no other factor of the account may have.
func (r *Registry) Rename(ctx context.Context, m Manage) (Login, error) {
	c := r.call("rename", m.Who)
	defer c.trace(&ctx)()
	if !validLabel(m.Label) {
		return Login{}, c.fail(ctx, ErrInvalid, "malformed name")
	}
	return r.manage(ctx, c, m, func(auth authority, snap factor.Snapshot, f factor.Factor, ch *factor.Change) error {
		if others := without(snap.Factors, []factor.Factor{f}); freeLabel(m.Label, others) != m.Label {
			return c.fail(ctx, ErrFactorExists, "the name is taken")
		}
		f.Label = m.Label
		ch.Put = []factor.Factor{f}
		return nil
	})
}

// SetDefault makes a factor the one that a login offers first.
func (r *Registry) SetDefault(ctx context.Context, m Manage) (Login, error) {
	c := r.call("set_default", m.Who)
	defer c.trace(&ctx)()
	return r.manage(ctx, c, m, func(auth authority, snap factor.Snapshot, f factor.Factor, ch *factor.Change) error {
		if r.role(f) != provider.Ordinary {
			return c.fail(ctx, ErrPolicyForbids, "only a factor that counts can be the default")
		}
		ch.Account.DefaultFactor = f.ID
		return nil
	})
}

// Remove detaches a factor. The proof must be at least as strong as the strongest factor there is, or rest on a factor that was attached
// after a recovery. With the last factor that counts go recovery codes and trusted browsers, if policy lets it go at all. The account's epoch moves: whatever
// was issued before is dead, and the result has a new Proof. Only a trusted browser goes by itself; RemoveTrusted is for all of them.
func (r *Registry) Remove(ctx context.Context, m Manage) (Login, error) {
	c := r.call("remove", m.Who)
	defer c.trace(&ctx)()
	return r.manage(ctx, c, m, func(auth authority, snap factor.Snapshot, f factor.Factor, ch *factor.Change) error {
		if fail := r.mayRemove(ctx, c, auth, snap, f); fail != nil {
			return fail
		}
		ch.Delete = []factor.Factor{f}
		left := without(snap.Factors, ch.Delete)
		if r.role(f) == provider.Ordinary && !r.couldLogin(c.now, auth.evidence, snap.Account, left) {
			return c.fail(ctx, ErrPolicyForbids, "policy asks for what would be gone")
		}
		if len(r.ordinary(left)) == 0 { // attack: A-88
			ch.Delete = snap.Factors
		}
		if r.role(f) != provider.Transient { // whose logins earn no proof that could outlive it; and the other trusted browsers stay
			ch.Account.Epoch = nextEpoch(c.now, snap.Account.Epoch)
		}
		if ch.Account.DefaultFactor == f.ID {
			ch.Account.DefaultFactor = ""
		}
		return nil
	})
}

// couldLogin says whether a user with these factors could sign in by them, without attaching another, in the circumstances of the login that the proof is
// of: after its first factor, or a password if it had none. A removal begins no grace; one that is running goes on.
func (r *Registry) couldLogin(now time.Time, e evidence, a factor.Account, fs []factor.Factor) (could bool) {
	if e.steps = nil; len(e.primary) == 0 {
		e.primary = []string{"pwd"}
	}
	if a.GraceUntil.IsZero() {
		a.GraceUntil = now
	}
	defer func() {
		if recover() != nil {
			could = false
		}
	}()
	p := r.cfg.Policy
	return p.Decide(p.BestCase(r.facts(now, factor.Snapshot{Account: a, Factors: fs}, e))).Satisfied
}

// edit fills in a change to an account as it was read.
type edit func(auth authority, snap factor.Snapshot, ch *factor.Change) error

// manage makes a change to one factor.
func (r *Registry) manage(ctx context.Context, c *call, m Manage, change func(authority, factor.Snapshot, factor.Factor, *factor.Change) error) (Login, error) {
	return r.manageAll(ctx, c, m, func(auth authority, snap factor.Snapshot, ch *factor.Change) error {
		f, ok := snap.Factor(m.Factor)
		if !ok {
			return c.fail(ctx, ErrNoFactor, "the account has no such factor") // attack
		}
		c.kind, c.factor = f.Kind, f.ID
		return change(auth, snap, f, ch)
	})
}

// manageAll makes a change on the authority of a fresh proof, and makes it again if the account was changed meanwhile.
func (r *Registry) manageAll(ctx context.Context, c *call, m Manage, change edit) (Login, error) {
	if !m.check() || len(m.Factor) > maxIDBytes {
		return Login{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	auth, fail := r.authority(ctx, c, m.Who, "", m.Proof)
	if fail != nil {
		return Login{}, fail
	}
	if recovery, _ := auth.standsIn(); recovery {
		return Login{}, c.fail(ctx, ErrStepUpRequired, "the proof rests on a recovery factor")
	}
	ctx, cancel := r.detach(ctx)
	defer cancel()
	for range maxWrites {
		snap, err := r.load(ctx, m.User.Tenant, m.User.ID)
		switch {
		case err != nil:
			return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
		case snap.Account.Version == 0 || snap.Account.Epoch != auth.epoch:
			return Login{}, c.fail(ctx, ErrStepUpRequired, "the epoch has moved")
		case !auth.fresh(snap):
			return Login{}, c.fail(ctx, ErrStepUpRequired, "no factor was proved in the last 5 minutes")
		}
		login, err := r.managed(ctx, c, m, auth, snap, change)
		if !errors.Is(err, factor.ErrConflict) {
			return login, err
		}
	}
	return Login{}, c.fail(ctx, ErrUnavailable, "the account kept changing")
}

// managed tries the change once, on the account as it was read.
func (r *Registry) managed(ctx context.Context, c *call, m Manage, auth authority, snap factor.Snapshot, edit edit) (Login, error) {
	account := snap.Account
	ch := change(c.now, snap.Account)
	ch.Account = &account
	if err := edit(auth, snap, &ch); err != nil {
		return Login{}, err
	}
	if err := c.allowed(ctx); err != nil {
		return Login{}, err
	}
	if len(ch.Delete) > 0 {
		c.notice = provider.NoticeRemoved
	}
	event := c.event("ok", "")
	event.EndSessions = len(ch.Delete) > 0
	c.tell(ctx, &ch, event, snap)

	e := auth.evidence
	for _, gone := range ch.Delete {
		e = e.without(gone.ID)
	}
	e.epoch = account.Epoch
	login := Login{User: m.user(account), Satisfied: true, Factor: c.factor, AMR: e.amr(), AAL: e.aal(), Proved: e.proved()}
	var err error
	if login.Proof, err = r.newProof(c.now, e, "", auth.opened); err != nil {
		return Login{}, c.fail(ctx, ErrInternal, err.Error())
	}
	if err := r.apply(ctx, ch); err != nil {
		c.notice = ""
		if errors.Is(err, factor.ErrConflict) {
			return Login{}, err
		}
		return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	c.sent(ctx)
	c.done(ctx, "")
	if k, ok := r.kinds[c.kind]; ok {
		after := factor.Snapshot{Account: account, Factors: without(snap.Factors, ch.Delete)}
		login.Signal = r.signal(ctx, c, k, m.Who, after)
	}
	return login, nil
}

// InvalidateUser makes everything dead that was issued for the user: pending logins, open challenges, proofs, trusted browsers. The application
// calls it when the password changes or an account is suspended. A user without an account has nothing that could be dead. // attack: A-70
func (r *Registry) InvalidateUser(ctx context.Context, tenant, user string) error {
	w := Who{User: provider.User{Tenant: tenant, ID: user}, Binding: NoBinding}
	c := r.call("invalidate_user", w)
	defer c.trace(&ctx)()
	return r.bump(ctx, c, w, func(factor.Snapshot, *factor.Change) error { return nil })
}

// bump moves the epoch of an account, with whatever else the change does.
func (r *Registry) bump(ctx context.Context, c *call, w Who, also func(factor.Snapshot, *factor.Change) error) error {
	if !w.check() {
		return c.fail(ctx, ErrInvalid, "malformed request")
	}
	for range maxWrites {
		snap, err := r.load(ctx, c.tenant, c.user)
		if err != nil {
			return c.fail(ctx, ErrUnavailable, err.Error())
		}
		if snap.Account.Version == 0 && c.actor != "" {
			return c.fail(ctx, ErrNoFactor, "no such account")
		}
		if snap.Account.Version == 0 {
			c.quietly()
			return nil
		}
		account := snap.Account
		account.Epoch = nextEpoch(c.now, account.Epoch)
		ch := change(c.now, snap.Account)
		ch.Account = &account
		if err := also(snap, &ch); err != nil {
			return err
		}
		event := c.event("ok", "")
		event.EndSessions = true
		c.tell(ctx, &ch, event, snap)
		switch err := r.apply(ctx, ch); {
		case err == nil:
			c.sent(ctx)
			c.done(ctx, "")
			return nil
		case !errors.Is(err, factor.ErrConflict):
			c.notice = ""
			return c.fail(ctx, ErrUnavailable, err.Error())
		}
	}
	c.notice = ""
	return c.fail(ctx, ErrUnavailable, "the account kept changing")
}
