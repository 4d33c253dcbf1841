package challengetest

import (
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// A client that did not see the reply sends the call again. // attack: A-151
func replays() []rule {
	return []rule{
		{"Create_twice_is_one", "Create is idempotent by its key: sent again it takes nothing, changes nothing and replies the same.", func(s *suite) {
			k, r := s.key(), s.record(lock)
			first := s.create(k, r, wait, lock)
			s.same(s.create(k, r, wait, lock), first, "the second reply")
			other := s.record()
			other.Attempts = 1000
			s.same(s.create(k, other), first, "the reply to another record under the same key")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Create_gives_no_attempts_back", "Create sent again does not bring back attempts that were counted.", func(s *suite) {
			k, r := s.key(), s.record()
			r.Attempts = 2
			s.create(k, r)
			s.attempt(k, "a")
			_, _ = s.store.Create(s.ctx, s.now, k, r)
			s.attempt(k, "b")
			_, _ = s.store.Create(s.ctx, s.now, k, r)
			s.gone(s.attemptErr(k, "c"), "a third attempt of two")
		}},
		{"Get_twice_takes_once", "Get is idempotent by try: sent again it takes nothing and replies the same.", func(s *suite) {
			k := s.created()
			first := s.get(k, "g", lock, wait)
			s.same(s.get(k, "g", lock, wait), first, "the second reply")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
			_, err := s.store.Get(s.ctx, s.now, k, "h", wait)
			s.refused(err, wait.Budget, wait.Window)
		}},
		{"Attempt_twice_counts_once", "Attempt is idempotent by try: sent again it counts nothing and replies the same, also for the last attempt.", func(s *suite) {
			k, r := s.key(), s.record(lock)
			r.Attempts = 2
			s.create(k, r)
			first := s.attempt(k, "a")
			s.same(s.attempt(k, "a"), first, "the second reply")
			last := s.attempt(k, "b")
			s.same(s.attempt(k, "b"), last, "the second reply to the last attempt")
			s.same(s.attempt(k, "a"), first, "the third reply to the first attempt")
			if n := s.takes(k.Tag, lock); n != 1 {
				s.broken("%d takes are left of 3, want 1", n)
			}
		}},
		{"A_shut_budget_does_not_refuse_a_replay", "The reply to a try that was counted stays the same when its take was the one that shut the budget.", func(s *suite) {
			k := s.created(wait)
			first := s.attempt(k, "a")
			s.same(s.attempt(k, "a"), first, "the second reply")
			key := s.tag()
			for range 2 {
				if err := s.store.Spend(s.ctx, s.now, key, "same", wait); err != nil {
					s.broken("Spend, sent twice: %v", err)
				}
			}
		}},
		{"A_Get_is_no_Attempt", "A try that Get remembers is not one that Attempt has counted.", func(s *suite) {
			k := s.created(lock)
			s.get(k, "x", wait)
			if r := s.attempt(k, "x"); r.Attempts != 4 {
				s.broken("an Attempt with the try of a Get left %d attempts of 5", r.Attempts)
			}
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("an Attempt with the try of a Get took %d", 3-n)
			}
		}},
		{"Release_twice_gives_once", "Release is idempotent by try: sent again it gives nothing.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.release(k, "a")
			s.release(k, "a")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
			if r := s.attempt(k, "a"); r.Attempts != 4 {
				s.broken("the released attempt, sent again, says %d are left, want 4", r.Attempts)
			}
		}},
		{"Redeem_gives_no_second_time", "The charge of a try that was released is not given back again when it redeems.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.release(k, "b")
			s.redeem(k, "b")
			s.release(k, "b")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Redeem_twice_is_one", "Redeem is idempotent by try: sent again it succeeds, gives nothing and refills nothing, also after the expiry.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.redeem(k, "a", lock.Budget)
			s.spend(k.Tag, lock)
			s.redeem(k, "a", lock.Budget)
			s.later(30 * time.Minute)
			s.redeem(k, "a", lock.Budget)
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2: a Redeem that was sent again refilled a budget", n)
			}
		}},
		{"Spend_twice_takes_once", "Spend is idempotent by try, for each key on its own.", func(s *suite) {
			key, other := s.tag(), s.tag()
			for range 3 {
				for _, k := range []string{key, other} {
					s.ok(s.store.Spend(s.ctx, s.now, k, "same", lock), "Spend")
				}
			}
			for _, k := range []string{key, other} {
				if n := s.takes(k, lock); n != 2 {
					s.broken("%d takes are left of 3, want 2", n)
				}
			}
		}},
		{"A_refused_try_is_not_remembered", "A try that was refused took nothing, so it is counted when it succeeds later.", func(s *suite) {
			key := s.tag()
			s.spend(key, wait)
			for range 2 {
				s.refused(s.store.Spend(s.ctx, s.now, key, "again", lock, wait), wait.Budget, wait.Window)
			}
			s.later(wait.Window)
			s.ok(s.store.Spend(s.ctx, s.now, key, "again", lock, wait), "Spend")
			if n := s.takes(key, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Sixteen_tries_are_remembered", "A store remembers at least the last 16 tries of a challenge and of a key.", func(s *suite) {
			big := challenge.Spend{Budget: "big", Limit: 100, Window: time.Minute, Max: time.Hour}
			k, r := s.key(), s.record(big)
			r.Attempts = 40
			s.create(k, r)
			key := s.tag()
			for i := range 20 {
				s.attempt(k, fmt.Sprint(i))
				s.ok(s.store.Spend(s.ctx, s.now, key, fmt.Sprint(i), big), "Spend")
			}
			for i := 4; i < 20; i++ {
				if got := s.attempt(k, fmt.Sprint(i)); got.Attempts != 39-i {
					s.broken("attempt %d of 20, sent again, says %d are left, want %d", i+1, got.Attempts, 39-i)
				}
				s.ok(s.store.Spend(s.ctx, s.now, key, fmt.Sprint(i), big), "Spend")
			}
			for _, of := range []string{k.Tag, key} {
				if n := s.takes(of, big); n != 80 {
					s.broken("%d takes of 100 are left after 20, of which 16 were sent again", n)
				}
			}
			s.redeem(k, "4")
		}},
	}
}
