package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// postbox is a kind that carries notices to its factor, and what it carried. fail decides what becomes of a notice.
type postbox struct {
	*secret
	mu   sync.Mutex
	came []string // "address: op kind label"
	fail func(to string, n provider.Notice) error
}

func newPostbox(kind string) *postbox {
	p := &postbox{secret: newSecret(kind)}
	n := 0
	p.onSetup = func(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
		if !right(ans) {
			return provider.Enrollment{}, provider.ErrRejected
		}
		n++
		return provider.Enrollment{Data: fmt.Appendf(nil, "\x01%s%d", kind, n), Label: kind, Hint: "hint"}, nil
	}
	return p
}

func (p *postbox) Notify(_ context.Context, f provider.Factor, n provider.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(string(f.Data[1:]), n); err != nil {
			return err
		}
	}
	p.came = append(p.came, fmt.Sprintf("%s: %s %s %s", f.Data[1:], n.Op, n.Kind, n.Label))
	return nil
}

// read returns what has come since it was called last.
func (p *postbox) read(t testing.TB, r *registry.Registry) []string {
	t.Helper()
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	came := p.came
	p.came = nil
	slices.Sort(came)
	return came
}

// want reads the notices, and says what is wrong with them.
func (p *postbox) want(t testing.TB, r *registry.Registry, what string, want ...string) {
	t.Helper()
	if got := p.read(t, r); !slices.Equal(got, want) {
		t.Errorf("%s: the user is told\n%q, want\n%q", what, got, want)
	}
}

func notified(t testing.TB) (*world, *postbox) {
	t.Helper()
	p := newPostbox("mail")
	return newWorld(t, newSecret("pin"), newCounter(), newRecovery(), newPasskey(), browser{}, p), p
}

// Every change of an account is told to each address that was there before it, once, whatever met the change on its way.
//
// attack: A-97
// asvs: V6.3.7
// nist: N14
func TestEveryChangeIsToldToTheUser(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	tap := w.tapped()
	w.factors = boxed{w.factors, w.factors.(tappedFactors).Store.(factor.Outbox)}
	r := w.registry()
	in := enrolled(t, r, alice(), "mail")
	w.clock.Add(time.Second) // so that it stays the first that a login offers
	post.want(t, r, "a first address", []string(nil)...)
	applies := 0
	tap.during(func(c call) error { // Every change meets a conflict first, and is made again.
		if c.name == "Apply" {
			if applies++; applies%2 == 1 {
				return factor.ErrConflict
			}
		}
		return c.do()
	})
	app := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app", Label: "Phone"})
	post.want(t, r, "added", "mail1: factor_added app Phone")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	post.want(t, r, "recovery codes made", "mail1: factor_added backup Backup codes")
	enrol(t, r, alice(), registry.Enrol{Proof: app.Proof, Kind: "backup"})
	post.want(t, r, "recovery codes renewed", "mail1: factor_replaced backup Backup codes")
	enrol(t, r, alice(), registry.Enrol{Proof: app.Proof, Kind: "device", Label: "Browser"})
	post.want(t, r, "browser trusted", "mail1: browser_trusted device Browser")
	second := enrol(t, r, alice(), registry.Enrol{Proof: app.Proof, Kind: "mail", Label: "Work"})
	post.want(t, r, "a second address", "mail1: factor_added mail Work")
	enrol(t, r, alice(), registry.Enrol{Proof: app.Proof, Kind: "app", Replaces: app.Factor})
	post.want(t, r, "replaced", "mail1: factor_replaced app Phone", "mail2: factor_replaced app Phone")
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: second.Factor})
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := answer(t, r, alice(), l, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: fresh.Proof, Factor: second.Factor, Label: "Office"}); err != nil {
		t.Fatal(err)
	}
	post.want(t, r, "what changes nothing that protects", []string(nil)...)
	for n := 1; n <= 3; n++ {
		if _, err := recoverWith(t, r, alice(), recoveryCode(2, n)); err != nil {
			t.Fatal(err)
		}
		op := provider.NoticeRecoveryUsed
		if n == 3 {
			op = provider.NoticeRecoveryLastUsed
		}
		post.want(t, r, "recovery code used", "mail1: "+op+" backup Backup codes", "mail2: "+op+" backup Backup codes")
	}
	admin := registry.Deed{User: "alice", Actor: "root", Reason: "x", Factor: second.Factor}
	if err := r.Admin().Disable(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	post.want(t, r, "disabled", "mail1: factor_disabled mail Office", "mail2: factor_disabled mail Office")
	if err := r.Admin().Reset(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	post.want(t, r, "reset", "mail1: reset  ")
}

// boxed is a tapped store with the outbox of the one below.
type boxed struct {
	factor.Store
	factor.Outbox
}

// An address that is removed is told of it: it is the owner's, and an attacker's first step is to remove it.
//
// attack: A-97
func TestARemovedAddressIsTold(t *testing.T) {
	t.Parallel()
	for _, outbox := range []bool{true, false} {
		w, post := notified(t)
		if !outbox {
			w.tapped() // a tap has none
		}
		var told []registry.Notice
		var mu sync.Mutex
		r := w.registry(func(c *registry.Config) {
			c.Notify = func(_ context.Context, n registry.Notice) error {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, n)
				return nil
			}
		})
		who := alice()
		who.Client = registry.Client{Address: "192.0.2.7", Agent: "Firefox on Windows"}
		in := enrolled(t, r, who, "mail")
		post.read(t, r)
		told = nil
		if _, err := r.Remove(t.Context(), registry.Manage{Who: who, Proof: in.Proof, Factor: in.Factor}); err != nil {
			t.Fatal(err)
		}
		post.want(t, r, "the only address is removed", "mail1: factor_removed mail mail")
		want := provider.Notice{
			Op: provider.NoticeRemoved, Kind: "mail", Label: "mail", Hint: "hint", At: w.clock.Now(), Sent: w.clock.Now(), Address: "192.0.2.7", Agent: "Firefox on Windows",
		}
		mu.Lock()
		defer mu.Unlock()
		if len(told) != 1 || told[0].Notice != want || told[0].User != "alice" || told[0].ID == "" {
			t.Errorf("outbox %v: the application is told %+v, want %+v", outbox, told, want)
		}
	}
}

