package registry

import (
	"cmp"
	"context"
)

// trace lets whoever traces the call put something into its context, and returns what is called when it ends, also by a panic. Like an observer, a tracer
// that panics changes nothing.
func (c *call) trace(ctx *context.Context) (end func()) {
	told := c.r.traced(ctx, c.op)
	if told == nil {
		return func() {}
	}
	return func() {
		defer func() { _ = recover() }()
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
	inner, end := r.cfg.Trace(*ctx, op)
	if inner != nil {
		*ctx = inner
	}
	return end
}
