package challengetest

import (
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

func records() []rule {
	return []rule{
		{"Create_returns_what_it_stored", "Create returns the record with Next set, and Get returns the same.", func(s *suite) {
			k, r := s.key(), s.record(lock, wait)
			r.Next = s.now.Add(time.Hour) // Next is the store's to set
			got := s.create(k, r, lock, wait)
			r.Next = s.now.Add(wait.Window)
			s.same(got, r, "Create")
			s.same(s.get(k, "g"), r, "Get")
		}},
		{"Next_is_zero_when_nothing_is_shut", "Next is zero if the last of the takes may be had again at once, or if there were none.", func(s *suite) {
			if r := s.create(s.key(), s.record()); !r.Next.IsZero() {
				s.broken("without takes Next is %v", r.Next)
			}
			if r := s.create(s.key(), s.record(), wait, lock); !r.Next.IsZero() {
				s.broken("the last take left its budget open, and Next is %v", r.Next)
			}
		}},
		{"Get_sets_Next", "With takes, Get sets Next; without, it leaves it.", func(s *suite) {
			k := s.key()
			s.create(k, s.record(), wait)
			first := s.now.Add(wait.Window)
			s.later(wait.Window)
			if r := s.get(k, "look"); !r.Next.Equal(first) {
				s.broken("a Get without takes changed Next to %v", r.Next)
			}
			want := s.now.Add(2 * wait.Window)
			if r := s.get(k, "resend", wait); !r.Next.Equal(want) {
				s.broken("Get took, and Next is %v, want %v", r.Next, want)
			}
			if r := s.get(k, "look"); !r.Next.Equal(want) {
				s.broken("Get set Next and the next Get says %v, want %v", r.Next, want)
			}
		}},
		{"Get_counts_no_attempt", "Get counts no attempt and charges nothing that it was not asked to take.", func(s *suite) {
			k := s.created(lock)
			for range 10 {
				s.get(k, "g", wait)
			}
			if r := s.attempt(k, "a"); r.Attempts != 4 {
				s.broken("after ten Gets and one Attempt %d attempts are left, want 4", r.Attempts)
			}
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("after ten Gets and one Attempt %d takes are left, want 2", n)
			}
		}},
		{"Attempt_says_what_is_left", "The result of Attempt has the attempts that are left after this one.", func(s *suite) {
			k := s.created()
			for i, try := range []string{"a", "b", "c", "d", "e"} {
				if r := s.attempt(k, try); r.Attempts != 4-i {
					s.broken("attempt %d of 5 left %d", i+1, r.Attempts)
				}
			}
		}},
		{"Attempt_returns_the_record", "Attempt returns the whole record, also the last one.", func(s *suite) {
			k, r := s.key(), s.record(lock, wait)
			r.Attempts = 1
			s.create(k, r)
			r.Attempts = 0
			s.same(s.attempt(k, "a"), r, "Attempt")
		}},
		{"Sealed_is_any_bytes", "What is sealed comes back byte by byte, empty or of many kilobytes.", func(s *suite) {
			all := make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			for _, sealed := range []string{"", "\x00", string(all), strings.Repeat(string(all), 64)} {
				k, r := s.key(), s.record(lock)
				r.Sealed = []byte(sealed)
				s.create(k, r)
				if got := s.attempt(k, "a"); string(got.Sealed) != sealed {
					s.broken("%d bytes came back as %d others", len(sealed), len(got.Sealed))
				}
			}
		}},
		{"A_record_belongs_to_the_store", "A caller that changes its copy of a record does not change what is stored.", func(s *suite) {
			k, r := s.key(), s.record(lock)
			want := string(r.Sealed)
			created := s.create(k, r)
			spoil := func(r challenge.Record) {
				r.Sealed[0] ^= 0xff
				r.OnTry[0].Limit = 1_000_000
			}
			spoil(r)
			if &created.Sealed[0] != &r.Sealed[0] {
				spoil(created)
			}
			spoil(s.get(k, "g"))
			got := s.attempt(k, "a")
			if string(got.Sealed) != want || got.OnTry[0] != lock {
				s.broken("the stored record has changed: %q, %+v", got.Sealed, got.OnTry)
			}
		}},
		{"Large_numbers_stay_exact", "Counts, windows and times of any allowed size are kept exactly.", func(s *suite) {
			r := s.record(challenge.Spend{Budget: strings.Repeat("b", 64), Limit: 1_000_000, Window: time.Millisecond, Max: 365*24*time.Hour + time.Millisecond})
			r.Attempts, r.Expires = 1_000_000, s.now.Add(10*365*24*time.Hour+time.Millisecond)
			k := s.key()
			s.create(k, r)
			r.Attempts--
			s.same(s.attempt(k, "a"), r, "Attempt")
		}},
	}
}

