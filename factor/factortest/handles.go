package factortest

import (
	"errors"

	"github.com/cofactor-mfa/cofactor/factor"
)

func handles() []rule {
	return []rule{
		{"found by its handle", "Find returns the factor with a handle.", func(t *trial) {
			c := to(t.enrol("acme", "alice", "f1"))
			c.Put = []factor.Factor{handled("acme", "alice", "f2", "h{:}%é")}
			t.is(t.apply(c), nil)
			got, err := t.s.Find(t.Context(), "acme", "totp", "h{:}%é")
			t.is(err, nil)
			want := c.Put[0]
			want.Version = 1
			t.same("the factor", got, want)
		}},
		{"not found", "A handle that is unknown, of another kind or of another tenant is ErrNotFound.", func(t *trial) {
			c := to(t.enrol("acme", "alice"))
			c.Put = []factor.Factor{handled("acme", "alice", "f1", "h")}
			t.is(t.apply(c), nil)
			for _, q := range [][3]string{{"acme", "totp", "H"}, {"acme", "totp", ""}, {"acme", "other", "h"}, {"", "totp", "h"}, {"other", "totp", "h"}} {
				_, err := t.s.Find(t.Context(), q[0], q[1], q[2])
				t.is(err, factor.ErrNotFound)
			}
		}},
		{"nowhere", "A handle that another tenant has is never ErrNowhere: its owner's device would be told to forget it.", func(t *trial) {
			c := to(t.enrol("acme", "alice"))
			c.Put = []factor.Factor{handled("acme", "alice", "f1", "h")}
			t.is(t.apply(c), nil)
			for _, tenant := range []string{"", "other"} {
				if _, err := t.s.Find(t.Context(), tenant, "totp", "h"); errors.Is(err, factor.ErrNowhere) {
					t.Errorf("tenant %q: %v", tenant, err)
				}
			}
		}},
		{"one owner", "A handle has one owner in all tenants: ErrExists, and nothing is changed.", func(t *trial) { // attack: A-103
			c := to(t.enrol("", "alice"))
			c.Put = []factor.Factor{handled("", "alice", "f1", "h")}
			t.is(t.apply(c), nil)
			for _, tenant := range []string{"", "acme"} {
				s := t.enrol(tenant, "bob")
				c = to(s)
				c.Put, c.Once = []factor.Factor{attached(tenant, "bob", "f1"), handled(tenant, "bob", "f2", "h")}, []factor.Once{key(1)}
				t.is(t.apply(c), factor.ErrExists)
				got, err := t.s.Load(t.Context(), tenant, "bob")
				t.is(err, nil)
				t.same("the snapshot", got, s)
				c.Put = nil
				c.Put = []factor.Factor{handled(tenant, "bob", "f2", "h of "+tenant)}
				c.Once = nil
				t.is(t.apply(c), nil)
			}
		}},
		{"one owner in one account", "A user cannot have a handle twice either.", func(t *trial) {
			c := to(t.enrol("", "alice"))
			c.Put = []factor.Factor{handled("", "alice", "f1", "h"), handled("", "alice", "f2", "h")}
			t.is(t.apply(c), factor.ErrExists)
		}},
		{"handles per kind", "The same handle may belong to factors of two kinds, and no handle to any number.", func(t *trial) {
			c := to(t.enrol("", "alice", "f0"))
			other := handled("", "alice", "f2", "h")
			other.Kind = "other"
			c.Put = []factor.Factor{handled("", "alice", "f1", "h"), other, attached("", "alice", "f3")}
			t.is(t.apply(c), nil)
		}},
		{"handles pass on", "The handle of a factor that goes is free in the same change, and after it.", func(t *trial) {
			s := t.enrol("", "alice")
			c := to(s)
			c.Put = []factor.Factor{handled("", "alice", "f1", "h")}
			t.is(t.apply(c), nil)
			c.Delete, c.Put = t.load("alice").Factors, []factor.Factor{handled("", "alice", "f2", "h")}
			t.is(t.apply(c), nil)
			got, err := t.s.Find(t.Context(), "", "totp", "h")
			t.is(err, nil)
			t.same("the owner", got.ID, "f2")
			erase := to(s)
			erase.Erase = true
			t.is(t.apply(erase), nil)
			_, err = t.s.Find(t.Context(), "", "totp", "h")
			t.is(err, factor.ErrNotFound)
			c = to(t.enrol("acme", "bob"))
			c.Put = []factor.Factor{handled("acme", "bob", "f1", "h")}
			t.is(t.apply(c), nil)
		}},
	}
}
