package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// What a provider does wrong is the provider's; nobody gets in by it, the charge comes back, and the process goes on.
//
// attack
func TestBadProviders(t *testing.T) {
	t.Parallel()
	none := provider.Match{}
	for name, tc := range map[string]struct {
		verify func(context.Context, provider.LoginRequest) (provider.Match, error)
		want   registry.Code
	}{
		"panics":               {func(context.Context, provider.LoginRequest) (provider.Match, error) { panic("boom") }, registry.ErrInternal},
		"panics with nil":      {func(context.Context, provider.LoginRequest) (provider.Match, error) { panic(nothing()) }, registry.ErrInternal},
		"panics with an error": {func(context.Context, provider.LoginRequest) (provider.Match, error) { panic(provider.ErrRejected) }, registry.ErrInternal},
		"blocks": {func(ctx context.Context, _ provider.LoginRequest) (provider.Match, error) {
			time.Sleep(time.Minute)
			return none, nil
		}, registry.ErrUnavailable},
		"says nothing": {func(context.Context, provider.LoginRequest) (provider.Match, error) { return none, nil }, registry.ErrInternal},
		"names another": {func(context.Context, provider.LoginRequest) (provider.Match, error) {
			return provider.Match{FactorID: "other"}, nil
		}, registry.ErrInternal},
		"matches and errs": {func(_ context.Context, req provider.LoginRequest) (provider.Match, error) {
			return provider.Match{FactorID: req.Factors[0].ID}, errors.New("314159 for alice@example.com")
		}, registry.ErrUnavailable},
		"returns too much": {func(_ context.Context, req provider.LoginRequest) (provider.Match, error) {
			return provider.Match{FactorID: req.Factors[0].ID, Data: make([]byte, 16<<10+1)}, nil
		}, registry.ErrInternal},
		"returns empty data": {func(_ context.Context, req provider.LoginRequest) (provider.Match, error) {
			return provider.Match{FactorID: req.Factors[0].ID, Data: []byte{}}, nil
		}, registry.ErrInternal},
		"returns a method too long": {func(_ context.Context, req provider.LoginRequest) (provider.Match, error) {
			return provider.Match{FactorID: req.Factors[0].ID, AMR: []string{strings.Repeat("x", 300)}}, nil
		}, registry.ErrInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pin := newSecret("pin")
				pin.onVerify = func(ctx context.Context, req provider.LoginRequest, _ provider.Answer) (provider.Match, error) {
					return tc.verify(ctx, req)
				}
				w := newWorld(t, pin)
				r := w.registry(patient, func(c *registry.Config) {
					c.FinishTimeout = time.Second
					c.Budgets["failures"] = registry.Budget{Limit: 2, Window: time.Minute, Max: time.Hour}
				})
				enrolled(t, r, alice(), "pin")
				for range 3 { // more often than the user may fail
					l, ch := begin(t, r, alice())
					got, err := answer(t, r, alice(), l, ch, yes)
					refused(t, tc.want, got, err)
				}
				time.Sleep(2 * time.Minute) // for what blocks to come back
				if text := fmt.Sprint(w.events); strings.Contains(text, "boom") || strings.Contains(text, "example.com for") {
					t.Errorf("events repeat what the provider said: %s", text)
				}
			})
		})
	}
}

// A provider that changes what it was given changes nothing but its own copies.
//
// attack: A-158
func TestProviderGetsCopies(t *testing.T) {
	t.Parallel()
	pin := newSecret("pin")
	spoil := func(bs ...[]byte) {
		for _, b := range bs {
			clear(b)
		}
	}
	kept := []byte("\x01" + rightCode)
	pin.onVerify = func(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
		if string(req.Factors[0].Data) != "\x01"+rightCode || len(req.User.Handle) != 32 || bytes.Equal(req.User.Handle, make([]byte, 32)) {
			return provider.Match{}, provider.ErrRejected
		}
		m := provider.Match{FactorID: req.Factors[0].ID, Data: kept}
		req.Factors[0].ID = "other"
		spoil(req.Factors[0].Data, req.User.Handle, ans.Private, ans.Response)
		return m, nil
	}
	w := newWorld(t, pin)
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	response := bytes.Clone(yes)
	for range 3 {
		l, ch := begin(t, r, alice())
		if _, err := answer(t, r, alice(), l, ch, response); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(response, yes) {
		t.Error("the caller's response was changed")
	}
}

// attack: A-102
func TestCompromisedFactorIsDisabled(t *testing.T) {
	t.Parallel()
	key := newPasskey()
	pin := newSecret("pin")
	pin.onVerify = func(_ context.Context, req provider.LoginRequest, _ provider.Answer) (provider.Match, error) {
		return provider.Match{FactorID: req.Factors[0].ID, Note: "counter went back", Data: []byte("x"), Once: "secret"}, provider.ErrCompromised
	}
	w := newWorld(t, pin, key)
	tap := w.tapped()
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "key"})
	before := len(tap.outbox)
	l := start(t, r, alice())
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t, r, alice(), l, ch, yes)
	refused(t, registry.ErrRejected, got, err)
	if got.Once != nil {
		t.Error("a refusal shows what is shown once")
	}
	if n := len(tap.outbox) - before; n != 1 || !strings.Contains(string(tap.outbox[before]), "counter went back") {
		t.Errorf("%d events tell that a factor was disabled", n)
	}
	for _, f := range factors(t, r, alice()) {
		if f.Usable != (f.Kind == "key") {
			t.Errorf("%s: usable %v", f.Kind, f.Usable)
		}
	}
}

