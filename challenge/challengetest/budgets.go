package challengetest

import (
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

func budgets() []rule {
	return []rule{
		{"A_budget_holds_Limit_takes", "A budget holds Limit takes. The one that empties it succeeds and shuts it for Window.", func(s *suite) {
			key := s.tag()
			for range 3 {
				s.spend(key, lock)
			}
			s.refused(s.spendErr(key, lock), lock.Budget, lock.Window)
			s.later(lock.Window - time.Millisecond)
			s.refused(s.spendErr(key, lock), lock.Budget, time.Millisecond)
			s.later(time.Millisecond)
			if n := s.takes(key, lock); n != 3 {
				s.broken("reopened, it held %d takes, want 3", n)
			}
		}},
		{"Each_shutting_doubles", "Emptied again, a budget is shut for twice as long, and so on, up to Max.", func(s *suite) {
			key := s.tag()
			for _, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour} {
				s.spend(key, wait)
				s.refused(s.spendErr(key, wait), wait.Budget, want)
				s.later(want - time.Millisecond)
				s.refused(s.spendErr(key, wait), wait.Budget, time.Millisecond)
				s.later(time.Millisecond)
			}
		}},
		{"Rest_makes_new", "A budget from which nothing was taken for Max is new: its count and its doubling start over. A millisecond less is too little.", func(s *suite) {
			b := challenge.Spend{Budget: "b", Limit: 2, Window: time.Minute, Max: 10 * time.Minute}
			tired, rested := s.tag(), s.tag()
			for _, key := range []string{tired, rested} {
				s.spend(key, b)
				s.spend(key, b)
			}
			s.later(time.Minute)
			s.spend(tired, b)
			s.spend(rested, b)
			s.later(b.Max - time.Millisecond)
			s.spend(tired, b)
			s.refused(s.spendErr(tired, b), b.Budget, 2*time.Minute)
			s.later(time.Millisecond)
			s.spend(rested, b)
			s.spend(rested, b)
			s.refused(s.spendErr(rested, b), b.Budget, time.Minute)
		}},
		{"All_takes_or_none", "If one of the takes is refused, nothing is taken, stored or counted.", func(s *suite) {
			key := s.tag()
			s.spend(key, wait)
			s.refused(s.spendErr(key, lock, wait), wait.Budget, wait.Window)
			s.refused(s.spendErr(key, wait, lock), wait.Budget, wait.Window)
			k, r := challenge.Key{Tag: key, Hash: s.key().Hash}, s.record(lock, wait)
			_, err := s.store.Create(s.ctx, s.now, k, r, lock, wait)
			s.refused(err, wait.Budget, wait.Window)
			s.gone(s.attemptErr(k, "a"), "Attempt on what was not created")
			s.create(k, r)
			_, err = s.store.Get(s.ctx, s.now, k, "g", lock, wait)
			s.refused(err, wait.Budget, wait.Window)
			s.refused(s.attemptErr(k, "a"), wait.Budget, wait.Window)
			if got := s.get(k, "h"); got.Attempts != 5 || !got.Next.IsZero() {
				s.broken("refused calls left %d attempts of 5, and Next %v", got.Attempts, got.Next)
			}
			if n := s.takes(key, lock); n != lock.Limit {
				s.broken("refused calls took %d from a budget that was open", lock.Limit-n)
			}
		}},
		{"One_budget_twice_in_a_call", "Two takes from one budget in one call are two, or none if there is but one.", func(s *suite) {
			key := s.tag()
			s.refused(s.spendErr(key, wait, wait), wait.Budget, wait.Window)
			s.spend(key, wait)
			s.spend(key, lock, lock)
			if n := s.takes(key, lock); n != 1 {
				s.broken("%d takes are left of 3, want 1", n)
			}
		}},
		{"A_refused_attempt_costs_nothing", "*Refused costs no attempt, and the challenge is as it was.", func(s *suite) {
			k := s.created(wait)
			s.attempt(k, "a")
			for range 3 {
				s.refused(s.attemptErr(k, "b"), wait.Budget, wait.Window)
			}
			s.later(wait.Window)
			if r := s.attempt(k, "b"); r.Attempts != 3 {
				s.broken("two attempts were counted and %d of 5 are left", r.Attempts)
			}
		}},
		{"The_last_attempt_succeeds", "The take that empties a budget succeeds: the attempt that locks is still looked at.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.attempt(k, "c")
			s.refused(s.attemptErr(k, "d"), lock.Budget, lock.Window)
		}},
		{"The_attempt_that_shuts_says_so", "Shut tells the attempt that empties a budget, and no other, until when it is shut; also when the reply is asked for again.", func(s *suite) {
			k := s.created(lock, wait)
			first := s.attempt(k, "a") // it shuts the wait, and not the lock
			if want := s.now.Add(wait.Window); !first.Shut.Equal(want) {
				s.broken("the attempt that shut a budget until %v says %v", want, first.Shut)
			}
			s.later(wait.Window)
			if again := s.attempt(k, "a"); !again.Shut.IsZero() {
				s.broken("asked again when it was over, it says %v", again.Shut)
			}
			only := s.created(lock)
			for i, try := range []string{"a", "b", "c", "c", "b"} {
				want := time.Time{}
				if try == "c" {
					want = s.now.Add(lock.Window)
				}
				if got := s.attempt(only, try); !got.Shut.Equal(want) {
					s.broken("call %d, try %s: Shut is %v, want %v", i, try, got.Shut, want)
				}
			}
			s.release(only, "c")
			if got := s.attempt(only, "c"); !got.Shut.IsZero() {
				s.broken("the charge was given back, and Shut is still %v", got.Shut)
			}
			if got := s.get(only, "g"); !got.Shut.IsZero() {
				s.broken("Get says Shut %v", got.Shut)
			}
		}},
		{"A_budget_outlives_its_challenges", "The budgets of a user live under the Tag: a new challenge starts no new count.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			other := challenge.Key{Tag: k.Tag, Hash: s.key().Hash}
			s.create(other, s.record(lock))
			s.attempt(other, "b")
			s.spend(k.Tag, lock)
			s.refused(s.attemptErr(other, "c"), lock.Budget, lock.Window)
			s.refused(s.attemptErr(k, "d"), lock.Budget, lock.Window)
		}},
		{"A_clock_that_steps_back_opens_nothing", "now may step back: that does not open what is shut, nor make anything new.", func(s *suite) {
			key, k := s.tag(), s.created(lock)
			for range 3 {
				s.spend(key, lock)
			}
			s.attempt(k, "a")
			s.later(-10 * time.Minute)
			s.refused(s.spendErr(key, lock), lock.Budget, lock.Window+10*time.Minute)
			s.attempt(k, "b") // the rest of this budget stays where the later take put it
			s.later(24*time.Hour + 9*time.Minute)
			if n := s.takes(k.Tag, lock); n != 1 {
				s.broken("a take of an earlier time shortened the rest: %d takes are left, want 1", n)
			}
		}},
		{"A_clock_that_steps_back_finds_what_was", "now may step back to before a rest was over: the budget is not new then, whatever was done in between.", func(s *suite) {
			key := s.tag()
			s.spend(key, wait)
			s.later(wait.Max)
			s.spend(key, lock)
			s.later(-time.Millisecond)
			s.spend(key, wait)
			s.refused(s.spendErr(key, wait), wait.Budget, 2*wait.Window)
		}},
		{"Refill_makes_new", "Refill makes budgets new, shut or not, with no doubling left; it touches no others, and none that is not there.", func(s *suite) {
			key := s.tag()
			s.spend(key, lock, wait)
			s.later(wait.Window)
			s.spend(key, lock, wait)
			s.spend(key, lock)
			s.refused(s.spendErr(key, lock), lock.Budget, lock.Window)
			s.refill(key, lock.Budget, "unknown")
			s.refused(s.spendErr(key, wait), wait.Budget, 2*wait.Window)
			if n := s.takes(key, lock); n != 3 {
				s.broken("refilled, it held %d takes, want 3", n)
			}
			s.refused(s.spendErr(key, lock), lock.Budget, lock.Window)
			s.refill(key, lock.Budget, wait.Budget)
			s.spend(key, wait)
			s.refused(s.spendErr(key, wait), wait.Budget, wait.Window)
			s.refill(s.tag(), lock.Budget)
			s.refill(key)
		}},
		{"Redeem_refills", "Redeem makes the budgets new that it names, and no others.", func(s *suite) {
			k := s.created(lock)
			s.spend(k.Tag, wait)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.attempt(k, "c")
			s.redeem(k, "c", lock.Budget)
			s.refused(s.spendErr(k.Tag, wait), wait.Budget, wait.Window)
			if n := s.takes(k.Tag, lock); n != 3 {
				s.broken("after Redeem the budget held %d takes, want 3", n)
			}
		}},
		{"Redeem_that_fails_refills_nothing", "A Redeem that is refused changes no budget.", func(s *suite) {
			k := s.created(lock)
			for _, try := range []string{"a", "b", "c"} {
				s.attempt(k, try)
			}
			s.gone(s.redeemErr(k, "unknown", lock.Budget), "Redeem by an unknown try")
			s.refused(s.spendErr(k.Tag, lock), lock.Budget, lock.Window)
		}},
		{"No_takes_are_no_takes", "A Spend of nothing succeeds, and refuses nothing later.", func(s *suite) {
			key := s.tag()
			s.spend(key)
			var refused *challenge.Refused
			if err := s.spendErr(key, lock); errors.As(err, &refused) {
				s.broken("refused: %v", err)
			}
		}},
	}
}

