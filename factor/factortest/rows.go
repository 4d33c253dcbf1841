package factortest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

func rows() []rule {
	return []rule{
		{"unknown user", "The snapshot of a user without an account is zero, and no error.", func(t *trial) {
			t.same("the snapshot", t.load("nobody"), factor.Snapshot{})
		}},
		{"what is stored comes back", "Everything of an account and a factor comes back as it was stored, with versions that count from 1.", func(t *trial) {
			got := t.enrol("acme", "alice", "f1")
			a, f := account("acme", "alice"), attached("acme", "alice", "f1")
			a.Version, f.Version = 1, 1
			t.same("the snapshot", got, factor.Snapshot{Account: a, Factors: []factor.Factor{f}})
		}},
		{"zero values come back", "Zero times stay zero, empty texts stay empty, and no data is nil.", func(t *trial) {
			a := factor.Account{UserID: "alice", Handle: []byte{1}, Epoch: 1}
			f := factor.Factor{UserID: "alice", ID: "f1", Kind: "totp", Disabled: true}
			t.is(t.apply(factor.Change{UserID: "alice", Account: &a, Put: []factor.Factor{f}}), nil)
			a.Version, f.Version = 1, 1
			t.same("the snapshot", t.load("alice"), factor.Snapshot{Account: a, Factors: []factor.Factor{f}})
		}},
		{"the longest names", "A change that Validate accepts can be stored, with names as long as they may be.", func(t *trial) {
			tenant, user := noise(1<<10), noise(1<<10)
			a, f := account(tenant, user), attached(tenant, user, noise(512))
			f.Kind, f.Handle, f.Label, f.Hint, f.Data = noise(512), noise(2<<10), noise(4<<10), noise(4<<10), []byte(noise(64<<10))
			a.DefaultFactor = f.ID
			c := factor.Change{Tenant: tenant, UserID: user, Account: &a, Put: []factor.Factor{f}, At: noon}
			t.is(t.apply(c), nil)
			got, err := t.s.Find(t.Context(), tenant, f.Kind, f.Handle)
			t.is(err, nil)
			f.Version = 1
			t.same("the factor", got, f)
		}},
		{"names that nobody has", "A name that no row can have is found nowhere, and is no fault of the store.", func(t *trial) {
			t.enrol("", "alice", "f1")
			for _, name := range []string{"a\x00b", "\xff", "\x00"} {
				for _, q := range [][2]string{{"", name}, {name, "alice"}} {
					s, err := t.s.Load(t.Context(), q[0], q[1])
					t.is(err, nil)
					t.same("the snapshot", s, factor.Snapshot{})
				}
				_, err := t.s.Find(t.Context(), "", "totp", name)
				t.is(err, factor.ErrNotFound)
				_, err = t.s.Fail(t.Context(), "", "alice", name, noon)
				t.is(err, factor.ErrNotFound)
			}
		}},
		{"order of factors", "Factors come oldest first, and then by id.", func(t *trial) {
			s := t.enrol("", "alice", "b", "a")
			c := to(s)
			older := attached("", "alice", "z")
			older.Created = noon.Add(-time.Hour)
			c.Put = []factor.Factor{older}
			t.is(t.apply(c), nil)
			var ids string
			for _, f := range t.load("alice").Factors {
				ids += f.ID
			}
			t.same("the order", ids, "zab")
		}},
		{"an account is inserted once", "An account that is inserted where one is conflicts.", func(t *trial) {
			t.enrol("", "alice")
			a := account("", "alice")
			t.is(t.apply(factor.Change{UserID: "alice", Account: &a, At: noon}), factor.ErrConflict)
		}},
		{"account versions", "An account is changed only as it was read, and its version goes up by one. Its handle never changes.", func(t *trial) {
			s := t.enrol("", "alice")
			a := s.Account
			a.Epoch, a.DefaultFactor, a.GraceUntil, a.Handle = 2000, "f9", time.Time{}, []byte("another")
			c := to(s)
			c.Account = &a
			t.is(t.apply(c), nil)
			want := a
			want.Version, want.Handle = 2, s.Account.Handle
			t.same("the account", t.load("alice").Account, want)
			c.Epoch = 2000
			t.is(t.apply(c), factor.ErrConflict)
		}},
		{"factor versions", "A factor is changed only as it was read, and its version goes up by one. Its kind, handle, creation, role and expiry never change.", func(t *trial) {
			s := t.enrol("", "alice", "f1", "f2")
			f := s.Factors[0]
			f.Kind, f.Handle, f.Created, f.Role, f.Expires = "other", "other", noon.Add(time.Hour), 3, noon.Add(2*time.Hour)
			f.Label, f.Hint, f.Data, f.LastUsed, f.Failures, f.Disabled, f.Epoch = "l", "h", []byte("d"), noon, 0, true, 7
			c := to(s)
			c.Put = []factor.Factor{f}
			t.is(t.apply(c), nil)
			f.Kind, f.Handle, f.Created, f.Version = "totp", "", noon, 2
			f.Role, f.Expires = s.Factors[0].Role, s.Factors[0].Expires
			now := t.load("alice")
			t.same("the factor", now.Factors[0], f)
			t.same("the other factor", now.Factors[1], s.Factors[1])
			t.is(t.apply(c), factor.ErrConflict)
		}},
		{"an id is inserted once", "A factor that is inserted under an id that is there conflicts, and changes nothing.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			c := to(s)
			c.Put = []factor.Factor{attached("", "alice", "f1")}
			t.is(t.apply(c), factor.ErrConflict)
			t.same("the snapshot", t.load("alice"), s)
		}},
		{"a factor that is gone", "A factor that was removed meanwhile can be neither changed nor removed again.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			c := to(s)
			c.Delete = s.Factors
			t.is(t.apply(c), nil)
			t.is(t.apply(c), factor.ErrConflict)
			c.Delete, c.Put = nil, s.Factors
			t.is(t.apply(c), factor.ErrConflict)
			if n := len(t.load("alice").Factors); n != 0 {
				t.broken("%d factors are there", n)
			}
		}},
		{"a factor that changed is not deleted", "A factor is deleted only as it was read.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			_, err := t.s.Fail(t.Context(), "", "alice", "f1", noon)
			t.is(err, nil)
			c := to(s)
			c.Delete = s.Factors
			t.is(t.apply(c), factor.ErrConflict)
		}},
		{"a moved epoch", "A change made under an epoch that has moved conflicts, whatever it changes.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			a := s.Account
			a.Epoch = 2000
			moved := to(s)
			moved.Account = &a
			t.is(t.apply(moved), nil)
			login := to(s)
			login.Put, login.Once = s.Factors, []factor.Once{key(1)}
			t.is(t.apply(login), factor.ErrConflict)
			spend := to(s)
			spend.Once = []factor.Once{key(1)}
			t.is(t.apply(spend), factor.ErrConflict)
			erase := to(s)
			erase.Erase = true
			t.is(t.apply(erase), factor.ErrConflict)
			spend.Epoch = 2000
			t.is(t.apply(spend), nil) // and so nothing was spent before
		}},
		{"no account", "A change to an account that does not exist conflicts.", func(t *trial) {
			t.is(t.apply(factor.Change{UserID: "nobody", Epoch: 1000, Once: []factor.Once{key(1)}}), factor.ErrConflict)
		}},
		{"failures", "Fail adds one to the failures and one to the version, and returns the failures there are.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			n, err := t.s.Fail(t.Context(), "", "alice", "f1", noon)
			t.is(err, nil)
			want := s.Factors[0]
			want.Failures, want.Version = 4, 2
			t.same("what Fail returned", n, 4)
			t.same("the factor", t.load("alice").Factors[0], want)
			for _, id := range []string{"f2", "", strings.Repeat("x", 300)} {
				_, err = t.s.Fail(t.Context(), "", "alice", id, noon)
				t.is(err, factor.ErrNotFound)
			}
			_, err = t.s.Fail(t.Context(), "acme", "alice", "f1", noon)
			t.is(err, factor.ErrNotFound)
		}},
		{"failures are not overwritten", "A factor that failed after it was read is not written over: the failure would be forgotten.", func(t *trial) {
			s := t.enrol("", "alice", "f1")
			_, err := t.s.Fail(t.Context(), "", "alice", "f1", noon)
			t.is(err, nil)
			c := to(s)
			c.Put, c.Once = s.Factors, []factor.Once{key(1)}
			t.is(t.apply(c), factor.ErrConflict)
		}},
		{"erase", "Erase removes the account and all its factors, and the user may come back.", func(t *trial) {
			s := t.enrol("", "alice", "f1", "f2")
			other := t.enrol("acme", "alice", "f1")
			c := to(s)
			c.Erase = true
			t.is(t.apply(c), nil)
			t.same("the snapshot", t.load("alice"), factor.Snapshot{})
			still, err := t.s.Load(t.Context(), "acme", "alice")
			t.is(err, nil)
			t.same("the same user of another tenant", still, other)
			t.enrol("", "alice", "f1")
		}},
		{"names are bytes", "Tenants and users are compared byte for byte: no two different ones are ever one.", namesAreBytes},
		{"malformed changes", "A change that cannot be meant is an error that matches no sentinel, and does nothing.", malformed},
		{"hang up", "A call whose context is over fails, and changes nothing.", hangUp},
		{"the caller's own", "What a store was given, and what it returned, may be changed without changing what it holds.", func(t *trial) {
			a, f := account("", "alice"), attached("", "alice", "f1")
			t.is(t.apply(factor.Change{UserID: "alice", Account: &a, Put: []factor.Factor{f}}), nil)
			f.Data[0], a.Handle[0] = 'X', 'X'
			first := t.load("alice")
			first.Factors[0].Data[0], first.Account.Handle[0] = 'Y', 'Y'
			second := t.load("alice")
			if second.Factors[0].Data[0] != 0 || second.Account.Handle[0] != 'h' {
				t.broken("the rows have changed")
			}
		}},
	}
}

// noise is a text that a database cannot compress.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}
