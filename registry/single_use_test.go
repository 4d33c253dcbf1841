package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/registry"
)

// patient is a configuration under which a crowd of wrong answers locks nobody out.
func patient(c *registry.Config) {
	c.Budgets = map[string]registry.Budget{
		"failures": {Limit: 100, Window: time.Minute, Max: time.Hour},
		"begin":    {Limit: 10_000, Window: time.Minute, Max: time.Hour},
	}
}

// attack
// asvs: V6.5.1
// nist: N14
func TestCodeWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newCounter())
	r := w.registry()
	enrolled(t, r, alice(), "app")

	l, ch := begin(t, r, alice())
	got, err := answer(t, r, alice(), l, ch, later(1500))
	refused(t, registry.ErrRejected, got, err) // A code that is not valid yet. It must not be burnt by having been tried.
	if got, err = answer(t, r, alice(), l, ch, later(5)); err != nil || !got.Satisfied {
		t.Fatalf("a right code: %v", err)
	}
	for _, again := range []int{5, 4, 0, -1} { // the code itself, and codes of earlier steps that were never used
		l, ch = begin(t, r, alice())
		got, used := answer(t, r, alice(), l, ch, later(again))
		refused(t, registry.ErrRejected, got, used)
		l, ch = begin(t, r, alice())
		got, wrong := answer(t, r, alice(), l, ch, no)
		refused(t, registry.ErrRejected, got, wrong)
		if *used.(*registry.Error) != *wrong.(*registry.Error) {
			t.Errorf("a used code is told from a wrong one: %+v, %+v", used, wrong)
		}
		w.clock.Add(25 * time.Hour)
	}
	l, ch = begin(t, r, alice())
	if _, err := answer(t, r, alice(), l, ch, later(1500-1000)); err != nil {
		t.Errorf("a later code: %v", err)
	}
}

// A used code is still used when it is spelled differently, and spelling it differently is not a free guess.
//
// attack
func TestSpellingDoesNotRefreshACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newCounter())
	r := w.registry()
	enrolled(t, r, alice(), "app")
	l, ch := begin(t, r, alice())
	if _, err := answer(t, r, alice(), l, ch, later(1)); err != nil {
		t.Fatal(err)
	}
	spellings := []string{" 314160", "314160 ", "314160\n", "314 160", "314-160", "\u00a0314160", "\u2003314160", "３１４１６０", "314160\x00", "0314160"}
	for i, s := range spellings {
		if i%5 == 0 {
			l, ch = begin(t, r, alice())
		}
		spelled, _ := json.Marshal(map[string]string{"code": s})
		got, err := answer(t, r, alice(), l, ch, spelled)
		refused(t, registry.ErrRejected, got, err)
	}
	l, ch = begin(t, r, alice())
	got, err := answer(t, r, alice(), l, ch, later(2))
	refused(t, registry.ErrLocked, got, err)
}

// attack: A-8
func TestOneUsersCodeDoesNotBurnAnothers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newCounter())
	r := w.registry()
	for _, who := range []registry.Who{alice(), bob()} {
		enrolled(t, r, who, "app")
		l, ch := begin(t, r, who)
		if _, err := answer(t, r, who, l, ch, later(1)); err != nil {
			t.Errorf("%s: %v", who.User.ID, err)
		}
	}
}

// attack
// nist: N02
func TestRecoveryCodeWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newRecovery())
	r := w.registry()
	enrol(t, r, alice(), registry.Enrol{Proof: enrolled(t, r, alice(), "pin").Proof, Kind: "backup"})
	enrol(t, r, bob(), registry.Enrol{Proof: enrolled(t, r, bob(), "pin").Proof, Kind: "backup"})

	got, err := recoverWith(t, r, alice(), recoveryCode(2, 1))
	refused(t, registry.ErrRejected, got, err) // bob's
	for range 2 {
		if _, err = recoverWith(t, r, alice(), recoveryCode(1, 1)); err == nil {
			_, err = recoverWith(t, r, bob(), recoveryCode(2, 1)) // not used up by alice's try
		}
	}
	refused(t, registry.ErrRejected, registry.Login{}, err)
	if _, err := recoverWith(t, r, alice(), recoveryCode(1, 3)); err != nil {
		t.Errorf("another code of the set: %v", err)
	}
}

