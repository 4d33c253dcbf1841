package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// guess begins a ceremony of alice at one of the doors, and gives a wrong answer.
func guess(t testing.TB, r *registry.Registry, door, kind, proof string) error {
	t.Helper()
	switch door {
	case "login":
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
		if err == nil {
			_, err = answer(t, r, alice(), l, ch, no)
		}
		return err
	case "step-up":
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: kind})
		if err == nil {
			_, err = r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: no})
		}
		return err
	case "set-up":
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: kind})
		if err == nil {
			_, err = r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: no})
		}
		return err
	}
	panic("no such door")
}

// One budget spans all factors, doors, challenges, sessions and replicas; a user whose budget is spent is locked at each of them.
//
// attack
// asvs: V6.3.1, V6.6.3
// nist: N04, N10
func TestOneBudgetForAllDoors(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	rs := []*registry.Registry{w.registry(), w.registry()}
	proof := enrolled(t, rs[0], alice(), "pin").Proof
	enrol(t, rs[0], alice(), registry.Enrol{Proof: proof, Kind: "app"})
	enrol(t, rs[0], alice(), registry.Enrol{Proof: proof, Kind: "backup"})
	proof = enrol(t, rs[0], alice(), registry.Enrol{Proof: proof, Kind: "key"}).Proof
	doors := []struct{ door, kind string }{
		{"login", "pin"},
		{"step-up", "app"},
		{"login", "backup"},
		{"set-up", "pin"},
		{"step-up", "pin"},
		{"login", "app"},
		{"set-up", "app"},
		{"login", "backup"},
		{"set-up", "backup"},
		{"login", "pin"},
	}
	for i, d := range doors {
		if err := guess(t, rs[i%2], d.door, d.kind, proof); !errors.Is(err, registry.ErrRejected) {
			t.Fatalf("guess %d, %s of %s: %v", i, d.door, d.kind, err)
		}
	}
	for i, d := range doors {
		err := guess(t, rs[i%2], d.door, d.kind, proof)
		if e := (*registry.Error)(nil); !errors.As(err, &e) || e.Code != registry.ErrLocked || e.RetryAfter != 15*time.Minute {
			t.Errorf("%s of %s by a locked user: %v, want locked for 15 minutes", d.door, d.kind, err)
		}
	}
	// The lock is the user's, not the tenant's, and a passkey opens it.
	// attack: A-48
	enrolled(t, rs[1], bob(), "pin")
	signIn(t, rs[1], bob())
	l := start(t, rs[0], alice())
	ch, err := rs[0].BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer(t, rs[0], alice(), l, ch, assert(handleOf("alice", 1), ch.Public)); err != nil {
		t.Fatalf("a passkey of a locked user: %v", err)
	}
	if err := guess(t, rs[0], "login", "pin", ""); !errors.Is(err, registry.ErrRejected) {
		t.Errorf("after a whole login: %v", err)
	}
}

// The same user id in another tenant is another user.
//
// attack
func TestTenantsDoNotShareBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	other := alice()
	other.User.Tenant = "acme"
	enrolled(t, r, other, "pin")
	for range 11 {
		_ = guess(t, r, "login", "pin", "")
	}
	if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrLocked) {
		t.Fatalf("alice: %v", err)
	}
	signIn(t, r, other)
}

// Neither the first factor, nor half a login, nor a step-up, nor a set-up, nor a recovery code, nor a trusted browser gives the user new guesses.
//
// attack
// nist: N21
func TestOnlyAWholeLoginRefills(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"first factor", "step-up", "set-up", "recovery", "device", "half", "reload", "rename"} {
		w := everyKind(t)
		r := w.registry(func(c *registry.Config) {
			if by == "half" {
				c.Policy = policy.AtLeast(2)
			}
		})
		in := enrolled(t, r, alice(), "pin")
		second := enrol(t, r, alice(), registry.Enrol{Pending: in.Pending, Proof: in.Proof, Kind: "app"})
		proof := second.Proof
		enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "backup"})
		device := enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "device"})
		for range 9 {
			if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrRejected) {
				t.Fatalf("%s: %v", by, err)
			}
		}
		succeed(t, r, by, proof, in.Factor, device)
		if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrRejected) {
			t.Fatalf("%s: the tenth guess: %v", by, err)
		}
		if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrLocked) {
			t.Errorf("%s gave the user new guesses: %v", by, err)
		}
	}
}

