package registry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

func person(id string) registry.Who {
	return registry.Who{User: provider.User{ID: id, Name: id + "@example.com"}, Binding: "session of " + id}
}

// A new policy is tried on everybody before it is anybody's: page by page, with what the application says of each, and nothing is changed.
func TestDryRunListsWhomAPolicyWouldLockOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), newPasskey(), newMailer(), newRecovery())
	r := w.registry()
	start(t, r, person("nothing"))
	enrolled(t, r, person("passkey"), "key")
	enrolled(t, r, person("app"), "app")
	in := enrolled(t, r, person("app-and-codes"), "app")
	enrol(t, r, person("app-and-codes"), registry.Enrol{Proof: in.Proof, Kind: "backup"})
	enrolled(t, r, person("admin"), "key")

	roles := func(_ context.Context, _, user string) (registry.About, error) {
		if user == "admin" {
			return registry.About{Roles: []string{"admin"}}, nil
		}
		return registry.About{}, nil
	}
	strict := policy.When(policy.HasRole("admin"), policy.AtLeast(2), policy.StrictRecovery(policy.PhishingResistant(policy.Required())))
	run := func(p policy.Policy) (found map[string]registry.Affected, scanned int) {
		found = map[string]registry.Affected{}
		trial := registry.Trial{Actor: "root", Reason: "passkeys from May", Policy: p, N: 2, About: roles}
		for range 10 {
			page, err := r.Admin().DryRun(t.Context(), trial)
			if err != nil {
				t.Fatal(err)
			}
			scanned += page.Scanned
			for _, a := range page.Affected {
				found[a.User] = a
			}
			if trial.After = page.Next; page.Next == "" {
				return found, scanned
			}
		}
		t.Fatal("no last page")
		return nil, 0
	}
	found, scanned := run(strict)
	want := map[string]registry.Outlook{
		"nothing": registry.OutlookMustEnroll, "app": registry.OutlookLockedOut, "app-and-codes": registry.OutlookRecovery, "admin": registry.OutlookMustEnroll,
	}
	if scanned != 5 || len(found) != len(want) {
		t.Errorf("%d accounts scanned and %d affected; want 5 and %d", scanned, len(found), len(want))
	}
	for user, outlook := range want {
		if found[user].Outlook != outlook || found[user].Explanation.Asks == "" || found[user].Explanation.Satisfied {
			t.Errorf("%s: %q; want %q\n%v", user, found[user].Outlook, outlook, found[user].Explanation)
		}
	}
	found, _ = run(policy.Grace(week, strict))
	until := w.clock.Now().Add(week)
	for user := range want {
		if a := found[user]; a.Outlook != registry.OutlookMustEnroll || !a.GraceUntil.Equal(until) {
			t.Errorf("%s, with a week of grace: %q until %v; want must_enroll until %v", user, a.Outlook, a.GraceUntil, until)
		}
	}
	if snap, err := w.factors.Load(t.Context(), "", "nothing"); err != nil || !snap.Account.GraceUntil.IsZero() {
		t.Errorf("a dry run has begun a grace: %v, %v", snap.Account.GraceUntil, err)
	}
	if e := w.lastEvent(); e.Op != "dry_run" || e.Actor != "root" || e.Note != "passkeys from May" {
		t.Errorf("the event is %+v", e)
	}
}

func TestDryRunRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	tap := w.tapped()
	r := w.registry()
	start(t, r, alice())
	good := registry.Trial{Actor: "root", Reason: "why", Policy: policy.Required()}
	for name, edit := range map[string]func(*registry.Trial){
		"no actor":                 func(t *registry.Trial) { t.Actor = "" },
		"no reason":                func(t *registry.Trial) { t.Reason = "" },
		"no policy":                func(t *registry.Trial) { t.Policy = policy.Policy{} },
		"an impossible policy":     func(t *registry.Trial) { t.Policy = policy.Only(policy.Required(), "u2f") },
		"1001 accounts":            func(t *registry.Trial) { t.N = 1001 },
		"a first factor of no use": func(t *registry.Trial) { t.Primary = []string{"\n"} },
	} {
		trial := good
		edit(&trial)
		if page, err := r.Admin().DryRun(t.Context(), trial); !errors.Is(err, registry.ErrInvalid) || page.Scanned != 0 {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	panics := good
	panics.Policy = policy.Custom("a panic", func(policy.Facts) policy.Decision { panic("!") })
	silent := good
	silent.About = func(context.Context, string, string) (registry.About, error) {
		return registry.About{}, errors.New("no database")
	}
	for _, trial := range []registry.Trial{panics, silent} {
		if page, err := r.Admin().DryRun(t.Context(), trial); !errors.Is(err, registry.ErrUnavailable) || page.Scanned != 0 {
			t.Errorf("%+v, %v", page, err)
		}
	}
	tap.during(down("Scan"))
	if page, err := r.Admin().DryRun(t.Context(), good); err == nil && page.Scanned == 0 {
		t.Errorf("the store is down, and nobody is affected: %+v", page)
	}
}

func ExampleAdmin_DryRun() {
	reg, now := deployment()
	ctx := context.Background()
	for _, user := range []string{"alice", "bob"} {
		_, err := reg.StartLogin(ctx, registry.Start{Who: person(user), Primary: []string{"pwd"}})
		check(err)
	}
	trial := registry.Trial{Actor: "root", Reason: "passkeys from May", Policy: policy.Grace(30*24*time.Hour, policy.Required()), N: 100}
	page, err := reg.Admin().DryRun(ctx, trial)
	check(err)
	for _, a := range page.Affected {
		fmt.Println(a.User, a.Outlook, "within", a.GraceUntil.Sub(now))
	}
	fmt.Println(page.Affected[0].Explanation)
	// Output:
	// alice must_enroll within 720h0m0s
	// bob must_enroll within 720h0m0s
	// yes  by 2026-12-01T12:00:00Z: in grace: a factor has to be attached before it ends
	//     no   a factor beside the first one: 0 of 1 proved; a factor has to be attached (of kind totp)
}
