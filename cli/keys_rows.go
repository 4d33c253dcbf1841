package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/registry"
)

// passFlags are those of a pass over all rows.
type passFlags struct {
	Reason string `default:"rotation of keys" placeholder:"WHY" help:"Why, for the audit."`
	After  string `placeholder:"PLACE" help:"Where to go on: what a pass that was interrupted has said."`
	actorFlag
	configFlags
	auditFlags
}

// maxListed is how many rows that do not open are listed. They are counted all.
const maxListed = 1000

// pass is what a pass over all rows has found.
type pass struct {
	Accounts  int        `json:"accounts"`
	Rows      int        `json:"rows"`
	Rewrapped int        `json:"rewrapped"` // sealed again
	Meanwhile int        `json:"meanwhile"` // written by somebody else meanwhile, and left alone
	Keys      []keyRows  `json:"keys"`
	Unopened  int        `json:"unopened"`
	List      []unopened `json:"unopened_rows,omitempty"` // the first of them
	After     string     `json:"after,omitempty"`         // where to go on, if it did not come to the end
	counts    map[string]int
	rewrap    bool
}

// keyRows are the rows that a key seals.
type keyRows struct {
	Key   string `json:"key"`
	Rows  int    `json:"rows"`
	State string `json:"state"` // "seals", "opens", "waits", "missing"
}

type unopened struct {
	Tenant string `json:"tenant"`
	User   string `json:"user"`
	Factor string `json:"factor"`
	Key    string `json:"key"`
	Why    string `json:"why"`
}

// why a row does not open.
func why(err error) string {
	if errors.Is(err, keyset.ErrUnknownKey) {
		return "its key is not in the keyset: it was removed too early"
	}
	return "it was altered, or moved from where it belongs"
}

func (r *pass) add(p registry.Progress) {
	r.Accounts, r.Rows, r.Unopened = r.Accounts+p.Accounts, r.Rows+p.Rows, r.Unopened+len(p.Unopened)
	for k, n := range p.Keys {
		r.counts[k] += n
	}
	for _, u := range p.Unopened {
		if len(r.List) < maxListed {
			r.List = append(r.List, unopened{Tenant: u.Tenant, User: u.User, Factor: u.Factor, Key: u.Key, Why: why(u.Err)})
		}
	}
}

// finish says what each key does.
func (r *pass) finish(k *keyset.Keyset) {
	ids := k.IDs()
	for _, id := range ids {
		if name := name(id); r.counts[name] == 0 {
			r.counts[name] = 0
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.counts)) {
		state := "missing"
		switch id, err := strconv.ParseUint(key, 10, 32); {
		case err != nil || !slices.Contains(ids, uint32(id)):
		case uint32(id) == k.PrimaryID():
			state = "seals"
		case uint32(id) == ids[len(ids)-1]:
			state = "waits"
		default:
			state = "opens"
		}
		r.Keys = append(r.Keys, keyRows{Key: key, Rows: r.counts[key], State: state})
	}
}

