package registry

import (
	"context"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// RemoveTrusted detaches every trusted browser of the user, also those whose time is over; m.Factor is not looked at. One alone goes by Remove. A user who has
// none is no error. The browsers have to be asked again from their next login on; a session that one of them opened is the application's to end.
func (r *Registry) RemoveTrusted(ctx context.Context, m Manage) (Login, error) {
	c := r.call("remove_trusted", m.Who)
	defer c.trace(&ctx)()
	m.Factor = ""
	return r.manageAll(ctx, c, m, func(_ authority, snap factor.Snapshot, ch *factor.Change) error {
		for _, f := range snap.Factors {
			if r.role(f) == provider.Transient {
				ch.Delete = append(ch.Delete, f)
			}
		}
		return nil
	})
}
