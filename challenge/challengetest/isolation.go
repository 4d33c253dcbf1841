package challengetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// hostile are names that a careless store takes for one another.
func hostile(base string) []string {
	return []string{
		base, base + ":b", base + ":c:", base + "}", "{" + base + "}", base + "{}", base + "%", base + "%3a", base + " ", base + "\x00", base + "\n", base + "\xff", base + "\xc3\xbf",
		strings.ToLower(base) + "a", strings.ToLower(base) + "A", base + "*", base + "?", base + "'", base + "\"", base + "\\", base + "/../" + base,
	}
}

func isolation() []rule {
	return []rule{
		{"Hostile_keys_stay_apart", "Two keys that differ in any byte share no budget.", func(s *suite) {
			keys := hostile(s.tag())
			for i, key := range keys {
				s.ok(s.spendErr(key, wait), "the first Spend of "+key)
				for _, earlier := range keys[:i+1] {
					s.refused(s.spendErr(earlier, wait), wait.Budget, wait.Window)
				}
			}
			s.refill(keys[3], wait.Budget)
			for i, key := range keys {
				if i != 3 {
					s.refused(s.spendErr(key, wait), wait.Budget, wait.Window)
				}
			}
		}},
		{"Hostile_budgets_stay_apart", "Two budgets whose names differ in any byte are two.", func(s *suite) {
			key := s.tag()
			names := []string{"", "a", "A", "a ", "a:b", "a\x00", "a\x01", "\xff", strings.Repeat("a", 63), strings.Repeat("a", 64)}
			for _, name := range names {
				b := wait
				b.Budget = name
				s.spend(key, b)
				s.refused(s.spendErr(key, b), name, wait.Window)
			}
		}},
		{"Hostile_challenges_stay_apart", "Two challenges whose keys differ in any byte are two, whether in Tag or Hash, and neither is a key of Spend.", func(s *suite) {
			base := s.tag()
			var keys []challenge.Key
			for _, name := range hostile(base) {
				keys = append(keys, challenge.Key{Tag: name, Hash: "h"}, challenge.Key{Tag: base, Hash: name})
			}
			records := map[challenge.Key]challenge.Record{}
			for _, k := range keys {
				records[k] = s.create(k, s.record())
			}
			for _, k := range keys {
				s.same(s.get(k, "g"), records[k], "Get")
			}
			s.attempt(keys[0], "a")
			s.redeem(keys[0], "a")
			for _, k := range keys[1:] {
				s.same(s.get(k, "g"), records[k], "Get after another challenge was redeemed")
				s.gone(s.redeemErr(k, "a"), "Redeem by another challenge's try")
			}
		}},
		{"Empty_names", "Empty keys, tries and budgets are names like any other.", func(s *suite) {
			k := challenge.Key{Tag: "", Hash: s.key().Hash}
			s.create(k, s.record())
			s.attempt(k, "")
			if r := s.attempt(k, ""); r.Attempts != 4 {
				s.broken("%d attempts are left of 5, want 4", r.Attempts)
			}
			s.redeem(k, "")
			s.gone(s.redeemErr(k, "\x00"), "Redeem by another try")
		}},
		{"Hostile_tries_stay_apart", "Two tries that differ in any byte are two, however long they are.", func(s *suite) {
			k, r := s.key(), s.record()
			r.Attempts = 1000
			s.create(k, r)
			long := strings.Repeat("x", 1000)
			tries := append(hostile("try")[:10], long+"1", long+"2", long)
			for i, try := range tries {
				if got := s.attempt(k, try); got.Attempts != 999-i {
					s.broken("try %d left %d attempts of 1000", i+1, got.Attempts)
				}
			}
		}},
		{"A_user's_budgets_are_the_user's", "Spend under one Tag does not touch another's budgets, nor does anything done to another's challenge.", func(s *suite) {
			a, b := s.created(lock), s.created(lock)
			for _, try := range []string{"1", "2", "3"} {
				s.attempt(a, try)
			}
			s.refused(s.attemptErr(a, "4"), lock.Budget, lock.Window)
			s.attempt(b, "1")
			s.redeem(b, "1", lock.Budget)
			s.refused(s.attemptErr(a, "4"), lock.Budget, lock.Window)
		}},
	}
}