func name(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

func (r *pass) print(p *page) {
	p.line("%s of %s", counted(r.Rows, "row"), counted(r.Accounts, "account"))
	if r.rewrap {
		p.line("%s sealed again, %d left to whoever wrote them meanwhile", counted(r.Rewrapped, "row"), r.Meanwhile)
	}
	rows := [][]string{{"KEY", "ROWS", ""}}
	for _, k := range r.Keys {
		does := k.State
		switch {
		case r.rewrap && k.State == "opens" && k.Rows > 0:
			does = "opens; these were its rows before this pass"
		case k.State == "opens" && k.Rows == 0:
			does = "opens, and seals no row: cofactor keys remove " + k.Key
		case k.State == "waits":
			does = "waits for the next rotation"
		}
		rows = append(rows, []string{k.Key, strconv.Itoa(k.Rows), does})
	}
	p.table(rows)
	if r.Unopened == 0 {
		return
	}
	p.line("%s: these users cannot use these factors", p.in(red, counted(r.Unopened, "row")+" that no key opens"))
	list := [][]string{{"TENANT", "USER", "FACTOR", "KEY", "WHY"}}
	for _, u := range r.List[:min(len(r.List), 20)] {
		list = append(list, []string{u.Tenant, u.User, u.Factor, u.Key, u.Why})
	}
	p.table(list)
}

// over goes over all rows, step by step, until it comes to the end or is interrupted.
func over(ctx context.Context, r *pass, b *bar, step registry.Rewrap, make func(context.Context, registry.Rewrap) (registry.Progress, error)) error {
	r.counts, r.After = map[string]int{}, step.After
	defer b.end()
	for {
		p, err := make(ctx, step)
		r.Rewrapped, r.Meanwhile = r.Rewrapped+p.Rewrapped, r.Meanwhile+p.Meanwhile // also of a step that is to be made again
		if err != nil {
			return err
		}
		r.add(p)
		b.at(r.Rows)
		if step.After, r.After = p.Next, p.Next; p.Next == "" {
			return nil
		}
	}
}

type reportKeysCommand struct{ passFlags }

// Help says what the report is for.
func (reportKeysCommand) Help() string {
	return "It goes over all rows and writes nothing. A key that seals no row, after a whole pass, may be removed. Rows that no key opens make it end with 1."
}

// Run counts.
func (c reportKeysCommand) Run(ctx context.Context, s *session) (err error) {
	actor, err := c.who()
	if err != nil {
		return err
	}
	d, err := c.open(ctx, s, c.auditFlags)
	if err != nil {
		return err
	}
	r, err := c.report(ctx, s, d, actor)
	if err = errors.Join(d.events.explain(interrupted(ctx, err, r.After, "cofactor keys report")), d.close(ctx)); err != nil {
		return err
	}
	if err := s.show(r); err != nil {
		return err
	}
	if r.Unopened > 0 {
		return errNo
	}
	return nil
}

// report makes a whole pass without writing.
func (c passFlags) report(ctx context.Context, s *session, d *deployment, actor string) (*pass, error) {
	r := &pass{}
	reg, err := d.Registry("")
	if err != nil {
		return r, err
	}
	err = over(ctx, r, s.bar(0), registry.Rewrap{Actor: actor, Reason: c.Reason, After: c.After}, reg.Admin().Keys)
	r.finish(d.Keys())
	return r, err
}

// interrupted says how to go on after Ctrl-C.
func interrupted(ctx context.Context, err error, after, command string) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if after != "" {
		command += " --after " + after
	}
	return fmt.Errorf("interrupted; nothing is lost, go on with: %s: %w", command, ctx.Err())
}

type rewrapKeysCommand struct {
	passFlags
	Rate int `default:"500" placeholder:"ROWS" help:"Rows a second that are written at most. 0 is as fast as it goes, and is felt by everybody else."`
}

// Help says what happens meanwhile.
func (rewrapKeysCommand) Help() string {
	return "Users go on signing in, and notice nothing. It may be interrupted at any time and says then where to go on; beginning again does no harm."
}

// Run seals again what older keys have sealed.
func (c rewrapKeysCommand) Run(ctx context.Context, s *session) error {
	if c.Rate < 0 || c.Rate > 1_000_000 {
		return misused(errors.New("--rate must be 0 to 1000000 rows a second"))
	}
	actor, err := c.who()
	if err != nil {
		return err
	}
	d, err := c.open(ctx, s, c.auditFlags)
	if err != nil {
		return err
	}
	r, err := c.rewrap(ctx, s, d, actor)
	if err = errors.Join(d.events.explain(interrupted(ctx, err, r.After, fmt.Sprintf("cofactor keys rewrap --rate %d", c.Rate))), d.close(ctx)); err != nil {
		return err
	}
	if err := s.show(r); err != nil {
		return err
	}
	if r.Unopened > 0 {
		return errNo
	}
	return nil
}

func (c rewrapKeysCommand) rewrap(ctx context.Context, s *session, d *deployment, actor string) (*pass, error) {
	r := &pass{rewrap: true}
	reg, err := d.Registry("")
	if err != nil {
		return r, err
	}
	total := 0
	if s.watched { // A bar needs to know where the end is.
		s.say("counting")
		before, err := c.report(ctx, s, d, actor)
		if err != nil {
			r.After = c.After
			return r, err
		}
		total = before.Rows
	}
	step := registry.Rewrap{Actor: actor, Reason: c.Reason, After: c.After, Rate: c.Rate}
	if c.Rate > 0 {
		step.N = min(1000, max(1, c.Rate/2)) // so that a step, which is made again if it is interrupted, takes no longer than a few seconds
	}
	err = over(ctx, r, s.bar(total), step, reg.Admin().Rewrap)
	r.finish(d.Keys())
	return r, err
}
