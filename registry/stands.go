package registry

import (
	"context"
	"errors"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Standing is what a session of the application rests on.
type Standing struct {
	Who
	Proof string // the newest that the session was given; or, of a session that has none,
	// Browser is the trusted browser that opened it: Login.Factor of the StartLogin that was Satisfied without a Proof.
	Browser string
}

// Stands says whether a session still rests on something, which is to be asked with every request that needs more than a first factor: ErrLoginRequired if not.
// A Proof stands for a day, whatever it rests on, a recovery factor included, until the account's epoch moves; a trusted browser stands as
// long as it is trusted. It is less than Check, which asks what was proved, and when. // attack
func (r *Registry) Stands(ctx context.Context, s Standing) error {
	c := r.call("stands", s.Who)
	defer c.trace(&ctx)()
	if !s.check() {
		return c.fail(ctx, ErrInvalid, "malformed request")
	}
	var epoch int64
	switch {
	case s.Proof != "":
		p, err := r.proof(c.now, s.Who, s.Proof)
		if err == nil && p.action != "" {
			err = errors.New("registry: the proof is for an action")
		}
		if err != nil {
			return c.fail(ctx, ErrLoginRequired, err.Error())
		}
		epoch = p.epoch
	case s.Browser == "":
		return c.fail(ctx, ErrLoginRequired, "the session rests on nothing")
	}
	snap, err := r.load(ctx, s.User.Tenant, s.User.ID)
	if err != nil {
		return c.fail(ctx, ErrUnavailable, err.Error())
	}
	if s.Proof != "" {
		if snap.Account.Version == 0 || snap.Account.Epoch != epoch {
			return c.fail(ctx, ErrLoginRequired, "the epoch has moved")
		}
		c.quietly()
		return nil
	}
	f, attached := snap.Factor(s.Browser)
	if !attached || r.role(f) != provider.Transient || !r.usable(snap.Account, f) {
		return c.fail(ctx, ErrLoginRequired, "the browser is not trusted any more")
	}
	c.quietly()
	return nil
}