func refusals() []rule {
	return []rule{
		{"A_cancelled_call_does_nothing", "Methods honour ctx: a call that was cancelled before it began changes nothing, and its error is neither ErrGone nor *Refused.", func(s *suite) {
			ctx := cancelled(s)
			k, live := s.key(), s.created(lock)
			s.attempt(live, "a")
			_, create := s.store.Create(ctx, s.now, k, s.record(), lock)
			_, get := s.store.Get(ctx, s.now, live, "g", lock)
			_, attempt := s.store.Attempt(ctx, s.now, live, "b")
			for what, err := range map[string]error{
				"Create": create, "Get": get, "Attempt": attempt,
				"Release": s.store.Release(ctx, s.now, live, "a"),
				"Redeem":  s.store.Redeem(ctx, s.now, live, "a", lock.Budget),
				"Spend":   s.store.Spend(ctx, s.now, live.Tag, "s", lock),
				"Refill":  s.store.Refill(ctx, live.Tag, lock.Budget),
			} {
				var refused *challenge.Refused
				if !errors.Is(err, context.Canceled) || errors.Is(err, challenge.ErrGone) || errors.As(err, &refused) {
					s.broken("%s: %v", what, err)
				}
			}
			s.gone(s.attemptErr(k, "a"), "Attempt on what a cancelled Create was given")
			if r := s.get(live, "h"); r.Attempts != 4 {
				s.broken("%d attempts are left of 5, want 4", r.Attempts)
			}
			if n := s.takes(live.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Out_of_range_is_refused", "What is out of range is an error that changes nothing: a budget that would never shut, a record without attempts or already expired, names that are too long, no clock.", func(s *suite) {
			k, long := s.created(lock), strings.Repeat("k", 65)
			bad := map[string]challenge.Spend{
				"no limit":             {Budget: "b", Window: time.Minute, Max: time.Hour},
				"limit too high":       {Budget: "b", Limit: 1_000_001, Window: time.Minute, Max: time.Hour},
				"no window":            {Budget: "b", Limit: 1, Max: time.Hour},
				"window beyond max":    {Budget: "b", Limit: 1, Window: time.Hour, Max: time.Minute},
				"less than a ms":       {Budget: "b", Limit: 1, Window: time.Microsecond, Max: time.Hour},
				"negative window":      {Budget: "b", Limit: 1, Window: -time.Minute, Max: time.Hour},
				"name of 65 bytes":     {Budget: long, Limit: 1, Window: time.Minute, Max: time.Hour},
				"max beyond all years": {Budget: "b", Limit: 1, Window: time.Minute, Max: 1<<63 - 1},
			}
			errs := map[string]error{
				"Spend with a key of 65 bytes": s.spendErr(long, lock),
				"Spend without a clock":        s.store.Spend(s.ctx, time.Time{}, k.Tag, "s", lock),
				"Refill with such a key":       s.store.Refill(s.ctx, long, "b"),
			}
			_, errs["Attempt without a clock"] = s.store.Attempt(s.ctx, time.Time{}, k, "a")
			create := func(what string, change func(*challenge.Record), take ...challenge.Spend) {
				other, r := s.key(), s.record()
				change(&r)
				_, errs["Create with "+what] = s.store.Create(s.ctx, s.now, other, r, take...)
				s.gone(s.attemptErr(other, "a"), "Attempt after a refused Create with "+what)
			}
			for what, b := range bad {
				errs["Spend with "+what] = s.spendErr(k.Tag, lock, b)
				_, errs["Get with "+what] = s.store.Get(s.ctx, s.now, k, "g "+what, lock, b)
				create("a take with "+what, func(*challenge.Record) {}, b)
				create("OnTry with "+what, func(r *challenge.Record) { r.OnTry = []challenge.Spend{b} })
			}
			create("no attempts", func(r *challenge.Record) { r.Attempts = 0 })
			create("negative attempts", func(r *challenge.Record) { r.Attempts = -1 })
			create("an expiry of now", func(r *challenge.Record) { r.Expires = s.now })
			create("no expiry", func(r *challenge.Record) { r.Expires = time.Time{} })
			create("five budgets", func(r *challenge.Record) { r.OnTry = slices.Repeat([]challenge.Spend{lock}, 5) })
			for what, err := range errs {
				var refused *challenge.Refused
				if err == nil || errors.Is(err, challenge.ErrGone) || errors.As(err, &refused) {
					s.broken("%s: %v", what, err)
				}
			}
			if n := s.takes(k.Tag, lock); n != 3 {
				s.broken("refused calls took %d", 3-n)
			}
		}},
	}
}
