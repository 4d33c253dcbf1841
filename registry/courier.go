package registry

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Notices are delivered beside calls, by one goroutine, a few at a time. What could not be delivered is tried again, at first after half a minute, then after
// half the time that it has waited.
const (
	lettersAtOnce = 8
	letterRetry   = 30 * time.Second
	letterPause   = time.Hour          // the longest time between two tries
	letterLife    = 7 * 24 * time.Hour // from then on it is no news
)

var (
	errNobody = errors.New("registry: nobody here delivers this")
	errNoRoom = errors.New("registry: too many notices at once, and no outbox for them to wait in")
)

// courier is who delivers.
type courier struct {
	wanted atomic.Bool
	busy   chan struct{} // holds one while somebody empties the outbox
	slots  chan struct{} // holds one for each letter under way that is in no outbox
}

func newCourier() *courier {
	return &courier{busy: make(chan struct{}, 1), slots: make(chan struct{}, lettersAtOnce)}
}

// sent sees to the notices of a change that has been made.
func (c *call) sent(ctx context.Context) {
	if c.posted {
		c.r.postSoon(ctx)
	}
	ctx = context.WithoutCancel(ctx)
	for _, l := range c.direct {
		select {
		case c.r.courier.slots <- struct{}{}:
			go func() {
				defer func() { <-c.r.courier.slots }()
				if err := c.r.post(ctx, l); err != nil {
					c.r.undelivered(ctx, l, "notice_lost", err)
				}
			}()
		default:
			c.r.undelivered(ctx, l, "notice_lost", errNoRoom)
		}
	}
	c.direct = nil
}

// postSoon has the outbox emptied beside the call.
func (r *Registry) postSoon(ctx context.Context) {
	if r.outbox == nil || !r.notifies {
		return
	}
	r.courier.wanted.Store(true)
	select {
	case r.courier.busy <- struct{}{}:
	default:
		return // whoever is busy looks again
	}
	ctx = context.WithoutCancel(ctx)
	go func() {
		for r.courier.wanted.Swap(false) {
			_ = r.postDue(ctx) // what it could not do is there the next time
		}
		r.rest(ctx)
	}()
}

// rest is the end of being busy.
func (r *Registry) rest(ctx context.Context) {
	<-r.courier.busy
	if r.courier.wanted.Load() { // somebody came between the last look and the line above
		r.postSoon(ctx)
	}
}

// Flush delivers the notices that wait in the outbox and are due, and returns when there are none, or with ctx. Nobody has to call it: notices are
// delivered beside the calls that cause them, and what failed, or was left behind by a process that crashed, beside later calls. A program calls it before it
// ends, and in a loop if it wants notices tried again while nobody signs in.
func (r *Registry) Flush(ctx context.Context) error {
	select {
	case r.courier.busy <- struct{}{}: // first: two that each hold half of the slots would wait for each other
		defer r.rest(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
	for range lettersAtOnce { // when all the slots are ours, nobody else has one
		select {
		case r.courier.slots <- struct{}{}:
			defer func() { <-r.courier.slots }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if r.outbox == nil || !r.notifies {
		return nil
	}
	r.courier.wanted.Store(false)
	return r.postDue(ctx)
}

// postDue delivers what is due, a few letters at a time.
func (r *Registry) postDue(ctx context.Context) error {
	lease := factor.Lease{Queue: r.cfg.NoticeQueue, For: r.cfg.FinishTimeout + 30*time.Second, N: lettersAtOnce}
	for {
		batch, err := step(ctx, func(ctx context.Context) ([]factor.Event, error) { return r.outbox.Next(ctx, r.now(), lease) })
		if err != nil || len(batch) == 0 {
			return err
		}
		var all sync.WaitGroup
		for _, e := range batch {
			all.Go(func() { r.postOne(ctx, e) })
		}
		all.Wait()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// postOne delivers one entry of the outbox, or puts it back.
func (r *Registry) postOne(ctx context.Context, e factor.Event) {
	l, err := r.openLetter(e.Body)
	if err == nil {
		err = r.post(ctx, l)
	}
	if age := r.now().Sub(e.At); err != nil && age < letterLife {
		until := r.now().Add(min(max(age/2, letterRetry), letterPause))
		r.undelivered(ctx, l, "notice_delayed", err)
		_ = does(ctx, func(ctx context.Context) error { return r.outbox.Later(ctx, until, e.ID) }) // else it is back when the lease ends
		return
	}
	if err != nil {
		r.undelivered(ctx, l, "notice_lost", err)
	}
	_ = does(ctx, func(ctx context.Context) error { return r.outbox.Done(ctx, e.ID) }) // else it is delivered again
}

// post hands a notice to the application, or to the provider of the factor that receives it. A budget keeps whoever may change an account from using its
// notices to send messages; attempts that fail cannot use it up, because locks double.
func (r *Registry) post(ctx context.Context, l letter) error {
	l.Sent = r.now()
	if l.kind == "" {
		if r.cfg.Notify == nil {
			return errNobody
		}
		_, err := ask(ctx, r, "notify", "", func(ctx context.Context) (struct{}, error) { return struct{}{}, r.cfg.Notify(ctx, l.Notice) })
		return err
	}
	n, ok := r.kinds[l.kind].MultiFactorProvider.(provider.Notifier)
	if !ok {
		return errNobody
	}
	try, take := "notice "+l.ID+l.factor, r.spend(budgetNotice, l.kind)
	err := does(ctx, func(ctx context.Context) error { return r.cfg.Challenges.Spend(ctx, r.now(), l.tag, try, take) })
	if refused := (*challenge.Refused)(nil); errors.As(err, &refused) {
		r.undelivered(ctx, l, "notice_lost", err) // to try again would be no use
		return nil
	}
	if err != nil {
		return err
	}
	to := provider.Factor{ID: l.factor, Data: l.data}
	_, err = ask(ctx, r, "notify", l.kind, func(ctx context.Context) (struct{}, error) { return struct{}{}, n.Notify(ctx, to, l.Notice.Notice) })
	return err
}

// undelivered tells of a notice that did not arrive. What the provider says of it may quote the address, so it is not repeated.
func (r *Registry) undelivered(ctx context.Context, l letter, result string, err error) {
	reason := "the recipient could not be reached"
	switch refused := (*challenge.Refused)(nil); {
	case errors.Is(err, errPanicked):
		reason = "the delivery panicked"
	case errors.Is(err, errBlocked):
		reason = "the delivery took too long"
	case errors.Is(err, errNobody), errors.Is(err, errNoRoom), errors.Is(err, errNoLetter):
		reason = err.Error()
	case errors.As(err, &refused):
		reason = "budget " + refused.Budget + " is shut"
	}
	r.observe(ctx, Event{
		Version: eventVersion, ID: randomID(), At: r.now(), Op: "notice", Result: result, Reason: reason, Tenant: l.Tenant, User: l.User,
		Kind: l.kind, Factor: l.factor, Notice: l.Op,
	})
}