// recoverWith signs in with a recovery code.
func recoverWith(t testing.TB, r *registry.Registry, who registry.Who, c string) (registry.Login, error) {
	t.Helper()
	l := start(t, r, who)
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: l.Pending, Kind: "backup"})
	if err != nil {
		t.Fatalf("BeginLogin backup: %v", err)
	}
	return answer(t, r, who, l, ch, typed(c))
}

// attack
// nist: N09
func TestFinishedChallengeIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newMailer(), newPasskey())
	r := w.registry()
	l := start(t, r, alice())
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	setup := registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes}
	first, err := r.FinishSetup(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	for _, response := range []json.RawMessage{yes, no} {
		setup.Response = response
		got, err := r.FinishSetup(t.Context(), setup)
		refused(t, registry.ErrChallengeGone, got, err)
	}
	enrol(t, r, alice(), registry.Enrol{Proof: first.Proof, Kind: "mail"})
	w.clock.Add(time.Minute)
	if fs := factors(t, r, alice()); len(fs) != 2 {
		t.Errorf("%d factors after a set-up was finished three times and another once, want 2", len(fs))
	}
	for _, kind := range []string{"pin", "mail"} {
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := answer(t, r, alice(), l, ch, yes); err != nil {
			t.Fatal(err)
		}
		for _, response := range []json.RawMessage{yes, no} {
			got, err := answer(t, r, alice(), l, ch, response)
			refused(t, registry.ErrChallengeGone, got, err)
		}
		if _, err := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); !errors.Is(err, registry.ErrChallengeGone) {
			t.Errorf("Resume of a finished challenge: %v", err)
		}
	}
}

func factors(t testing.TB, r *registry.Registry, who registry.Who) []registry.Attached {
	t.Helper()
	fs, err := r.Factors(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

// A challenge that nobody is named in is kept by the client, so what makes it work once is the factor store alone. However the id is
// spelled, it is the same challenge: base64 decoders skip line breaks.
//
// attack
// asvs: V6.5.1
func TestCarriedChallengeWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newPasskey())
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "key")
	nobody := registry.Who{Binding: "a visitor's session"}

	tap.during(nil)
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	finish := registry.Finish{Who: nobody, Challenge: ch.ID, Response: assert(handleOf("alice", 1), ch.Public)}
	got, err := r.FinishLogin(t.Context(), finish)
	if err != nil || !got.Satisfied || got.User.ID != "alice" {
		t.Fatalf("the first finish: %+v, %v", got, err)
	}
	if n := tap.count("Create", "Get", "Attempt", "Redeem", "Release", "Spend", "Refill"); n != 0 {
		t.Errorf("%d calls of the challenge store for somebody unnamed: %q", n, tap.made())
	}
	for _, id := range []string{ch.ID, ch.ID + "\n", ch.ID[:9] + "\r\n" + ch.ID[9:], "0\n" + ch.ID[1:], ch.ID + "=", ch.ID + " "} {
		finish.Challenge = id
		got, err := r.FinishLogin(t.Context(), finish)
		refused(t, registry.ErrChallengeGone, got, err)
	}
}

// Expiry is in the record: a store that keeps a challenge too long, or a server whose clock is behind, does not make it live longer.
//
// attack
// asvs: V6.4.1, V6.5.5
// nist: N08
func TestExpiryIsInTheRecord(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"pin", "mail", "key", "backup"} {
		w := newWorld(t, newSecret("pin"), newMailer(), newPasskey(), newRecovery())
		w.challenges = immortal{w.challenges, w.clock.Now()}
		r := w.registry()
		proof := enrolled(t, r, alice(), "pin").Proof
		if kind != "pin" {
			enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: kind})
		}
		w.clock.Add(time.Minute)
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		response := map[string]json.RawMessage{"pin": yes, "mail": yes, "backup": typed(recoveryCode(1, 1)), "key": assert(handleOf("alice", 1), ch.Public)}[kind]
		w.clock.Add(5 * time.Minute)
		got, err := answer(t, r, alice(), l, ch, response)
		refused(t, registry.ErrChallengeGone, got, err)
		w.clock.Add(-time.Second)
		if _, err := answer(t, r, alice(), l, ch, response); err != nil {
			t.Errorf("%s: a second before it expires: %v", kind, err)
		}
	}
}

