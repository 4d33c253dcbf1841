package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/registry"
)

func under(p policy.Policy) func(*registry.Config) {
	return func(c *registry.Config) { c.Policy = p }
}

// startAs signs in with a password, in a role.
func startAs(t testing.TB, r *registry.Registry, w registry.Who, roles ...string) registry.Login {
	t.Helper()
	l, err := r.StartLogin(t.Context(), registry.Start{Who: w, Primary: []string{"pwd"}, About: registry.About{Roles: roles}})
	if err != nil {
		t.Fatalf("StartLogin: %v", err)
	}
	return l
}

func kindsOf(choices []registry.Choice) (kinds []string) {
	for _, c := range choices {
		kinds = append(kinds, c.Kind)
	}
	return kinds
}

// idOf is the user's factor of a kind.
func idOf(t testing.TB, r *registry.Registry, w registry.Who, kind string) string {
	t.Helper()
	for _, f := range factors(t, r, w) {
		if f.Kind == kind {
			return f.ID
		}
	}
	t.Fatalf("no factor of kind %s", kind)
	return ""
}

// A forbidden kind is not offered, not begun, not finished, not attached and not counted, also if it was begun before it was forbidden.
//
// attack: A-54
// nist: N07
// asvs: V6.3.6
func TestForbiddenKindNeitherEnrolsNorCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newMailer(), newSecret("app"), newRecovery())
	lenient, strict := w.registry(), w.registry(under(policy.ForbidChannel(policy.Optional(), "email")))
	proof := enrolled(t, lenient, alice(), "mail").Proof
	proof = enrol(t, lenient, alice(), registry.Enrol{Proof: proof, Kind: "app"}).Proof
	enrol(t, lenient, alice(), registry.Enrol{Proof: proof, Kind: "backup"})

	l := start(t, strict, alice())
	if got := kindsOf(l.Choices); !slices.Equal(got, []string{"app", "backup"}) {
		t.Errorf("%q are offered; mail is forbidden", got)
	}
	mail := idOf(t, strict, alice(), "mail")
	if ch, err := strict.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: mail}); !errors.Is(err, registry.ErrPolicyForbids) || ch.ID != "" {
		t.Errorf("a login by a forbidden kind is begun: %v", err)
	}
	if ch, err := strict.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "mail", Proof: proof}); !errors.Is(err, registry.ErrPolicyForbids) || ch.ID != "" {
		t.Errorf("a step-up by a forbidden kind is begun: %v", err)
	}
	refuseSetup(t, strict, registry.ErrPolicyForbids, registry.Enrol{Who: alice(), Proof: proof, Kind: "mail"})

	w.clock.Add(time.Minute) // for the next message
	ch, err := lenient.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: mail})
	if err != nil {
		t.Fatal(err)
	}
	got, err := answer(t, strict, alice(), l, ch, yes)
	refused(t, registry.ErrPolicyForbids, got, err)

	w.clock.Add(2 * time.Minute)
	ch, err = lenient.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: proof, Kind: "mail"})
	if err != nil {
		t.Fatal(err)
	}
	got, err = strict.FinishSetup(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
	refused(t, registry.ErrPolicyForbids, got, err)
	if n := len(factors(t, strict, alice())); n != 3 {
		t.Errorf("%d factors; want the 3 of before", n)
	}
}

// The code that proves the mailbox which the first factor has proved already is no second factor.
//
// nist: N07
func TestMailAfterMailIsOneFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newMailer(), newSecret("app"))
	r := w.registry(under(policy.Required()))
	enrolled(t, r, alice(), "mail")
	byMail := func(who registry.Who) registry.Login {
		l, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"email"}})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := byMail(alice())
	if l.Satisfied || len(l.Choices) > 0 || l.MayEnroll {
		t.Errorf("after a link by mail: %v, with choices %v; a code by mail must not be offered, nor a factor attached without a proof", l, l.Choices)
	}
	if _, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "mail"}); !errors.Is(err, registry.ErrPolicyForbids) {
		t.Errorf("a code by mail after a link by mail: %v", err)
	}
	l = byMail(bob())
	if !slices.Equal(l.Enroll, []string{"app"}) {
		t.Errorf("%q may be attached; what travels by mail would be of no use", l.Enroll)
	}
	refuseSetup(t, r, registry.ErrPolicyForbids, registry.Enrol{Who: bob(), Pending: l.Pending, Kind: "mail"})
	if got := enrol(t, r, bob(), registry.Enrol{Pending: l.Pending, Kind: "app"}); !got.Satisfied {
		t.Error("another factor does not satisfy")
	}
}