func succeed(t testing.TB, r *registry.Registry, by, proof, pin string, device registry.Login) {
	t.Helper()
	var got registry.Login
	var err error
	switch by {
	case "first factor":
		got = start(t, r, alice())
	case "step-up":
		var ch registry.Challenge
		if ch, err = r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "app"}); err == nil {
			_, err = r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: later(1)})
		}
	case "set-up":
		enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "key"})
	case "recovery":
		got, err = recoverWith(t, r, alice(), recoveryCode(1, 1))
	case "device":
		got, err = r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: device.Once.(string)})
	case "half":
		half(t, r)
	case "reload":
		l, ch := begin(t, r, alice())
		_, err = r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l.Pending})
		_, err2 := r.Resume(t.Context(), registry.Again{Who: alice(), Challenge: ch.ID})
		err = errors.Join(err, err2)
	case "rename":
		got, err = r.Rename(t.Context(), registry.Manage{Who: alice(), Proof: proof, Factor: pin, Label: "renamed"})
	}
	if err != nil || (by == "device" || by == "recovery") && !got.Satisfied {
		t.Fatalf("%s: %v", by, err)
	}
}

// A lock ends by itself, and doubles when it returns; waiting does not make it forget.
//
// attack
// nist: N20
func TestLocksDouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	for _, want := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		for range 10 {
			if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrRejected) {
				t.Fatal(err)
			}
		}
		err := guess(t, r, "login", "pin", "")
		e := (*registry.Error)(nil)
		if !errors.As(err, &e) || e.RetryAfter != want {
			t.Fatalf("locked for %v, want %v: %v", e.RetryAfter, want, err)
		}
		w.clock.Add(e.RetryAfter)
	}
	if err := r.Admin().Unlock(t.Context(), registry.Deed{User: "alice", Actor: "root", Reason: "called the help desk"}); err != nil {
		t.Fatal(err)
	}
	if e := w.lastEvent(); e.Op != "unlock" || e.Actor != "root" || e.Note == "" {
		t.Errorf("an unlock is told as %+v", e)
	}
	signIn(t, r, alice())
}

// attack: A-49
// nist: N18
func TestHundredFailuresDisable(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	w.factors = worn{w.factors}
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	err := guess(t, r, "login", "pin", "") // the hundredth
	if !errors.Is(err, registry.ErrRejected) || w.lastEvent().Reason != "wrong answer; the factor is disabled" {
		t.Errorf("%v, told as %+v", err, w.lastEvent())
	}
	l := start(t, r, alice())
	if slices.ContainsFunc(l.Choices, func(c registry.Choice) bool { return c.Factor == in.Factor }) || len(l.Choices) != 1 {
		t.Errorf("choices: %+v", l.Choices)
	}
	if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: in.Factor}); !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("a login with a factor that is worn out: %v", err)
	}
	for _, f := range factors(t, r, alice()) {
		if f.Usable == (f.ID == in.Factor) {
			t.Errorf("%s: usable %v", f.Kind, f.Usable)
		}
	}
}

// Only a login that used the factor clears its failures in a row: a step-up does not, nor does another factor.
//
// attack: A-49
// nist: N21
func TestOnlyALoginClearsAFactorsFailures(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "app"})
	failures := func(when string, want int) {
		t.Helper()
		snap, err := w.factors.Load(t.Context(), "", "alice")
		f, ok := snap.Factor(in.Factor)
		if err != nil || !ok || f.Failures != want {
			t.Errorf("%s: %d failures, want %d; %v", when, f.Failures, want, err)
		}
	}
	_ = guess(t, r, "login", "pin", "")
	_ = guess(t, r, "step-up", "pin", "")
	failures("two wrong answers", 2)
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes}); err != nil {
		t.Fatal(err)
	}
	failures("a step-up", 2)
	signInBy := func(kind string, response json.RawMessage) {
		t.Helper()
		l := start(t, r, alice())
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := answer(t, r, alice(), l, ch, response); err != nil {
			t.Fatal(err)
		}
	}
	signInBy("app", later(1))
	failures("a login with another factor", 2)
	signInBy("pin", yes)
	failures("a login with it", 0)
}

// worn is a factor store in which one failure is a hundred.
type worn struct{ factor.Store }

