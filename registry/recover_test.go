package registry_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

const recoverAlice = "Recovery code for alice@example.com"

// stepUp is a proof of a user's first factor for an action.
func stepUp(t testing.TB, r *registry.Registry, who registry.Who, action string) string {
	t.Helper()
	list, err := r.Factors(t.Context(), who)
	if err != nil || len(list) == 0 {
		t.Fatalf("%s has %d factors: %v", who.User.ID, len(list), err)
	}
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: who, Factor: list[0].ID, Action: action})
	if err != nil {
		t.Fatalf("BeginStepUp: %v", err)
	}
	l, err := r.FinishStepUp(t.Context(), registry.Finish{Who: who, Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatalf("FinishStepUp: %v", err)
	}
	return l.Proof
}

// forAlice is what bob, an administrator, asks for.
func forAlice(proof string) registry.Recovery {
	return registry.Recovery{Deed: registry.Deed{User: "alice", Reason: "lost her phone, ticket 4711"}, By: bob(), Proof: proof, Action: recoverAlice}
}

// helpDesk is a world in which alice has a factor that she has lost, and bob has one too.
func helpDesk(w *world, t testing.TB) (r *registry.Registry, lost string) {
	t.Helper()
	r = w.registry()
	lost = enrolled(t, r, alice(), "pin").Factor
	enrolled(t, r, bob(), "pin")
	return r, lost
}

func issue(t testing.TB, r *registry.Registry) string {
	t.Helper()
	got, err := r.Admin().IssueRecovery(t.Context(), forAlice(stepUp(t, r, bob(), recoverAlice)))
	if err != nil {
		t.Fatalf("IssueRecovery: %v", err)
	}
	return got.Once.(backup.Shown).Codes[0]
}

// redeem signs alice in with a code.
func redeem(t testing.TB, r *registry.Registry, code string) (registry.Login, error) {
	t.Helper()
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: backup.KindIssued})
	if err != nil {
		return registry.Login{}, err
	}
	return answer(t, r, alice(), l, ch, typed(code))
}

// From the lost telephone to the new one: MFA was never off.
//
// nist: N06
func TestAnAdministratorIssuesAWayBackAndSwitchesNothingOff(t *testing.T) {
	t.Parallel()
	w := onServers(t, newSecret("pin"), newCounter(), backup.Issued{})
	r, lost := helpDesk(w, t)
	before := enrolProof(t, r)
	code := issue(t, r)
	if l := start(t, r, alice()); l.Satisfied {
		t.Error("issuing a code switched MFA off")
	}
	in, err := redeem(t, r, code)
	if err != nil || !in.Satisfied || in.AAL != 1 {
		t.Fatalf("the code: %+v, %v (%s)", in, err, w.lastEvent().Reason)
	}
	if err := r.Check(t.Context(), in.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a recovery code is a fresh proof: %v", err)
	}
	if _, err := redeem(t, r, code); !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("the code again: %v, want that it is gone", err)
	}
	fresh := enrol(t, r, alice(), registry.Enrol{Pending: in.Pending, Kind: "app"})
	if err := r.Check(t.Context(), before, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a proof from before the recovery is good: %v", err)
	}
	if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: fresh.Proof, Factor: lost}); err != nil {
		t.Errorf("the lost factor does not go: %v", err)
	}
	list, err := r.Factors(t.Context(), alice())
	if err != nil || len(list) != 1 || list[0].Kind != "app" {
		t.Errorf("alice has %+v, %v", list, err)
	}
}

// enrolProof is a proof of alice's from before.
func enrolProof(t testing.TB, r *registry.Registry) string { return signIn(t, r, alice()).Proof }

// nist: N06
func TestAnIssuedCodeLivesForADayOrLess(t *testing.T) {
	t.Parallel()
	for goodFor, want := range map[time.Duration]time.Duration{0: 24 * time.Hour, 10 * time.Minute: 10 * time.Minute, 24 * time.Hour: 24 * time.Hour} {
		w := newWorld(t, newSecret("pin"), backup.Issued{})
		r, _ := helpDesk(w, t)
		ask := forAlice(stepUp(t, r, bob(), recoverAlice))
		ask.GoodFor = goodFor
		got, err := r.Admin().IssueRecovery(t.Context(), ask)
		if err != nil || !got.Expires.Equal(w.clock.Now().Add(want)) {
			t.Fatalf("GoodFor %v: until %v, %v", goodFor, got.Expires, err)
		}
		w.clock.Add(want)
		if _, err := redeem(t, r, got.Once.(backup.Shown).Codes[0]); !errors.Is(err, registry.ErrNoFactor) {
			t.Errorf("GoodFor %v: the code when it has expired: %v", goodFor, err)
		}
		for _, c := range start(t, r, alice()).Choices {
			if c.Kind == backup.KindIssued {
				t.Error("a code that has expired is offered")
			}
		}
	}
	w := newWorld(t, newSecret("pin"), backup.Issued{})
	r, _ := helpDesk(w, t)
	for _, goodFor := range []time.Duration{-1, time.Nanosecond, 10*time.Minute - time.Millisecond, 24*time.Hour + time.Millisecond} {
		ask := forAlice(stepUp(t, r, bob(), recoverAlice))
		ask.GoodFor = goodFor
		if _, err := r.Admin().IssueRecovery(t.Context(), ask); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("GoodFor %v: %v", goodFor, err)
		}
	}
}

