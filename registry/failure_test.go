package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// operation is one call of the registry, ready to be made. act may be called again; what it may do once, it may succeed at once.
type operation struct {
	name  string
	once  bool
	ready func(t testing.TB, w *world, r *registry.Registry) (act func(context.Context) (registry.Login, error))
}

func noLogin(err error) (registry.Login, error) { return registry.Login{}, err }

// operations is every call there is.
func operations() []operation {
	challenge := func(t testing.TB, ch registry.Challenge, err error) registry.Challenge {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	login := func(kind string, response func(registry.Challenge) []byte) func(testing.TB, *world, *registry.Registry) func(context.Context) (registry.Login, error) {
		return func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			l := start(t, r, alice())
			ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: kind})
			f := registry.Finish{Who: alice(), Pending: l.Pending, Challenge: challenge(t, ch, err).ID, Response: response(ch)}
			return func(ctx context.Context) (registry.Login, error) { return r.FinishLogin(ctx, f) }
		}
	}
	always := func(b []byte) func(registry.Challenge) []byte { return func(registry.Challenge) []byte { return b } }
	ops := []operation{
		{"FinishLogin", true, login("app", always(later(1)))},
		{"FinishLogin by recovery code", true, login("backup", always(typed(recoveryCode(1, 1))))},
		{"FinishLogin by key", true, login("key", func(ch registry.Challenge) []byte { return assert(handleOf("alice", 1), ch.Public) })},
		{"FinishLogin unnamed", true, func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			nobody := registry.Who{Binding: "a visitor's session"}
			ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: nobody, Kind: "key"})
			f := registry.Finish{Who: nobody, Challenge: challenge(t, ch, err).ID, Response: assert(handleOf("alice", 1), ch.Public)}
			return func(ctx context.Context) (registry.Login, error) { return r.FinishLogin(ctx, f) }
		}},
		{"FinishStepUp", true, func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: "pay"})
			f := registry.Finish{Who: alice(), Challenge: challenge(t, ch, err).ID, Response: yes}
			return func(ctx context.Context) (registry.Login, error) { return r.FinishStepUp(ctx, f) }
		}},
		{"FinishSetup", true, func(t testing.TB, w *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: signIn(t, r, alice()).Proof, Kind: "app", Label: "new"})
			f := registry.Finish{Who: alice(), Challenge: challenge(t, ch, err).ID, Response: yes}
			return func(ctx context.Context) (registry.Login, error) { return r.FinishSetup(ctx, f) }
		}},
		{"Consume", true, func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: "pay"})
			up, err2 := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: challenge(t, ch, err).ID, Response: yes})
			if err2 != nil {
				t.Fatal(err2)
			}
			return func(ctx context.Context) (registry.Login, error) {
				return noLogin(r.Consume(ctx, up.Proof, registry.Need{Who: alice(), Action: "pay"}))
			}
		}},
		{"StartLogin trusted", true, func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			token := enrol(t, r, alice(), registry.Enrol{Proof: signIn(t, r, alice()).Proof, Kind: "device"}).Once.(string)
			return func(ctx context.Context) (registry.Login, error) {
				l, err := r.StartLogin(ctx, registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: token})
				if err == nil && !l.Satisfied {
					err = &registry.Error{Code: registry.ErrRejected} // Not an error of the call: the login goes on without the browser.
				}
				return l, err
			}
		}},
		{"Remove", true, func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			in := signIn(t, r, alice())
			id := enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "mail"}).Factor
			key := start(t, r, alice())
			ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: key.Pending, Kind: "key"})
			strong, err2 := answer(t, r, alice(), key, challenge(t, ch, err), assert(handleOf("alice", 1), ch.Public))
			if err2 != nil {
				t.Fatal(err2)
			}
			return func(ctx context.Context) (registry.Login, error) {
				return r.Remove(ctx, registry.Manage{Who: alice(), Proof: strong.Proof, Factor: id})
			}
		}},
	}
	return append(ops, repeatable()...)
}