func (s worn) Fail(ctx context.Context, tenant, user, id string, at time.Time) (n int, err error) {
	for range 100 {
		n, err = s.Store.Fail(ctx, tenant, user, id, at)
	}
	return n, err
}

// Other users' failures, however many, leave a user's count alone.
//
// attack
func TestOtherUsersDoNotEvictACount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	for range 9 {
		_ = guess(t, r, "login", "pin", "")
	}
	told := 0
	for i := range 500 {
		who := registry.Who{User: provider.User{ID: fmt.Sprint("user", i)}, Binding: "s"}
		enrolled(t, r, who, "pin")
		l, ch := begin(t, r, who)
		_, _ = answer(t, r, who, l, ch, no)
		if e := w.lastEvent(); e.Op == "finish_login" && e.Result == "rejected" && e.User == who.User.ID {
			told++
		}
	}
	if told != 500 {
		t.Errorf("%d of 500 single wrong guesses were told: one code over many accounts must be seen", told)
	}
	_ = guess(t, r, "login", "pin", "")
	if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrLocked) {
		t.Errorf("alice, after everybody else: %v", err)
	}
}

// An answer is one answer: whatever else a client packs into it costs an attempt and is right for nobody.
//
// attack
func TestOneAnswerPerAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry(patient)
	enrolled(t, r, alice(), "pin")
	for _, response := range []string{
		``, `null`, `""`, `{}`, `[]`, `true`, `314159`, `"314159"`, `{"code":null}`, `{"code":""}`, `{"code":" - "}`, `{"code":314159}`,
		`["314159"]`, `[{"code":"314159"}]`, `{"code":["000000","314159"]}`, `{"code":"000000","code":"314159"}`, `{"CODE":"314159"}`,
		`{"code":"314159","user":"bob"}`, `{"code":"314159"}{}`, `{"code":"000000 314159"}`, `{`, "\x00", `{"code":"٣١٤١٥٩"}`,
	} {
		l, ch := begin(t, r, alice())
		got, err := answer(t, r, alice(), l, ch, json.RawMessage(response))
		refused(t, registry.ErrRejected, got, err)
		if e := (*registry.Error)(nil); !errors.As(err, &e) || e.AttemptsLeft != 4 {
			t.Errorf("%s: %v, with %d attempts left; want 4", response, err, e.AttemptsLeft)
		}
	}
}

// attack
func TestNewRefusesWhatIsOutOfRange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	good := registry.Config{AEAD: w.aead, Challenges: w.challenges, Factors: w.factors, Policy: policy.Optional(), Pepper: make([]byte, 32)}
	budget := func(name string, b registry.Budget) func(*registry.Config) {
		return func(c *registry.Config) { c.Budgets = map[string]registry.Budget{name: b} }
	}
	for name, edit := range map[string]func(*registry.Config){
		"no challenge store": func(c *registry.Config) { c.Challenges = nil },
		"no factor store":    func(c *registry.Config) { c.Factors = nil },
		"no keys":            func(c *registry.Config) { c.AEAD = nil },
		"no policy":          func(c *registry.Config) { c.Policy = policy.Policy{} },
		"a short pepper":     func(c *registry.Config) { c.Pepper = make([]byte, 31) },
		"11 attempts":        func(c *registry.Config) { c.Attempts = 11 },
		"-1 attempts":        func(c *registry.Config) { c.Attempts = -1 },
		"11 minutes":         func(c *registry.Config) { c.ChallengeTTL = 11 * time.Minute },
		"101 factors":        func(c *registry.Config) { c.MaxFactors = 101 },
		"no time to finish":  func(c *registry.Config) { c.FinishTimeout = time.Millisecond },
		"101 failures":       budget("failures", registry.Budget{Limit: 101, Window: time.Minute, Max: time.Hour}),
		"no failures":        budget("failures", registry.Budget{Window: time.Minute, Max: time.Hour}),
		"no window":          budget("failures", registry.Budget{Limit: 10, Max: time.Hour}),
		"window over max":    budget("send", registry.Budget{Limit: 10, Window: 2 * time.Hour, Max: time.Hour}),
		"a long max":         budget("send", registry.Budget{Limit: 10, Window: time.Hour, Max: 31 * 24 * time.Hour}),
		"an unnamed budget":  budget("", registry.Budget{Limit: 10, Window: time.Hour, Max: time.Hour}),
	} {
		c := good
		edit(&c)
		if r, err := registry.New(c, newSecret("pin")); err == nil || r != nil {
			t.Errorf("%s was accepted", name)
		}
	}
	for name, ps := range map[string][]provider.MultiFactorProvider{
		"nobody": nil, "nil": {nil}, "two of a kind": {newSecret("pin"), newSecret("pin")}, "upper case": {newSecret("PIN")},
		"a colon": {newSecret("p:n")}, "no name": {newSecret("")}, "33 bytes": {newSecret("abcdefghijklmnopqrstuvwxyzabcdefg")},
	} {
		if r, err := registry.New(good, ps...); err == nil || r != nil {
			t.Errorf("%s was accepted", name)
		}
	}
	good.Pepper = nil
	if _, err := registry.New(good, newMailer()); err == nil {
		t.Error("a kind that sends was accepted without a pepper")
	}
}