func givebacks() []rule {
	return []rule{
		{"Release_gives_the_charge_back", "Release gives the charge of a try back. The attempt stays counted.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.release(k, "a")
			if r := s.get(k, "g"); r.Attempts != 3 {
				s.broken("%d attempts are left of 5 after two, one of them released; want 3", r.Attempts)
			}
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Given_back_it_was_never_shut", "If the take that is given back had shut the budget, the budget is open again and has not doubled.", func(s *suite) {
			k := s.created(lock)
			for range 3 {
				s.spend(k.Tag, lock)
				s.spend(k.Tag, lock)
				k = challenge.Key{Tag: k.Tag, Hash: s.key().Hash}
				s.create(k, s.record(lock))
				s.attempt(k, "shuts")
				s.refused(s.spendErr(k.Tag, lock), lock.Budget, lock.Window)
				s.release(k, "shuts")
				s.spend(k.Tag, lock)
				s.refused(s.spendErr(k.Tag, lock), lock.Budget, lock.Window)
				s.refill(k.Tag, lock.Budget)
			}
		}},
		{"Given_back_it_was_never_taken", "A take that is given back does not count for the rest either.", func(s *suite) {
			b := challenge.Spend{Budget: "b", Limit: 2, Window: time.Minute, Max: 10 * time.Minute}
			r := s.record(b)
			r.Expires = s.now.Add(time.Hour)
			k := s.key()
			s.create(k, r)
			s.spend(k.Tag, b)
			s.later(9 * time.Minute)
			s.attempt(k, "a")
			s.release(k, "a")
			s.later(time.Minute)
			if n := s.takes(k.Tag, b); n != 2 {
				s.broken("ten minutes after the only take that stands, %d takes of 2 are left", n)
			}
		}},
		{"Given_back_it_leaves_the_rest_to_others", "A take that is given back undoes exactly itself: one that was made at the same time still counts for the rest, whichever of the two came first.", func(s *suite) {
			b := challenge.Spend{Budget: "b", Limit: 4, Window: time.Minute, Max: 10 * time.Minute}
			r := s.record(b)
			r.Expires = s.now.Add(time.Hour)
			for _, first := range []bool{true, false} {
				k := s.key()
				s.create(k, r)
				s.spend(k.Tag, b)
				s.later(9 * time.Minute)
				if first {
					s.attempt(k, "a")
					s.spend(k.Tag, b)
				} else {
					s.spend(k.Tag, b)
					s.attempt(k, "a")
				}
				s.release(k, "a")
				s.later(time.Minute)
				if n := s.takes(k.Tag, b); n != 2 {
					s.broken("ten minutes after the first of two takes that stand, and one after the second, %d takes of 4 are left; want 2", n)
				}
			}
		}},
		{"Nothing_is_given_to_a_refilled_budget", "If the budget has been refilled since, nothing is given back.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.refill(k.Tag, lock.Budget)
			s.spend(k.Tag, lock)
			s.release(k, "a")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Nothing_is_given_to_a_reopened_budget", "If the budget has reopened since, nothing is given back, before the next take and after it.", func(s *suite) {
			for _, takes := range []int{0, 1} {
				r := s.record(lock)
				r.Expires = s.now.Add(time.Hour)
				k := s.key()
				s.create(k, r)
				for _, try := range []string{"a", "b", "c"} {
					s.attempt(k, try)
				}
				s.later(lock.Window)
				for range takes {
					s.spend(k.Tag, lock)
				}
				s.release(k, "c")
				if n := s.takes(k.Tag, lock); n != 3-takes {
					s.broken("%d takes are left of 3, want %d", n, 3-takes)
				}
				s.refused(s.spendErr(k.Tag, lock), lock.Budget, 2*lock.Window)
			}
		}},
		{"Nothing_is_given_to_a_rested_budget", "If the budget has become new by rest since, nothing is given back to its new count.", func(s *suite) {
			b := challenge.Spend{Budget: "b", Limit: 3, Window: time.Minute, Max: 10 * time.Minute}
			r := s.record(b)
			r.Expires = s.now.Add(time.Hour)
			k := s.key()
			s.create(k, r)
			s.attempt(k, "a")
			s.later(b.Max)
			s.spend(k.Tag, b)
			s.release(k, "a")
			if n := s.takes(k.Tag, b); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Redeem_gives_the_charge_back", "Redeem gives the charge of its try back, and of no other.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "wrong")
			s.attempt(k, "right")
			s.redeem(k, "right")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left of 3, want 2", n)
			}
		}},
		{"Release_after_another's_Redeem", "A try that was in flight when another one redeemed the challenge may still be released.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "slow")
			s.attempt(k, "right")
			s.redeem(k, "right")
			s.release(k, "slow")
			s.release(k, "slow")
			s.release(k, "right")
			if n := s.takes(k.Tag, lock); n != 3 {
				s.broken("%d takes are left of 3, want 3", n)
			}
		}},
		{"Release_of_an_unknown_try", "Releasing a try that was not counted gives nothing back.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.get(k, "looked", lock)
			s.release(k, "unknown")
			s.release(k, "looked")
			if n := s.takes(k.Tag, lock); n != 1 {
				s.broken("%d takes are left of 3, want 1", n)
			}
		}},
		{"Release_after_expiry", "A try may be released when its challenge has expired.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.later(10 * time.Minute)
			s.release(k, "a")
			if n := s.takes(k.Tag, lock); n != 3 {
				s.broken("%d takes are left of 3, want 3", n)
			}
		}},
		{"Every_charge_is_given_back", "A try that took from several budgets, or twice from one, gives all of it back.", func(s *suite) {
			other := challenge.Spend{Budget: "other", Limit: 5, Window: time.Minute, Max: time.Hour}
			k := s.created(lock, other, wait, lock)
			s.attempt(k, "a")
			s.release(k, "a")
			for _, b := range []challenge.Spend{lock, other, wait} {
				if n := s.takes(k.Tag, b); n != b.Limit {
					s.broken("%d takes of %d are left in %s", n, b.Limit, b.Budget)
				}
			}
		}},
	}
}