// repeatable are the operations that nothing is spent by.
func repeatable() []operation {
	type ready = func(testing.TB, *world, *registry.Registry) func(context.Context) (registry.Login, error)
	simple := func(f func(ctx context.Context, r *registry.Registry) error) ready {
		return func(_ testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			return func(ctx context.Context) (registry.Login, error) { return noLogin(f(ctx, r)) }
		}
	}
	proved := func(f func(ctx context.Context, r *registry.Registry, proof, factor string) error) ready {
		return func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			in := signIn(t, r, alice())
			return func(ctx context.Context) (registry.Login, error) { return noLogin(f(ctx, r, in.Proof, in.Factor)) }
		}
	}
	deed := registry.Deed{User: "alice", Actor: "root", Reason: "test"}
	return []operation{
		{"StartLogin", false, simple(func(ctx context.Context, r *registry.Registry) error {
			_, err := r.StartLogin(ctx, registry.Start{Who: bob(), Primary: []string{"pwd"}})
			return err
		})},
		{"BeginLogin", false, func(t testing.TB, _ *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			l := start(t, r, alice())
			return func(ctx context.Context) (registry.Login, error) {
				_, err := r.BeginLogin(ctx, registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"})
				return noLogin(err)
			}
		}},
		{"BeginSetup", false, proved(func(ctx context.Context, r *registry.Registry, proof, _ string) error {
			_, err := r.BeginSetup(ctx, registry.Enrol{Who: alice(), Proof: proof, Kind: "app"})
			return err
		})},
		{"BeginStepUp", false, simple(func(ctx context.Context, r *registry.Registry) error {
			_, err := r.BeginStepUp(ctx, registry.StepUp{Who: alice(), Kind: "pin"})
			return err
		})},
		{"Resend", false, func(t testing.TB, w *world, r *registry.Registry) func(context.Context) (registry.Login, error) {
			l := start(t, r, alice())
			ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"})
			if err != nil {
				t.Fatal(err)
			}
			w.clock.Add(time.Minute)
			return func(ctx context.Context) (registry.Login, error) {
				_, err := r.Resend(ctx, registry.Again{Who: alice(), Challenge: ch.ID})
				return noLogin(err)
			}
		}},
		{"Check", false, proved(func(ctx context.Context, r *registry.Registry, proof, _ string) error {
			return r.Check(ctx, proof, registry.Need{Who: alice()})
		})},
		{"Rename", false, proved(func(ctx context.Context, r *registry.Registry, proof, factor string) error {
			_, err := r.Rename(ctx, registry.Manage{Who: alice(), Proof: proof, Factor: factor, Label: "renamed"})
			return err
		})},
		{"Factors", false, simple(func(ctx context.Context, r *registry.Registry) error { _, err := r.Factors(ctx, alice()); return err })},
		{"InvalidateUser", false, simple(func(ctx context.Context, r *registry.Registry) error { return r.InvalidateUser(ctx, "", "alice") })},
		{"Unlock", false, simple(func(ctx context.Context, r *registry.Registry) error { return r.Admin().Unlock(ctx, deed) })},
		{"Reset", false, simple(func(ctx context.Context, r *registry.Registry) error { return r.Admin().Reset(ctx, deed) })},
	}
}

// faults is what a store can do to a call.
var faults = map[string]func(call) error{
	"refuses":  func(call) error { return errDown },
	"forgets":  func(c call) error { _ = c.do(); return errDown }, // it happened, and the reply was lost
	"blocks":   func(c call) error { <-c.ctx.Done(); return c.ctx.Err() },
	"is late":  func(c call) error { _ = c.do(); <-c.ctx.Done(); return c.ctx.Err() },
	"panics":   func(call) error { panic("the store is broken") },
	"conflict": nil, // in race_test.go
}

// populated is a world with alice in it, who has one factor of each sort.
func populated(t testing.TB) (*world, *tap, *registry.Registry) {
	w := everyKind(t)
	tap := w.tapped()
	r := w.registry(patient, func(c *registry.Config) { c.FinishTimeout = 5 * time.Second })
	pin := enrolled(t, r, alice(), "pin")
	proof := pin.Proof
	for _, kind := range []string{"app", "mail", "backup", "key"} {
		enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: kind})
	}
	if _, err := r.SetDefault(t.Context(), registry.Manage{Who: alice(), Proof: proof, Factor: pin.Factor}); err != nil {
		t.Fatal(err)
	}
	w.clock.Add(50 * time.Second)
	return w, tap, r
}

// Every call of every store fails in every way, one after the other, in every operation. Nobody gets in by it, nothing works twice, and what comes back is
// always a typed error, in time.
//
// attack
// asvs: V16.5.3
func TestStoresFail(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for _, how := range []string{"refuses", "forgets", "blocks", "is late"} {
			failEverywhere(t, op, how)
		}
	}
}

// attack: A-149
// asvs: V16.5.3
func TestStoresPanic(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		failEverywhere(t, op, "panics")
	}
}

