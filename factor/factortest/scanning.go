package factortest

import (
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

func scanning() []rule {
	return []rule{
		{"everybody once", "Scan returns every account once, whole, in pages of any size, always in the same order.", func(t *trial) {
			want := map[string]factor.Snapshot{}
			for i := range 7 {
				user := fmt.Sprintf("user %d", i)
				want[user] = t.enrol("", user, []string{"f1", "f2"}[:i%3%2]...)
			}
			var first []string
			for _, n := range []int{1, 2, 3, 7, 100} {
				got, order := map[string]factor.Snapshot{}, []string{}
				for after, pages := "", 0; ; pages++ {
					page, next, err := t.s.Scan(t.Context(), factor.Page{After: after, N: n})
					t.is(err, nil)
					if len(page) > n || pages > 10 {
						t.broken("%d accounts in a page of %d, or pages without end", len(page), n)
					}
					for _, s := range page {
						got[s.Account.UserID], order = s, append(order, s.Account.UserID)
					}
					if after = next; after == "" {
						break
					}
				}
				t.same("what was scanned", got, want)
				if first == nil {
					first = order
				}
				t.same("the order", order, first)
			}
		}},
		{"one tenant", "Scan of one tenant returns that tenant's accounts only; of none, everybody's.", func(t *trial) {
			for _, tenant := range []string{"", "a", "b"} {
				t.enrol(tenant, "alice", "f1")
				t.enrol(tenant, "bob")
			}
			for _, tenant := range []string{"", "a", "b", "c"} {
				page, next, err := t.s.Scan(t.Context(), factor.Page{Tenant: &tenant, N: 10})
				t.is(err, nil)
				for _, s := range page {
					t.same("the tenant", s.Account.Tenant, tenant)
				}
				if want := map[string]int{"": 2, "a": 2, "b": 2}[tenant]; len(page) != want || next != "" {
					t.broken("%d accounts of %q, want %d", len(page), tenant, want)
				}
			}
			page, _, err := t.s.Scan(t.Context(), factor.Page{N: 10})
			t.is(err, nil)
			t.same("the accounts of all tenants", len(page), 6)
		}},
		{"newcomers", "An account that is there all the time is scanned once, also if others come and go meanwhile.", func(t *trial) {
			for i := range 6 {
				t.enrol("", fmt.Sprintf("user %d", 2*i))
			}
			seen := map[string]int{}
			for after, n := "", 0; ; n++ {
				page, next, err := t.s.Scan(t.Context(), factor.Page{After: after, N: 2})
				t.is(err, nil)
				for _, s := range page {
					seen[s.Account.UserID]++
				}
				if after = next; after == "" {
					break
				}
				t.enrol("", fmt.Sprintf("user %d", 2*n+1))
				t.enrol("", fmt.Sprintf("another %d", n))
			}
			for i := range 6 {
				if user := fmt.Sprintf("user %d", 2*i); seen[user] != 1 {
					t.broken("%s was seen %d times", user, seen[user])
				}
			}
		}},
		{"bad pages", "A page that Scan did not hand out, or of an impossible size, is an error.", func(t *trial) {
			for _, p := range []factor.Page{{N: 0}, {N: -1}, {N: 10_001}, {N: 1, After: "x"}, {N: 1, After: "!"}} {
				if _, _, err := t.s.Scan(t.Context(), p); err == nil {
					t.broken("%+v is no error", p)
				}
			}
			for _, nobody := range []string{"a\x00b", "\xff"} {
				page, next, err := t.s.Scan(t.Context(), factor.Page{Tenant: &nobody, N: 1})
				t.is(err, nil) // a name that no row can have is no fault of the store
				if len(page) != 0 || next != "" {
					t.broken("a tenant that cannot be has %d accounts, and more at %q", len(page), next)
				}
			}
		}},
	}
}

// outbox is about an ability that a store need not have.
func outbox() []rule {
	const nothing = "A store without an outbox must not pretend to have one."
	event := func(t *trial, s factor.Snapshot, at time.Time, bodies ...string) {
		c := to(s)
		c.At = at
		for _, b := range bodies {
			c.Events = append(c.Events, factor.Event{Queue: "q", Body: []byte(b)})
		}
		t.is(t.apply(c), nil)
	}
	next := func(t *trial, o factor.Outbox, at time.Time, n int) (bodies string, ids []int64) {
		events, err := o.Next(t.Context(), at, factor.Lease{Queue: "q", For: time.Minute, N: n})
		t.is(err, nil)
		for _, e := range events {
			bodies, ids = bodies+string(e.Body), append(ids, e.ID)
			if e.At.IsZero() {
				t.broken("an event without a time")
			}
		}
		return bodies, ids
	}
	return []rule{
		{"events in order", "Events come in the order in which they were made, each to one reader while its lease lasts. " + nothing, func(t *trial) {
			o, ok := t.s.(factor.Outbox)
			if !ok {
				return
			}
			s := t.enrol("", "alice")
			event(t, s, noon, "a", "b")
			event(t, s, noon, "c", "\x00\xff")
			bodies, first := next(t, o, noon, 3)
			t.same("the first three", bodies, "abc")
			bodies, _ = next(t, o, noon, 3)
			t.same("what is left for another reader", bodies, "\x00\xff")
			t.is(o.Done(t.Context(), first[:2]...), nil)
			bodies, _ = next(t, o, noon.Add(time.Minute), 10)
			t.same("what comes back when the leases are over", bodies, "c\x00\xff")
			t.is(o.Done(t.Context(), append(first, -1, 1<<40)...), nil)
			bodies, _ = next(t, o, noon.Add(time.Hour), 10)
			t.same("what nobody was done with", bodies, "\x00\xff")
		}},
		{"queues", "Each queue is read by itself: what is fetched from one, or put back, is still there for the reader of another.", func(t *trial) {
			o, ok := t.s.(factor.Outbox)
			if !ok {
				return
			}
			c := to(t.enrol("", "alice"))
			c.Events = []factor.Event{{Queue: "p", Body: []byte("1")}, {Queue: "q", Body: []byte("2")}, {Queue: "P", Body: []byte("3")}, {Queue: "p", Body: []byte("4")}}
			t.is(t.apply(c), nil)
			for queue, want := range map[string]string{"p": "14", "q": "2", "P": "3", "nobody's": "", "": "", "\x00": ""} {
				events, err := o.Next(t.Context(), noon, factor.Lease{Queue: queue, For: time.Minute, N: 10})
				t.is(err, nil)
				got := ""
				for _, e := range events {
					got += string(e.Body)
					t.same("the queue of an event", e.Queue, queue)
				}
				t.same(fmt.Sprintf("queue %q", queue), got, want)
			}
		}},
		{"later", "What is put back is nobody's until it is time, and then the next reader's.", func(t *trial) {
			o, ok := t.s.(factor.Outbox)
			if !ok {
				return
			}
			event(t, t.enrol("", "alice"), noon, "a", "b")
			_, ids := next(t, o, noon, 10)
			t.is(o.Later(t.Context(), noon.Add(time.Hour), ids[0], -1, 1<<40), nil)
			bodies, _ := next(t, o, noon.Add(time.Minute), 10)
			t.same("what is there when only the lease is over", bodies, "b")
			bodies, _ = next(t, o, noon.Add(time.Hour-time.Millisecond), 10)
			t.same("what is there a millisecond early", bodies, "b")
			bodies, _ = next(t, o, noon.Add(time.Hour), 10)
			t.same("what is there in time", bodies, "a")
			t.is(o.Later(t.Context(), noon, ids...), nil)
			bodies, _ = next(t, o, noon, 10)
			t.same("what was put back at once", bodies, "ab")
		}},
		{"events that were fetched", "Prune leaves an event that a reader has fetched, and may still be busy with, until the reader is done.", func(t *trial) {
			o, ok := t.s.(factor.Outbox)
			if !ok {
				return
			}
			event(t, t.enrol("", "alice"), noon, "fetched", "waiting")
			bodies, _ := next(t, o, noon, 1)
			t.same("what was fetched", bodies, "fetched")
			n, err := t.s.Prune(t.Context(), noon.Add(60*24*time.Hour), 10)
			t.is(err, nil)
			t.same("what Prune removed", n, 1)
			bodies, ids := next(t, o, noon.Add(60*24*time.Hour), 10)
			t.same("what is left", bodies, "fetched")
			t.is(o.Done(t.Context(), ids...), nil)
		}},
		{"at most that much", "A limit of nothing, or less, is nothing: no event is fetched, and nothing is pruned.", func(t *trial) {
			c := to(t.enrol("", "alice"))
			c.Once, c.Events = []factor.Once{key(1)}, []factor.Event{{Queue: "q", Body: []byte("event")}}
			t.is(t.apply(c), nil)
			for _, limit := range []int{0, -1} {
				n, err := t.s.Prune(t.Context(), noon.Add(60*24*time.Hour), limit)
				t.is(err, nil)
				t.same("what Prune removed", n, 0)
				if o, ok := t.s.(factor.Outbox); ok {
					events, err := o.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: limit})
					t.is(err, nil)
					t.same("what was fetched", len(events), 0)
				}
			}
		}},
		{"events grow old", "Prune removes events that waited for 30 days.", func(t *trial) {
			o, ok := t.s.(factor.Outbox)
			if !ok {
				return
			}
			s := t.enrol("", "alice")
			event(t, s, noon.Add(time.Hour), "new")
			event(t, s, noon, "old") // by the clock of another replica
			n, err := t.s.Prune(t.Context(), noon.Add(30*24*time.Hour+time.Minute), 100)
			t.is(err, nil)
			t.same("what Prune removed", n, 1)
			bodies, _ := next(t, o, noon.Add(31*24*time.Hour), 10)
			t.same("what is left", bodies, "new")
		}},
	}
}
