package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// TestAllStoresAreTheSame makes the same random calls to the store in memory and to a database. All answers must be the same, and all rows.
func TestAllStoresAreTheSame(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
		db.SetMaxOpenConns(1)
		s := open(t, db, d)
		hurry := map[sqlstore.Dialect]string{sqlstore.PostgreSQL: "SET synchronous_commit = off", sqlstore.SQLite: "PRAGMA synchronous = OFF"}
		if _, err := db.Exec(hurry[d]); err != nil { // no power is cut here, and there are a thousand commits
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			empty(rt, db)
			p := &pair{ctx: t.Context(), memory: factor.NewMemory(), database: s}
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				p.step(rt)
			}
		})
	})
}

// empty begins anew, in one transaction.
func empty(t *rapid.T, db *sql.DB) {
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"account", "factor", "redeemed", "outbox"} {
		if _, err := tx.Exec("DELETE FROM cofactor_" + table); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

type pair struct {
	ctx      context.Context
	memory   *factor.Memory
	database *sqlstore.Store
}

// step makes one call to both, and compares everything.
func (p *pair) step(t *rapid.T) {
	var did string
	var a, b any
	var errA, errB error
	switch rapid.IntRange(0, 9).Draw(t, "call") {
	case 0:
		user, id := rapid.SampledFrom(users).Draw(t, "user"), rapid.SampledFrom(ids).Draw(t, "id")
		did = fmt.Sprintf("Fail(%q, %q)", user, id)
		a, errA = p.memory.Fail(p.ctx, user[0], user[1], id, noon)
		b, errB = p.database.Fail(p.ctx, user[0], user[1], id, noon)
	case 1:
		now := moments.Draw(t, "now")
		did = fmt.Sprintf("Prune(%s)", now)
		a, errA = p.memory.Prune(p.ctx, now, 100)
		b, errB = p.database.Prune(p.ctx, now, 100)
	case 2:
		page := factor.Page{N: rapid.IntRange(1, 3).Draw(t, "n")}
		if tenant := rapid.SampledFrom([]string{"", "b", "*"}).Draw(t, "tenant"); tenant != "*" {
			page.Tenant = &tenant
		}
		did = "Scan"
		a, errA = scan(p.ctx, p.memory, page)
		b, errB = scan(p.ctx, p.database, page)
	case 3:
		now := moments.Draw(t, "now")
		did = "Next"
		a, errA = bodies(p.memory.Next(p.ctx, now, factor.Lease{Queue: "q", For: time.Minute, N: 2}))
		b, errB = bodies(p.database.Next(p.ctx, now, factor.Lease{Queue: "q", For: time.Minute, N: 2}))
	default:
		c := p.change(t)
		did = fmt.Sprintf("Apply(%+v)", c)
		errA, errB = p.memory.Apply(p.ctx, c), p.database.Apply(p.ctx, c)
	}
	if !agree(errA, errB) || errA == nil && !reflect.DeepEqual(a, b) {
		t.Fatalf("%s\nin memory:       %+v, %v\nin the database: %+v, %v", did, a, errA, b, errB)
	}
	for _, u := range users {
		a, errA := p.memory.Load(p.ctx, u[0], u[1])
		b, errB := p.database.Load(p.ctx, u[0], u[1])
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("after %s\nin memory:       %+v, %v\nin the database: %+v, %v", did, a, errA, b, errB)
		}
	}
}

// agree allows one difference: of a change that both conflicts and takes a handle, the contract does not say which comes first.
func agree(a, b error) bool {
	kind := func(err error) string {
		if errors.Is(err, factor.ErrExists) {
			err = factor.ErrConflict
		}
		return outcome(err)
	}
	return kind(a) == kind(b)
}

var (
	users   = [][2]string{{"", "alice"}, {"b", "alice"}, {"b", "bob"}}
	ids     = []string{"f1", "f2", "f3"}
	moments = rapid.Map(rapid.SampledFrom([]int{0, 1, 2, 60 * 24 * 29, 60 * 24 * 31}), func(minutes int) time.Time {
		return noon.Add(time.Duration(minutes) * time.Minute)
	})
)

// change is drawn so that most of it fits what is there, and the rest is a little wrong.
func (p *pair) change(t *rapid.T) factor.Change {
	user := rapid.SampledFrom(users).Draw(t, "user")
	now, err := p.memory.Load(p.ctx, user[0], user[1])
	if err != nil {
		t.Fatal(err)
	}
	wrong := rapid.IntRange(0, 11) // 0 is wrong
	c := factor.Change{Tenant: user[0], UserID: user[1], Epoch: now.Account.Epoch, At: moments.Draw(t, "at")}
	if wrong.Draw(t, "epoch") == 0 {
		c.Epoch++
	}
	if rapid.Bool().Draw(t, "account") || c.Epoch == 0 {
		a := now.Account
		a.Tenant, a.UserID, a.Handle = user[0], user[1], []byte(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "account handle"))
		a.Epoch = c.Epoch + rapid.Int64Range(0, 2).Draw(t, "new epoch")
		a.GraceUntil, a.DefaultFactor = moments.Draw(t, "grace"), rapid.SampledFrom(ids).Draw(t, "default")
		if a.Version > 0 && wrong.Draw(t, "account version") == 0 {
			a.Version++
		}
		c.Account = &a
	}
	for _, id := range ids {
		f, there := now.Factor(id)
		if !there || wrong.Draw(t, "insert") == 0 {
			f = factor.Factor{
				Tenant: user[0], UserID: user[1], ID: id, Kind: rapid.SampledFrom([]string{"totp", "webauthn"}).Draw(t, "kind"),
				Handle: rapid.SampledFrom([]string{"", "", "h", "i"}).Draw(t, "handle"), Created: moments.Draw(t, "created"), Epoch: c.Epoch,
			}
		}
		if f.Version > 0 && wrong.Draw(t, "version") == 0 {
			f.Version++
		}
		f.Label, f.Data = rapid.SampledFrom([]string{"", "Telefon ✆"}).Draw(t, "label"), rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "data")
		f.Failures, f.Disabled = rapid.IntRange(0, 9).Draw(t, "failures"), rapid.Bool().Draw(t, "disabled")
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0, 1:
			c.Put = append(c.Put, f)
		case 2:
			if f.Version > 0 {
				c.Delete = append(c.Delete, f)
			}
		}
	}
	for _, k := range rapid.SliceOfNDistinct(rapid.IntRange(1, 8), 0, 2, rapid.ID).Draw(t, "once") {
		c.Once = append(c.Once, factor.Once{Key: [32]byte{byte(k)}, Expires: moments.Draw(t, "expires")})
	}
	if rapid.IntRange(0, 3).Draw(t, "event") == 0 {
		c.Events = []factor.Event{{Queue: "q", Body: []byte("one")}, {Queue: "q", Body: []byte("two")}}
	}
	if rapid.IntRange(0, 9).Draw(t, "erase") == 0 && c.Epoch > 0 {
		c.Erase, c.Account, c.Put, c.Delete = true, nil, nil, nil
	}
	return c
}

// scan is all pages.
func scan(ctx context.Context, s factor.Store, p factor.Page) (all []factor.Snapshot, err error) {
	for {
		page, next, err := s.Scan(ctx, p)
		if err != nil || next == "" {
			return append(all, page...), err
		}
		all, p.After = append(all, page...), next
	}
}

// bodies leaves out the ids, which need not be the same.
func bodies(events []factor.Event, err error) ([]factor.Event, error) {
	for i := range events {
		events[i].ID = 0
	}
	return events, err
}
