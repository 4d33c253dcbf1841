package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

type userCommands struct {
	Show    showUserCommand    `cmd:"" help:"Show an account: the states it is in, and how many factors it has."`
	Factors userFactorsCommand `cmd:"" help:"List the factors of an account, with their ids."`
	Unlock  unlockUserCommand  `cmd:"" help:"Make the user's budgets new: wrong answers, challenges, messages."`
	Disable disableUserCommand `cmd:"" help:"Make a factor unusable until its owner sets it up again."`
	Reset   resetUserCommand   `cmd:"" help:"Remove every factor. What the user must do then is the policy's decision."`
	Recover recoverUserCommand `cmd:"" help:"Issue a recovery code, on the proof of an administrator's own factor."`
}

// actorFlag says who does something. It is a claim, to be compared with who was on the host: whoever can read the keys can say anything.
type actorFlag struct {
	Actor string `env:"COFACTOR_ACTOR" placeholder:"WHO" help:"Who you are, for the audit. By default os: and your name on this machine; root is nobody in particular, and has to say."`
}

// who is the actor.
func (a actorFlag) who() (string, error) {
	if a.Actor != "" {
		return a.Actor, nil
	}
	if os.Geteuid() == 0 {
		if name := os.Getenv("SUDO_USER"); name != "" && name != "root" {
			return "os:" + name, nil
		}
		return "", misused(errors.New("root is nobody in particular: say who you are by --actor"))
	}
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "", misused(errors.New("this machine does not know your name: say who you are by --actor"))
	}
	return "os:" + u.Username, nil
}

// deedFlags say on whom something is done, by whom and why.
type deedFlags struct {
	User   string `arg:"" help:"The user's id in the application."`
	Tenant string `placeholder:"TENANT" help:"The user's tenant, if the application has tenants."`
	Reason string `required:"" placeholder:"WHY" help:"Why, for the audit: a ticket, in a line."`
	configFlags
	auditFlags
}

// deed is what is to be done, on an open deployment.
type deed struct {
	registry.Deed
	on  *deployment
	reg *registry.Registry
}

func (f deedFlags) begin(ctx context.Context, s *session, actor string) (*deed, error) {
	d, err := f.open(ctx, s, f.auditFlags)
	if err != nil {
		return nil, err
	}
	reg, err := d.Registry(f.Tenant)
	if err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return &deed{Deed: registry.Deed{Tenant: f.Tenant, User: f.User, Actor: actor, Reason: f.Reason}, on: d, reg: reg}, nil
}

// end closes the deployment, and says of an error what an operator may know.
func (d *deed) end(ctx context.Context, err error) error {
	if errors.Is(err, registry.ErrNoFactor) && d.Factor == "" {
		err = fmt.Errorf("there is no account %s; ids are compared to the byte, within a tenant", clean(d.User))
	}
	return errors.Join(d.on.events.explain(err), d.on.close(ctx))
}

// account is an account as an operator sees it.
type account struct {
	Tenant     string     `json:"tenant"`
	User       string     `json:"user"`
	States     []string   `json:"states"`
	GraceUntil *time.Time `json:"grace_until,omitempty"`
	Factors    []attached `json:"factors"`
}

type attached struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Label    string     `json:"label"`
	Hint     string     `json:"hint,omitempty"`
	Role     string     `json:"role"`
	Created  time.Time  `json:"created"`
	LastUsed *time.Time `json:"last_used,omitempty"`
	Expires  *time.Time `json:"expires,omitempty"`
	Default  bool       `json:"default"`
	Usable   bool       `json:"usable"`
}

func listed(l registry.Listed) account {
	a := account{Tenant: l.Tenant, User: l.User, GraceUntil: optional(l.GraceUntil), States: []string{}, Factors: []attached{}}
	for _, s := range l.States {
		a.States = append(a.States, string(s))
	}
	for _, f := range l.Factors {
		a.Factors = append(a.Factors, attached{
			ID: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint, Role: roleName(f.Role), Created: f.Created, LastUsed: optional(f.LastUsed),
			Expires: optional(f.Expires), Default: f.Default, Usable: f.Usable,
		})
	}
	return a
}

func roleName(r provider.Role) string {
	switch r {
	case provider.Recovery:
		return "recovery"
	case provider.Transient:
		return "trusted browser"
	}
	return "factor"
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// meaning of each state, for people.
func meaning(s string) string {
	return map[registry.State]string{
		registry.StateNoFactor:  "no factor is attached",
		registry.StateInGrace:   "a factor has to be attached",
		registry.StateOnlySent:  "every usable factor travels, by e-mail or text message",
		registry.StateOnlyPhone: "every usable factor travels by telephone",
		registry.StateUnusable:  "there are factors, and none can be used",
		registry.StateDisabled:  "a factor is disabled",
		registry.StateRecovery:  "a recovery code is waiting to be used",
	}[registry.State(s)]
}

func (a account) print(p *page) {
	name := clean(a.User)
	if a.Tenant != "" {
		name += " of " + clean(a.Tenant)
	}
	p.line("%s", name)
	for _, s := range a.States {
		p.line("  %s: %s", p.in(yellow, s), meaning(s))
	}
	if a.GraceUntil != nil {
		p.line("  grace until %s", at(a.GraceUntil))
	}
	counts, kinds := map[string]int{}, []string{}
	for _, f := range a.Factors {
		if counts[f.Kind]++; counts[f.Kind] == 1 {
			kinds = append(kinds, f.Kind)
		}
	}
	for _, k := range kinds {
		p.line("  %d %s", counts[k], clean(k))
	}
}

// factorList is the same account, factor by factor.
type factorList account

func (l factorList) print(p *page) {
	if len(l.Factors) == 0 {
		p.line("no factors")
		return
	}
	rows := [][]string{{"ID", "KIND", "NAME", "HINT", "ADDED", "LAST USED", ""}}
	for _, f := range l.Factors {
		var notes []string
		if f.Role != "factor" {
			notes = append(notes, f.Role)
		}
		if f.Default {
			notes = append(notes, "default")
		}
		if !f.Usable {
			notes = append(notes, "cannot be used")
		}
		rows = append(rows, []string{f.ID, f.Kind, f.Label, f.Hint, at(&f.Created), at(f.LastUsed), strings.Join(notes, ", ")})
	}
	p.table(rows)
}

func at(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

type lookFlags struct {
	actorFlag
	deedFlags
}

func (f lookFlags) account(ctx context.Context, s *session) (a account, err error) {
	actor, err := f.who()
	if err != nil {
		return a, err
	}
	d, err := f.begin(ctx, s, actor)
	if err != nil {
		return a, err
	}
	l, err := d.reg.Admin().Account(ctx, d.Deed)
	return listed(l), d.end(ctx, err)
}

type showUserCommand struct{ lookFlags }

// Run shows an account.
func (c showUserCommand) Run(ctx context.Context, s *session) error {
	a, err := c.account(ctx, s)
	if err != nil {
		return err
	}
	return s.show(a)
}

type userFactorsCommand struct{ lookFlags }

// Run lists its factors.
func (c userFactorsCommand) Run(ctx context.Context, s *session) error {
	a, err := c.account(ctx, s)
	if err != nil {
		return err
	}
	return s.show(factorList(a))
}