// A login that demands a factor hands out a token that attaches one of the demanded kinds, and does nothing else.
//
// attack: A-79
// asvs: V6.3.3
func TestPendingThatMustEnrolDoesOnlyThat(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(under(policy.Only(policy.Required(), "app", "key")))
	l := start(t, r, alice())
	if l.Satisfied || l.Proof != "" || !l.MayEnroll || !slices.Equal(l.Enroll, []string{"app", "key"}) {
		t.Fatalf("%v, may attach %q; want app or key demanded", l, l.Enroll)
	}
	for _, kind := range []string{"pin", "mail", "backup", "device"} {
		refuseSetup(t, r, registry.ErrPolicyForbids, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: kind})
	}
	for _, p := range []string{l.Pending, "x" + l.Pending[1:]} {
		if err := r.Check(t.Context(), p, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("Check takes it: %v", err)
		}
		got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: p, Factor: "f"})
		refused(t, registry.ErrStepUpRequired, got, err)
	}
	got := enrol(t, r, alice(), registry.Enrol{Pending: l.Pending, Kind: "app"})
	if !got.Satisfied || got.Proof == "" {
		t.Errorf("after what was demanded: %v", got)
	}
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "key"})
}

// What has to be attached is of the kinds that are missing, also where others are allowed.
func TestPendingAttachesWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), newPasskey())
	enrolled(t, w.registry(), alice(), "app")
	r := w.registry(under(policy.AllOf(policy.Only(policy.Required(), "app"), policy.Only(policy.Required(), "key"))))
	l, ch := begin(t, r, alice())
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "key"})
	l, err := answer(t, r, alice(), l, ch, yes)
	if err != nil || l.Satisfied || !slices.Equal(l.Enroll, []string{"key"}) || len(l.Choices) > 0 {
		t.Fatalf("%v, may attach %q, %v; want a key demanded", l, l.Enroll, err)
	}
	refuseSetup(t, r, registry.ErrPolicyForbids, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "app"})
	if l = enrol(t, r, alice(), registry.Enrol{Pending: l.Pending, Kind: "key"}); !l.Satisfied {
		t.Errorf("after what was missing: %v", l)
	}
}

// What the application says of a user holds for the whole login and for what is done on its proof, although nobody repeats it.
//
// attack: A-76
func TestWhatWasSaidHoldsForTheWholeLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"), newSecret("app"))
	r := w.registry(under(policy.When(policy.HasRole("admin"), policy.AtLeast(2), policy.Optional())))
	proof := enrolled(t, r, alice(), "pin").Proof
	enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "app"})

	as := func(roles ...string) registry.Login {
		l := startAs(t, r, alice(), roles...)
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := answer(t, r, alice(), l, ch, yes)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	admin := as("clerk", "admin")
	if admin.Satisfied || admin.Proof != "" || !slices.Equal(kindsOf(admin.Choices), []string{"app"}) {
		t.Fatalf("an administrator's login is %v after one factor, with %q left", admin, kindsOf(admin.Choices))
	}
	if again, err := r.Look(t.Context(), registry.Peek{Who: alice(), Pending: admin.Pending}); err != nil || !slices.Equal(kindsOf(again.Choices), []string{"app"}) {
		t.Errorf("Look has forgotten the role: %v, %v", again, err)
	}
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: admin.Pending, Kind: "app"})
	if err != nil {
		t.Fatal(err)
	}
	if admin, err = answer(t, r, alice(), admin, ch, yes); err != nil || !admin.Satisfied {
		t.Fatalf("after both: %v, %v", admin, err)
	}
	app := idOf(t, r, alice(), "app")
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: admin.Proof, Factor: app})
	refused(t, registry.ErrPolicyForbids, got, err)
	clerk := as("clerk")
	if !clerk.Satisfied {
		t.Fatal("a clerk needs one factor")
	}
	if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: clerk.Proof, Factor: app}); err != nil {
		t.Errorf("a clerk's second factor: %v", err)
	}
}

