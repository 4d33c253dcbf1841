package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// Challenges measures a challenge store.
func (t *Telemetry) Challenges(s challenge.Store) challenge.Store { return challenges{s, t} }

type challenges struct {
	store challenge.Store
	t     *Telemetry
}

var _ challenge.Store = challenges{}

func (s challenges) begin(ctx context.Context, method string) (context.Context, func(error)) {
	ctx, end := s.t.begin(ctx, "challenge_store."+method, s.t.challenges, keyMethod.String(method))
	return ctx, func(err error) {
		result, is := "ok", codes.Unset
		switch refused := (*challenge.Refused)(nil); {
		case err == nil:
		case errors.Is(err, challenge.ErrGone):
			result = "gone"
		case errors.As(err, &refused):
			result = "refused"
		default:
			result, is = "failed", codes.Error
		}
		end(outcome(is), keyResult.String(result))
	}
}

func (s challenges) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	ctx, end := s.begin(ctx, "create")
	r, err := s.store.Create(ctx, now, k, r, take...)
	end(err)
	return r, err
}

func (s challenges) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	ctx, end := s.begin(ctx, "get")
	r, err := s.store.Get(ctx, now, k, try, take...)
	end(err)
	return r, err
}

func (s challenges) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	ctx, end := s.begin(ctx, "attempt")
	r, err := s.store.Attempt(ctx, now, k, try)
	end(err)
	return r, err
}

func (s challenges) Release(ctx context.Context, now time.Time, k challenge.Key, try string) error {
	ctx, end := s.begin(ctx, "release")
	err := s.store.Release(ctx, now, k, try)
	end(err)
	return err
}

func (s challenges) Redeem(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
	ctx, end := s.begin(ctx, "redeem")
	err := s.store.Redeem(ctx, now, k, try, refill...)
	end(err)
	return err
}

func (s challenges) Spend(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
	ctx, end := s.begin(ctx, "spend")
	err := s.store.Spend(ctx, now, key, try, take...)
	end(err)
	return err
}

func (s challenges) Refill(ctx context.Context, key string, budget ...string) error {
	ctx, end := s.begin(ctx, "refill")
	err := s.store.Refill(ctx, key, budget...)
	end(err)
	return err
}
