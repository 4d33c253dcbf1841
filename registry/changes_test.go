package registry_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/registry"
)

// What these tests say of life-cycle changes is decided by the account's row, so they run on a database, through two replicas, with calls that have all read
// before the first of them writes.

func replicas(t testing.TB, edit ...func(*registry.Config)) (*world, *tap, [2]*registry.Registry) {
	t.Helper()
	w := onServers(t, newSecret("pin"), newCounter(), newRecovery(), browser{})
	tap := w.tapped()
	return w, tap, [2]*registry.Registry{w.registry(edit...), w.registry(edit...)}
}

func TestTwoFactorsCannotTakeOneNameAtOnce(t *testing.T) {
	t.Parallel()
	_, tap, rs := replicas(t)
	in := enrolled(t, rs[0], alice(), "pin")
	ids := []string{in.Factor, enrol(t, rs[0], alice(), registry.Enrol{Proof: in.Proof, Kind: "app"}).Factor}
	tap.during(meeting("Apply", 2))
	n, failed := crowd(t, 2, func(i int) error {
		_, err := rs[i].Rename(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: ids[i], Label: "My phone"})
		return err
	})
	tap.during(nil)
	if n != 1 || !errors.Is(failed[0], registry.ErrFactorExists) {
		t.Errorf("%d of two factors took one name; %v", n, failed)
	}
	made := enrol(t, rs[1], alice(), registry.Enrol{Proof: in.Proof, Kind: "pin", Label: "My phone"})
	labels := map[string]bool{}
	for _, f := range factors(t, rs[0], alice()) {
		if labels[f.Label] {
			t.Errorf("two factors are called %q", f.Label)
		}
		labels[f.Label] = true
	}
	if !labels["My phone 2"] || made.Factor == "" {
		t.Errorf("the names are %v", labels)
	}
	after, err := rs[0].Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: made.Factor})
	if err != nil {
		t.Fatal(err)
	}
	again := enrol(t, rs[0], alice(), registry.Enrol{Proof: after.Proof, Kind: "pin", Label: "My phone 2"})
	if f := factorOf(t, rs[0], again.Factor); f.Label != "My phone 2" {
		t.Errorf("the name of a factor that is gone is not free: %q", f.Label)
	}
}

func factorOf(t testing.TB, r *registry.Registry, id string) registry.Attached {
	t.Helper()
	for _, f := range factors(t, r, alice()) {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no factor %q", id)
	return registry.Attached{}
}

// attack: A-90
func TestLimitsHoldOnADatabase(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*registry.Config){
		"of a kind": func(c *registry.Config) { c.MaxOfKind = map[string]int{"app": 3} },
		"in all":    func(c *registry.Config) { c.MaxFactors = 4 },
	} {
		_, tap, rs := replicas(t, patient, edit)
		proof := enrolled(t, rs[0], alice(), "pin").Proof
		ids := make([]string, 8)
		for i := range ids {
			ch, err := rs[0].BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "app"})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = ch.ID
		}
		tap.during(meeting("Apply", len(ids)))
		n, failed := crowd(t, len(ids), func(i int) error {
			_, err := rs[i%2].FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ids[i], Response: yes})
			return err
		})
		tap.during(nil)
		for _, err := range failed {
			if !errors.Is(err, registry.ErrFactorLimit) && !errors.Is(err, registry.ErrUnavailable) {
				t.Errorf("%s: a set-up too many: %v", name, err)
			}
		}
		if fs := factors(t, rs[0], alice()); len(fs) != 1+n || n > 3 || n == 0 {
			t.Errorf("%s: %d set-ups succeeded and %d factors are attached, with at most 3 allowed", name, n, len(fs)-1)
		}
	}
}

