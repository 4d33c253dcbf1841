package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// typedApp is newCounter's kind, whose codes can be typed beside a password. It notes what it was asked to check, and of whom.
type typedApp struct {
	*secret
	mu      sync.Mutex
	checked []string // ids of factors
}

func newTypedApp() *typedApp { return &typedApp{secret: newCounter()} }

func (*typedApp) Decoy() ([]byte, error) { return []byte("\x01999000000"), nil }

func (a *typedApp) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	a.mu.Lock()
	a.checked = append(a.checked, req.Factors[0].ID)
	a.mu.Unlock()
	return a.secret.LoginVerify(ctx, req, ans)
}

// since is what was checked since it was asked last.
func (a *typedApp) since() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids := a.checked
	a.checked = nil
	return ids
}

func together(t testing.TB, r *registry.Registry, w registry.Who, passwordOK bool, response json.RawMessage) (registry.Login, error) {
	t.Helper()
	return r.VerifyTogether(t.Context(), registry.Together{Who: w, PrimaryOK: passwordOK, Kind: "app", Response: response})
}

func TestTogetherSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newTypedApp())
	r := w.registry()
	id := enrolled(t, r, alice(), "app").Factor
	l, err := together(t, r, alice(), true, later(1))
	if err != nil || !l.Satisfied || l.Proof == "" || l.AAL != 2 || l.Factor != id || !slices.Equal(l.AMR, []string{"mfa", "otp", "pwd"}) {
		t.Errorf("a right password and a right code: %+v, factor %q, %v", l, l.Factor, err)
	}
	if err := r.Check(t.Context(), l.Proof, registry.Need{Who: alice(), AAL: 2}); err != nil {
		t.Errorf("its proof: %v", err)
	}
	l, err = together(t, r.Unpadded(), alice(), true, later(1))
	refused(t, registry.ErrRejected, l, err)
}

// refusals are the ways not to be let in, each in a world of its own: the user, the password's verdict, and the answer.
func refusals() map[string]func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
	type setup = func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage)
	nobody := registry.Who{Binding: "a session"}
	return map[string]setup{
		"a wrong code": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return alice(), true, no
		},
		"a wrong password": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return alice(), false, later(1)
		},
		"both wrong": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return alice(), false, no
		},
		"no code": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return alice(), true, nil
		},
		"junk": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return alice(), true, json.RawMessage(`{"code":"x"}`)
		},
		"an unknown name": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return nobody, false, later(1)
		},
		"an unknown name and a right password": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return nobody, true, later(1)
		},
		"a user without an account": func(*testing.T, *world, *registry.Registry) (registry.Who, bool, json.RawMessage) {
			return bob(), false, later(1)
		},
		"no factor of the kind": func(t *testing.T, _ *world, r *registry.Registry) (registry.Who, bool, json.RawMessage) {
			enrolled(t, r, bob(), "pin")
			return bob(), true, later(1)
		},
		"locked": func(t *testing.T, _ *world, r *registry.Registry) (registry.Who, bool, json.RawMessage) {
			for range 10 {
				if _, err := together(t, r, alice(), true, no); !errors.Is(err, registry.ErrRejected) {
					t.Fatal(err)
				}
			}
			return alice(), true, later(1)
		},
		"disabled": func(t *testing.T, _ *world, r *registry.Registry) (registry.Who, bool, json.RawMessage) {
			id := listed(t, r, "app").ID
			if err := r.Admin().Disable(t.Context(), registry.Deed{User: "alice", Actor: "root", Reason: "lost", Factor: id}); err != nil {
				t.Fatal(err)
			}
			return alice(), true, later(1)
		},
		"used before": func(t *testing.T, _ *world, r *registry.Registry) (registry.Who, bool, json.RawMessage) {
			if _, err := together(t, r, alice(), true, later(1)); err != nil {
				t.Fatal(err)
			}
			return alice(), true, later(1)
		},
	}
}