// The same of a set-up and a step-up.
//
// attack: A-19
func TestSetupAndStepUpExpire(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	proof := enrolled(t, r, alice(), "pin").Proof
	w.challenges = immortal{w.challenges, w.clock.Now()}
	r = w.registry()
	setup, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "app"})
	if err != nil {
		t.Fatal(err)
	}
	stepUp, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Add(10 * time.Minute)
	got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: setup.ID, Response: yes})
	refused(t, registry.ErrChallengeGone, got, err)
	got, err = r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: stepUp.ID, Response: yes})
	refused(t, registry.ErrChallengeGone, got, err)
}

// immortal is a challenge store whose clock does not move, so that nothing in it ever expires.
type immortal struct {
	challenge.Store
	now time.Time
}

func (s immortal) Attempt(ctx context.Context, _ time.Time, k challenge.Key, try string) (challenge.Record, error) {
	return s.Store.Attempt(ctx, s.now, k, try)
}

// A carried challenge expires as well, though nothing is stored that could forget it.
//
// attack
func TestCarriedChallengeExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newPasskey())
	r := w.registry()
	enrolled(t, r, alice(), "key")
	nobody := registry.Who{Binding: "a visitor's session"}
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Add(5 * time.Minute)
	got, err := r.FinishLogin(t.Context(), registry.Finish{Who: nobody, Challenge: ch.ID, Response: assert(handleOf("alice", 1), ch.Public)})
	refused(t, registry.ErrChallengeGone, got, err)
}

// attack
func TestUsedUpChallengeIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	l := start(t, r, alice())
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	finish := registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: no}
	for range 5 {
		got, err := r.FinishSetup(t.Context(), finish)
		refused(t, registry.ErrRejected, got, err)
	}
	finish.Response = yes
	got, err := r.FinishSetup(t.Context(), finish)
	refused(t, registry.ErrChallengeGone, got, err)
	if fs := factors(t, r, alice()); len(fs) != 0 {
		t.Errorf("%d factors were attached", len(fs))
	}
}

// Sending again sends the same code for the same life, with the attempts that are left. Beginning again is another challenge; the code of the one is no
// answer to the other.
//
// attack
// asvs: V6.6.2
func TestResendIsTheSameCode(t *testing.T) {
	t.Parallel()
	mail := newMailer()
	w := newWorld(t, mail)
	r := w.registry()
	enrolled(t, r, alice(), "mail")
	w.clock.Add(2 * time.Hour)

	mail.set("111111", false)
	l, ch := begin(t, r, alice())
	got, err := answer(t, r, alice(), l, ch, no)
	refused(t, registry.ErrRejected, got, err)
	mail.set("222222", false)
	w.clock.Add(30 * time.Second)
	again, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID})
	if err != nil {
		t.Fatal(err)
	}
	if again.Expires != ch.Expires || again.AttemptsLeft != 4 {
		t.Errorf("after a resend: expires %v, was %v; %d attempts left, want 4", again.Expires, ch.Expires, again.AttemptsLeft)
	}
	w.clock.Add(time.Minute)
	l2, ch2 := begin(t, r, alice())
	if sent := mail.outbox(); !slices.Equal(sent[1:], []string{"111111", "111111", "222222"}) {
		t.Fatalf("sent %q", sent)
	}
	got, err = answer(t, r, alice(), l2, ch2, typed("111111"))
	refused(t, registry.ErrRejected, got, err)
	if _, err := answer(t, r, alice(), l2, ch2, typed("222222")); err != nil {
		t.Error(fmt.Errorf("the code of its own challenge: %w", err))
	}
}
