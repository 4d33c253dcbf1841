package registry_test

import (
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

const week = 7 * 24 * time.Hour

func inGrace(t testing.TB, l registry.Login, until time.Time) {
	t.Helper()
	if !l.Satisfied || l.Proof == "" || !l.MayEnroll || !l.GraceUntil.Equal(until) {
		t.Errorf("%v, may attach %v, until %v; want a login in grace until %v", l, l.MayEnroll, l.GraceUntil, until)
	}
}

// The end of a grace is fixed by the first login, and nothing renews it: no later login, no other role, no factor that comes and goes.
//
// attack: A-96
func TestGraceIsFixedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	longer := policy.When(policy.HasRole("admin"), policy.Grace(4*week, policy.Required()), policy.Grace(week, policy.Required()))
	r := w.registry(under(longer))
	until := w.clock.Now().Add(week)
	inGrace(t, startAs(t, r, alice()), until)
	for _, role := range []string{"clerk", "admin", "clerk"} {
		w.clock.Add(24 * time.Hour)
		inGrace(t, startAs(t, r, alice(), role), until)
	}
	l := enrol(t, r, alice(), registry.Enrol{Pending: startAs(t, r, alice()).Pending, Kind: "app"})
	if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: l.Proof, Factor: l.Factor}); err != nil {
		t.Errorf("within the grace the last factor may go: %v", err)
	}
	inGrace(t, startAs(t, r, alice()), until)
	w.clock.Add(until.Sub(w.clock.Now()) - time.Millisecond)
	inGrace(t, startAs(t, r, alice(), "admin"), until)
	w.clock.Add(time.Millisecond)
	for _, role := range []string{"clerk", "admin"} {
		if l := startAs(t, r, alice(), role); l.Satisfied || !l.MayEnroll || !l.GraceUntil.IsZero() || l.Proof != "" {
			t.Errorf("after the grace: %v", l)
		}
	}
	l = enrol(t, r, alice(), registry.Enrol{Pending: startAs(t, r, alice()).Pending, Kind: "app"})
	if !l.Satisfied {
		t.Fatal("a factor does not satisfy")
	}
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: l.Proof, Factor: l.Factor})
	refused(t, registry.ErrPolicyForbids, got, err)
}

// Whoever has had a factor all along gets no grace by removing it: the end is fixed when policy is first asked, and not when it is first needed.
//
// attack: A-87
func TestRemovingAFactorBeginsNoGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	before := enrolled(t, w.registry(), alice(), "app")
	r := w.registry(under(policy.Grace(week, policy.Required())))
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: before.Proof, Factor: before.Factor})
	refused(t, registry.ErrPolicyForbids, got, err)

	until := w.clock.Now().Add(week)
	in := signIn(t, r, alice())
	if !in.GraceUntil.IsZero() {
		t.Error("a login that needs no grace says that it is in one")
	}
	w.clock.Add(2 * week)
	in = signIn(t, r, alice())
	got, err = r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: before.Factor})
	refused(t, registry.ErrPolicyForbids, got, err)
	if snap, err := w.factors.Load(t.Context(), "", "alice"); err != nil || !snap.Account.GraceUntil.Equal(until) {
		t.Errorf("the end is %v, %v; want a week after policy was first asked, %v", snap.Account.GraceUntil, err, until)
	}
}

// In grace nobody who has a factor gets in without it, and one that does not count for the policy is enough until the grace is over.
//
// attack
func TestGraceIsForAttachingAndNotForProving(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newPasskey())
	enrolled(t, w.registry(), alice(), "pin")
	r := w.registry(under(policy.Grace(week, policy.PhishingResistant(policy.Required()))))
	until := w.clock.Now().Add(week)
	l, ch := begin(t, r, alice())
	if l.MayEnroll {
		t.Error("a factor may be attached by whoever has proved none of those there are")
	}
	in, err := answer(t, r, alice(), l, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	inGrace(t, in, until)
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "key"})
	l = start(t, r, alice())
	if got := kindsOf(l.Choices); len(got) != 1 || got[0] != "key" {
		t.Errorf("the grace goes on for whoever has what is asked for: %q are offered", got)
	}
}

// Many first logins at once fix one end between them, and each tells that one.
func TestGraceIsFixedByOneOfMany(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]func(testing.TB, ...provider.MultiFactorProvider) *world{"in memory": newWorld, "on servers": onServers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			graceIsFixedByOneOfMany(t, world(t, newSecret("app")))
		})
	}
}

func graceIsFixedByOneOfMany(t *testing.T, w *world) {
	tap := w.tapped()
	r := w.registry(under(policy.Grace(week, policy.Required())))
	start(t, w.registry(), alice()) // the account is there
	const n = 8
	tap.during(meeting("Apply", n))
	ends := make([]time.Time, n)
	ok, errs := crowd(t, n, func(i int) error {
		w.clock.Add(time.Second) // each has an end of its own in mind
		l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}})
		ends[i] = l.GraceUntil
		return err
	})
	if ok != n {
		t.Fatalf("%d of %d logins: %v", ok, n, errs)
	}
	snap, err := w.factors.Load(t.Context(), "", "alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range ends {
		if !end.Equal(snap.Account.GraceUntil) {
			t.Errorf("a login was told %v, and %v was fixed", end, snap.Account.GraceUntil)
		}
	}
}

// A grace whose end could not be written down would have none.
//
// attack: A-148
func TestGraceThatCannotBeFixedIsNotGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	start(t, w.registry(), alice())
	tap := w.tapped()
	r := w.registry(under(policy.Grace(week, policy.Required())))
	tap.during(down("Apply"))
	got, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}})
	refused(t, registry.ErrUnavailable, got, err)
	if got.Pending != "" {
		t.Error("the login goes on")
	}
}

// A login that a passkey began fixes the end as well, together with what makes the answer count.
func TestGraceOfALoginThatNamedNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newPasskey())
	enrolled(t, w.registry(), alice(), "key")
	r := w.registry(under(policy.Grace(week, policy.AtLeast(2))))
	until := w.clock.Now().Add(week)
	visitor := registry.Who{Binding: "a visitor's session"}
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: visitor, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.FinishLogin(t.Context(), registry.Finish{Who: visitor, Challenge: ch.ID, Response: assert(handleOf("alice", 1), ch.Public)})
	if err != nil {
		t.Fatal(err)
	}
	inGrace(t, l, until)
	w.clock.Add(time.Hour)
	if l := start(t, r, alice()); l.Satisfied {
		t.Error("a factor that is attached is not asked for")
	}
	if snap, err := w.factors.Load(t.Context(), "", "alice"); err != nil || !snap.Account.GraceUntil.Equal(until) {
		t.Errorf("the end is %v, %v; want %v", snap.Account.GraceUntil, err, until)
	}
}