// One error, the same round trips to both stores, one question to the provider: whatever was wrong.
//
// attack
// asvs: V6.3.8
func TestEveryRefusalOfTogetherIsTheSame(t *testing.T) {
	t.Parallel()
	for name, setup := range refusals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newTypedApp()
			w := newWorld(t, app, newSecret("pin"))
			tap := w.tapped()
			r := w.registry().Unpadded()
			enrolled(t, r, alice(), "app")
			who, passwordOK, response := setup(t, w, r)
			app.since()
			tap.during(nil)
			l, err := together(t, r, who, passwordOK, response)
			refused(t, registry.ErrRejected, l, err)
			e := (*registry.Error)(nil)
			if !errors.As(err, &e) || !reflect.DeepEqual(*e, registry.Error{Code: registry.ErrRejected, Op: "verify_together", Kind: "app"}) {
				t.Errorf("the refusal tells more than that it is one: %#v", err)
			}
			calls := strings.Join(tap.made(), " ")
			if calls = strings.NewReplacer("Create", "Get", "Spend", "Get").Replace(calls); calls != "Load Get Attempt Fail Get" {
				t.Errorf("the round trips are %q; a refusal is Load, Get or Create, Attempt, Fail, Get or Spend", calls)
			}
			if n := len(app.since()); n != 1 {
				t.Errorf("the provider was asked %d times, want once", n)
			}
		})
	}
}

// attack: A-48
func TestAStrangerWritesNothingTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newTypedApp())
	tap := w.tapped()
	r := w.registry().Unpadded()
	for i := range 20 {
		for _, who := range []registry.Who{{Binding: "s"}, {User: provider.User{ID: fmt.Sprint("guess ", i)}, Binding: "s"}} {
			l, err := together(t, r, who, false, no)
			refused(t, registry.ErrRejected, l, err)
		}
	}
	page, _, err := w.factors.Scan(t.Context(), factor.Page{N: 10})
	if err != nil || len(page) != 0 {
		t.Errorf("strangers left %d accounts, %v", len(page), err)
	}
	if n := tap.count("Create", "Apply", "Spend", "Redeem"); n != 0 || len(tap.takes) != 0 {
		t.Errorf("strangers made %d calls that write, and named the budgets %q", n, tap.takes)
	}
}

// Whoever does not know the password can try as often as they like: it costs the user nothing.
//
// attack: A-48
func TestAWrongPasswordSpendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newTypedApp())
	r := w.registry().Unpadded()
	enrolled(t, r, alice(), "app")
	for range 120 {
		l, err := together(t, r, alice(), false, no)
		refused(t, registry.ErrRejected, l, err)
	}
	if l, err := together(t, r, alice(), true, later(1)); err != nil || !l.Satisfied {
		t.Errorf("after 120 guesses of somebody without the password alice is not let in: %v (%s)", err, w.lastEvent().Reason)
	}
}

// Whoever knows the password has the user's budget, at this door and at every other one, and does not learn that it is used up; the user does.
//
// attack
func TestWrongCodesTogetherSpendTheUsersBudget(t *testing.T) {
	t.Parallel()
	app := newTypedApp()
	w := onServers(t, app)
	one, two := w.registry().Unpadded(), w.registry().Unpadded()
	id := enrolled(t, one, alice(), "app").Factor
	app.since()
	for i := range 25 {
		l, err := together(t, []*registry.Registry{one, two}[i%2], alice(), true, no)
		refused(t, registry.ErrRejected, l, err)
	}
	real := slices.DeleteFunc(app.since(), func(checked string) bool { return checked != id })
	if len(real) != 10 {
		t.Errorf("%d guesses were checked against alice's app, want 10", len(real))
	}
	if e := w.lastEvent(); e.Op != "verify_together" || e.Result != "locked" || e.User != "alice" {
		t.Errorf("the event does not tell of the lock: %+v", e)
	}
	l, err := together(t, one, alice(), true, later(1))
	refused(t, registry.ErrRejected, l, err)
	pending, ch := begin(t, one, alice())
	l, err = answer(t, two, alice(), pending, ch, later(1))
	refused(t, registry.ErrLocked, l, err)
	w.clock.Add(15 * time.Minute)
	if l, err = together(t, two, alice(), true, later(1)); err != nil || !l.Satisfied {
		t.Errorf("after the lock: %v (%s)", err, w.lastEvent().Reason)
	}
	for range 9 { // A completed login has refilled the budget.
		l, err = together(t, one, alice(), true, no)
		refused(t, registry.ErrRejected, l, err)
	}
	if l, err = together(t, one, alice(), true, later(2)); err != nil || !l.Satisfied {
		t.Errorf("after a login and nine wrong codes: %v (%s)", err, w.lastEvent().Reason)
	}
}

