package challengetest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
)

// A suite that cannot fail proves nothing. Each control is a store with one fault, and the case that must notice it.
type control struct {
	fault string
	store func(challenge.Store) challenge.Store
	seen  string // the case
}

// faulty is a store of which single methods are replaced.
type faulty struct {
	challenge.Store
	create  func(context.Context, time.Time, challenge.Key, challenge.Record, ...challenge.Spend) (challenge.Record, error)
	get     func(context.Context, time.Time, challenge.Key, string, ...challenge.Spend) (challenge.Record, error)
	attempt func(context.Context, time.Time, challenge.Key, string) (challenge.Record, error)
	release func(context.Context, time.Time, challenge.Key, string) error
	redeem  func(context.Context, time.Time, challenge.Key, string, ...string) error
	spend   func(context.Context, time.Time, string, string, ...challenge.Spend) error
	refill  func(context.Context, string, ...string) error
}

func (f faulty) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	if f.create != nil {
		return f.create(ctx, now, k, r, take...)
	}
	return f.Store.Create(ctx, now, k, r, take...)
}

func (f faulty) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	if f.get != nil {
		return f.get(ctx, now, k, try, take...)
	}
	return f.Store.Get(ctx, now, k, try, take...)
}

func (f faulty) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	if f.attempt != nil {
		return f.attempt(ctx, now, k, try)
	}
	return f.Store.Attempt(ctx, now, k, try)
}

func (f faulty) Release(ctx context.Context, now time.Time, k challenge.Key, try string) error {
	if f.release != nil {
		return f.release(ctx, now, k, try)
	}
	return f.Store.Release(ctx, now, k, try)
}

func (f faulty) Redeem(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
	if f.redeem != nil {
		return f.redeem(ctx, now, k, try, refill...)
	}
	return f.Store.Redeem(ctx, now, k, try, refill...)
}

func (f faulty) Spend(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
	if f.spend != nil {
		return f.spend(ctx, now, key, try, take...)
	}
	return f.Store.Spend(ctx, now, key, try, take...)
}

func (f faulty) Refill(ctx context.Context, key string, budget ...string) error {
	if f.refill != nil {
		return f.refill(ctx, key, budget...)
	}
	return f.Store.Refill(ctx, key, budget...)
}

var last atomic.Int64

func fresh() string { return fmt.Sprint("fresh ", last.Add(1)) }

var controls = []control{
	{"loses Next", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, create: func(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
			r, err := s.Create(ctx, now, k, r, take...)
			r.Next = time.Time{}
			return r, err
		}}
	}, "Create_returns_what_it_stored"},
	{"does not take for Create", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, create: func(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, _ ...challenge.Spend) (challenge.Record, error) {
			return s.Create(ctx, now, k, r)
		}}
	}, "All_takes_or_none"},
	{"takes for each Get that is sent again", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, get: func(ctx context.Context, now time.Time, k challenge.Key, _ string, take ...challenge.Spend) (challenge.Record, error) {
			return s.Get(ctx, now, k, fresh(), take...)
		}}
	}, "Get_twice_takes_once"},
	{"has a clock of its own", func(s challenge.Store) challenge.Store {
		start := time.Now()
		return faulty{Store: s, attempt: func(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
			return s.Attempt(ctx, now.Add(time.Since(start)), k, try)
		}}
	}, "Expiry_is_the_caller's"},
	{"gives nothing back", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, release: func(context.Context, time.Time, challenge.Key, string) error { return nil }}
	}, "Release_gives_the_charge_back"},
	{"redeems whatever it is asked to", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, redeem: func(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
			_ = s.Redeem(ctx, now, k, try, refill...)
			return ctx.Err()
		}}
	}, "Only_a_counted_try_redeems"},
	{"refuses a Redeem that is sent again", func(s challenge.Store) challenge.Store {
		var done sync.Map
		return faulty{Store: s, redeem: func(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
			if _, again := done.LoadOrStore(k, true); again {
				return challenge.ErrGone
			}
			return s.Redeem(ctx, now, k, try, refill...)
		}}
	}, "Redeem_twice_is_one"},
	{"refills first and asks then", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, redeem: func(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
			return errors.Join(s.Refill(ctx, k.Tag, refill...), s.Redeem(ctx, now, k, try, refill...))
		}}
	}, "Redeem_that_fails_refills_nothing"},
	{"takes one after the other", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, spend: func(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
			for i, b := range take {
				if err := s.Spend(ctx, now, key, fmt.Sprint(try, i), b); err != nil {
					return err
				}
			}
			return ctx.Err()
		}}
	}, "All_takes_or_none"},
	{"makes names one that differ in case", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, spend: func(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
			lower := []byte(key)
			for i, c := range lower {
				if 'A' <= c && c <= 'Z' {
					lower[i] = c + 'a' - 'A'
				}
			}
			return s.Spend(ctx, now, string(lower), try, take...)
		}, refill: func(ctx context.Context, key string, budget ...string) error { return s.Refill(ctx, key, budget...) }}
	}, "Hostile_keys_stay_apart"},
	{"goes on after its context", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, refill: func(ctx context.Context, key string, budget ...string) error {
			return s.Refill(context.WithoutCancel(ctx), key, budget...)
		}}
	}, "A_cancelled_call_does_nothing"},
	{"never shuts for a window of zero", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, spend: func(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
			for _, b := range take {
				if b.Window == 0 {
					return nil
				}
			}
			return s.Spend(ctx, now, key, try, take...)
		}}
	}, "Out_of_range_is_refused"},
	{"looks first and redeems then", func(s challenge.Store) challenge.Store {
		return faulty{Store: s, redeem: func(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
			_, err := s.Get(ctx, now, k, "look")
			if err == nil {
				time.Sleep(10 * time.Millisecond) // others look meanwhile
				_ = s.Redeem(ctx, now, k, try, refill...)
				return nil
			}
			return s.Redeem(ctx, now, k, try, refill...)
		}}
	}, "Of_many_Redeems_one_succeeds"},
}

func TestTheSuiteNoticesEachFault(t *testing.T) {
	for _, c := range controls {
		t.Run(c.fault, func(t *testing.T) {
			err := challengetest.Check(context.Background(), func() challenge.Store { return c.store(challenge.NewMemory()) })
			for _, v := range violations(err) {
				if v.Case == c.seen {
					return
				}
			}
			t.Errorf("a store that %s must be noticed by %s; the suite says: %v", c.fault, c.seen, err)
		})
	}
}

func violations(err error) (list []*challengetest.Violation) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, e := range joined.Unwrap() {
		var v *challengetest.Violation
		if errors.As(e, &v) {
			list = append(list, v)
		}
	}
	return list
}

func TestASoundStoreBreaksNothing(t *testing.T) {
	if err := challengetest.Check(context.Background(), func() challenge.Store { return challenge.NewMemory() }); err != nil {
		t.Error(err)
	}
}
