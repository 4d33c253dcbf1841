package registry

import (
	"context"
	"errors"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Notice is what a user is told of a change to their account, or of an attack on it. Config.Notify gets it for addresses of the user that are no factors.
type Notice struct {
	provider.Notice
	ID           string // of the event; the same if the notice has to be delivered again
	Tenant, User string
}

// letter is a notice to one recipient. Each recipient has a row of its own, so that one who cannot be reached makes nobody else be told again.
type letter struct {
	Notice
	tag    string // of the account: its budgets
	kind   string // of the factor that receives it; "" for the application
	factor string
	data   []byte // the factor's, opened: it may be gone by the time the letter is delivered // attack: A-97
}

// tell adds an event to a change, and with it the notices that it calls for. They go to every address that could be used before the change: an
// address that it removes is the one that an attacker would have removed.
func (c *call) tell(ctx context.Context, ch *factor.Change, e Event, before factor.Snapshot) {
	ch.Events, c.direct, c.posted = c.r.rows(e), nil, false
	if e.Notice == "" {
		return
	}
	about, attached := factor.Snapshot{Factors: ch.Put}.Factor(e.Factor)
	if !attached {
		about, _ = before.Factor(e.Factor)
	}
	about.Kind = e.Kind
	for _, l := range c.letters(e, before, about) {
		if c.r.outbox == nil {
			c.direct = append(c.direct, l)
			continue
		}
		sealed, err := c.r.cfg.AEAD.Encrypt(l.encode(), letterBinding)
		if err != nil {
			c.r.undelivered(ctx, l, "notice_lost", errNoLetter)
			continue
		}
		ch.Events, c.posted = append(ch.Events, factor.Event{Queue: c.r.cfg.NoticeQueue, Body: sealed}), true
	}
}

// rows are an event as a change keeps it: one for each reader.
func (r *Registry) rows(e Event) []factor.Event {
	body, list := e.encode(), make([]factor.Event, len(r.cfg.Queues))
	for i, name := range r.cfg.Queues {
		list[i] = factor.Event{Queue: name, Body: body}
	}
	return list
}

// letters are the notices that an event calls for.
func (c *call) letters(event Event, before factor.Snapshot, about factor.Factor) []letter {
	first := letter{
		Notice: Notice{
			Notice: provider.Notice{
				Op: event.Notice, Kind: about.Kind, Label: about.Label, Hint: about.Hint, At: event.At, Address: event.Address, Agent: event.Agent,
			},
			ID: event.ID, Tenant: before.Account.Tenant, User: before.Account.UserID,
		},
		tag: tag(before.Account),
	}
	var list []letter
	if c.r.cfg.Notify != nil {
		list = append(list, first)
	}
	for _, f := range before.Factors {
		if _, ok := c.r.kinds[f.Kind].MultiFactorProvider.(provider.Notifier); !ok || !c.r.usable(before.Account, f) {
			continue
		}
		opened, err := c.r.open(f)
		if err != nil {
			continue // nobody could read the address later either
		}
		l := first
		l.kind, l.factor, l.data = f.Kind, f.ID, opened.Data
		list = append(list, l)
	}
	return list
}

const letterFormat = 1

var (
	letterBinding = seal.Bind("notice 1")
	errNoLetter   = errors.New("registry: the notice does not open, or could not be sealed")
)

func (l letter) encode() []byte {
	b := append(make([]byte, 0, 256+len(l.data)), letterFormat)
	for _, s := range []string{l.ID, l.Tenant, l.User, l.tag, l.kind, l.factor, l.Op, l.Kind, l.Label, l.Hint, l.Address, l.Agent} {
		b = wire.AppendString(b, s)
	}
	b = wire.AppendTime(b, l.At)
	return wire.AppendBytes(b, l.data)
}

func (r *Registry) openLetter(body []byte) (letter, error) {
	plain, err := r.cfg.AEAD.Decrypt(body, letterBinding)
	if err != nil {
		return letter{}, errNoLetter
	}
	l, err := decodeLetter(plain)
	if err != nil {
		return letter{}, errNoLetter
	}
	return l, nil
}

func decodeLetter(b []byte) (letter, error) {
	r := wire.Read(b)
	if r.Byte() != letterFormat {
		return letter{}, wire.ErrMalformed
	}
	var l letter
	for _, s := range []*string{&l.ID, &l.Tenant, &l.User, &l.tag, &l.kind, &l.factor, &l.Op, &l.Notice.Kind, &l.Label, &l.Hint, &l.Address, &l.Agent} {
		*s = r.String(4 * maxIDBytes)
	}
	l.At = r.Time()
	l.data = r.Bytes(maxFactorData)
	return l, r.Done()
}