// attack
func TestOfManyRightCodesTogetherOneSucceeds(t *testing.T) {
	t.Parallel()
	w := onServers(t, newTypedApp())
	tap := w.tapped()
	// The budget must not be what decides.
	rs := []*registry.Registry{w.registry(patient).Unpadded(), w.registry(patient).Unpadded()}
	enrolled(t, rs[0], alice(), "app")
	for round := range 3 {
		tap.during(meeting("Apply", 8))
		n, failed := crowd(t, 8, func(i int) error {
			_, err := together(t, rs[i%2], alice(), true, later(1+round))
			return err
		})
		tap.during(nil)
		if n != 1 {
			t.Errorf("round %d: %d of 8 succeeded; the others: %v", round, n, failed)
		}
		for _, err := range failed {
			if !errors.Is(err, registry.ErrRejected) {
				t.Errorf("round %d: who was too late learns it: %v", round, err)
			}
		}
	}
}

func TestAnAnswerThatIsNotBurntIsNotAcceptedTogether(t *testing.T) {
	t.Parallel()
	app := newTypedApp()
	w := newWorld(t, app)
	r := w.registry()
	enrolled(t, r, alice(), "app")
	app.onVerify = func(_ context.Context, req provider.LoginRequest, _ provider.Answer) (provider.Match, error) {
		return provider.Match{FactorID: req.Factors[0].ID}, nil
	}
	l, err := together(t, r, alice(), true, yes)
	refused(t, registry.ErrInternal, l, err)
}

// Of two apps one is asked, or a guess would count twice: the default, otherwise the one used last.
func TestTogetherAsksOneFactor(t *testing.T) {
	t.Parallel()
	app := newTypedApp()
	w := newWorld(t, app)
	r := w.registry().Unpadded()
	first := enrolled(t, r, alice(), "app")
	w.clock.Add(time.Second)
	second := enrol(t, r, alice(), registry.Enrol{Proof: first.Proof, Kind: "app"})
	asked := func() string {
		t.Helper()
		app.since()
		if _, err := together(t, r, alice(), true, no); !errors.Is(err, registry.ErrRejected) {
			t.Fatal(err)
		}
		ids := app.since()
		if len(ids) != 1 {
			t.Fatalf("%d factors were asked, want one", len(ids))
		}
		return ids[0]
	}
	pending := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: pending.Pending, Factor: second.Factor})
	if err != nil {
		t.Fatal(err)
	}
	in, err := answer(t, r, alice(), pending, ch, later(1))
	if err != nil {
		t.Fatal(err)
	}
	if asked() != second.Factor {
		t.Error("not the app that was used last")
	}
	if _, err := r.SetDefault(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: first.Factor}); err != nil {
		t.Fatal(err)
	}
	if asked() != first.Factor {
		t.Error("not the default")
	}
}

func TestTogetherWithoutAFactorIsWhatPolicySays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newTypedApp())
	l, err := together(t, w.registry(), bob(), true, no)
	if err != nil || !l.Satisfied || l.AAL != 1 {
		t.Errorf("where none is asked for: %+v, %v", l, err)
	}
	required := w.registry(func(c *registry.Config) { c.Policy = policy.Required() })
	l, err = together(t, required, bob(), true, no)
	if err != nil || l.Satisfied || !l.MayEnroll || l.Pending == "" {
		t.Errorf("where one is asked for: %+v, %v", l, err)
	}
	l, err = together(t, required, bob(), false, no)
	refused(t, registry.ErrRejected, l, err)
	never := w.registry(func(c *registry.Config) {
		c.Policy = policy.Custom("nobody", func(policy.Facts) policy.Decision { return policy.Decision{} })
	})
	l, err = together(t, never, bob(), true, no)
	refused(t, registry.ErrRejected, l, err)
}

func TestTogetherMayBeHalfTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newTypedApp(), newSecret("pin"))
	r := w.registry(func(c *registry.Config) { c.Policy = policy.AtLeast(2) })
	half := enrolled(t, r, alice(), "app")
	enrol(t, r, alice(), registry.Enrol{Pending: half.Pending, Kind: "pin"})
	l, err := together(t, r, alice(), true, later(1))
	if err != nil || l.Satisfied || len(l.Choices) != 1 || l.Choices[0].Kind != "pin" {
		t.Errorf("one of two factors: %+v with %d choices, %v", l, len(l.Choices), err)
	}
}