// Identities that are no use are refused before anything is done with them, and those that are odd stay apart.
//
// attack
func TestHostileIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	tap := w.tapped()
	r := w.registry()
	told := map[string]string{}
	for name, id := range map[string]string{
		"empty": "", "CR LF": "alice\r\nrole: admin", "NUL": "alice\x00", "no UTF-8": "alice\xff", "long": strings.Repeat("a", 257), "a megabyte": strings.Repeat("a", 1<<20),
		"line separator": "alice\u2028", "right to left": "alice\u202e", "escape": "\x1b[2J", "DEL": "\x7f",
	} {
		who := registry.Who{User: provider.User{ID: id}, Binding: "s"}
		tap.during(nil)
		w.events = nil
		if _, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		who.User = provider.User{ID: "alice", Tenant: id}
		if id != "" {
			if _, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}}); !errors.Is(err, registry.ErrInvalid) {
				t.Errorf("%s as a tenant: %v", name, err)
			}
		}
		_ = r.InvalidateUser(t.Context(), "", id)
		_ = r.Admin().Reset(t.Context(), registry.Deed{User: "alice", Actor: id, Reason: "x"})
		if n := len(tap.made()); n != 0 {
			t.Errorf("%s: %d calls of the stores", name, n)
		}
		for _, e := range w.events { // They go to logs, and logs have lines.
			for _, s := range []string{e.User, e.Tenant, e.Actor, e.Note} {
				if len(s) > 256 || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00\x1b\u2028\u202e\x7f") {
					told[name] = s
				}
			}
		}
	}
	for name, s := range told {
		t.Errorf("%s: an event repeats it: %.40q", name, s)
	}
	pairs := [][2]registry.Who{}
	mk := func(tenant, id string) registry.Who {
		return registry.Who{User: provider.User{Tenant: tenant, ID: id}, Binding: "s"}
	}
	pairs = append(pairs, [2]registry.Who{mk("a:b", "c"), mk("a", "b:c")}, [2]registry.Who{mk("", "{a}"), mk("{a}", "a")},
		[2]registry.Who{mk("t", "x"), mk("", "tx")}, [2]registry.Who{mk("", "é"), mk("", "e\u0301")}, [2]registry.Who{mk("", "A"), mk("", "a")}, [2]registry.Who{mk("", "a "), mk("", "a")})
	for _, p := range pairs {
		enrolledOrIn(t, r, p[0])
		if l := start(t, r, p[1]); !l.Satisfied && len(factors(t, r, p[1])) == 0 {
			t.Errorf("%+q and %+q are one", p[0].User, p[1].User)
		}
		if n := len(factors(t, r, p[1])); n != 0 && p[1].User.ID != "a" {
			t.Errorf("%+q has the factors of %+q", p[1].User, p[0].User)
		}
	}
}

