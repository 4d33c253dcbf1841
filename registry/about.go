package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/cofactor-mfa/cofactor/policy"
)

// About is what the application says of a user and of a login, for policy to decide by. It is sealed into what the login carries along, and holds for the
// whole login and whatever is done on its proof: the application need not remember it, and the client cannot change it. In all of it there may be 16
// roles, 16 attributes and 1 KiB, of printable text of at most 256 bytes each. It is no place for a secret.
type About struct {
	Roles      []string
	Attributes []policy.Attribute
	Risk       policy.Risk // zero is unrated, which policy.RiskAtLeast takes for the highest
}

func (a About) clone() About {
	a.Roles, a.Attributes = slices.Clone(a.Roles), slices.Clone(a.Attributes)
	return a
}

// valid says whether this can be sealed into every token of a login.
func (a About) valid() bool {
	size := 0
	for _, s := range a.Roles {
		size += len(s)
		if s == "" || !validID(s) {
			return false
		}
	}
	for _, at := range a.Attributes {
		size += len(at.Name) + len(at.Value)
		if at.Name == "" || !validID(at.Name) || !validID(at.Value) {
			return false
		}
	}
	return len(a.Roles) <= maxRoles && len(a.Attributes) <= maxAttributes && size <= maxAbout && a.Risk <= policy.HighRisk
}

// state asks the application about a user who was not named when the login began. If it was not told how to, nothing is known of the user.
func (r *Registry) state(ctx context.Context, e evidence) (evidence, error) {
	if r.cfg.About == nil {
		return e, nil
	}
	said, err := guarded(ctx, r.cfg.FinishTimeout, func(ctx context.Context) (About, error) { return r.cfg.About(ctx, e.tenant, e.user) })
	if err == nil && !said.valid() {
		err = errors.New("registry: what Config.About says is out of range")
	}
	if err != nil {
		return e, err
	}
	e.stated, e.about = true, said.clone()
	return e, nil
}