// One wrong guess for each of many users is nothing to any of them, and a signal of its tenant: once for each window, over all replicas.
//
// attack: A-46
// asvs: V6.3.5, V16.3.3
func TestOneGuessForManyUsersIsSeen(t *testing.T) {
	t.Parallel()
	const users = 5_000
	w := newWorld(t, newSecret("pin"))
	replicas := []*registry.Registry{w.registry(), w.registry()}
	signals := func() (n int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range w.events {
			if e.Signal == registry.SignalGuessingTenant {
				n++
				if e.User != "" || e.Op != "guessing" || e.Tenant != "acme" {
					t.Errorf("the signal is %+v", e)
				}
			}
		}
		return n
	}
	guess := func(tenant string, from, to int) {
		for i := from; i < to; i++ {
			who := registry.Who{User: provider.User{Tenant: tenant, ID: fmt.Sprint("user", i)}, Binding: "attacker's"}
			r := replicas[i%2]
			enrolled(t, r, who, "pin")
			l, ch := begin(t, r, who)
			got, err := answer(t, r, who, l, ch, no)
			refused(t, registry.ErrRejected, got, err)
		}
	}
	guess("small", 0, 100)
	guess("acme", 0, 1000)
	if n := signals(); n != 0 {
		t.Errorf("%d signals at the limit", n)
	}
	guess("acme", 1000, users)
	if n := signals(); n != 1 {
		t.Errorf("%d signals for %d users in one window, want 1", n, users)
	}
	outbox, err := w.factors.(factor.Outbox).Next(t.Context(), w.clock.Now(), factor.Lease{Queue: "events", For: time.Minute, N: 100_000})
	told := 0
	for _, e := range outbox {
		if strings.Contains(string(e.Body), registry.SignalGuessingTenant) {
			told++
		}
	}
	if err != nil || told != 1 {
		t.Errorf("the outbox has the signal %d times, %v", told, err)
	}
	w.clock.Add(10 * time.Minute)
	guess("acme", users, users+1001)
	if n := signals(); n != 2 {
		t.Errorf("%d signals in the next window, want one more", n)
	}
}

// A deployment may limit the answers of a whole tenant. It has to ask for that, and a passkey is not among them.
//
// attack: A-46
func TestATenantsAnswersMayBeLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newPasskey())
	r := w.registry(func(c *registry.Config) {
		c.Budgets = map[string]registry.Budget{"attempts": {Limit: 3, Window: time.Minute, Max: time.Minute}}
	})
	in := enrolled(t, r, alice(), "pin") // one answer
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "key"})
	enrolled(t, r, bob(), "pin")
	l, ch := begin(t, r, bob())
	if _, err := answer(t, r, bob(), l, ch, no); !errors.Is(err, registry.ErrRejected) {
		t.Fatal(err)
	}
	got, err := answer(t, r, bob(), l, ch, yes)
	refused(t, registry.ErrLocked, got, err)
	if e := (*registry.Error)(nil); !errors.As(err, &e) || e.RetryAfter <= 0 || e.RetryAfter > time.Minute {
		t.Errorf("%v", err)
	}
	key := start(t, r, alice())
	kc, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: key.Pending, Kind: "key"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer(t, r, alice(), key, kc, assert(handleOf("alice", 1), kc.Public)); err != nil {
		t.Errorf("a passkey: %v", err)
	}
	w.clock.Add(time.Minute)
	if _, err := answer(t, r, bob(), l, ch, yes); err != nil {
		t.Errorf("in the next minute: %v", err)
	}
}
