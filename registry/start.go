package registry

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
)

// StartLogin says what is left to prove after a first factor, and creates the account if it is the user's first login. If policy asks for
// nothing more, the result is Satisfied. With Begin, the user's default factor is begun at once; should that fail, the Login is returned with the error.
func (r *Registry) StartLogin(ctx context.Context, s Start) (Login, error) {
	c := r.call("start_login", s.Who)
	defer c.trace(&ctx)()
	if !s.check() || !validMethods(s.Primary) || !s.About.valid() || len(s.Device) > maxResponse {
		return Login{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	at := wire.Time(wire.Milli(s.PrimaryAt))
	if s.PrimaryAt.IsZero() {
		at = c.now
	}
	if age := c.now.Sub(at); age < -time.Minute || age > maxAge {
		return Login{}, c.fail(ctx, ErrInvalid, "the first factor's time is not of today")
	}
	if err := c.allowed(ctx); err != nil {
		return Login{}, err
	}
	snap, err := r.account(ctx, c.now, s.Who)
	if err != nil {
		return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	e := evidence{
		login: randomBytes(16), tenant: s.User.Tenant, user: s.User.ID, binding: s.digest(), epoch: snap.Account.Epoch,
		primary: s.Primary, primaryAt: at, expires: c.now.Add(loginTTL), stated: true, about: s.About.clone(),
	}
	if s.Device != "" {
		if login, ok := r.trusted(ctx, c, s, snap, e); ok {
			return login, nil
		}
		if snap, err = r.load(ctx, e.tenant, e.user); err != nil { // a stolen token has moved the epoch
			return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
		}
	}
	snap, v, err := r.decideOnce(ctx, c.now, snap, e)
	if err != nil {
		return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	e.epoch = snap.Account.Epoch
	login, err := r.login(c.now, s.Who, snap, e, v)
	if err != nil {
		return Login{}, c.fail(ctx, ErrInternal, err.Error())
	}
	c.done(ctx, v.Reason)
	if !s.Begin || login.Satisfied || len(login.Choices) == 0 {
		return login, nil
	}
	b := r.call("begin_login", s.Who)
	defer b.trace(&ctx)()
	ch, err := r.beginLogin(ctx, b, Begin{Who: s.Who, Factor: login.Choices[0].Factor}, snap, e)
	if ch.ID != "" {
		login.Challenge = &ch
	}
	return login, err
}

// Look says what is left of a login, after a reload. It changes nothing, and never says Satisfied: only a finished step signs in.
func (r *Registry) Look(ctx context.Context, p Peek) (Login, error) {
	c := r.call("look", p.Who)
	defer c.trace(&ctx)()
	if !p.check() {
		return Login{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	e, err := r.pending(c.now, p.Who, p.Pending)
	if err != nil {
		return Login{}, c.fail(ctx, ErrLoginRequired, err.Error())
	}
	snap, err := r.load(ctx, e.tenant, e.user)
	if err != nil {
		return Login{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	if snap.Account.Epoch != e.epoch {
		return Login{}, c.fail(ctx, ErrLoginRequired, "the epoch has moved")
	}
	login, err := r.login(c.now, p.Who, snap, e, r.decide(c.now, snap, e))
	if err != nil {
		return Login{}, c.fail(ctx, ErrInternal, err.Error())
	}
	login.Satisfied, login.Proof, login.Pending = false, "", p.Pending
	c.quietly()
	return login, nil
}

// account loads the user's account, and creates it if there is none yet.
func (r *Registry) account(ctx context.Context, now time.Time, w Who) (factor.Snapshot, error) {
	snap, err := r.load(ctx, w.User.Tenant, w.User.ID)
	if err != nil || snap.Account.Version != 0 {
		return snap, err
	}
	a := factor.Account{Tenant: w.User.Tenant, UserID: w.User.ID, Handle: randomBytes(32), Epoch: nextEpoch(now, 0)}
	err = r.apply(ctx, factor.Change{Tenant: a.Tenant, UserID: a.UserID, Account: &a, At: now})
	if err != nil && !errors.Is(err, factor.ErrConflict) { // a conflict: another login was first
		return factor.Snapshot{}, err
	}
	snap, err = r.load(ctx, w.User.Tenant, w.User.ID)
	if err == nil && snap.Account.Version == 0 {
		err = errors.New("registry: the account was not there after it was created")
	}
	return snap, err
}

// trusted tries the answer of a transient factor. There is no challenge, for nothing was shown and nothing can be guessed; rotation and the row's version make
// it work once. Whatever is wrong with it, the login goes on as if it had not been sent.
func (r *Registry) trusted(ctx context.Context, c *call, s Start, snap factor.Snapshot, e evidence) (Login, bool) {
	ctx, cancel := r.detach(ctx)
	defer cancel()
	response, err := json.Marshal(s.Device)
	if err != nil {
		return Login{}, false
	}
	for _, name := range slices.Sorted(maps.Keys(r.kinds)) {
		k := r.kinds[name]
		a := &attempt{call: r.call("trust", s.Who), kind: k, Challenge: challenge.Challenge{Kind: name}}
		a.call.kind = name
		if k.Role != provider.Transient || len(r.asked(snap, a.Challenge)) == 0 || !r.permits(c.now, snap, e, name, true) {
			continue
		}
		if a.allowed(ctx) != nil { // it is a factor that is used
			continue
		}
		if p, err := r.prove(ctx, a, s.Who, snap, e, response); err == nil {
			c.done(ctx, "trusted browser")
			return p.login, true
		}
	}
	return Login{}, false
}

func validMethods(list []string) bool {
	if len(list) == 0 || len(list) > maxMethods {
		return false
	}
	for _, m := range list {
		if m == "" || len(m) > 64 || !printable(m) {
			return false
		}
	}
	return true
}

// login makes the result of a step from what is proved by now.
func (r *Registry) login(now time.Time, w Who, snap factor.Snapshot, e evidence, d verdict) (Login, error) {
	_, trusted := e.standsIn()
	l := Login{
		User: w.user(snap.Account), Satisfied: d.Satisfied, AMR: e.amr(), AAL: e.aal(), Proved: e.proved(), Enroll: d.names(d.enroll(e)),
	}
	l.MayEnroll = len(l.Enroll) > 0
	l.Trust = d.trust()
	if d.InGrace {
		l.GraceUntil = d.GraceUntil
	}
	var err error
	if d.Satisfied && !trusted {
		if l.Proof, err = r.newProof(now, e, "", ""); err != nil {
			return Login{}, err
		}
	}
	if d.Satisfied && !l.MayEnroll {
		return l, nil
	}
	if d.Satisfied { // this login is over and its id is spent; what may still be attached is a login of its own
		e.login = randomBytes(16)
	}
	l.Expires = e.expires
	if l.Pending, err = r.sealToken(tokenPending, e.encode()); err != nil {
		return Login{}, err
	}
	if !d.Satisfied {
		l.Choices = r.choices(snap, e, d)
	}
	return l, nil
}
