package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// mailed is a world in which alice gets codes by mail, and the budgets are full.
func mailed(t testing.TB, edit ...func(*registry.Config)) (*world, *tap, *mailer, *registry.Registry) {
	mail := newMailer()
	w := newWorld(t, mail, newSecret("pin"))
	tap := w.tapped()
	r := w.registry(edit...)
	enrolled(t, r, alice(), "mail")
	w.clock.Add(3 * time.Hour)
	tap.during(nil)
	return w, tap, mail, r
}

// attack
// asvs: V6.6.4
func TestResendsWaitLongerEachTime(t *testing.T) {
	t.Parallel()
	w, _, mail, r := mailed(t, func(c *registry.Config) { c.ChallengeTTL = 10 * time.Minute })
	l, ch := begin(t, r, alice())
	if want := w.clock.Now().Add(30 * time.Second); !ch.ResendAt.Equal(want) {
		t.Errorf("first resend at %v, want %v", ch.ResendAt, want)
	}
	for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute} {
		w.clock.Add(wait - time.Second)
		_, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID})
		if e := (*registry.Error)(nil); !errors.As(err, &e) || e.Code != registry.ErrResendWait || e.RetryAfter != time.Second {
			t.Fatalf("a second early: %v", err)
		}
		if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"}); !errors.Is(err, registry.ErrResendWait) {
			t.Fatalf("beginning again instead: %v", err)
		}
		w.clock.Add(time.Second)
		if _, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); err != nil && wait < 4*time.Minute {
			t.Fatalf("after %v: %v", wait, err)
		}
	}
	if n := len(mail.outbox()); n > 6 {
		t.Errorf("%d messages", n)
	}
}

// A user whose own budget is spent draws nothing from what belongs to all.
//
// attack: A-130
// asvs: V2.4.1
func TestShutUserLeavesSharedBudgetsAlone(t *testing.T) {
	t.Parallel()
	w, tap, mail, r := mailed(t, func(c *registry.Config) {
		c.Budgets = map[string]registry.Budget{"send": {Limit: 2, Window: time.Hour, Max: 24 * time.Hour}, "wait": {Limit: 100, Window: time.Second, Max: time.Hour}}
	})
	w.clock.Add(24 * time.Hour)
	for i := range 20 {
		l := start(t, r, alice())
		_, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"})
		if (err == nil) != (i < 2) || err != nil && !errors.Is(err, registry.ErrResendWait) {
			t.Errorf("message %d: %v", i, err)
		}
	}
	if n := tap.count("Spend"); n != 4 || len(mail.outbox()) != 3 {
		t.Errorf("%d takes from shared budgets and %d messages, want 4 and 3", n, len(mail.outbox()))
	}
}

// An address has a budget of its own, whoever asks, and it is known by a digest only.
//
// attack
func TestAddressHasABudget(t *testing.T) {
	t.Parallel()
	mail := newMailer()
	w := newWorld(t, mail)
	tap := w.tapped()
	r := w.registry()
	sent, refusals := 0, 0
	for i := range 9 {
		who := registry.Who{User: provider.User{ID: string(rune('a' + i))}, Binding: "s"}
		l := start(t, r, who)
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: l.Pending, Kind: "mail"})
		switch {
		case err == nil:
			sent++
		case errors.Is(err, registry.ErrResendWait) && ch.ID != "":
			refusals++
		default:
			t.Error(err)
		}
	}
	if sent != 5 || refusals != 4 || len(mail.outbox()) != 5 {
		t.Errorf("%d messages to one address and %d refusals, want 5 and 4", sent, refusals)
	}
	for _, b := range tap.wrote {
		if slices.Contains([]string{"alice@example.com", "+44"}, string(b)) {
			t.Errorf("a store was given %q", b)
		}
	}
}

// A message that fails keeps what it took and changes nothing else: the challenge is live, and what was sent before works.
//
// attack: A-137
func TestFailedSend(t *testing.T) {
	t.Parallel()
	w, _, mail, r := mailed(t)
	mail.set("", true)
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"})
	if !errors.Is(err, registry.ErrSendFailed) || ch.ID == "" || ch.ResendAt.IsZero() {
		t.Fatalf("a message that fails: %+v, %v", ch, err)
	}
	if _, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); !errors.Is(err, registry.ErrResendWait) {
		t.Errorf("at once again: %v", err)
	}
	mail.set("", false)
	w.clock.Add(30 * time.Second)
	if _, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); err != nil {
		t.Fatal(err)
	}
	mail.set("", true)
	w.clock.Add(time.Minute)
	if _, err := r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); !errors.Is(err, registry.ErrSendFailed) {
		t.Errorf("a resend that fails: %v", err)
	}
	if _, err := answer(t, r, alice(), l, ch, yes); err != nil {
		t.Errorf("the code that was sent before: %v", err)
	}
}

