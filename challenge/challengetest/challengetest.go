// Package challengetest tells whether a store keeps the promises of [challenge.Store]. Whoever writes a store runs it:
//
//	func TestMyStore(t *testing.T) {
//		challengetest.Run(t, func(t *testing.T) challenge.Store { return mystore.New(...) })
//	}
//
// It asks nothing of the store's clock: all times come in with the calls, and those of one run lie within hours of a day in 2030.
package challengetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// Run runs every case on a store that open returns. What one case leaves behind does not disturb another, so open may return the same
// store each time. The names of all keys are random.
func Run(t *testing.T, open func(t *testing.T) challenge.Store) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.try(t.Context(), open(t)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Check runs every case and returns what Run would report: *Violation errors, joined; nil if every promise is kept.
func Check(ctx context.Context, open func() challenge.Store) error {
	var found []error
	for _, c := range cases() {
		found = append(found, c.try(ctx, open()))
	}
	return errors.Join(found...)
}

// Violation is a promise that a store has broken.
type Violation struct {
	Case string // the name of the case
	Rule string // the promise
	Fact string // what happened instead
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s: %s\nbroken: %s", v.Case, v.Rule, v.Fact)
}

// rule is one promise, and how it is tried.
type rule struct {
	name string
	rule string // printed when the promise is broken
	test func(*suite)
}

func cases() []rule {
	return slices.Concat(records(), endings(), budgets(), givebacks(), replays(), isolation(), refusals(), races())
}

// try runs one case. A broken promise unwinds it, so that no step of a case needs to look at the one before.
func (c rule) try(ctx context.Context, store challenge.Store) (err error) {
	defer func() {
		if r := recover(); r != nil {
			v, ours := r.(*Violation)
			if !ours {
				panic(r)
			}
			err = v
		}
	}()
	c.test(&suite{ctx: ctx, store: store, rule: c, now: time.Date(2030, 5, 17, 12, 0, 0, 0, time.UTC)})
	return nil
}

// suite is one case at work.
type suite struct {
	ctx   context.Context
	store challenge.Store
	rule  rule
	now   time.Time
}

// broken ends the case.
func (s *suite) broken(format string, args ...any) {
	panic(&Violation{Case: s.rule.name, Rule: s.rule.rule, Fact: fmt.Sprintf(format, args...)})
}

func (s *suite) later(d time.Duration) { s.now = s.now.Add(d) }

// key is that of a new challenge of a new account.
func (s *suite) key() challenge.Key { return challenge.Key{Tag: s.tag(), Hash: rand.Text()[:22]} }

func (s *suite) tag() string { return rand.Text()[:12] }

// record is a usual one: five attempts, five minutes, and a charge for each attempt.
func (s *suite) record(onTry ...challenge.Spend) challenge.Record {
	return challenge.Record{Sealed: []byte("sealed " + rand.Text()), Attempts: 5, Expires: s.now.Add(5 * time.Minute), OnTry: onTry}
}

// created is a new challenge with such a record.
func (s *suite) created(onTry ...challenge.Spend) challenge.Key {
	k := s.key()
	s.create(k, s.record(onTry...))
	return k
}

func (s *suite) create(k challenge.Key, r challenge.Record, take ...challenge.Spend) challenge.Record {
	got, err := s.store.Create(s.ctx, s.now, k, r, take...)
	s.ok(err, "Create")
	return got
}

func (s *suite) get(k challenge.Key, try string, take ...challenge.Spend) challenge.Record {
	r, err := s.store.Get(s.ctx, s.now, k, try, take...)
	s.ok(err, "Get")
	return r
}

func (s *suite) attempt(k challenge.Key, try string) challenge.Record {
	r, err := s.store.Attempt(s.ctx, s.now, k, try)
	s.ok(err, "Attempt "+try)
	return r
}

func (s *suite) attemptErr(k challenge.Key, try string) error {
	_, err := s.store.Attempt(s.ctx, s.now, k, try)
	return err
}

func (s *suite) release(k challenge.Key, try string) {
	s.ok(s.store.Release(s.ctx, s.now, k, try), "Release "+try)
}

func (s *suite) redeem(k challenge.Key, try string, refill ...string) {
	s.ok(s.redeemErr(k, try, refill...), "Redeem "+try)
}

func (s *suite) redeemErr(k challenge.Key, try string, refill ...string) error {
	return s.store.Redeem(s.ctx, s.now, k, try, refill...)
}

func (s *suite) spend(key string, take ...challenge.Spend) {
	s.ok(s.spendErr(key, take...), "Spend")
}

func (s *suite) spendErr(key string, take ...challenge.Spend) error {
	return s.store.Spend(s.ctx, s.now, key, rand.Text(), take...)
}

func (s *suite) refill(key string, budget ...string) {
	s.ok(s.store.Refill(s.ctx, key, budget...), "Refill")
}

func (s *suite) ok(err error, what string) {
	if err != nil {
		s.broken("%s failed: %v", what, err)
	}
}

func (s *suite) gone(err error, what string) {
	if !errors.Is(err, challenge.ErrGone) {
		s.broken("%s: want ErrGone, got %v", what, err)
	}
}

// refused wants a *Refused of that budget and wait.
func (s *suite) refused(err error, budget string, wait time.Duration) {
	var r *challenge.Refused
	if !errors.As(err, &r) {
		s.broken("want budget %s refused for %v, got %v", budget, wait, err)
	}
	if r.Budget != budget || r.RetryAfter != wait {
		s.broken("want budget %s refused for %v, got %s for %v", budget, wait, r.Budget, r.RetryAfter)
	}
}

// same compares what is promised of a record.
func (s *suite) same(got, want challenge.Record, what string) {
	if string(got.Sealed) != string(want.Sealed) || got.Attempts != want.Attempts || !got.Expires.Equal(want.Expires) ||
		!got.Next.Equal(want.Next) || !slices.Equal(got.OnTry, want.OnTry) {
		s.broken("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// takes finds out how many takes budget b of key allows now, by taking them.
func (s *suite) takes(key string, b challenge.Spend) int {
	for n := range b.Limit + 1 {
		var r *challenge.Refused
		switch err := s.spendErr(key, b); {
		case errors.As(err, &r):
			return n
		case err != nil:
			s.broken("Spend failed: %v", err)
		}
	}
	s.broken("budget %s of %d takes allowed %d", b.Budget, b.Limit, b.Limit+1)
	return 0
}

// The budgets of the cases.
var (
	lock = challenge.Spend{Budget: "failures", Limit: 3, Window: 15 * time.Minute, Max: 24 * time.Hour}
	wait = challenge.Spend{Budget: "wait", Limit: 1, Window: 30 * time.Second, Max: time.Hour}
)

func cancelled(s *suite) context.Context {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	return ctx
}
