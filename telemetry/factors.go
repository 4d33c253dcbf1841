package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Factors measures a factor store. What comes back has the optional abilities that s has, factor.Outbox and factor.Resealer, and no others.
func (t *Telemetry) Factors(s factor.Store) factor.Store {
	base := factors{s, t}
	outbox, queues := s.(factor.Outbox)
	resealer, reseals := s.(factor.Resealer)
	switch {
	case queues && reseals:
		return struct {
			factors
			outboxed
			resealed
		}{base, outboxed{outbox, base}, resealed{resealer, base}}
	case queues:
		return struct {
			factors
			outboxed
		}{base, outboxed{outbox, base}}
	case reseals:
		return struct {
			factors
			resealed
		}{base, resealed{resealer, base}}
	}
	return base
}

type factors struct {
	store factor.Store
	t     *Telemetry
}

var _ factor.Store = factors{}

func (s factors) begin(ctx context.Context, method string) (context.Context, func(error)) {
	ctx, end := s.t.begin(ctx, "factor_store."+method, s.t.factors, keyMethod.String(method))
	return ctx, func(err error) {
		result, is := "ok", codes.Unset
		switch {
		case err == nil:
		case errors.Is(err, factor.ErrConflict):
			result = "conflict"
		case errors.Is(err, factor.ErrExists):
			result = "exists"
		case errors.Is(err, factor.ErrSpent):
			result = "spent"
		case errors.Is(err, factor.ErrNotFound):
			result = "not_found"
		default:
			result, is = "failed", codes.Error
		}
		end(outcome(is), keyResult.String(result))
	}
}

func (s factors) Load(ctx context.Context, tenant, user string) (factor.Snapshot, error) {
	ctx, end := s.begin(ctx, "load")
	snap, err := s.store.Load(ctx, tenant, user)
	end(err)
	return snap, err
}

func (s factors) Apply(ctx context.Context, c factor.Change) error {
	ctx, end := s.begin(ctx, "apply")
	err := s.store.Apply(ctx, c)
	end(err)
	return err
}

func (s factors) Find(ctx context.Context, tenant, kind, handle string) (factor.Factor, error) {
	ctx, end := s.begin(ctx, "find")
	f, err := s.store.Find(ctx, tenant, kind, handle)
	end(err)
	return f, err
}

func (s factors) Fail(ctx context.Context, tenant, user, id string, at time.Time) (int, error) {
	ctx, end := s.begin(ctx, "fail")
	n, err := s.store.Fail(ctx, tenant, user, id, at)
	end(err)
	return n, err
}

func (s factors) Scan(ctx context.Context, p factor.Page) ([]factor.Snapshot, string, error) {
	ctx, end := s.begin(ctx, "scan")
	page, next, err := s.store.Scan(ctx, p)
	end(err)
	return page, next, err
}

func (s factors) Prune(ctx context.Context, now time.Time, n int) (int, error) {
	ctx, end := s.begin(ctx, "prune")
	removed, err := s.store.Prune(ctx, now, n)
	end(err)
	return removed, err
}

type outboxed struct {
	outbox factor.Outbox
	base   factors
}

var _ factor.Outbox = outboxed{}

func (s outboxed) Next(ctx context.Context, now time.Time, l factor.Lease) ([]factor.Event, error) {
	ctx, end := s.base.begin(ctx, "next")
	events, err := s.outbox.Next(ctx, now, l)
	end(err)
	return events, err
}

func (s outboxed) Later(ctx context.Context, until time.Time, ids ...int64) error {
	ctx, end := s.base.begin(ctx, "later")
	err := s.outbox.Later(ctx, until, ids...)
	end(err)
	return err
}

func (s outboxed) Done(ctx context.Context, ids ...int64) error {
	ctx, end := s.base.begin(ctx, "done")
	err := s.outbox.Done(ctx, ids...)
	end(err)
	return err
}

type resealed struct {
	resealer factor.Resealer
	base     factors
}

var _ factor.Resealer = resealed{}

func (s resealed) Reseal(ctx context.Context, fs []factor.Factor) (int, error) {
	ctx, end := s.base.begin(ctx, "reseal")
	n, err := s.resealer.Reseal(ctx, fs)
	end(err)
	return n, err
}