// A budget that the deployment does not know denies the delivery; nothing is unlimited because somebody forgot to limit it.
//
// attack
func TestUnknownBudgetDenies(t *testing.T) {
	t.Parallel()
	_, _, mail, r := mailed(t)
	before := len(mail.outbox())
	mail.uses = []provider.Use{{Budget: "planet", Of: "earth"}}
	l := start(t, r, alice())
	if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"}); !errors.Is(err, registry.ErrInternal) {
		t.Errorf("a delivery from an unknown budget: %v", err)
	}
	if len(mail.outbox()) != before {
		t.Error("and it was sent")
	}
}

// Nothing is sent by looking: not by Look, not by Resume, not by a login that is begun while its budget is shut.
//
// attack: A-165
func TestLookingSendsNothing(t *testing.T) {
	t.Parallel()
	_, tap, mail, r := mailed(t)
	l, ch := begin(t, r, alice())
	before := len(mail.outbox())
	tap.during(nil)
	for range 3 {
		if _, err := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID}); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l.Pending}); err != nil || got.Satisfied || got.Proof != "" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if len(mail.outbox()) != before || tap.count("Load", "Get") != len(tap.made()) {
		t.Errorf("%d messages more; calls %q", len(mail.outbox())-before, tap.made())
	}
}

// The names of budgets fit what a store keeps, for kinds of every length.
func TestBudgetNamesFit(t *testing.T) {
	t.Parallel()
	mail := newMailer()
	mail.kind = "a-kind-with-a-name-of-32-letters"
	w := newWorld(t, mail)
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), mail.kind)
	for _, name := range tap.takes {
		if name == "" || len(name) > 64 {
			t.Errorf("a store was asked for budget %q of %d bytes; it keeps names of at most 64", name, len(name))
		}
	}
}

// A sender that says that there is no such address is believed where the user has just named it, and can name another. In a login it is one failure like
// all others: whether an account's address works is nobody's business.
//
// attack
func TestBadAddressIsToldInASetupOnly(t *testing.T) {
	t.Parallel()
	w, _, mail, r := mailed(t)
	const text = "There is no such address. Use another one."
	bad := fmt.Errorf("gateway: %w", &provider.SendError{Note: "smtp 550 5.1.1", Err: provider.Invalid(text)})
	for name, c := range map[string]struct {
		fault         error
		code          registry.Code
		text, reason  string
		withChallenge bool
	}{
		"bad address":         {bad, registry.ErrInvalid, text, "the provider could not send: smtp 550 5.1.1", false},
		"without a note":      {provider.Invalid(text), registry.ErrInvalid, text, "the provider could not send", false},
		"temporary":           {&provider.SendError{Note: "smtp 451", Err: errors.New("later, alice@example.com")}, registry.ErrSendFailed, "", "the provider could not send: smtp 451", true},
		"a note of lines":     {&provider.SendError{Note: "smtp\nop=login", Err: errors.New("x")}, registry.ErrSendFailed, "", "the provider could not send", true},
		"invalid and no text": {provider.ErrInvalid, registry.ErrSendFailed, "", "the provider could not send", true},
	} {
		check := func(door string, ch registry.Challenge, err error, code registry.Code, text string, live bool) {
			t.Helper()
			e := public(t, err)
			if e.Code != code || e.Text != text || (ch.ID != "") != live {
				t.Errorf("%s at %s: code %s, text %q, challenge %q; want %s, %q, %v", name, door, e.Code, e.Text, ch.ID, code, text, live)
			}
			if got := w.lastEvent(); got.Reason != c.reason || got.Result != string(code) {
				t.Errorf("%s at %s: the event says %s, %q; want %q", name, door, got.Result, got.Reason, c.reason)
			}
		}
		mail.fault = c.fault
		pause := func() { w.clock.Add(2 * time.Minute) }

		w.clock.Add(48 * time.Hour)
		proof := signIn(t, r, alice()).Proof
		pause()
		mail.set("", true)
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "mail"})
		check("BeginSetup", ch, err, c.code, c.text, c.withChallenge)
		pause()
		mail.set("", false)
		ch, err = r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "mail"})
		if err != nil {
			t.Fatal(err)
		}
		pause()
		mail.set("", true)
		ch, err = r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID})
		check("Resend of a set-up", ch, err, c.code, c.text, c.withChallenge)

		w.clock.Add(48 * time.Hour)
		l := start(t, r, alice())
		ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"})
		check("BeginLogin", ch, err, registry.ErrSendFailed, "", true)
		pause()
		ch, err = r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "mail"})
		check("BeginStepUp", ch, err, registry.ErrSendFailed, "", true)
		pause()
		ch, err = r.Resend(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID})
		check("Resend of a step-up", ch, err, registry.ErrSendFailed, "", true)
		mail.set("", false)
	}
}