// Two tabs remove the last two factors at once. One stays, because policy asks for it.
//
// attack: A-88
func TestTheLastFactorStaysWhoeverIsQuicker(t *testing.T) {
	t.Parallel()
	_, tap, rs := replicas(t, func(c *registry.Config) { c.Policy = policy.Required() })
	in := enrolled(t, rs[0], alice(), "pin")
	second := enrol(t, rs[0], alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	enrol(t, rs[0], alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	ids := []string{in.Factor, second.Factor}
	tap.during(meeting("Apply", 2))
	n, failed := crowd(t, 2, func(i int) error {
		_, err := rs[i].Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: ids[i]})
		return err
	})
	tap.during(nil)
	left := slices.DeleteFunc(factors(t, rs[0], alice()), func(f registry.Attached) bool { return f.Kind == "backup" })
	if n != 1 || len(left) != 1 {
		t.Errorf("%d removals succeeded, and %d factors that count are left; %v", n, len(left), failed)
	}
}

// attack
func TestTheOldFactorWorksUntilTheNewOneDoes(t *testing.T) {
	t.Parallel()
	_, tap, rs := replicas(t)
	in := enrolled(t, rs[0], alice(), "app")
	proof := in.Proof
	if _, err := rs[0].Rename(t.Context(), registry.Manage{Who: alice(), Proof: proof, Factor: in.Factor, Label: "Pixel 8"}); err != nil {
		t.Fatal(err)
	}
	ch, err := rs[0].BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "app", Replaces: in.Factor})
	if err != nil {
		t.Fatal(err)
	}
	l, lc := begin(t, rs[1], alice())
	if got, err := answer(t, rs[1], alice(), l, lc, later(1)); err != nil || !got.Satisfied {
		t.Errorf("while a new one is being set up the old one does not work: %v", err)
	}
	done, err := rs[1].FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatal(err)
	}
	fs := factors(t, rs[0], alice())
	if len(fs) != 1 || fs[0].ID != done.Factor || fs[0].Label != "Pixel 8" {
		t.Errorf("after the replacement alice has %+v, want the new factor under the old name", fs)
	}
	if told := string(tap.outbox[len(tap.outbox)-1]); !strings.Contains(told, `"reason":"factor replaced"`) || !strings.Contains(told, `"end_sessions":true`) {
		t.Errorf("the outbox tells %s, want that sessions are to end (ASVS 7.4.3)", told)
	}
}

func TestTheDefaultComesFirstAndThenTheOneUsedLast(t *testing.T) {
	t.Parallel()
	w, _, rs := replicas(t)
	in := enrolled(t, rs[0], alice(), "pin")
	ids := []string{in.Factor}
	for range 2 {
		w.clock.Add(time.Second)
		ids = append(ids, enrol(t, rs[0], alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"}).Factor)
	}
	offered := func() (list []string) {
		for _, c := range start(t, rs[1], alice()).Choices {
			list = append(list, c.Factor)
		}
		return list
	}
	if got := offered(); !slices.Equal(got, ids) {
		t.Errorf("before any was used they are offered as %v, want the oldest first: %v", got, ids)
	}
	w.clock.Add(time.Second)
	l := start(t, rs[0], alice())
	ch, err := rs[0].BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: ids[2]})
	if err != nil {
		t.Fatal(err)
	}
	used, err := answer(t, rs[0], alice(), l, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	if f := factorOf(t, rs[1], ids[2]); !f.LastUsed.Equal(w.clock.Now()) {
		t.Errorf("the factor was used last at %v, want %v", f.LastUsed, w.clock.Now())
	}
	if got := offered(); got[0] != ids[2] {
		t.Errorf("the one used last does not come first: %v", got)
	}
	if _, err := rs[1].SetDefault(t.Context(), registry.Manage{Who: alice(), Proof: used.Proof, Factor: ids[1]}); err != nil {
		t.Fatal(err)
	}
	if got := offered(); !slices.Equal(got, []string{ids[1], ids[2], ids[0]}) {
		t.Errorf("the default does not come first: %v", got)
	}
	if _, err := rs[0].Remove(t.Context(), registry.Manage{Who: alice(), Proof: used.Proof, Factor: ids[1]}); err != nil {
		t.Fatal(err)
	}
	if got := offered(); !slices.Equal(got, []string{ids[2], ids[0]}) || factorOf(t, rs[0], ids[2]).Default {
		t.Errorf("after the default is gone: %v", got)
	}
}
