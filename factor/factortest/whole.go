package factortest

import (
	"fmt"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

// whole is about what a change leaves behind: everything, or nothing, and times that every store reads alike.
func whole() []rule {
	return []rule{
		{"all or nothing", "A change that fails has done nothing, whatever else was in it and whatever made it fail.", allOrNothing},
		{"a first change or nothing", "A first change that fails leaves no account.", func(t *trial) {
			c := to(t.enrol("acme", "bob"))
			c.Put, c.Once = []factor.Factor{handled("acme", "bob", "f1", "taken")}, []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			a := account("", "alice")
			for want, change := range map[error]func(*factor.Change){
				factor.ErrExists:   func(c *factor.Change) { c.Put = []factor.Factor{handled("", "alice", "f1", "taken")} },
				factor.ErrSpent:    func(c *factor.Change) { c.Once = []factor.Once{key(2), key(1)} },
				factor.ErrConflict: func(c *factor.Change) { f := attached("", "alice", "f1"); f.Version = 1; c.Put = []factor.Factor{f} },
			} {
				c := factor.Change{UserID: "alice", Account: &a, At: noon, Events: []factor.Event{{Queue: "q", Body: []byte("event")}}}
				change(&c)
				t.is(t.apply(c), want)
				t.same("the snapshot", t.load("alice"), factor.Snapshot{})
			}
			t.nothingTold()
		}},
		{"an erasure or nothing", "An erasure that fails leaves the account and its factors.", func(t *trial) {
			s := t.enrol("", "alice", "f1", "f2")
			c := to(s)
			c.Once = []factor.Once{key(1)}
			t.is(t.apply(c), nil)
			c.Erase, c.Events = true, []factor.Event{{Queue: "q", Body: []byte("event")}}
			t.is(t.apply(c), factor.ErrSpent)
			c.Epoch, c.Once = 1, nil
			t.is(t.apply(c), factor.ErrConflict)
			t.same("the snapshot", t.load("alice"), s)
			t.nothingTold()
		}},
		{"times", "Times are in whole milliseconds and come back in UTC; two factors of one millisecond come by id.", func(t *trial) {
			elsewhere := time.FixedZone("elsewhere", 2*60*60)
			given := noon.Add(123_999_999).In(elsewhere)
			want := noon.Add(123 * time.Millisecond)
			a, later, sooner := account("", "alice"), attached("", "alice", "a"), attached("", "alice", "b")
			a.GraceUntil, later.Created, later.LastUsed, sooner.Created = given, given, given, given.Add(-time.Microsecond)
			c := factor.Change{UserID: "alice", Account: &a, Put: []factor.Factor{later, sooner}, At: given, Events: []factor.Event{{Queue: "q", Body: []byte("event")}}}
			t.is(t.apply(c), nil)
			s := t.load("alice")
			t.same("GraceUntil", s.Account.GraceUntil, want)
			t.same("the order", s.Factors[0].ID+s.Factors[1].ID, "ab")
			t.same("Created", s.Factors[0].Created, want)
			t.same("LastUsed", s.Factors[0].LastUsed, want)
			if o, ok := t.s.(factor.Outbox); ok {
				events, err := o.Next(t.Context(), noon.Add(time.Minute), factor.Lease{Queue: "q", For: time.Minute, N: 1})
				t.is(err, nil)
				t.same("the time of the event", events[0].At, want)
			}
		}},
	}
}

// handled is a factor with a handle.
func handled(tenant, user, id, handle string) factor.Factor {
	f := attached(tenant, user, id)
	f.Handle = handle
	return f
}

// nothingTold reports the rule if the outbox has an event.
func (t *trial) nothingTold() {
	t.Helper()
	if o, ok := t.s.(factor.Outbox); ok {
		events, err := o.Next(t.Context(), noon, factor.Lease{Queue: "q", For: time.Minute, N: 1})
		t.is(err, nil)
		t.same("the outbox", len(events), 0)
	}
}

// allOrNothing puts each thing that can fail into changes that have each set of the things that can be done.
func allOrNothing(t *trial) {
	before := to(t.enrol("acme", "bob"))
	before.Put, before.Once = []factor.Factor{handled("acme", "bob", "f1", "taken")}, []factor.Once{key(200)}
	t.is(t.apply(before), nil)
	s := t.enrol("", "alice", "written", "deleted", "stale", "failed")
	_, err := t.s.Fail(t.Context(), "", "alice", "failed", noon)
	t.is(err, nil)
	written, _ := s.Factor("written")
	written.Label = "another"
	deleted, _ := s.Factor("deleted")
	failed, _ := s.Factor("failed") // as it was before it failed
	gone := attached("", "alice", "gone")
	gone.Version = 1
	fine := []func(*factor.Change){
		func(c *factor.Change) { a := s.Account; a.DefaultFactor = "another"; c.Account = &a },
		func(c *factor.Change) { c.Put = append(c.Put, written) },
		func(c *factor.Change) { c.Put = append(c.Put, handled("", "alice", "inserted", "free")) },
		func(c *factor.Change) { c.Delete = append(c.Delete, deleted) },
		func(c *factor.Change) { c.Once = append(c.Once, key(1), key(2)) },
	}
	wrong := []struct {
		what string
		want error
		in   func(*factor.Change)
	}{
		{"a spent key", factor.ErrSpent, func(c *factor.Change) { c.Once = append(c.Once, key(200)) }},
		{"another epoch", factor.ErrConflict, func(c *factor.Change) { c.Epoch-- }},
		{"another account version", factor.ErrConflict, func(c *factor.Change) { a := s.Account; a.Version++; c.Account = &a }},
		{"a factor that failed", factor.ErrConflict, func(c *factor.Change) { c.Put = append(c.Put, failed) }},
		{"a factor that is not there", factor.ErrConflict, func(c *factor.Change) { c.Put = append(c.Put, gone) }},
		{"an id that is there", factor.ErrConflict, func(c *factor.Change) { c.Put = append(c.Put, attached("", "alice", "stale")) }},
		{"a deletion of what failed", factor.ErrConflict, func(c *factor.Change) { c.Delete = append(c.Delete, failed) }},
		{"a taken handle", factor.ErrExists, func(c *factor.Change) { c.Put = append(c.Put, handled("", "alice", "other", "taken")) }},
	}
	now := t.load("alice")
	for _, w := range wrong {
		for set := range 1 << len(fine) {
			c := to(s)
			var with []string
			for i, add := range fine {
				if set&(1<<i) != 0 {
					add(&c)
					with = append(with, fmt.Sprint(i))
				}
			}
			c.Events = []factor.Event{{Queue: "q", Body: []byte("event")}}
			if set == 0 {
				c.Events = nil // and so a login's change is among them
			}
			w.in(&c)
			if got := nameOf(t.apply(c)); got != nameOf(w.want) {
				t.broken("%s, with %s: %s, want %s", w.what, strings.Join(with, ", "), got, nameOf(w.want))
			}
		}
		t.same("the snapshot after "+w.what, t.load("alice"), now)
	}
	t.nothingTold()
	_, err = t.s.Find(t.Context(), "", "totp", "free")
	t.is(err, factor.ErrNotFound)
	c := to(now)
	for _, add := range fine {
		add(&c)
	}
	t.is(t.apply(c), nil) // so that every key was still to be had
}