// Without a verdict nothing is charged, for a user who exists as for one who does not.
func TestAFaultTogetherIsAFaultForEverybody(t *testing.T) {
	t.Parallel()
	app := newTypedApp()
	w := newWorld(t, app)
	tap := w.tapped()
	r := w.registry().Unpadded()
	enrolled(t, r, alice(), "app")
	whole := app.onVerify
	app.onVerify = func(context.Context, provider.LoginRequest, provider.Answer) (provider.Match, error) {
		return provider.Match{}, errors.New("the HSM is down")
	}
	for range 12 {
		for _, passwordOK := range []bool{true, false} {
			l, err := together(t, r, alice(), passwordOK, later(1))
			refused(t, registry.ErrUnavailable, l, err)
		}
	}
	app.onVerify = whole
	for _, store := range []string{"Load", "Attempt", "Get Create", "Fail"} {
		tap.during(down(strings.Fields(store)...))
		for _, passwordOK := range []bool{true, false} {
			l, err := together(t, r, alice(), passwordOK, no)
			if store == "Fail" { // A failure that cannot be noted on the factor has been noted on the user.
				refused(t, registry.ErrRejected, l, err)
				continue
			}
			refused(t, registry.ErrUnavailable, l, err)
		}
	}
	tap.during(nil)
	if l, err := together(t, r, alice(), true, later(1)); err != nil || !l.Satisfied {
		t.Errorf("after faults that were nobody's: %v (%s)", err, w.lastEvent().Reason)
	}
}

// attack: A-146
func TestNoRefusalTogetherComesEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newTypedApp())
		r := w.registry()
		enrolled(t, r, alice(), "app")
		for name, passwordOK := range map[string]bool{"a wrong code": true, "a wrong password": false} {
			began := time.Now()
			if _, err := together(t, r, alice(), passwordOK, no); !errors.Is(err, registry.ErrRejected) {
				t.Fatal(err)
			}
			if took := time.Since(began); took != 250*time.Millisecond { // of a clock that stands still while anything works
				t.Errorf("the refusal of %s came after %v", name, took)
			}
		}
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, hangUp)
		began := time.Now()
		_, err := r.VerifyTogether(ctx, registry.Together{Who: alice(), Kind: "app", Response: no})
		if !errors.Is(err, registry.ErrRejected) || time.Since(began) != time.Millisecond {
			t.Errorf("whoever has hung up is waited for: %v", time.Since(began))
		}
	})
}

func TestTogetherRefusesWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newTypedApp(), newSecret("pin"))
	r := w.registry()
	for name, tc := range map[string]struct {
		t    registry.Together
		code registry.Code
	}{
		"an unknown kind":               {registry.Together{Who: alice(), Kind: "fax"}, registry.ErrUnknownKind},
		"a kind that has to be begun":   {registry.Together{Who: alice(), Kind: "pin"}, registry.ErrUnknownKind},
		"no binding":                    {registry.Together{Kind: "app"}, registry.ErrInvalid},
		"a user that is none":           {registry.Together{Who: registry.Who{User: provider.User{ID: "a\nb"}, Binding: "s"}, Kind: "app"}, registry.ErrInvalid},
		"a first factor that is no one": {registry.Together{Who: alice(), Kind: "app", Primary: []string{""}}, registry.ErrInvalid},
		"an endless answer":             {registry.Together{Who: alice(), Kind: "app", Response: make([]byte, 1<<20)}, registry.ErrInvalid},
	} {
		l, err := r.VerifyTogether(t.Context(), tc.t)
		if !errors.Is(err, tc.code) || l.Satisfied {
			t.Errorf("%s: %v, want %v", name, err, tc.code)
		}
	}
	if _, err := registry.New(registry.Config{
		AEAD: w.aead, Challenges: w.challenges, Factors: w.factors, Policy: policy.Optional(),
	}, noDecoy{newTypedApp()}); err == nil {
		t.Error("a registry was made whose decoys are empty: what is checked against none takes no time")
	}
}

type noDecoy struct{ *typedApp }

func (noDecoy) Decoy() ([]byte, error) { return nil, nil }