// What is said is bounded, and no place for anything that breaks a line of a log.
//
// attack: A-124
func TestWhatIsSaidIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	r := w.registry()
	many := func(n int) (list []string) { return slices.Repeat([]string{"r"}, n) }
	for name, a := range map[string]registry.About{
		"17 roles":             {Roles: many(17)},
		"an empty role":        {Roles: []string{""}},
		"a line break":         {Roles: []string{"a\nb"}},
		"no name":              {Attributes: []policy.Attribute{{Value: "v"}}},
		"no text":              {Attributes: []policy.Attribute{{Name: "n", Value: "\xff"}}},
		"17 attributes":        {Attributes: slices.Repeat([]policy.Attribute{{Name: "n"}}, 17)},
		"257 bytes":            {Attributes: []policy.Attribute{{Name: "n", Value: strings.Repeat("v", 257)}}},
		"over 1 KiB in all":    {Roles: slices.Repeat([]string{strings.Repeat("r", 256)}, 5)},
		"a risk there is none": {Risk: policy.HighRisk + 1},
	} {
		l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, About: a})
		if !errors.Is(err, registry.ErrInvalid) || l.Pending != "" {
			t.Errorf("%s is accepted: %v", name, err)
		}
	}
	most := registry.About{Roles: many(16), Attributes: slices.Repeat([]policy.Attribute{{Name: "n", Value: strings.Repeat("v", 62)}}, 16), Risk: policy.HighRisk}
	l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, About: most})
	if err != nil {
		t.Fatalf("the most there may be: %v", err)
	}
	if _, err := r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l.Pending}); err != nil {
		t.Errorf("the most there may be makes a Pending that does not open: %v", err)
	}
}

// A passkey names a user of whom nobody has said anything: then what depends on it is asked both ways, or the application is asked.
//
// attack: A-60
func TestPasskeyNamesAnAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newPasskey(), newSecret("app"))
	byRole := policy.When(policy.HasRole("admin"), policy.AtLeast(2), policy.Optional())
	proof := enrolled(t, w.registry(), alice(), "key").Proof
	enrol(t, w.registry(), alice(), registry.Enrol{Proof: proof, Kind: "app"})

	login := func(about func(context.Context, string, string) (registry.About, error)) (registry.Login, error) {
		r := w.registry(under(byRole), func(c *registry.Config) { c.About = about })
		visitor := registry.Who{Binding: "a visitor's session"}
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: visitor, Kind: "key"})
		if err != nil {
			t.Fatal(err)
		}
		return r.FinishLogin(t.Context(), registry.Finish{Who: visitor, Challenge: ch.ID, Response: assert(handleOf("alice", 1), ch.Public)})
	}
	if l, err := login(nil); err != nil || l.Satisfied || !slices.Equal(kindsOf(l.Choices), []string{"app"}) {
		t.Errorf("nobody knows whether it is an administrator, and one passkey is enough: %v, %v", l, err)
	}
	is := func(roles ...string) func(context.Context, string, string) (registry.About, error) {
		return func(_ context.Context, tenant, user string) (registry.About, error) {
			if tenant != "" || user != "alice" {
				t.Errorf("asked about %q, %q", tenant, user)
			}
			return registry.About{Roles: roles}, nil
		}
	}
	if l, err := login(is("admin")); err != nil || l.Satisfied {
		t.Errorf("an administrator: %v, %v", l, err)
	}
	if l, err := login(is("clerk")); err != nil || !l.Satisfied {
		t.Errorf("a clerk: %v, %v", l, err)
	}
	for name, about := range map[string]func(context.Context, string, string) (registry.About, error){
		"fails": func(context.Context, string, string) (registry.About, error) {
			return registry.About{}, errors.New("no database")
		},
		"panics":  func(context.Context, string, string) (registry.About, error) { panic("no database") },
		"babbles": is("\n"),
	} {
		got, err := login(about)
		refused(t, registry.ErrUnavailable, got, err)
		if err == nil {
			t.Errorf("About %s, and the login goes on", name)
		}
	}
}

