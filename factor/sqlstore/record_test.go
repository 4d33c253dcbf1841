package sqlstore_test

import (
	"encoding/hex"
	"testing"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// It is not parallel, because it counts what the whole process allocates. A value of a row for itself costs a driver and database/sql one to three.
func TestALoadAllocatesLittle(t *testing.T) {
	s := open(t, postgres(t), sqlstore.PostgreSQL)
	user := enrol(t, s, "", "alice")
	for _, id := range []string{"f2", "f3"} {
		c := factor.Change{UserID: "alice", Epoch: user.Account.Epoch, Account: &user.Account, Put: []factor.Factor{user.Factors[0]}, At: noon}
		c.Put[0].ID, c.Put[0].Version = id, 0
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		user.Account.Version++
	}
	const most = 50
	n := testing.AllocsPerRun(50, func() {
		if got := load(t, s, "", "alice"); len(got.Factors) != 3 {
			t.Errorf("%d factors, want 3", len(got.Factors))
		}
	})
	if n > most {
		t.Errorf("reading a user with 3 factors allocates %.0f times, want %d at most", n, most)
	}
}

// A record of the database that is not what was asked for is refused, wherever it is cut, and is no account without factors.
func FuzzRecordsAreReadWholeOrNotAtAll(f *testing.F) {
	const account = "00000005" + "0000001100000001ab" + "00000014000000080000000000000001" + "00000014000000080000000000000002" +
		"00000014000000080000000000000000" + "0000001900000002" + "6631"
	raw, err := hex.DecodeString(account)
	if err != nil {
		f.Fatal(err)
	}
	snap, ok := sqlstore.ReadRecord(string(raw))
	if a := snap.Account; !ok || a.Epoch != 1 || a.Version != 2 || a.DefaultFactor != "f1" || string(a.Handle) != "\xab" {
		f.Fatalf("an account is read as %+v, %t", a, ok)
	}
	for i := range raw {
		if _, ok := sqlstore.ReadRecord(string(raw[:i])); ok {
			f.Errorf("a record that is cut after %d of %d bytes is read", i, len(raw))
		}
	}
	f.Add(string(raw))
	f.Add("\x00\x00\x00\x0e")
	f.Fuzz(func(t *testing.T, raw string) {
		snap, ok := sqlstore.ReadRecord(raw)
		if ok && snap.Account.Tenant != "tenant" && len(snap.Factors) != 1 {
			t.Errorf("%x is read as %+v", raw, snap)
		}
	})
}
