package factortest

import (
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

func spending() []rule {
	return []rule{
		{"spent once", "A key is spent once.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			c := to(s)
			c.Once = []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			t.is(t.apply(c), factor.ErrSpent)
			c.Once = []factor.Once{key(2)}
			t.is(t.apply(c), nil)
		}},
		{"spent for everybody", "A key is spent for all users of all tenants.", func(t *trial) {
			a, b := t.enrol("", "alice"), t.enrol("acme", "bob")
			c := to(a)
			c.Once = []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			c = to(b)
			c.Once = []factor.Once{key(1)}
			t.is(t.apply(c), factor.ErrSpent)
		}},
		{"all keys or none", "If one of the keys is spent, none is, and nothing else is done.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			c := to(s)
			c.Once = []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			c.Put, c.Once = s.Factors, []factor.Once{key(2), key(1)}
			t.is(t.apply(c), factor.ErrSpent)
			t.same("the snapshot", t.load("alice"), s)
			c.Once = []factor.Once{key(2)}
			t.is(t.apply(c), nil)
		}},
		{"spent comes first", "A change with a spent key is ErrSpent, whatever else is wrong with it.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			taken := attached("", "alice", "f2")
			taken.Handle = "taken"
			c := to(s)
			c.Put, c.Once = []factor.Factor{taken}, []factor.Once{key(1)}
			t.is(t.apply(c), nil)

			stale := s.Factors[0]
			stale.Version = 7
			again := attached("", "alice", "f3")
			again.Handle = "taken"
			for _, f := range []factor.Factor{stale, again, s.Factors[0]} {
				c.Put = []factor.Factor{f}
				t.is(t.apply(c), factor.ErrSpent)
				c.Epoch = 999
				t.is(t.apply(c), factor.ErrSpent)
				c.Epoch = 1000
			}
		}},
		{"a failed change spends nothing", "A change that fails leaves its keys unspent, and no event.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			stale := s.Factors[0]
			stale.Version = 7
			a := s.Account
			a.Version = 7
			for _, change := range []func(*factor.Change){
				func(c *factor.Change) { c.Put = []factor.Factor{stale} },
				func(c *factor.Change) { c.Delete = []factor.Factor{stale} },
				func(c *factor.Change) { c.Account = &a },
				func(c *factor.Change) { c.Put = append(s.Factors[:1:1], attached("", "alice", "f2")); c.Account = &a },
			} {
				c := to(s)
				c.Once, c.Events = []factor.Once{key(1)}, []factor.Event{{Queue: "q", Body: []byte("event")}}
				change(&c)
				t.is(t.apply(c), factor.ErrConflict)
				c.Events = nil
				t.is(t.apply(c), factor.ErrConflict)
			}
			t.same("the snapshot", t.load("alice"), s)
			c := to(s)
			c.Put, c.Once = s.Factors, []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			if o, ok := t.s.(factor.Outbox); ok {
				events, err := o.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 10})
				t.is(err, nil)
				t.same("the outbox", len(events), 0)
			}
		}},
		{"two keys with a factor", "A login spends its challenge and itself in the change that writes the factor.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			c := to(s)
			c.Put, c.Once = s.Factors, []factor.Once{key(1), key(2)}
			t.is(t.apply(c), nil)
			for _, k := range []factor.Once{key(1), key(2)} {
				c = to(s)
				c.Once = []factor.Once{k}
				t.is(t.apply(c), factor.ErrSpent)
			}
			t.same("the version", t.load("alice").Factors[0].Version, int64(2))
		}},
		{"spent beyond the user", "What is spent stays spent when the account is erased.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			c := to(s)
			c.Erase, c.Once = true, []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			c = to(t.enrol("", "alice"))
			c.Once = []factor.Once{key(1)}
			t.is(t.apply(c), factor.ErrSpent)
		}},
		{"pruning", "Prune removes what has expired, at most as much as it was told, and nothing before its time.", func(t *trial) {
			s := t.enrol("", "alice")
			c := to(s)
			for n := range byte(5) {
				k := key(n)
				k.Expires = noon.Add(time.Duration(n) * time.Minute)
				c.Once = []factor.Once{k}
				t.is(t.apply(c), nil)
			}
			at := noon.Add(2 * time.Minute) // 0, 1 and 2 have expired
			for _, want := range []int{2, 1, 0} {
				n, err := t.s.Prune(t.Context(), at, 2)
				t.is(err, nil)
				t.same("what Prune removed", n, want)
			}
			for n := range byte(5) {
				c.Once = []factor.Once{key(n)}
				if n <= 2 {
					t.is(t.apply(c), nil)
				} else {
					t.is(t.apply(c), factor.ErrSpent)
				}
			}
		}},
		{"spent until it is pruned", "A key that has expired, but was not pruned, is still spent: the store has no clock that could be wrong.", func(t *trial) {
			c := to(t.enrol("", "alice"))
			k := key(1)
			k.Expires = noon.Add(-time.Hour)
			c.Once = []factor.Once{k}
			t.is(t.apply(c), nil)
			t.is(t.apply(c), factor.ErrSpent)
		}},
	}
}
