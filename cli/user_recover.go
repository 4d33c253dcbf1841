package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

type recoverUserCommand struct {
	deedFlags
	As       string        `required:"" placeholder:"ADMIN" help:"Your own user id in the application, whose factor you will be asked for. It is the actor of the event."`
	AsTenant string        `placeholder:"TENANT" help:"Your own tenant, if it is not the user's."`
	With     string        `placeholder:"KIND" help:"Which kind of factor to prove, if you have several: totp, sms, email. By default the one used last."`
	GoodFor  time.Duration `default:"24h" placeholder:"24h" help:"How long the code lives: 10m to 24h. Take 10m for one that you send by text message."`
}

// Help says how it goes.
func (recoverUserCommand) Help() string {
	return "You prove a factor of your own at the terminal, for this one code, and cannot issue one for yourself. Passkeys need a browser, so they cannot be proved here. " +
		"The code is printed once. With it and the password the user signs in once, and attaches a new factor."
}

// issued is a recovery code, which this command is for.
type issued struct {
	User    string    `json:"user"`
	Tenant  string    `json:"tenant"`
	Code    any       `json:"code"`
	Expires time.Time `json:"expires"`
	Actor   string    `json:"actor"`
}

func (i issued) print(p *page) {
	p.line("%v", i.Code)
	p.line("good once, for %s, until %s", clean(i.User), at(&i.Expires))
}

// Run has the administrator prove a factor, and issues the code on that.
func (c recoverUserCommand) Run(ctx context.Context, s *session) error {
	tenant := c.AsTenant
	if tenant == "" {
		tenant = c.Tenant
	}
	if c.As == c.User && tenant == c.Tenant {
		return misused(errors.New("nobody issues a recovery code for themselves: ask another administrator"))
	}
	d, err := c.begin(ctx, s, c.As)
	if err != nil {
		return err
	}
	code, err := c.issue(ctx, s, d, registry.Who{User: provider.User{Tenant: tenant, ID: c.As}, Binding: rand.Text()})
	if err = d.end(ctx, err); err != nil {
		return err
	}
	return s.show(code)
}

func (c recoverUserCommand) issue(ctx context.Context, s *session, d *deed, by registry.Who) (issued, error) {
	if _, err := d.reg.Admin().Account(ctx, d.Deed); err != nil {
		return issued{}, err
	}
	action := short("Recovery code for " + clean(c.User))
	proof, err := c.prove(ctx, s, d.reg, by, action)
	if err != nil {
		return issued{}, err
	}
	got, err := d.reg.Admin().IssueRecovery(ctx, registry.Recovery{Deed: d.Deed, By: by, Proof: proof, Action: action, GoodFor: c.GoodFor})
	if err != nil {
		return issued{}, err
	}
	out := issued{User: c.User, Tenant: c.Tenant, Expires: got.Expires, Actor: c.As, Code: got.Once}
	if shown, ok := got.Once.(backup.Shown); ok && len(shown.Codes) == 1 {
		out.Code = shown.Codes[0]
	}
	return out, nil
}

// short is an action that BeginStepUp takes.
func short(action string) string {
	const most = 80
	if r := []rune(action); len(r) > most {
		action = string(r[:most-1]) + "…"
	}
	return action
}

// prove begins a step-up of the administrator, and reads the code that ends it.
func (c recoverUserCommand) prove(ctx context.Context, s *session, reg *registry.Registry, by registry.Who, action string) (string, error) {
	f, err := c.factor(ctx, reg, by)
	if err != nil {
		return "", err
	}
	ch, err := reg.BeginStepUp(ctx, registry.StepUp{Who: by, Kind: f.Kind, Factor: f.ID, Action: action})
	if err != nil {
		return "", err
	}
	s.say("%s: prove that you are %s.", action, clean(c.As))
	for {
		code, err := s.ask(ctx, fmt.Sprintf("Code of %s: ", strings.TrimSpace(clean(f.Label+" "+f.Hint))))
		if err != nil {
			return "", err
		}
		response, err := json.Marshal(map[string]string{"code": code})
		if err != nil {
			return "", err
		}
		login, err := reg.FinishStepUp(ctx, registry.Finish{Who: by, Challenge: ch.ID, Response: response})
		var refused *registry.Error
		switch {
		case err == nil && login.Satisfied:
			return login.Proof, nil
		case err == nil:
			return "", errors.New("the code was right, and yet proves nothing")
		case errors.Is(err, registry.ErrRejected) && errors.As(err, &refused) && refused.AttemptsLeft > 0, errors.Is(err, registry.ErrInvalid):
			s.say("That code isn't right.")
		default:
			return "", err
		}
	}
}

// factor chooses what the administrator proves: a factor whose answer can be typed. // attack: A-83
func (c recoverUserCommand) factor(ctx context.Context, reg *registry.Registry, by registry.Who) (registry.Attached, error) {
	all, err := reg.Factors(ctx, by)
	if err != nil {
		return registry.Attached{}, err
	}
	fits := slices.DeleteFunc(slices.Clone(all), func(f registry.Attached) bool {
		return f.Role != provider.Ordinary || !f.Usable || f.Kind == "webauthn" || c.With != "" && f.Kind != c.With
	})
	slices.SortStableFunc(fits, func(a, b registry.Attached) int { return b.LastUsed.Compare(a.LastUsed) })
	switch {
	case len(fits) > 0:
		return fits[0], nil
	case c.With != "":
		return registry.Attached{}, fmt.Errorf("%s has no usable factor of the kind %s whose code can be typed", clean(c.As), clean(c.With))
	case len(all) > 0:
		return registry.Attached{}, fmt.Errorf("%s has no factor whose code can be typed: passkeys need a browser, and recovery codes are no proof. Issue the code in the application", clean(c.As))
	}
	return registry.Attached{}, fmt.Errorf("%s has no factor, so there is nothing to prove: an administrator needs one", clean(c.As))
}