func endings() []rule {
	const why = "Unknown, expired, used up and redeemed are one answer: ErrGone. "
	return []rule{
		{"Unknown_is_gone", why + "What was never created cannot be had, tried or redeemed; releasing it does nothing.", func(s *suite) {
			k := s.key()
			_, err := s.store.Get(s.ctx, s.now, k, "g", lock)
			s.gone(err, "Get")
			s.gone(s.attemptErr(k, "a"), "Attempt")
			s.gone(s.redeemErr(k, "a", lock.Budget), "Redeem")
			s.release(k, "a")
			if n := s.takes(k.Tag, lock); n != lock.Limit {
				s.broken("what was gone has cost %d takes", lock.Limit-n)
			}
		}},
		{"Expired_is_gone", why + "The millisecond in which it expires is the first in which it is gone.", func(s *suite) {
			k := s.created(lock)
			s.later(5*time.Minute - time.Millisecond)
			s.get(k, "g")
			s.attempt(k, "a")
			s.later(time.Millisecond)
			_, err := s.store.Get(s.ctx, s.now, k, "h", lock)
			s.gone(err, "Get")
			s.gone(s.attemptErr(k, "b"), "Attempt")
			if n := s.takes(k.Tag, lock); n != 2 {
				s.broken("%d takes are left, want 2: what is gone costs nothing", n)
			}
		}},
		{"Expiry_is_the_caller's", "A record expires by the caller's clock alone, however long or short that takes by any other.", func(s *suite) {
			k, r := s.key(), s.record()
			r.Expires = s.now.Add(time.Millisecond)
			s.create(k, r)
			time.Sleep(20 * time.Millisecond)
			s.attempt(k, "a")
			s.later(time.Millisecond)
			s.gone(s.attemptErr(k, "b"), "Attempt")
		}},
		{"Used_up_is_gone", why + "After the last attempt there is no other, and no Get.", func(s *suite) {
			k, r := s.key(), s.record(lock)
			r.Attempts = 2
			s.create(k, r)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.gone(s.attemptErr(k, "c"), "Attempt")
			_, err := s.store.Get(s.ctx, s.now, k, "g", lock)
			s.gone(err, "Get")
			if n := s.takes(k.Tag, lock); n != 1 {
				s.broken("%d takes are left, want 1: what is gone costs nothing", n)
			}
		}},
		{"Redeemed_is_gone", why + "What was redeemed cannot be had, tried or redeemed again, nor created again.", func(s *suite) {
			k := s.created(lock)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.redeem(k, "a")
			_, err := s.store.Get(s.ctx, s.now, k, "g", lock)
			s.gone(err, "Get")
			s.gone(s.attemptErr(k, "c"), "Attempt")
			s.gone(s.attemptErr(k, "b"), "the same Attempt again")
			s.gone(s.redeemErr(k, "b"), "Redeem by another try that was counted")
			s.gone(s.redeemErr(k, "c"), "Redeem by a try that was not counted")
			if _, err := s.store.Create(s.ctx, s.now, k, s.record()); err == nil {
				s.broken("Create made a redeemed challenge live again")
			}
			s.gone(s.attemptErr(k, "d"), "Attempt after Create")
		}},
		{"Only_a_counted_try_redeems", "Redeem ends a challenge for a try that Attempt has counted, and for no other.", func(s *suite) {
			k := s.created(wait)
			s.gone(s.redeemErr(k, "never"), "Redeem by a try that was never made")
			s.get(k, "looked", lock)
			s.gone(s.redeemErr(k, "looked"), "Redeem by a Get")
			s.attempt(k, "a")
			s.refused(s.attemptErr(k, "refused"), wait.Budget, wait.Window)
			s.gone(s.redeemErr(k, "refused"), "Redeem by a try that was refused")
			s.redeem(k, "a")
		}},
		{"Counted_in_time_redeems_late", "A used up or expired challenge may still be redeemed by a try that was counted in time.", func(s *suite) {
			k, r := s.key(), s.record()
			r.Attempts = 1
			s.create(k, r)
			s.attempt(k, "a")
			s.redeem(k, "a")
			k = s.created()
			s.attempt(k, "a")
			s.later(6 * time.Minute)
			s.redeem(k, "a")
			s.gone(s.redeemErr(k, "b"), "a second Redeem")
		}},
	}
}
