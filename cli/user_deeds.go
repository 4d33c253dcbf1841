package cli

import (
	"context"
	"fmt"

	"github.com/cofactor-mfa/cofactor/registry"
)

// told is a deed that was done.
type told struct {
	Done   string `json:"done"`
	Tenant string `json:"tenant"`
	User   string `json:"user"`
	Actor  string `json:"actor"`
	words  string
}

func (t told) print(p *page) { p.line("%s", t.words) }

func (d *deed) told(what, words string) told {
	return told{Done: what, Tenant: d.Tenant, User: d.User, Actor: d.Actor, words: fmt.Sprintf(words, clean(d.User))}
}

// do carries out a deed and says so.
func (f deedFlags) do(ctx context.Context, s *session, by actorFlag, what, words string, act func(registry.Admin, *registry.Deed) error) error {
	actor, err := by.who()
	if err != nil {
		return err
	}
	d, err := f.begin(ctx, s, actor)
	if err != nil {
		return err
	}
	if err := d.end(ctx, act(d.reg.Admin(), &d.Deed)); err != nil {
		return err
	}
	return s.show(d.told(what, words))
}

type unlockUserCommand struct {
	actorFlag
	deedFlags
}

// Help says when not to.
func (unlockUserCommand) Help() string {
	return "A lock ends by itself. It is there because somebody guessed: if that was not the user, their password is known, and has to be changed first."
}

// Run unlocks.
func (c unlockUserCommand) Run(ctx context.Context, s *session) error {
	return c.do(ctx, s, c.actorFlag, "unlock", "%s may try again.", func(a registry.Admin, d *registry.Deed) error { return a.Unlock(ctx, *d) })
}

type disableUserCommand struct {
	actorFlag
	deedFlags
	Factor string `required:"" placeholder:"ID" help:"The factor: cofactor user factors lists the ids."`
}

// Run disables a factor.
func (c disableUserCommand) Run(ctx context.Context, s *session) error {
	words := "%s cannot use that factor until they set it up again. What was proved by it is worth nothing any more."
	return c.do(ctx, s, c.actorFlag, "disable", words, func(a registry.Admin, d *registry.Deed) error {
		d.Factor = c.Factor
		return a.Disable(ctx, *d)
	})
}

type resetUserCommand struct {
	actorFlag
	deedFlags
	confirmation
}

// Help says what it means.
func (resetUserCommand) Help() string {
	return "Where the policy asks everybody for a factor, the user attaches one at the next sign-in. Where it does not, this switches two-step verification off for them: " +
		"whoever has only lost a phone is better served by user recover."
}

// Run removes every factor, once somebody has typed whose.
func (c resetUserCommand) Run(ctx context.Context, s *session) error {
	warning := "This removes every factor of " + clean(c.User) + ", backup codes and trusted browsers included. It cannot be undone."
	if err := c.confirm(ctx, s, warning, c.User); err != nil {
		return err
	}
	return c.do(ctx, s, c.actorFlag, "reset", "%s has no factor any more. What was proved by one is worth nothing any more.", func(a registry.Admin, d *registry.Deed) error {
		return a.Reset(ctx, *d)
	})
}
