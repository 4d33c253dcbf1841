package registry

import (
	"cmp"
	"context"
	"errors"

	"github.com/cofactor-mfa/cofactor/provider"
)

// trace lets whoever traces the call put something into its context, and returns what is called when it ends, also by a panic. Like an observer, a tracer
// that panics changes nothing.
func (c *call) trace(ctx *context.Context) (end func()) {
	told := c.r.traced(ctx, c.op)
	if told == nil {
		return func() {}
	}
	return func() {
		e := c.event(cmp.Or(c.result, string(ErrInternal)), c.reason) // a call that has not said how it ended has panicked
		if _, known := c.r.kinds[e.Kind]; !known {                    // anybody may ask for a kind by any name
			e.Kind = ""
		}
		told(e)
	}
}

func (r *Registry) traced(ctx *context.Context, op string) (end func(Event)) {
	if r.cfg.Trace == nil {
		return nil
	}
	defer func() { _ = recover() }()
	inner, told := r.cfg.Trace(*ctx, op)
	if inner != nil {
		*ctx = inner
	}
	if told == nil {
		return nil
	}
	return func(e Event) {
		defer func() { _ = recover() }()
		told(e)
	}
}

// ask is guarded, for what a provider or the application is asked to do within a call, and traced.
func ask[T any](ctx context.Context, r *Registry, step, kind string, f func(context.Context) (T, error)) (T, error) {
	told := r.traced(&ctx, step)
	if told == nil {
		return guarded(ctx, r.cfg.FinishTimeout, f)
	}
	began := r.now()
	v, err := guarded(ctx, r.cfg.FinishTimeout, f)
	told(Event{Version: eventVersion, At: began, Op: step, Kind: kind, Result: answered(err)})
	return v, err
}

// answered is how a step of somebody else's ended. What the error says is not repeated: it may quote an address.
func answered(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errPanicked):
		return "panicked"
	case errors.Is(err, errBlocked):
		return "too_slow"
	case errors.Is(err, provider.ErrRejected), errors.Is(err, provider.ErrCompromised):
		return "rejected"
	case errors.Is(err, provider.ErrInvalid):
		return "invalid"
	}
	return "failed"
}