// Where a recovery code only opens the way to a new factor, it signs nobody in; the new factor does, and may clear away what is lost.
//
// attack: A-82
// nist: N32
// asvs: V6.4.4
func TestStrictRecovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), newPasskey(), newRecovery(), newMailer())
	r := w.registry(under(policy.NISTAAL2()))
	proof := enrolled(t, r, alice(), "app").Proof
	enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "backup"})
	lost := idOf(t, r, alice(), "app")
	w.clock.Add(time.Hour)
	l, err := recoverWith(t, r, alice(), recoveryCode(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if l.Satisfied || l.Proof != "" || l.AAL != 1 || !slices.Equal(l.Enroll, []string{"app", "key"}) {
		t.Fatalf("a recovery code: %v, may attach %q; want a way to a new factor, and nothing else", l, l.Enroll)
	}
	for _, kind := range []string{"mail", "backup"} {
		if ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: kind}); err == nil || ch.ID != "" {
			t.Errorf("a recovery code attaches %s", kind)
		}
	}
	got := enrol(t, r, alice(), registry.Enrol{Pending: l.Pending, Kind: "key"})
	if !got.Satisfied || got.Proof == "" || got.AAL != 2 {
		t.Fatalf("after a new factor: %v", got)
	}
	if _, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: got.Proof, Factor: lost}); err != nil {
		t.Errorf("the lost factor, in the recovery window: %v", err)
	}
}

// Where no trusted browser may stand in for a proof, none is asked, none is attached, and a token is not used up in vain.
//
// nist: N28
func TestNoTrustedBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), browser{})
	lenient, strict := w.registry(), w.registry(under(policy.NoTrustedBrowser(policy.Optional())))
	proof := enrolled(t, lenient, alice(), "app").Proof
	token, _ := enrol(t, lenient, alice(), registry.Enrol{Proof: proof, Kind: "device"}).Once.(string)
	refuseSetup(t, strict, registry.ErrPolicyForbids, registry.Enrol{Who: alice(), Proof: proof, Kind: "device"})
	s := registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: token}
	if l, err := strict.StartLogin(t.Context(), s); err != nil || l.Satisfied || l.Once != nil {
		t.Errorf("a trusted browser: %v, %v", l, err)
	}
	if l, err := lenient.StartLogin(t.Context(), s); err != nil || !l.Satisfied {
		t.Errorf("the token was used up where it could not count: %v, %v", l, err)
	}
}

// What Remove refuses because policy asks for it, no replacement takes away either.
//
// attack: A-82
func TestAReplacementLeavesWhatPolicyAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"), newSecret("pin"), newMailer())
	r := w.registry(under(policy.AllOf(policy.Required(), policy.Only(policy.Optional(), "app", "mail"), policy.NotOnly("email", policy.Required()))))
	in := enrolled(t, r, alice(), "app")
	app := in.Factor
	if in = enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "mail"}); !in.Satisfied {
		t.Fatal("two factors")
	}
	got, err := r.Remove(t.Context(), registry.Manage{Who: alice(), Proof: in.Proof, Factor: app})
	refused(t, registry.ErrPolicyForbids, got, err)
	refuseSetup(t, r, registry.ErrPolicyForbids, registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "mail", Replaces: app})
	if _, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "app", Replaces: app}); err != nil {
		t.Errorf("by another of its kind: %v", err)
	}
}

// A step-up that rests on no login is about a user of whom nobody has said anything, as a passkey's login is: the application is asked, and a kind that the
// user's role forbids proves nothing.
//
// attack: A-54
func TestAStepUpKnowsWhatIsForbidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newPasskey(), newSecret("pin"))
	proof := enrolled(t, w.registry(), alice(), "key").Proof
	enrol(t, w.registry(), alice(), registry.Enrol{Proof: proof, Kind: "pin"})
	roles := []string{"admin"}
	r := w.registry(under(policy.When(policy.HasRole("admin"), policy.PhishingResistant(policy.Required()), policy.Required())), func(c *registry.Config) {
		c.About = func(context.Context, string, string) (registry.About, error) {
			return registry.About{Roles: roles}, nil
		}
	})
	if ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: transfer}); !errors.Is(err, registry.ErrPolicyForbids) || ch.ID != "" {
		t.Errorf("an administrator steps up by what can be phished: %v", err)
	}
	roles = nil
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: transfer})
	if err != nil {
		t.Fatalf("others step up by it: %v", err)
	}
	l, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Consume(t.Context(), l.Proof, registry.Need{Who: alice(), Action: transfer}); err != nil {
		t.Errorf("and the proof is good: %v", err)
	}
}