// A recipient who cannot be reached does not make the others be told again, and is tried again until it works; a call never fails for it.
func TestOneRecipientsFailureIsNobodyElses(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "mail")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "mail", Label: "Work"})
	post.read(t, r)
	down := true
	post.fail = func(to string, n provider.Notice) error {
		if !n.Sent.Equal(w.clock.Now()) {
			t.Errorf("%v after what it tells of, a notice says that it is sent %v after", w.clock.Now().Sub(n.At), n.Sent.Sub(n.At))
		}
		switch {
		case down && to == "mail1":
			panic("no such address: alice@example.com")
		case down && to == "mail2":
			return nil
		}
		return nil
	}
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
	post.want(t, r, "one is down", "mail2: factor_added pin pin")
	w.clock.Add(29 * time.Second)
	post.want(t, r, "too early to try again", []string(nil)...)
	w.clock.Add(time.Second)
	post.want(t, r, "tried again, in vain", []string(nil)...)
	w.clock.Add(time.Hour)
	down = false
	post.want(t, r, "tried again", "mail1: factor_added pin pin")
	w.clock.Add(8 * 24 * time.Hour)
	post.want(t, r, "later", []string(nil)...)
	w.mu.Lock()
	defer w.mu.Unlock()
	delayed := 0
	for _, e := range w.events {
		if e.Op == "notice" && e.Result == "notice_delayed" && e.Notice == provider.NoticeAdded && e.Kind == "mail" {
			delayed++
		}
		if strings.Contains(fmt.Sprint(e), "example.com") {
			t.Errorf("an event quotes the address: %+v", e)
		}
	}
	if delayed < 2 {
		t.Errorf("%d delays were told, want each", delayed)
	}
}

// What a process has written and not delivered when it ends is delivered by another.
func TestNoticesOutliveTheirProcess(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "mail")
	dead := true
	post.fail = func(string, provider.Notice) error {
		if dead {
			return errors.New("the process ends here")
		}
		return nil
	}
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
	post.want(t, r, "the process that ended", []string(nil)...)
	dead = false
	w.clock.Add(2 * time.Minute)
	other := w.registry()
	post.want(t, other, "the next", "mail1: factor_added pin pin")
}