func TestANewCodeEndsTheOldOneAndLeavesBackupCodesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newRecovery(), backup.Issued{})
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	enrolled(t, r, bob(), "pin")
	first, second := issue(t, r), issue(t, r)
	got, err := redeem(t, r, first)
	refused(t, registry.ErrRejected, got, err)
	if got, err = redeem(t, r, second); err != nil || !got.Satisfied {
		t.Errorf("the newer code: %v", err)
	}
	if b := listed(t, r, "backup"); !b.Usable {
		t.Error("the user's own codes are gone")
	}
}

// attack
func TestAnAdministratorMustProveAFactorForThisOneDeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newRecovery(), backup.Issued{})
	r, _ := helpDesk(w, t)
	fresh := signIn(t, r, bob()).Proof
	stale := stepUp(t, r, bob(), recoverAlice)
	w.clock.Add(5 * time.Minute)
	spent := stepUp(t, r, bob(), recoverAlice)
	if _, err := r.Admin().IssueRecovery(t.Context(), forAlice(spent)); err != nil {
		t.Fatal(err)
	}
	gone := stepUp(t, r, bob(), recoverAlice)
	if err := r.InvalidateUser(t.Context(), "", "bob"); err != nil {
		t.Fatal(err)
	}
	password := start(t, r, registry.Who{User: provider.User{ID: "carol"}, Binding: "carol's session"}).Proof
	for name, proof := range map[string]string{
		"none": "", "junk": "xAAAA", "one for no action": fresh, "one for another action": stepUp(t, r, bob(), "Recovery code for mallory@example.com"), "an old one": stale,
		"one that is spent": spent, "one of an epoch that is over": gone, "the user's own": stepUp(t, r, alice(), recoverAlice), "a password": password,
	} {
		got, err := r.Admin().IssueRecovery(t.Context(), forAlice(proof))
		if !errors.Is(err, registry.ErrStepUpRequired) || got.Once != nil {
			t.Errorf("on the proof %q: %v, want step_up_required", name, err)
		}
	}
	own := registry.Recovery{Deed: registry.Deed{User: "bob", Reason: "lost it"}, By: bob(), Proof: stepUp(t, r, bob(), recoverAlice), Action: recoverAlice}
	if got, err := r.Admin().IssueRecovery(t.Context(), own); !errors.Is(err, registry.ErrPolicyForbids) || got.Once != nil {
		t.Errorf("for themselves: %v", err)
	}
	for name, edit := range map[string]func(*registry.Recovery){
		"no reason":        func(d *registry.Recovery) { d.Reason = "" },
		"a reason of two":  func(d *registry.Recovery) { d.Reason = "a\nb" },
		"another actor":    func(d *registry.Recovery) { d.Actor = "carol" },
		"no administrator": func(d *registry.Recovery) { d.By = registry.Who{} },
		"no action":        func(d *registry.Recovery) { d.Action = "" },
		"nobody":           func(d *registry.Recovery) { d.User = "" },
	} {
		ask := forAlice(stepUp(t, r, bob(), recoverAlice))
		edit(&ask)
		if got, err := r.Admin().IssueRecovery(t.Context(), ask); !errors.Is(err, registry.ErrInvalid) || got.Once != nil {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

// attack: A-81
func TestACodeStandsInForSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), backup.Issued{})
	r := w.registry()
	enrolled(t, r, bob(), "pin")
	_, err := r.Admin().IssueRecovery(t.Context(), forAlice(stepUp(t, r, bob(), recoverAlice)))
	if !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("for nobody: %v", err)
	}
	pending := start(t, r, alice()).Pending
	_, err = r.Admin().IssueRecovery(t.Context(), forAlice(stepUp(t, r, bob(), recoverAlice)))
	if !errors.Is(err, registry.ErrPolicyForbids) {
		t.Errorf("for a user without a factor: %v", err)
	}
	_, err = r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: enrol(t, r, alice(), registry.Enrol{Pending: pending, Kind: "pin"}).Pending, Proof: enrolProof(t, r), Kind: backup.KindIssued})
	if !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("a user makes one for themselves: %v", err)
	}
	without := newWorld(t, newSecret("pin"))
	r = without.registry()
	enrolled(t, r, bob(), "pin")
	if _, err := r.Admin().IssueRecovery(t.Context(), forAlice(stepUp(t, r, bob(), recoverAlice))); !errors.Is(err, registry.ErrUnknownKind) {
		t.Errorf("where nothing issues: %v", err)
	}
}

