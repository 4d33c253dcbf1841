package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Config is what a Relay is made from. Zero values are the defaults unless a field says required.
type Config struct {
	Outbox factor.Outbox // required: the factor store
	Sink   Sink          // required

	// Queue is which of registry.Config.Queues the relay reads, by default "events".
	Queue string

	// Timeout is how long one delivery may take: 1 to 60 seconds, by default 10.
	Timeout time.Duration

	// Idle is how long Run waits when there was nothing to deliver: 100 milliseconds to 1 hour, by default 5 seconds.
	Idle time.Duration

	// Report is told what could not be delivered, and why. It must be quick.
	Report func(context.Context, error)

	// Now is the clock, by default the system's. Replicas that share an outbox must agree about the time to within a few seconds.
	Now func() time.Time
}

const (
	batch      = 100
	hold       = 30 * time.Second // how long a batch is worked on before its rest is given to whoever comes next
	firstRetry = 5 * time.Second
	lastRetry  = 10 * time.Minute
	giveUp     = 3               // failures in a row, and it is the sink that is down
	settle     = 5 * time.Second // to tell the outbox what became of an event, also when the program ends
)

// Relay takes events out of the outbox and hands them to a sink.
type Relay struct{ cfg Config }

// New makes a relay.
func New(cfg Config) (*Relay, error) {
	if cfg.Queue == "" {
		cfg.Queue = "events"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Idle == 0 {
		cfg.Idle = 5 * time.Second
	}
	if cfg.Report == nil {
		cfg.Report = func(context.Context, error) {}
	}
	cfg.Now = clock(cfg.Now)
	var faults []error
	if cfg.Outbox == nil || cfg.Sink == nil {
		faults = append(faults, errors.New("audit: Config.Outbox and Config.Sink are required"))
	}
	if cfg.Timeout < time.Second || cfg.Timeout > time.Minute {
		faults = append(faults, fmt.Errorf("audit: Config.Timeout is %v, not 1s to 1m", cfg.Timeout))
	}
	if cfg.Idle < 100*time.Millisecond || cfg.Idle > time.Hour {
		faults = append(faults, fmt.Errorf("audit: Config.Idle is %v, not 100ms to 1h", cfg.Idle))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &Relay{cfg: cfg}, nil
}

// Run delivers until ctx ends, and returns its error. What it was about to deliver is then there for another replica at once. While the sink, or the
// outbox, is down it tries less and less often, down to once a minute.
func (r *Relay) Run(ctx context.Context) error {
	pause := time.Second
	for ctx.Err() == nil {
		n, err := r.Drain(ctx)
		wait := r.cfg.Idle
		switch {
		case err != nil:
			wait, pause = pause, min(2*pause, time.Minute)
		case n > 0:
			wait, pause = 0, time.Second
		default:
			pause = time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return ctx.Err()
}

// Drain delivers what is due, and returns how much that was, once nothing is due any more. It ends early, with an error, when the outbox does not answer, or
// the sink takes nothing.
//
// Events are delivered one after the other, in the outbox's order. Those of one user stay in order when one of them fails, as far as they were fetched
// together; At tells the order of all.
func (r *Relay) Drain(ctx context.Context) (delivered int, err error) {
	for ctx.Err() == nil {
		lease := factor.Lease{Queue: r.cfg.Queue, For: hold + 2*r.cfg.Timeout, N: batch}
		events, err := r.cfg.Outbox.Next(ctx, r.cfg.Now(), lease)
		if err != nil {
			err = fmt.Errorf("audit: the outbox: %w", err)
			r.cfg.Report(ctx, err)
			return delivered, err
		}
		if len(events) == 0 {
			return delivered, nil
		}
		n, err := r.deliver(ctx, events)
		delivered += n
		if err != nil {
			return delivered, err
		}
	}
	return delivered, ctx.Err()
}

// deliver hands a batch to the sink. What is not delivered is put back.
func (r *Relay) deliver(ctx context.Context, events []factor.Event) (delivered int, err error) {
	began := r.cfg.Now()
	behind := map[[2]string]time.Time{} // users of whom an event is still to come, and when
	failed := 0
	for i, e := range events {
		if ctx.Err() != nil || r.cfg.Now().Sub(began) >= hold || failed >= giveUp {
			r.back(ctx, r.cfg.Now(), events[i:]...)
			break
		}
		rec := Record{JSON: e.Body}
		if err = json.Unmarshal(e.Body, &rec.Event); err != nil {
			err = errors.New("audit: it is no event") // what the decoder says quotes it
		}
		user := [2]string{rec.Tenant, rec.User}
		if until, waits := behind[user]; waits {
			r.back(ctx, until, e)
			continue
		}
		readable := err == nil
		if readable {
			err = r.hand(ctx, rec)
		}
		if err == nil {
			failed = 0
			delivered++
			r.settle(ctx, func(ctx context.Context) error { return r.cfg.Outbox.Done(ctx, e.ID) })
			continue
		}
		if ctx.Err() != nil { // the program ends; the sink had no chance
			r.back(ctx, r.cfg.Now(), events[i:]...)
			break
		}
		switch {
		case errors.Is(err, ErrRefused):
			failed = 0 // the sink is up
		case readable:
			failed++
		}
		err = fmt.Errorf("audit: event %d of queue %s: %w", e.ID, r.cfg.Queue, err)
		r.cfg.Report(ctx, err)
		until := r.cfg.Now().Add(retryAfter(r.cfg.Now().Sub(e.At)))
		behind[user] = until
		r.back(ctx, until, e)
	}
	if failed < giveUp {
		err = nil
	}
	return delivered, err
}

// retryAfter is how long an event waits that has waited so long already.
func retryAfter(age time.Duration) time.Duration { return min(max(age/2, firstRetry), lastRetry) }

// hand gives one event to the sink, whose panic is an error.
func (r *Relay) hand(ctx context.Context, rec Record) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("audit: the sink panicked: %T", p)
		}
	}()
	return r.cfg.Sink.Deliver(ctx, rec)
}

func (r *Relay) back(ctx context.Context, until time.Time, events ...factor.Event) {
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	r.settle(ctx, func(ctx context.Context) error { return r.cfg.Outbox.Later(ctx, until, ids...) })
}

// settle tells the outbox what became of events. If that fails they come back when their lease ends.
func (r *Relay) settle(ctx context.Context, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	if err := f(ctx); err != nil {
		r.cfg.Report(ctx, fmt.Errorf("audit: the outbox: %w", err))
	}
}