// A tenant with senders of its own has a queue of its own: what it left behind does not go out in another tenant's name.
func TestNoticesOfOneTenantAreNotSentByAnother(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	queue := func(name string) func(*registry.Config) {
		return func(c *registry.Config) { c.NoticeQueue = name }
	}
	r, other := w.registry(queue("notices-acme")), w.registry(queue("notices-beta"))
	in := enrolled(t, r, alice(), "mail")
	down := true
	post.fail = func(string, provider.Notice) error {
		if down {
			return errors.New("the process ends here")
		}
		return nil
	}
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
	post.want(t, r, "while it cannot be sent", []string(nil)...)
	down = false
	w.clock.Add(2 * time.Minute)
	post.want(t, other, "by another tenant's registry", []string(nil)...)
	post.want(t, r, "by its own", "mail1: factor_added pin pin")
	if _, err := registry.New(registry.Config{
		AEAD: w.aead, Challenges: w.challenges, Factors: w.factors, Policy: policy.Optional(), Queues: []string{"events", "mine"}, NoticeQueue: "mine",
	}, newSecret("pin")); err == nil {
		t.Error("a queue of events that is also the queue of notices was accepted")
	}
}

// A lock is told once, to its user, by the attempt that shut the budget; hammering on it tells nothing more.
//
// attack
// asvs: V6.3.5
func TestALockIsToldOnce(t *testing.T) {
	t.Parallel()
	for _, mallory := range []bool{false, true} { // whether the last attempt is made from somebody else's session
		w, post := notified(t)
		r := w.registry()
		in := enrolled(t, r, alice(), "mail")
		enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
		post.read(t, r)
		for round := 1; round <= 2; round++ {
			attempts := 0
			for range 6 {
				l := start(t, r, alice())
				ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
				if err != nil {
					t.Fatal(err)
				}
				for range 5 {
					who := alice()
					if attempts++; attempts == 10 && mallory {
						who = bob()
					}
					_, _ = answer(t, r, who, l, ch, no)
				}
			}
			post.want(t, r, "locked, and hammered on", "mail1: locked pin pin")
			var signals []registry.Event
			w.mu.Lock()
			for _, e := range w.events {
				if e.Signal == registry.SignalGuessing {
					signals = append(signals, e)
				}
			}
			w.mu.Unlock()
			if len(signals) != round || signals[round-1].User != "alice" || signals[round-1].Result != string(registry.ErrLocked) {
				t.Errorf("%d signals, the last %+v; want one for each lock", len(signals), signals)
			}
			w.clock.Add(15 * time.Minute)
			if mallory {
				break
			}
		}
	}
}

// A charge that comes back has shut nothing, so nobody is told.
func TestARightAnswerIsNoLock(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "mail")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
	post.read(t, r)
	for range 3 {
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_, _ = answer(t, r, alice(), l, ch, no)
		}
	}
	got := signInWith(t, r, "pin")
	if !got.Satisfied {
		t.Fatal("the tenth answer was right")
	}
	post.want(t, r, "right at the last attempt", "mail1: login_after_failures pin pin")
	if e := w.lastEvent(); e.Signal != registry.SignalAfterFailures || e.Result != "ok" {
		t.Errorf("the event is %+v, want a sign of success after failures", e)
	}
	signInWith(t, r, "pin")
	post.want(t, r, "an ordinary login", []string(nil)...)
}

func signInWith(t testing.TB, r *registry.Registry, kind string) registry.Login {
	t.Helper()
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t, r, alice(), l, ch, yes)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Somebody who may change an account cannot have it send messages without end, and the first of them have told its owner.
//
// attack: A-130
func TestNoticesHaveABudget(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	r := w.registry(func(c *registry.Config) {
		c.Budgets = map[string]registry.Budget{"notice": {Limit: 3, Window: time.Hour, Max: time.Hour}}
	})
	in := enrolled(t, r, alice(), "mail")
	for range 5 {
		enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
	}
	if got := post.read(t, r); len(got) != 3 {
		t.Errorf("%d notices, want 3: %q", len(got), got)
	}
	w.clock.Add(2 * time.Hour)
	post.want(t, r, "what was refused is not kept", []string(nil)...)
}

// A notice waits sealed: neither the address nor what happened is in the outbox in the clear.
func TestNoticesWaitSealed(t *testing.T) {
	t.Parallel()
	w, post := notified(t)
	post.fail = func(string, provider.Notice) error { return errors.New("down") }
	r := w.registry()
	in := enrolled(t, r, alice(), "mail")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin", Label: "Secret name"})
	_ = r.Flush(t.Context())
	rows, err := w.factors.(factor.Outbox).Next(t.Context(), w.clock.Now().Add(24*time.Hour), factor.Lease{Queue: "notices", For: time.Minute, N: 10})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v; want 1", len(rows), err)
	}
	for _, s := range []string{"mail1", "Secret name", "alice", "factor_added"} {
		if strings.Contains(string(rows[0].Body), s) {
			t.Errorf("the row has %q in the clear", s)
		}
	}
}
