package registry_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// staffed is a tenant with somebody in each state: the users by name, and the states that each is in.
func staffed(t testing.TB, w *world) (r *registry.Registry, want map[string][]registry.State) {
	t.Helper()
	phone := newMailer()
	phone.kind = "sms"
	w.kinds = []provider.MultiFactorProvider{newSecret("pin"), newMailer(), asPhone{phone}, backup.Issued{}}
	r = w.registry(patient)
	graceful := w.registry(func(c *registry.Config) { c.Policy = policy.Grace(48*time.Hour, policy.Required()) })
	want = map[string][]registry.State{
		"bare":     {registry.StateNoFactor},
		"late":     {registry.StateNoFactor, registry.StateInGrace},
		"pin":      nil,
		"mail":     {registry.StateOnlySent},
		"phone":    {registry.StateOnlySent, registry.StateOnlyPhone},
		"both":     nil,
		"disabled": {registry.StateUnusable, registry.StateDisabled},
		"worn":     {registry.StateUnusable, registry.StateDisabled},
		"waiting":  {registry.StateRecovery},
	}
	start(t, r, member("bare"))
	start(t, graceful, member("late"))
	for user, kind := range map[string]string{"pin": "pin", "mail": "mail", "phone": "sms", "disabled": "pin", "worn": "pin", "waiting": "pin"} {
		enrolled(t, r, member(user), kind)
	}
	both := enrolled(t, r, member("both"), "pin")
	enrol(t, r, member("both"), registry.Enrol{Proof: both.Proof, Kind: "mail"})
	disabled, err := r.Factors(t.Context(), member("disabled"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Admin().Disable(t.Context(), registry.Deed{Tenant: "acme", User: "disabled", Actor: "root", Reason: "lost", Factor: disabled[0].ID}); err != nil {
		t.Fatal(err)
	}
	worn, err := r.Factors(t.Context(), member("worn"))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := w.factors.Fail(t.Context(), "acme", "worn", worn[0].ID, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	_, err = r.Admin().IssueRecovery(t.Context(), registry.Recovery{
		Deed: registry.Deed{Tenant: "acme", User: "waiting", Reason: "lost"}, By: member("pin"), Proof: stepUp(t, r, member("pin"), recoverAlice), Action: recoverAlice,
	})
	if err != nil {
		t.Fatal(err)
	}
	other := member("elsewhere")
	other.User.Tenant = "other"
	start(t, r, other)
	return r, want
}

func member(id string) registry.Who {
	return registry.Who{User: provider.User{Tenant: "acme", ID: id}, Binding: id + "'s session"}
}

// asPhone is a kind whose codes go to a telephone.
type asPhone struct{ *mailer }

func (p asPhone) Info() provider.Info {
	i := p.mailer.Info()
	i.Channel = "phone"
	return i
}

func searchOf(state registry.State, after string, n int) registry.Search {
	acme := "acme"
	return registry.Search{Actor: "root", Reason: "the quarter's review", Tenant: &acme, State: state, After: after, N: n}
}

// everyone pages through a search.
func everyone(t testing.TB, r *registry.Registry, state registry.State, n int) map[string][]registry.State {
	t.Helper()
	found := map[string][]registry.State{}
	for after := ""; ; {
		page, err := r.Admin().Search(t.Context(), searchOf(state, after, n))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Accounts {
			if _, twice := found[a.User]; twice || a.Tenant != "acme" {
				t.Errorf("%s of %q is listed, and was before: %v", a.User, a.Tenant, twice)
			}
			found[a.User] = a.States
		}
		if after = page.Next; after == "" {
			return found
		}
	}
}

func TestAdministratorsFindAccountsByState(t *testing.T) {
	t.Parallel()
	w := onServers(t)
	r, want := staffed(t, w)
	if got := everyone(t, r, "", 2); !maps.EqualFunc(got, want, slices.Equal[[]registry.State]) {
		t.Errorf("the tenant has\n%v, want\n%v", got, want)
	}
	for _, state := range registry.States() {
		for _, n := range []int{1, 3, 100} {
			got := everyone(t, r, state, n)
			for user, states := range want {
				if _, found := got[user]; found != slices.Contains(states, state) {
					t.Errorf("in pages of %d, %s is found by %s: %v", n, user, state, found)
				}
			}
		}
	}
	w.clock.Add(48 * time.Hour)
	if got := everyone(t, r, registry.StateInGrace, 100); len(got) != 0 {
		t.Errorf("when the grace is over %v are in it", got)
	}
	if got := everyone(t, r, registry.StateRecovery, 100); len(got) != 0 {
		t.Errorf("when the code is over it waits for %v", got)
	}
	one, err := r.Admin().Account(t.Context(), registry.Deed{Tenant: "acme", User: "both", Actor: "root", Reason: "a call"})
	if err != nil || len(one.Factors) != 2 || one.User != "both" {
		t.Errorf("the account of both is %+v, %v", one, err)
	}
	_, err = r.Admin().Account(t.Context(), registry.Deed{Tenant: "acme", User: "nobody", Actor: "root", Reason: "a call"})
	if !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("the account of nobody: %v", err)
	}
}

func TestReportsCountEverybodyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, want := staffed(t, w)
	states := map[registry.State]int{}
	for _, s := range registry.States() {
		states[s] = 0
		for _, of := range want {
			if slices.Contains(of, s) {
				states[s]++
			}
		}
	}
	for _, n := range []int{1, 4, 1000} {
		var sum registry.Report
		pages := 0
		for more := true; more; more = sum.Next != "" {
			var err error
			if sum, err = r.Admin().Report(t.Context(), searchOf("", "", n), sum); err != nil {
				t.Fatal(err)
			}
			pages++
		}
		if sum.Accounts != len(want) || !maps.Equal(sum.States, states) {
			t.Errorf("in pages of %d: %d accounts, %v; want %d, %v", n, sum.Accounts, sum.States, len(want), states)
		}
		if kinds := (map[string]int{"pin": 3, "mail": 2, "sms": 1, "recovery": 1}); !maps.Equal(sum.Kinds, kinds) {
			t.Errorf("by kind: %v, want %v", sum.Kinds, kinds)
		}
		if least := (len(want) + n - 1) / n; pages < least {
			t.Errorf("%d accounts were counted in %d pages of %d", sum.Accounts, pages, n)
		}
	}
	if e := w.lastEvent(); e.Op != "report" || e.Actor != "root" || e.Note == "" {
		t.Errorf("the event is %+v", e)
	}
}

func TestListingTakesAnActorAndAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	for name, edit := range map[string]func(*registry.Search){
		"no actor":               func(s *registry.Search) { s.Actor = "" },
		"no reason":              func(s *registry.Search) { s.Reason = "" },
		"a reason of two lines":  func(s *registry.Search) { s.Reason = "a\nb" },
		"a state that is none":   func(s *registry.Search) { s.State = "tired" },
		"no accounts":            func(s *registry.Search) { s.N = -1 },
		"too many":               func(s *registry.Search) { s.N = 1001 },
		"a cursor of its own":    func(s *registry.Search) { s.After = "!" },
		"a tenant that is no ID": func(s *registry.Search) { bad := "a\x00"; s.Tenant = &bad },
	} {
		s := searchOf("", "", 0)
		edit(&s)
		if page, err := r.Admin().Search(t.Context(), s); !errors.Is(err, registry.ErrInvalid) || len(page.Accounts) != 0 {
			t.Errorf("%s: %v", name, err)
		}
		before := registry.Report{Accounts: 7, Next: s.After}
		if sum, err := r.Admin().Report(t.Context(), s, before); !errors.Is(err, registry.ErrInvalid) && name != "a cursor of its own" || sum.Accounts != 7 {
			t.Errorf("%s: a report of %d accounts, %v", name, sum.Accounts, err)
		}
	}
	if _, err := r.Admin().Account(t.Context(), registry.Deed{User: "alice", Actor: "root"}); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("an account without a reason: %v", err)
	}
	if e := w.lastEvent(); e.Op != "account" || e.Result != string(registry.ErrInvalid) {
		t.Errorf("what was refused is not in the events: %+v", e)
	}
}

// An account that is searched is not changed, and costs one call of the store per page.
func TestSearchingOnlyReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	staffed(t, w)
	tap := w.tapped()
	again := w.registry()
	tap.during(nil)
	if _, err := again.Admin().Search(t.Context(), searchOf("", "", 100)); err != nil {
		t.Fatal(err)
	}
	if calls := tap.made(); len(calls) != 0 { // Scan is not tapped; everything that writes is
		t.Errorf("a search made the calls %v", calls)
	}
}