func failEverywhere(t *testing.T, op operation, how string) {
	t.Helper()
	calls := 0
	var escaped []string             // A test in a bubble ends at its first error.
	for at := -1; at < calls; at++ { // The first time nothing fails, and the calls are counted.
		synctest.Test(t, func(t *testing.T) {
			w, tap, r := populated(t)
			act := op.ready(t, w, r)
			var which atomic.Value // A call that nobody waits for any more may still be made.
			which.Store("")
			tap.during(func(c call) error {
				if c.n == at {
					which.Store(c.name)
					return faults[how](c)
				}
				return c.do()
			})
			began := time.Now()
			got, panicked, err := try(func() (registry.Login, error) { return act(t.Context()) })
			calls = max(calls, len(tap.made()))
			what := fmt.Sprintf("%s, whose call %d (%s) %s", op.name, at, which.Load(), how)
			if panicked != nil {
				escaped = append(escaped, which.Load().(string))
				return
			}
			if spent := time.Since(began); spent > 9*time.Second {
				t.Errorf("%s: takes %v", what, spent)
			}
			typedAndEmpty(t, what, got, err)
			wins := 0
			if err == nil {
				wins++
			} else if at < 0 {
				t.Errorf("%s: fails by itself: %v", op.name, err)
			}
			tap.during(nil)
			for range 2 {
				w.clock.Add(time.Second)
				got, err := act(t.Context())
				typedAndEmpty(t, what+", again", got, err)
				if err == nil {
					wins++
				}
			}
			if op.once && wins > 1 {
				t.Errorf("%s: succeeded %d times", what, wins)
			}
		})
	}
	if len(escaped) > 0 {
		t.Errorf("%s: a panic of the store in %q goes through to the caller", op.name, escaped)
	}
}

func try(f func() (registry.Login, error)) (got registry.Login, panicked any, err error) {
	defer func() { panicked = recover() }()
	got, err = f()
	return got, nil, err
}

// typedAndEmpty says that a failure is one that a program can match, and came with nothing.
func typedAndEmpty(t testing.TB, what string, got registry.Login, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e := (*registry.Error)(nil)
	if !errors.As(err, &e) || e.Code == "" {
		t.Errorf("%s: %T %v is no typed error", what, err, err)
	}
	if got.Proof != "" || got.Satisfied {
		t.Errorf("%s: the error %v came with a result", what, err)
	}
}

// The charge comes back if there was no verdict, and stays after one.
//
// attack: A-31
func TestChargeWithoutVerdictComesBack(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]func(call) error{
		"loading fails": down("Load"), "the reply of the attempt is lost": func(c call) error {
			err := c.do()
			if c.name == "Attempt" {
				err = errDown
			}
			return err
		},
	} {
		w := newWorld(t, newSecret("pin"))
		tap := w.tapped()
		r := w.registry()
		enrolled(t, r, alice(), "pin")
		for range 25 {
			tap.during(nil)
			l, ch := begin(t, r, alice())
			tap.during(on)
			got, err := answer(t, r, alice(), l, ch, no)
			refused(t, registry.ErrUnavailable, got, err)
		}
		tap.during(nil)
		if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrRejected) {
			t.Errorf("%s 25 times: %v", name, err)
		}
	}
}

// attack: A-31
func TestChargeStaysAfterAVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	tap.during(down("Fail", "Release", "Redeem"))
	for range 10 {
		if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrRejected) {
			t.Fatal(err)
		}
	}
	if err := guess(t, r, "login", "pin", ""); !errors.Is(err, registry.ErrLocked) {
		t.Errorf("after 10 wrong answers whose failures could not be written: %v", err)
	}
}

// If the challenge cannot be ended, the login stands, and the challenge is used up all the same.
//
// attack: A-150
func TestLoginStandsWithoutRedeem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	l, ch := begin(t, r, alice())
	tap.during(down("Redeem"))
	for i := range 4 {
		got, err := answer(t, r, alice(), l, ch, yes)
		if i == 0 && (err != nil || !got.Satisfied) {
			t.Fatalf("the first answer: %v", err)
		}
		if i > 0 {
			refused(t, registry.ErrChallengeGone, got, err)
		}
	}
}

// Hanging up is no way out: what was sent is counted, and what was right is not lost half way.
//
// attack: A-157
func TestHangingUp(t *testing.T) {
	t.Parallel()
	for at := range 4 {
		w := newWorld(t, newSecret("pin"))
		tap := w.tapped()
		r := w.registry()
		enrolled(t, r, alice(), "pin")
		l, ch := begin(t, r, alice())
		ctx, hangUp := context.WithCancel(t.Context())
		tap.during(func(c call) error {
			if c.n == at {
				hangUp()
			}
			return c.do()
		})
		got, err := r.FinishLogin(ctx, registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes})
		if err != nil || !got.Satisfied {
			t.Errorf("hanging up at call %d: %v", at, err)
		}
		if c := tap.made(); !slices.Equal(c, []string{"Attempt", "Load", "Apply", "Redeem"}) {
			t.Errorf("hanging up at call %d: calls %q", at, c)
		}
		hangUp()
	}
	w := newWorld(t, newSecret("pin"))
	tap := w.tapped()
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	l, ch := begin(t, r, alice())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	tap.during(nil)
	got, err := r.FinishLogin(gone, registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes})
	refused(t, registry.ErrUnavailable, got, err)
	if n := len(tap.made()); n != 0 {
		t.Errorf("%d calls for a caller that was gone before", n)
	}
}
