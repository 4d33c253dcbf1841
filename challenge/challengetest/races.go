package challengetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

const crowd = 64

// together starts f in a crowd of goroutines at one moment and returns their errors.
func together(f func(i int) error) []error {
	errs := make([]error, crowd)
	var ready, finished sync.WaitGroup
	start := make(chan struct{})
	for i := range crowd {
		ready.Add(1)
		finished.Go(func() {
			ready.Done()
			<-start
			errs[i] = f(i)
		})
	}
	ready.Wait()
	close(start)
	finished.Wait()
	return errs
}

// count counts who succeeded, who was told ErrGone, and who was refused. Anything else breaks the rule.
func (s *suite) count(errs []error) (done, gone, refused int) {
	for _, err := range errs {
		var r *challenge.Refused
		switch {
		case err == nil:
			done++
		case errors.Is(err, challenge.ErrGone):
			gone++
		case errors.As(err, &r):
			refused++
		default:
			s.broken("%v", err)
		}
	}
	return done, gone, refused
}

func races() []rule {
	const whole = "Each method is one atomic step, and concurrent calls happen in some order: "
	many := challenge.Spend{Budget: "many", Limit: 10, Window: time.Minute, Max: time.Hour}
	return []rule{
		{"Of_many_Redeems_one_succeeds", whole + "of any number of Redeems by different tries one succeeds.", func(s *suite) {
			k, r := s.key(), s.record()
			r.Attempts = 17 // one is left, so that it may still be looked at
			s.create(k, r)
			for i := range 16 {
				s.attempt(k, fmt.Sprint(i))
			}
			winners := make([]bool, crowd)
			errs := together(func(i int) error {
				err := s.redeemErr(k, fmt.Sprint(i%16))
				winners[i] = err == nil
				return err
			})
			done, gone, _ := s.count(errs)
			if done != crowd/16 || done+gone != crowd {
				s.broken("%d of %d Redeems succeeded, four of them of each try; want %d, all of one try", done, crowd, crowd/16)
			}
			first := -1
			for i, won := range winners {
				if won && first < 0 {
					first = i % 16
				}
				if won && i%16 != first {
					s.broken("the tries %d and %d both redeemed one challenge", first, i%16)
				}
			}
		}},
		{"Of_many_Attempts_the_allowed_succeed", whole + "a challenge of five attempts allows five.", func(s *suite) {
			k := s.created(many)
			done, gone, refused := s.count(together(func(i int) error { return s.attemptErr(k, fmt.Sprint(i)) }))
			if done != 5 || gone != crowd-5 || refused != 0 {
				s.broken("of %d attempts %d were let through, %d gone and %d refused; want 5, %d and 0", crowd, done, gone, refused, crowd-5)
			}
			if n := s.takes(k.Tag, many); n != 5 {
				s.broken("five attempts took %d", 10-n)
			}
		}},
		{"Of_many_takes_Limit_succeed", whole + "a budget of ten allows ten, from Attempts on many challenges and Spends together.", func(s *suite) {
			tag := s.tag()
			keys := make([]challenge.Key, crowd)
			for i := range keys {
				keys[i] = challenge.Key{Tag: tag, Hash: s.key().Hash}
				s.create(keys[i], s.record(many))
			}
			done, gone, refused := s.count(together(func(i int) error {
				if i%2 == 0 {
					return s.spendErr(tag, many)
				}
				return s.attemptErr(keys[i], "a")
			}))
			if done != 10 || gone != 0 || refused != crowd-10 {
				s.broken("of %d takes %d succeeded and %d were refused; want 10 and %d", crowd, done, refused, crowd-10)
			}
		}},
		{"One_try_sent_by_many_counts_once", whole + "one try counts once however often it is sent at the same time.", func(s *suite) {
			k, key, try := s.created(many), s.tag(), rand.Text()
			done, _, _ := s.count(together(func(int) error { return s.attemptErr(k, try) }))
			spent, _, _ := s.count(together(func(int) error { return s.store.Spend(s.ctx, s.now, key, try, many) }))
			if done != crowd || spent != crowd {
				s.broken("%d of %d Attempts and %d Spends succeeded", done, crowd, spent)
			}
			if r := s.get(k, "g"); r.Attempts != 4 {
				s.broken("%d attempts are left of 5, want 4", r.Attempts)
			}
			for _, of := range []string{k.Tag, key} {
				if n := s.takes(of, many); n != 9 {
					s.broken("%d takes are left of 10, want 9", n)
				}
			}
		}},
		{"Of_many_Creates_one_is_stored", whole + "of many Creates under one key one is stored, and all are told which.", func(s *suite) {
			k := s.key()
			got := make([]challenge.Record, crowd)
			done, _, _ := s.count(together(func(i int) error {
				var err error
				got[i], err = s.store.Create(s.ctx, s.now, k, s.record(), many)
				return err
			}))
			if done != crowd {
				s.broken("%d of %d Creates succeeded", done, crowd)
			}
			want := s.get(k, "g")
			for _, r := range got {
				s.same(r, want, "the reply of a Create")
			}
			if n := s.takes(k.Tag, many); n != 9 {
				s.broken("%d takes are left of 10, want 9", n)
			}
		}},
		{"Many_Releases_give_once", whole + "one charge is given back once.", func(s *suite) {
			k := s.created(many)
			s.attempt(k, "a")
			s.attempt(k, "b")
			s.count(together(func(int) error { return s.store.Release(s.ctx, s.now, k, "a") }))
			if n := s.takes(k.Tag, many); n != 9 {
				s.broken("%d takes are left of 10, want 9", n)
			}
		}},
		{"Redeem_against_Attempts", whole + "an Attempt comes before the Redeem or is told ErrGone, and each is charged or refunded exactly.", func(s *suite) {
			k, r := s.key(), s.record(many)
			r.Attempts = 16
			s.create(k, r)
			s.attempt(k, "right")
			done, gone, refused := s.count(together(func(i int) error {
				if i == 0 {
					return s.redeemErr(k, "right")
				}
				return s.attemptErr(k, fmt.Sprint(i))
			}))
			if done+gone+refused != crowd || done < 1 {
				s.broken("%d done, %d gone, %d refused", done, gone, refused)
			}
			s.gone(s.attemptErr(k, "after"), "Attempt after Redeem")
			tried := done - 1
			if n := s.takes(k.Tag, many); n != 10-tried {
				s.broken("%d attempts were let through besides the right one, and %d takes of 10 are left", tried, n)
			}
		}},
	}
}
