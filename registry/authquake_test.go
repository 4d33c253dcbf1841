package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// counted is a provider that counts the answers it is asked to check: guesses that were evaluated, which is what a budget is about.
type counted struct {
	provider.MultiFactorProvider
	n atomic.Int64
}

func (c *counted) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	c.n.Add(1)
	return c.MultiFactorProvider.LoginVerify(ctx, req, ans)
}

// pages are what a pager has received.
type pages struct {
	mu   sync.Mutex
	last string
}

func (p *pages) provider() pager.Provider {
	return func(_ context.Context, _, text string) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.last = text[:6]
		return nil
	}
}

func (p *pages) code() json.RawMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return typed(p.last)
}

// roomy is a deployment whose shared limits are not what is tested.
func roomy(c *registry.Config) {
	for _, name := range []string{"begin", "send", "address", "deployment"} {
		if c.Budgets == nil {
			c.Budgets = map[string]registry.Budget{}
		}
		c.Budgets[name] = registry.Budget{Limit: 1_000_000, Window: time.Second, Max: time.Second}
	}
	c.Budgets["wait"] = registry.Budget{Limit: 1_000_000, Window: time.Second, Max: time.Second}
}

// Five hundred logins at once, each with three guesses, through two replicas over one Redis and one PostgreSQL. Of 1,500 guesses ten are looked at, and then not even the
// right answer is; and the user is told.
//
// attack
func TestAuthQuake(t *testing.T) {
	t.Parallel()
	const logins, guesses, budget = 500, 3, 10
	pin := &counted{MultiFactorProvider: newSecret("pin")}
	w := onServers(t, pin)
	rs := []*registry.Registry{w.registry(roomy), w.registry(roomy)}
	enrolled(t, rs[0], alice(), "pin")

	var began atomic.Int64
	slots := make(chan struct{}, 50) // as many as a site of this size has connections
	_, failed := crowd(t, logins, func(i int) error {
		slots <- struct{}{}
		defer func() { <-slots }()
		who := alice()
		who.Binding = fmt.Sprint("browser ", i)
		l, err := rs[i%2].StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}, Begin: true})
		if err != nil || l.Challenge == nil {
			return fmt.Errorf("login %d does not begin: %w", i, err)
		}
		began.Add(1)
		for g := range guesses {
			got, err := rs[(i+g)%2].FinishLogin(t.Context(), registry.Finish{
				Who: who, Pending: l.Pending, Challenge: l.Challenge.ID, Response: typed(fmt.Sprintf("%06d", i*guesses+g)),
			})
			if got.Satisfied || (!errors.Is(err, registry.ErrRejected) && !errors.Is(err, registry.ErrLocked)) {
				return fmt.Errorf("guess %d of login %d: %w", g, i, err)
			}
		}
		return nil
	})
	if len(failed) != 0 || began.Load() != logins {
		t.Fatalf("%d of %d logins began; %v", began.Load(), logins, failed)
	}
	if n := pin.n.Load(); n != budget {
		t.Errorf("%d of %d guesses were looked at, want %d", n, logins*guesses, budget)
	}
	w.mu.Lock()
	told := 0
	for _, e := range w.events {
		if e.Signal == registry.SignalGuessing {
			told++
		}
	}
	w.mu.Unlock()
	if told != 1 {
		t.Errorf("the lock was told %d times, want once", told)
	}
	l, ch := begin(t, rs[1], alice())
	got, err := answer(t, rs[1], alice(), l, ch, yes)
	refused(t, registry.ErrLocked, got, err)
	w.clock.Add(15*time.Minute - time.Millisecond)
	l, ch = begin(t, rs[0], alice())
	got, err = answer(t, rs[0], alice(), l, ch, yes)
	refused(t, registry.ErrLocked, got, err)
	w.clock.Add(time.Millisecond)
	signIn(t, rs[1], alice())
}

// Whoever has the password and the mailbox, and policy asks for two factors: nine wrong guesses at the app, then the right code from the mail, and again. Half a login
// refills nothing, whether it is a login, a step-up or another session.
//
// attack
func TestHalfALoginNeverRefillsTheBudget(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"login", "step-up"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			box := &pages{}
			pin := &counted{MultiFactorProvider: newSecret("pin")}
			w := onServers(t, pin, box.provider())
			rs := []*registry.Registry{w.registry(roomy, atLeast(2)), w.registry(roomy, atLeast(2))}
			first := enrolled(t, rs[0], alice(), "pin")
			ch, err := rs[0].BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: first.Pending, Kind: "pager", Input: json.RawMessage(`{"number":"5550123"}`)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rs[0].FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: first.Pending, Challenge: ch.ID, Response: box.code()}); err != nil {
				t.Fatal(err)
			}
			locked, rightHalves := 0, 0
			for round := range 20 {
				who := alice()
				who.Binding = fmt.Sprint("browser ", round)
				l, err := rs[round%2].StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
				if err != nil {
					t.Fatal(err)
				}
				locked += guessNine(t, rs, who, l, round)
				if halfRight(t, rs[round%2], who, l, by, box) {
					rightHalves++
				}
			}
			if n := pin.n.Load(); n != 10 {
				t.Errorf("%d of 180 guesses were looked at, want 10", n)
			}
			if locked != 170 || rightHalves == 0 {
				t.Errorf("%d guesses met the lock, want 170; half a login was right %d times, want it to have been tried", locked, rightHalves)
			}
		})
	}
}

// guessNine guesses at the pin nine times, and returns how often that was refused because of the lock.
func guessNine(t *testing.T, rs []*registry.Registry, who registry.Who, l registry.Login, round int) (locked int) {
	t.Helper()
	for g := range 9 {
		i := slices.IndexFunc(l.Choices, func(c registry.Choice) bool { return c.Kind == "pin" })
		ch, err := rs[g%2].BeginLogin(t.Context(), registry.Begin{Who: who, Pending: l.Pending, Factor: l.Choices[i].Factor})
		if err != nil {
			t.Fatal(err)
		}
		_, err = rs[(g+1)%2].FinishLogin(t.Context(), registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: typed(fmt.Sprintf("%06d", round*9+g))})
		switch {
		case errors.Is(err, registry.ErrLocked):
			locked++
		case !errors.Is(err, registry.ErrRejected):
			t.Fatal(err)
		}
	}
	return locked
}

// halfRight answers the pager's code, which the guesser has, and says whether it was let through.
func halfRight(t *testing.T, r *registry.Registry, who registry.Who, l registry.Login, by string, box *pages) bool {
	t.Helper()
	var ch registry.Challenge
	var err error
	if by == "login" {
		ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: l.Pending, Kind: "pager"})
	} else {
		ch, err = r.BeginStepUp(t.Context(), registry.StepUp{Who: who, Kind: "pager", Action: "anything"})
	}
	if err != nil {
		t.Fatal(err)
	}
	var got registry.Login
	if by == "login" {
		got, err = r.FinishLogin(t.Context(), registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: box.code()})
	} else {
		got, err = r.FinishStepUp(t.Context(), registry.Finish{Who: who, Challenge: ch.ID, Response: box.code()})
	}
	if by == "login" && got.Satisfied {
		t.Error("half a login is a whole one")
	}
	if err != nil && !errors.Is(err, registry.ErrLocked) {
		t.Fatal(err)
	}
	return err == nil
}