// Input that is too large costs no more than input that is not: nothing is copied, decoded, hashed or stored of it.
//
// attack: A-159
func TestOversizedInputCostsNothing(t *testing.T) {
	w := newWorld(t, newSecret("pin"))
	tap := w.tapped()
	r := w.registry(patient, func(c *registry.Config) { c.Observe = nil })
	in := enrolled(t, r, alice(), "pin")
	l, ch := begin(t, r, alice())
	ctx := t.Context()
	const limit = 64<<10 + 1
	for name, f := range map[string]func(s string){
		"challenge id": func(s string) {
			_, _ = r.FinishLogin(ctx, registry.Finish{Who: alice(), Pending: l.Pending, Challenge: "1" + s, Response: yes})
		},
		"carried id": func(s string) {
			_, _ = r.FinishLogin(ctx, registry.Finish{Who: registry.Who{Binding: "s"}, Challenge: "0" + s, Response: yes})
		},
		"pending": func(s string) { _, _ = r.BeginLogin(ctx, registry.Begin{Who: alice(), Pending: "p" + s, Kind: "pin"}) },
		"proof":   func(s string) { _ = r.Check(ctx, "x"+s, registry.Need{Who: alice()}) },
		"resume":  func(s string) { _, _ = r.Resume(ctx, registry.Again{Who: alice(), Challenge: "1" + s}) },
		"kind":    func(s string) { _, _ = r.BeginLogin(ctx, registry.Begin{Who: alice(), Pending: l.Pending, Kind: s}) },
		"factor":  func(s string) { _, _ = r.BeginLogin(ctx, registry.Begin{Who: alice(), Pending: l.Pending, Factor: s}) },
		"label": func(s string) {
			_, _ = r.BeginSetup(ctx, registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "pin", Label: s})
		},
		"renaming": func(s string) {
			_, _ = r.Rename(ctx, registry.Manage{Who: alice(), Proof: in.Proof, Factor: in.Factor, Label: s})
		},
		"action":   func(s string) { _, _ = r.BeginStepUp(ctx, registry.StepUp{Who: alice(), Kind: "pin", Action: s}) },
		"consumed": func(s string) { _ = r.Consume(ctx, in.Proof, registry.Need{Who: alice(), Action: s}) },
		"user": func(s string) {
			_, _ = r.StartLogin(ctx, registry.Start{Who: registry.Who{User: provider.User{ID: s}, Binding: "s"}, Primary: []string{"pwd"}})
		},
		"binding": func(s string) {
			_, _ = r.StartLogin(ctx, registry.Start{Who: registry.Who{User: provider.User{ID: "x"}, Binding: s}, Primary: []string{"pwd"}})
		},
	} {
		cost := func(n int) float64 {
			s := strings.Repeat("A", n)
			return testing.AllocsPerRun(5, func() { f(s) })
		}
		if small, large := cost(9000), cost(1<<20); large > small+2 {
			t.Errorf("%s: %.0f allocations for a megabyte, %.0f for 9,000 bytes", name, large, small)
		}
	}
	tap.during(nil)
	body := json.RawMessage(bytes.Repeat([]byte{' '}, limit))
	got, err := answer(t, r, alice(), l, ch, body)
	refused(t, registry.ErrInvalid, got, err)
	_, err = r.BeginSetup(ctx, registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "pin", Input: body})
	refused(t, registry.ErrInvalid, registry.Login{}, err)
	_, err = r.StartLogin(ctx, registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: string(body)})
	refused(t, registry.ErrInvalid, registry.Login{}, err)
	if n := len(tap.made()); n != 0 {
		t.Errorf("%d calls of the stores for bodies over 64 KiB", n)
	}
	got, err = answer(t, r, alice(), l, ch, body[:limit-1])
	refused(t, registry.ErrRejected, got, err)
}

// Whatever the clock says, nothing panics, and nobody gets in whom it would not let in otherwise.
//
// attack
// asvs: V6.5.8
func TestAbsurdClocks(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Time{
		"zero": {}, "1970": time.Unix(0, 0), "1969": time.Unix(-1, 0), "9999": time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		"40000": time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC), "the last second": time.Unix(math.MaxInt64/2, 0),
	} {
		w := newWorld(t, newSecret("pin"))
		w.clock.now = at
		r := w.registry()
		l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}})
		if err != nil {
			continue // refused is as good
		}
		ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			continue
		}
		got, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: no})
		if err == nil || got.Satisfied {
			t.Errorf("%s: a wrong answer: %+v", name, got)
		}
	}
	// A clock that steps back re-opens neither what was used nor what was locked.
	w := newWorld(t, newCounter())
	r := w.registry()
	enrolled(t, r, alice(), "app")
	l, ch := begin(t, r, alice())
	if _, err := answer(t, r, alice(), l, ch, later(1)); err != nil {
		t.Fatal(err)
	}
	w.clock.Add(-10 * time.Minute)
	got, err := answer(t, r, alice(), l, ch, later(1))
	refused(t, registry.ErrChallengeGone, got, err)
	l, ch = begin(t, r, alice())
	got, err = answer(t, r, alice(), l, ch, later(1))
	refused(t, registry.ErrRejected, got, err)
	for range 10 {
		_ = guess(t, r, "login", "app", "")
	}
	w.clock.Add(-10 * time.Minute)
	if err := guess(t, r, "login", "app", ""); !errors.Is(err, registry.ErrLocked) {
		t.Errorf("a lock, after the clock stepped back: %v", err)
	}
}

// nothing is what a careless provider panics with.
func nothing() any { return nil }
