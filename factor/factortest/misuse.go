package factortest

import (
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

func namesAreBytes(t *trial) {
	names := []string{
		"alice", "Alice", "alice ", " alice", "alicé", "alice\u0301", "a:b", "a", "{a}", "%", "_", "a%", "'", `"`, `\`, "a\nb", "--", "*", "?1", "$1",
		strings.Repeat("x", 256), strings.Repeat("x", 255), "\u00c5", "\u212b",
	}
	for i, name := range names {
		for _, tenant := range []string{"", "b", name} {
			a := account(tenant, name)
			a.Epoch = int64(i + 1)
			t.is(t.apply(factor.Change{Tenant: tenant, UserID: name, Account: &a, At: noon}), nil)
		}
	}
	for i, name := range names {
		for _, tenant := range []string{"", "b", name} {
			s, err := t.s.Load(t.Context(), tenant, name)
			t.is(err, nil)
			t.same("the epoch of "+name, s.Account.Epoch, int64(i+1))
		}
	}
}

func hangUp(t *trial) {
	s := t.enrol("", "alice", "f1")
	login, told := to(s), to(s)
	login.Put, login.Once = s.Factors, []factor.Once{key(1)}
	told.Once, told.Events = []factor.Once{key(2)}, []factor.Event{{Queue: "q", Body: []byte("event")}}
	t.is(t.apply(told), nil)
	told.Once = []factor.Once{key(3)}
	ctx := cancelled()
	calls := map[string]func() error{
		"Load":             func() error { _, err := t.s.Load(ctx, "", "alice"); return err },
		"Apply of a login": func() error { return t.s.Apply(ctx, login) },
		"Apply":            func() error { return t.s.Apply(ctx, told) },
		"Find":             func() error { _, err := t.s.Find(ctx, "", "totp", "h"); return err },
		"Fail":             func() error { _, err := t.s.Fail(ctx, "", "alice", "f1", noon); return err },
		"Scan":             func() error { _, _, err := t.s.Scan(ctx, factor.Page{N: 1}); return err },
		"Prune":            func() error { _, err := t.s.Prune(ctx, noon.Add(60*24*time.Hour), 10); return err },
	}
	o, ok := t.s.(factor.Outbox)
	if ok {
		calls["Later"] = func() error { return o.Later(ctx, noon, 1) }
		calls["Next"] = func() error {
			_, err := o.Next(ctx, noon, factor.Lease{Queue: "q", For: time.Minute, N: 10})
			return err
		}
		calls["Done"] = func() error { return o.Done(ctx, 1) }
	}
	for name, call := range calls {
		for _, sentinel := range []error{nil, factor.ErrConflict, factor.ErrExists, factor.ErrSpent, factor.ErrNotFound} {
			if err := call(); nameOf(err) == nameOf(sentinel) {
				t.broken("%s: %v", name, err)
			}
		}
	}
	t.same("the snapshot", t.load("alice"), s)
	if ok {
		events, err := o.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 10})
		t.is(err, nil)
		t.same("the events", len(events), 1)
	}
	login.Once = append(login.Once, key(3))
	t.is(t.apply(login), nil)
	told.Once = []factor.Once{key(2)}
	t.is(t.apply(told), factor.ErrSpent) // it was not pruned
}

func malformed(t *trial) {
	s := t.enrol("", "alice", "f1")
	foreign := attached("", "bob", "f1")
	noKind := attached("", "alice", "f2")
	noKind.Kind = ""
	stored := s.Factors[0]
	broken := map[string]func(*factor.Change){
		"no user":                   func(c *factor.Change) { c.UserID = "" },
		"another user's factor":     func(c *factor.Change) { c.Put = []factor.Factor{foreign} },
		"another user's account":    func(c *factor.Change) { a := account("", "bob"); a.Version = 1; c.Account = &a },
		"a factor twice":            func(c *factor.Change) { c.Put = []factor.Factor{stored, stored} },
		"written and deleted":       func(c *factor.Change) { c.Put, c.Delete = []factor.Factor{stored}, []factor.Factor{stored} },
		"no kind":                   func(c *factor.Change) { c.Put = []factor.Factor{noKind} },
		"deleted, but never stored": func(c *factor.Change) { c.Delete = []factor.Factor{attached("", "alice", "f2")} },
		"a key twice":               func(c *factor.Change) { c.Once = []factor.Once{key(1), key(1)} },
		"erased and written":        func(c *factor.Change) { c.Erase, c.Put = true, []factor.Factor{stored} },
		"a second account":          func(c *factor.Change) { a := account("", "alice"); c.Account = &a },
		"no epoch, and no account":  func(c *factor.Change) { c.Epoch = 0 },
		"a text that is not UTF-8":  func(c *factor.Change) { f := stored; f.Label = "\xff"; c.Put = []factor.Factor{f} },
		"a text with a NUL":         func(c *factor.Change) { f := stored; f.Hint = "a\x00b"; c.Put = []factor.Factor{f} },
		"a factor of a megabyte":    func(c *factor.Change) { f := stored; f.Data = make([]byte, 1<<20); c.Put = []factor.Factor{f} },
		"an epoch that goes back":   func(c *factor.Change) { a := s.Account; a.Epoch--; c.Account = &a }, // attack: A-154
		"a key that never expires":  func(c *factor.Change) { c.Once = []factor.Once{{Key: [32]byte{1}}} },
		"an event of no time":       func(c *factor.Change) { c.At = time.Time{} },
		"a user that is not UTF-8":  func(c *factor.Change) { c.UserID = "\xff" },
		"a tenant of a megabyte":    func(c *factor.Change) { c.Tenant = strings.Repeat("x", 1<<20) },
	}
	for name, change := range broken {
		c := to(s)
		c.Events = []factor.Event{{Queue: "q", Body: []byte("event")}}
		change(&c)
		err := t.apply(c)
		for _, sentinel := range []error{nil, factor.ErrConflict, factor.ErrExists, factor.ErrSpent, factor.ErrNotFound} {
			if nameOf(err) == nameOf(sentinel) {
				t.broken("%s: %v", name, err)
			}
		}
	}
	t.same("the snapshot", t.load("alice"), s)
	if o, ok := t.s.(factor.Outbox); ok {
		events, err := o.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 10})
		t.is(err, nil)
		t.same("the outbox", len(events), 0)
	}
}