// attack
func TestIssuingIsAuditedAndTheCodeIsNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), backup.Issued{})
	tap := w.tapped()
	r, _ := helpDesk(w, t)
	tap.during(nil)
	got, err := r.Admin().IssueRecovery(t.Context(), forAlice(stepUp(t, r, bob(), recoverAlice)))
	if err != nil {
		t.Fatal(err)
	}
	e := w.lastEvent()
	if e.Op != "issue_recovery" || e.Result != "ok" || e.Actor != "bob" || e.User != "alice" || e.Note != "lost her phone, ticket 4711" || e.Kind != backup.KindIssued || e.Factor == "" {
		t.Errorf("the event is %+v", e)
	}
	code := got.Once.(backup.Shown).Codes[0]
	var seen strings.Builder
	fmt.Fprintf(&seen, "%v %+v %#v %s", got, got, got, got)
	slog.New(slog.NewJSONHandler(&seen, nil)).Info("issued", "code", got)
	for _, written := range tap.wrote {
		seen.Write(written)
	}
	for _, e := range w.events {
		fmt.Fprintf(&seen, "%+v", e)
	}
	for _, part := range append(strings.Split(code, "-"), strings.ReplaceAll(code, "-", "")) {
		if strings.Contains(seen.String(), part) {
			t.Errorf("%q of the code was printed, told or stored", part)
		}
	}
}

// attack
func TestOneProofIssuesOnceAndOneCodeRecoversOnce(t *testing.T) {
	t.Parallel()
	w := onServers(t, newSecret("pin"), backup.Issued{})
	tap := w.tapped()
	rs := []*registry.Registry{w.registry(patient), w.registry(patient)}
	enrolled(t, rs[0], alice(), "pin")
	enrolled(t, rs[0], bob(), "pin")
	proof := stepUp(t, rs[0], bob(), recoverAlice)
	codes := make(chan string, 6)
	tap.during(meeting("Apply", 6))
	n, failed := crowd(t, 6, func(i int) error {
		got, err := rs[i%2].Admin().IssueRecovery(t.Context(), forAlice(proof))
		if err == nil {
			codes <- got.Once.(backup.Shown).Codes[0]
		}
		return err
	})
	if n != 1 {
		t.Fatalf("one proof issued %d codes; %v", n, failed)
	}
	for _, err := range failed {
		if !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("the others: %v", err)
		}
	}
	code := <-codes
	tap.during(meeting("Apply", 5))
	n, failed = crowd(t, 5, func(i int) error {
		l := start(t, rs[i%2], alice())
		ch, err := rs[i%2].BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: backup.KindIssued})
		if err != nil {
			return err
		}
		_, err = answer(t, rs[i%2], alice(), l, ch, typed(code))
		return err
	})
	if n != 1 {
		t.Errorf("one code signed in %d times; %v", n, failed)
	}
}

// attack: A-63
func TestAnotherUsersCodeIsWorthNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), backup.Issued{})
	r, _ := helpDesk(w, t)
	admin := registry.Who{User: provider.User{ID: "root"}, Binding: "root's session"}
	enrolled(t, r, admin, "pin")
	ask := func(user string) string {
		got, err := r.Admin().IssueRecovery(t.Context(), registry.Recovery{
			Deed: registry.Deed{User: user, Reason: "lost"}, By: admin, Proof: stepUp(t, r, admin, recoverAlice), Action: recoverAlice,
		})
		if err != nil {
			t.Fatal(err)
		}
		return got.Once.(backup.Shown).Codes[0]
	}
	hers, his := ask("alice"), ask("bob")
	got, err := redeem(t, r, his)
	refused(t, registry.ErrRejected, got, err)
	l := start(t, r, bob())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: bob(), Pending: l.Pending, Kind: backup.KindIssued})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = answer(t, r, bob(), l, ch, typed(his)); err != nil || !got.Satisfied {
		t.Errorf("bob's code after alice tried it: %v", err)
	}
	if got, err = redeem(t, r, hers); err != nil || !got.Satisfied {
		t.Errorf("alice's code: %v", err)
	}
}

func TestTwoIssuersAreOneTooMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	cfg := registry.Config{AEAD: w.aead, Challenges: w.challenges, Factors: w.factors, Policy: policy.Optional()}
	if _, err := registry.New(cfg, backup.Issued{}, otherIssuer{}); err == nil {
		t.Error("two kinds are issued, and which one is left to chance")
	}
	if _, err := registry.New(cfg, ordinaryIssuer{}); err == nil {
		t.Error("administrators issue a kind that counts")
	}
}

type otherIssuer struct{ backup.Issued }

func (otherIssuer) Info() provider.Info {
	i := backup.Issued{}.Info()
	i.Kind = "other"
	return i
}

type ordinaryIssuer struct{ backup.Issued }

func (ordinaryIssuer) Info() provider.Info {
	i := backup.Issued{}.Info()
	i.Role = provider.Ordinary
	return i
}
