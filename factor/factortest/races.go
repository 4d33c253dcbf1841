package factortest

import (
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

const many = 32

// races are about calls that meet: of those that want the same thing one gets it, and the others are told why not.
func races() []rule {
	return []rule{
		{"one login", "Of many logins with one answer, which all read the same row, one succeeds.", func(t *trial) { // attack
			s := t.enrol("", "alice", "f1")
			got := crowd(func(i int) error {
				c := to(s)
				c.Put, c.Once = s.Factors, []factor.Once{key(byte(i))}
				return t.apply(c)
			})
			t.same("the outcomes", got, map[string]int{"ok": 1, "conflict": many - 1})
			t.same("the version", t.load("alice").Factors[0].Version, int64(2))
		}},
		{"one challenge", "Of many changes that spend the same key one succeeds, and the others are told that it is spent.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			got := crowd(func(int) error {
				c := to(s)
				c.Put, c.Once = s.Factors, []factor.Once{key(1), key(2)}
				return t.apply(c)
			})
			t.same("the outcomes", got, map[string]int{"ok": 1, "spent": many - 1})
			t.same("the version", t.load("alice").Factors[0].Version, int64(2))
		}},
		{"one key, many users", "A key that many users spend at once is one user's.", func(t *trial) {
			users := make([]factor.Snapshot, many)
			for i := range users {
				users[i] = t.enrol("", fmt.Sprint(i), "f1")
			}
			got := crowd(func(i int) error {
				c := to(users[i])
				c.Put, c.Once = users[i].Factors, []factor.Once{key(1)}
				if i%2 == 0 {
					c.Put = nil
				}
				return t.apply(c)
			})
			t.same("the outcomes", got, map[string]int{"ok": 1, "spent": many - 1})
		}},
		{"no failure is lost", "Many failures at once are all counted, each with a number of its own.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			numbers := make([]int, many)
			got := crowd(func(i int) (err error) {
				numbers[i], err = t.s.Fail(t.Context(), "", "alice", "f1", noon)
				return err
			})
			t.same("the outcomes", got, map[string]int{"ok": many})
			seen := map[int]bool{}
			for _, n := range numbers {
				seen[n] = true
			}
			t.same("different numbers", len(seen), many)
			t.same("the failures", t.load("alice").Factors[0].Failures, s.Factors[0].Failures+many)
		}},
		{"failures and a login", "A login that meets failures either comes before them all, or is told that the row has changed; no failure is lost.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			f := s.Factors[0]
			f.Failures = 0
			var login error
			crowd(func(i int) error {
				if i > 0 {
					_, err := t.s.Fail(t.Context(), "", "alice", "f1", noon)
					return err
				}
				c := to(s)
				c.Put, c.Once = []factor.Factor{f}, []factor.Once{key(1)}
				login = t.apply(c)
				return login
			})
			want := s.Factors[0].Failures + many - 1
			if login == nil {
				want = many - 1
			}
			if got := t.load("alice").Factors[0]; got.Failures != want {
				t.broken("%d failures, want %d; the login: %v", got.Failures, want, login)
			}
		}},
		{"one enrolment", "Of many enrolments that all read the same account one succeeds: limits on their number hold.", func(t *trial) { // attack: A-90
			s := t.enrol("", "alice")
			got := crowd(func(i int) error {
				a := s.Account
				c := to(s)
				c.Account, c.Put, c.Once = &a, []factor.Factor{attached("", "alice", fmt.Sprint(i))}, []factor.Once{key(byte(i))}
				return t.apply(c)
			})
			t.same("the outcomes", got, map[string]int{"ok": 1, "conflict": many - 1})
			t.same("the factors", len(t.load("alice").Factors), 1)
		}},
		{"one account", "Of many first logins one creates the account.", func(t *trial) {
			got := crowd(func(int) error {
				a := account("", "alice")
				return t.apply(factor.Change{UserID: "alice", Account: &a, At: noon})
			})
			t.same("the outcomes", got, map[string]int{"ok": 1, "conflict": many - 1})
		}},
		{"one handle", "Of many users who enrol the same handle one succeeds.", func(t *trial) { // attack: A-103
			users := make([]factor.Snapshot, many)
			for i := range users {
				users[i] = t.enrol("", fmt.Sprint(i))
			}
			got := crowd(func(i int) error {
				a, f := users[i].Account, attached("", fmt.Sprint(i), "f1")
				f.Handle = "h"
				c := to(users[i])
				c.Account, c.Put = &a, []factor.Factor{f}
				return t.apply(c)
			})
			t.same("the outcomes", got, map[string]int{"ok": 1, "exists": many - 1})
		}},
		{"the epoch and a login", "Once a change that moves the epoch has returned, no login under the old one succeeds.", func(t *trial) {
			for round := range 8 {
				user := fmt.Sprint("user ", round)
				s := t.enrol("", user, "f1")
				moved := make(chan struct{})
				late := make([]bool, many)
				got := make([]error, many)
				crowd(func(i int) error {
					if i == 0 {
						a := s.Account
						a.Epoch++
						c := to(s)
						c.Account = &a
						err := t.apply(c)
						close(moved)
						return err
					}
					select {
					case <-moved:
						late[i] = true
					default:
					}
					c := to(s)
					c.Once = []factor.Once{key(byte(round*many + i))}
					if i%2 == 0 {
						c.Put = s.Factors
					}
					got[i] = t.apply(c)
					return got[i]
				})
				for i, err := range got {
					if late[i] && err == nil {
						t.broken("a login that began after the epoch had moved was accepted")
					}
				}
			}
		}},
		{"one reader", "Of many readers of the outbox each event is fetched by one, and every event is fetched.", func(t *trial) {
			o, ok := t.s.(factor.Outbox)
			if !ok {
				return
			}
			c := to(t.enrol("", "alice"))
			for i := range many {
				c.Events = append(c.Events, factor.Event{Queue: "q", Body: []byte(fmt.Sprint(i))})
			}
			t.is(t.apply(c), nil)
			fetched := make([][]factor.Event, many)
			read := func(i int) (err error) {
				events, err := o.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Hour, N: 3})
				fetched[i] = append(fetched[i], events...)
				return err
			}
			t.same("the outcomes", crowd(read), map[string]int{"ok": many})
			for range many { // readers that met may have been given less than there was
				t.is(read(0), nil)
			}
			seen := map[string]int{}
			for _, events := range fetched {
				for _, e := range events {
					seen[string(e.Body)]++
				}
			}
			for i := range many {
				t.same(fmt.Sprintf("the readers of event %d", i), seen[fmt.Sprint(i)], 1)
			}
		}},
		{"strangers do not wait", "Changes of different users do not stand in each other's way.", func(t *trial) {
			users := make([]factor.Snapshot, many)
			for i := range users {
				users[i] = t.enrol("", fmt.Sprint(i), "f1")
			}
			got := crowd(func(i int) error {
				c := to(users[i])
				c.Put, c.Once = users[i].Factors, []factor.Once{key(byte(i))}
				return t.apply(c)
			})
			t.same("the outcomes", got, map[string]int{"ok": many})
		}},
	}
}
