package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// decoy is a factor that nobody has. An answer is checked against it where there is no real one to check it against, so that the time it takes tells
// nothing.
type decoy struct {
	row   factor.Factor
	plain []byte
}

// addDecoy has a provider make its decoy, if its answers can be given unprompted.
func (r *Registry) addDecoy(name string, p provider.MultiFactorProvider) error {
	u, ok := p.(provider.Unprompted)
	if !ok {
		return nil
	}
	plain, err := u.Decoy()
	if err != nil || len(plain) == 0 || len(plain) > maxFactorData {
		return fmt.Errorf("registry: the decoy of kind %q has %d bytes: %w", name, len(plain), err)
	}
	r.decoys[name] = decoy{row: factor.Factor{ID: randomID(), Kind: name}, plain: plain}
	return nil
}

// pretend does what is done for a user who may be asked: it opens a challenge, unless one was opened already, opens a factor, checks the answer and
// counts a failure - of nobody's challenge and nobody's factor. It spends nothing and writes nothing. Only a fault is an error, and would have been one for
// everybody.
func (r *Registry) pretend(ctx context.Context, c *call, t Together, tag string, charged bool) error {
	d := r.decoys[t.Kind]
	if !charged {
		if err := r.pretendToCharge(ctx, c, tag, d); err != nil {
			return err
		}
	}
	row, err := r.sealed(d.row, d.plain)
	if err != nil {
		return err
	}
	opened, err := r.open(row)
	if err != nil {
		return err
	}
	req := provider.LoginRequest{User: t.User, Factors: []provider.Factor{opened}, Now: c.now}
	_, err = r.loginVerify(ctx, r.kinds[t.Kind], req, provider.Answer{Response: t.Response})
	if err != nil && !wrong(err) {
		return err
	}
	_, _ = step(ctx, func(ctx context.Context) (int, error) { // A failure of a real factor that cannot be noted is no fault either.
		return r.cfg.Factors.Fail(ctx, t.User.Tenant, t.User.ID, d.row.ID, c.now)
	})
	_ = r.askNowhere(ctx, c, tag) // where a wrong answer is counted against the tenant
	return nil
}

// pretendToCharge makes the round trips of a challenge that is stored and tried, and seals and opens as much.
func (r *Registry) pretendToCharge(ctx context.Context, c *call, tag string, d decoy) error {
	row, err := r.sealed(d.row, d.plain)
	if err != nil {
		return err
	}
	if err := r.askNowhere(ctx, c, tag); err != nil {
		return err
	}
	_, err = step(ctx, func(ctx context.Context) (challenge.Opened, error) {
		return r.issuer.Attempt(ctx, c.now, challenge.Nowhere(tag), randomID())
	})
	if !errors.Is(err, challenge.ErrGone) {
		return errors.Join(errNowhere, err)
	}
	if _, on := r.cfg.Budgets[budgetAttempts]; on {
		if err := r.askNowhere(ctx, c, tag); err != nil {
			return err
		}
	}
	_, err = r.open(row)
	return err
}

// askNowhere is a round trip to the store of challenges that writes nothing.
func (r *Registry) askNowhere(ctx context.Context, c *call, tag string) error {
	_, err := r.get(ctx, c, challenge.Nowhere(tag))
	if !errors.Is(err, challenge.ErrGone) {
		return errors.Join(errNowhere, err)
	}
	return nil
}

var errNowhere = errors.New("registry: the store does not say that a challenge which was never issued is gone")
