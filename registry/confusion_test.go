package registry_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A valid answer of which one thing does not fit is refused like an id that never was, and costs an attempt of the challenge.
//
// attack
// asvs: V6.6.2
func TestEveryBindingIsCompared(t *testing.T) {
	t.Parallel()
	type ceremony struct {
		w     *world
		r     *registry.Registry
		f     registry.Finish
		where func(context.Context, registry.Finish) (registry.Login, error)
	}
	fresh := func() ceremony {
		w := everyKind(t)
		r := w.registry()
		enrolled(t, r, alice(), "pin")
		l, ch := begin(t, r, alice())
		return ceremony{w, r, registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes}, r.FinishLogin}
	}
	spoil := map[string]func(*ceremony){
		"tenant":           func(c *ceremony) { c.f.User.Tenant = "acme" },
		"user":             func(c *ceremony) { c.f.User.ID = "bob" },
		"no user":          func(c *ceremony) { c.f.User.ID = "" },
		"user's case":      func(c *ceremony) { c.f.User.ID = "Alice" },
		"session":          func(c *ceremony) { c.f.Binding = "another session" },
		"no session":       func(c *ceremony) { c.f.Binding = "" },
		"unbound":          func(c *ceremony) { c.f.Binding = registry.NoBinding },
		"for a step-up":    func(c *ceremony) { c.where = c.r.FinishStepUp },
		"for a set-up":     func(c *ceremony) { c.where = c.r.FinishSetup },
		"carried":          func(c *ceremony) { c.f.Challenge = "0" + c.f.Challenge[1:] },
		"half an id":       func(c *ceremony) { c.f.Challenge = c.f.Challenge[:40] },
		"no id":            func(c *ceremony) { c.f.Challenge = "" },
		"expired":          func(c *ceremony) { c.w.clock.Add(5 * time.Minute) },
		"no pending":       func(c *ceremony) { c.f.Pending = "" },
		"proof as pending": func(c *ceremony) { c.f.Pending = signIn(t, c.r, alice()).Proof },
		"proof as pending, relabelled": func(c *ceremony) {
			c.f.Pending = "p" + signIn(t, c.r, alice()).Proof[1:]
		},
		"another login's pending": func(c *ceremony) { c.f.Pending = start(t, c.r, alice()).Pending },
		"another user's pending":  func(c *ceremony) { c.f.Pending = start(t, c.r, bob()).Pending },
		"another session's pending": func(c *ceremony) {
			who := alice()
			who.Binding = "another session"
			c.f.Pending = start(t, c.r, who).Pending
		},
		"a later epoch": func(c *ceremony) {
			if err := c.r.InvalidateUser(t.Context(), "", "alice"); err != nil {
				t.Fatal(err)
			}
		},
		"a later epoch and its pending": func(c *ceremony) {
			if err := c.r.InvalidateUser(t.Context(), "", "alice"); err != nil {
				t.Fatal(err)
			}
			c.f.Pending = start(t, c.r, alice()).Pending
		},
	}
	for name, break1 := range spoil {
		c := fresh()
		whole := c
		break1(&c)
		got, err := c.where(t.Context(), c.f)
		if err == nil || got.Satisfied || got.Proof != "" {
			t.Errorf("%s: accepted: %+v", name, got)
		}
		if !errors.Is(err, registry.ErrChallengeGone) && !errors.Is(err, registry.ErrLoginRequired) && !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if slices.Contains([]string{"tenant", "user", "session", "for a step-up", "for a set-up", "another login's pending"}, name) {
			wasCounted(t, whole.r, whole.f, name)
		}
	}
	c := fresh() // and whole, it is accepted
	if _, err := c.where(t.Context(), c.f); err != nil {
		t.Error(err)
	}
}

// wasCounted says that the challenge has 4 attempts left, of which the next takes one.
func wasCounted(t *testing.T, r *registry.Registry, f registry.Finish, name string) {
	t.Helper()
	f.Response = no
	_, err := r.FinishLogin(t.Context(), f)
	if e := (*registry.Error)(nil); !errors.As(err, &e) || e.Code != registry.ErrRejected || e.AttemptsLeft != 3 {
		t.Errorf("%s: an attempt with the wrong binding was not counted: %v", name, err)
	}
}

// One person has accounts in two tenants, in one session, with a key in each. What is begun in one tenant is not finished in the other.
//
// attack
func TestTenantIsCompared(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	acme := alice()
	acme.User.Tenant = "acme"
	enrolled(t, r, alice(), "key")
	enrolled(t, r, acme, "key")
	ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "key", Action: "pay"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.FinishStepUp(t.Context(), registry.Finish{Who: acme, Challenge: ch.ID, Response: assert(handleOf("alice", 2), ch.Public)})
	refused(t, registry.ErrChallengeGone, got, err)
	unnamed := registry.Who{Binding: "a visitor's session"}
	if ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: unnamed, Kind: "key"}); err != nil {
		t.Fatal(err)
	}
	unnamed.User.Tenant = "acme"
	got, err = r.FinishLogin(t.Context(), registry.Finish{Who: unnamed, Challenge: ch.ID, Response: assert(handleOf("alice", 2), ch.Public)})
	refused(t, registry.ErrChallengeGone, got, err)
}

// Each purpose is a ceremony of its own: a challenge begun for one is worthless at the doors of the others, also for the same user in the same session.
//
// attack
func TestPurposesDoNotMix(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry(patient)
	in := enrolled(t, r, alice(), "pin")
	l := start(t, r, alice())
	login, err1 := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
	setup, err2 := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Proof: in.Proof, Kind: "pin"})
	stepUp, err3 := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin"})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	doors := []func(context.Context, registry.Finish) (registry.Login, error){r.FinishLogin, r.FinishSetup, r.FinishStepUp}
	for i, ch := range []registry.Challenge{login, setup, stepUp} {
		for j, door := range doors {
			if i == j {
				continue
			}
			got, err := door(t.Context(), registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes})
			refused(t, registry.ErrChallengeGone, got, err)
		}
	}
	if fs := factors(t, r, alice()); len(fs) != 1 {
		t.Errorf("%d factors", len(fs))
	}
}

// A proof is for what it was made for: an action, a session, a user, a level, a time.
//
// attack
// asvs: V7.5.3
func TestProofIsForWhatItSays(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	in := enrolled(t, r, alice(), "pin")
	stepUp := func(action string) string {
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "pin", Action: action})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: yes})
		if err != nil {
			t.Fatal(err)
		}
		return got.Proof
	}
	pay, present := stepUp("Send 500 EUR to ACME"), stepUp("")
	other := alice()
	other.Binding = "another session"
	tenant := alice()
	tenant.User.Tenant = "acme"
	for name, tc := range map[string]struct {
		proof string
		need  registry.Need
	}{
		"another user":          {in.Proof, registry.Need{Who: bob()}},
		"another session":       {in.Proof, registry.Need{Who: other}},
		"another tenant":        {in.Proof, registry.Need{Who: tenant}},
		"a level too high":      {in.Proof, registry.Need{Who: alice(), AAL: 3}},
		"a step-up's level":     {present, registry.Need{Who: alice(), AAL: 2}},
		"a method more":         {in.Proof, registry.Need{Who: alice(), AMR: []string{"otp", "hwk"}}},
		"an action's proof":     {pay, registry.Need{Who: alice()}},
		"a pending":             {start(t, r, alice()).Pending, registry.Need{Who: alice()}},
		"a relabelled pending":  {"x" + start(t, r, alice()).Pending[1:], registry.Need{Who: alice()}},
		"nothing":               {"", registry.Need{Who: alice()}},
		"garbage":               {strings.Repeat("x", 9000), registry.Need{Who: alice()}},
		"a proof with one more": {in.Proof + "A", registry.Need{Who: alice()}},
	} {
		if err := r.Check(t.Context(), tc.proof, tc.need); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("Check, %s: %v", name, err)
		}
	}
	for _, action := range []string{"Send 500 EUR to EVIL", "send 500 eur to acme", "Send 500 EUR to ACME "} {
		if err := r.Consume(t.Context(), pay, registry.Need{Who: alice(), Action: action}); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("Consume for %q: %v", action, err)
		}
	}
	for _, p := range []string{in.Proof, present} {
		if err := r.Consume(t.Context(), p, registry.Need{Who: alice(), Action: "Send 500 EUR to ACME"}); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("Consume of a proof without an action: %v", err)
		}
	}
	if err := r.Consume(t.Context(), pay, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("Consume without an action: %v", err)
	}
	for range 2 {
		err := r.Consume(t.Context(), pay, registry.Need{Who: alice(), Action: "Send 500 EUR to ACME"})
		if err == nil {
			continue
		}
		if !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("Consume again: %v", err)
		}
		pay = ""
	}
	if pay != "" {
		t.Error("one proof was consumed twice")
	}
	refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Proof: stepUp("an action"), Kind: "app"})
	w.clock.Add(5 * time.Minute)
	if err := r.Check(t.Context(), in.Proof, registry.Need{Who: alice()}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a proof of five minutes: %v", err)
	}
	if err := r.Check(t.Context(), in.Proof, registry.Need{Who: alice(), MaxAge: 10 * time.Minute}); err != nil {
		t.Errorf("for who asks for ten: %v", err)
	}
	if err := r.Check(t.Context(), in.Proof, registry.Need{Who: alice(), MaxAge: 25 * time.Hour}); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("for who asks for more than a day: %v", err)
	}
	if (registry.Login{}).Satisfied {
		t.Error("the zero result signs in")
	}
}

// A method that was proved long ago is not made fresh by proving another one: what an enrolment adds is itself.
//
// attack: A-75
func TestEnrolmentDoesNotRefreshOtherMethods(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	proof := enrolled(t, r, alice(), "key").Proof
	for range 3 {
		w.clock.Add(4 * time.Minute)
		proof = enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "app"}).Proof
	}
	if err := r.Check(t.Context(), proof, registry.Need{Who: alice(), AMR: []string{"swk"}}); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a key that was proved 12 minutes ago passes for one of the last 5: %v", err)
	}
}

// Taking a provider away, or breaking it, never makes MFA optional for those who use it, nor easier to be rid of.
//
// attack
func TestAbsenceIsNeverSuccess(t *testing.T) {
	t.Parallel()
	broken := newSecret("pin")
	for name, kinds := range map[string][]provider.MultiFactorProvider{
		"removed": {newSecret("other")}, "panics": {broken}, "errs": {broken}, "is silent": {broken},
	} {
		w := newWorld(t, newSecret("pin"))
		enrolled(t, w.registry(), alice(), "pin")
		w.kinds = kinds
		broken.onHook = func(context.Context, provider.LoginRequest) (provider.Prompt, error) {
			switch name {
			case "panics":
				panic("broken")
			case "errs":
				return provider.Prompt{}, errors.New("broken")
			}
			return provider.Prompt{}, nil
		}
		broken.onVerify = func(context.Context, provider.LoginRequest, provider.Answer) (provider.Match, error) {
			return provider.Match{}, nil
		}
		r := w.registry()
		l := start(t, r, alice())
		if l.Satisfied || l.MayEnroll || l.Proof != "" {
			t.Errorf("a provider that %s: %+v", name, l)
		}
		refuseSetup(t, r, registry.ErrStepUpRequired, registry.Enrol{Who: alice(), Pending: l.Pending, Kind: w.kinds[0].Info().Kind})
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Kind: "pin"})
		if err == nil {
			var got registry.Login
			got, err = answer(t, r, alice(), l, ch, yes)
			refused(t, registry.ErrInternal, got, err)
		}
		if err == nil {
			t.Errorf("a provider that %s lets alice in", name)
		}
	}
}

// A row that was sealed with another key, or for another row, does not open, and a factor that does not open lets nobody in.
//
// attack
func TestRowsThatDoNotOpen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(fs []*factor.Factor, other factor.Factor){
		"another user's row":   func(fs []*factor.Factor, other factor.Factor) { fs[0].Data = other.Data },
		"another factor's row": func(fs []*factor.Factor, _ factor.Factor) { fs[0].Data, fs[1].Data = fs[1].Data, fs[0].Data },
		"another key":          func(fs []*factor.Factor, _ factor.Factor) { fs[0].Data = bytes.Repeat([]byte{7}, 64) },
		"empty":                func(fs []*factor.Factor, _ factor.Factor) { fs[0].Data = nil },
		"another kind":         func(fs []*factor.Factor, _ factor.Factor) { fs[0].Kind = "other" },
	} {
		w := newWorld(t, newSecret("pin"), newSecret("other"))
		r := w.registry()
		in := enrolled(t, r, alice(), "pin")
		enrol(t, r, alice(), registry.Enrol{Proof: in.Proof, Kind: "pin"})
		enrolled(t, r, bob(), "pin")
		bobs, err := w.factors.Load(t.Context(), "", "bob")
		if err != nil {
			t.Fatal(err)
		}
		w.factors = spoiled{w.factors, func(s *factor.Snapshot) {
			if s.Account.UserID == "alice" && len(s.Factors) == 2 {
				fs := []*factor.Factor{&s.Factors[0], &s.Factors[1]}
				if fs[0].ID != in.Factor {
					slices.Reverse(fs)
				}
				spoil(fs, bobs.Factors[0])
			}
		}}
		r = w.registry()
		l := start(t, r, alice())
		if l.Satisfied {
			t.Errorf("%s: a factor that does not open made MFA optional", name)
		}
		ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: alice(), Pending: l.Pending, Factor: in.Factor})
		if err == nil {
			_, err = answer(t, r, alice(), l, ch, yes)
		}
		if !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("%s: %v, want unavailable", name, err)
		}
	}
}

// spoiled is a factor store whose rows somebody has moved about.
type spoiled struct {
	factor.Store
	spoil func(*factor.Snapshot)
}

func (s spoiled) Load(ctx context.Context, tenant, user string) (factor.Snapshot, error) {
	snap, err := s.Store.Load(ctx, tenant, user)
	s.spoil(&snap)
	return snap, err
}

// attack: A-60
func TestPolicyIsAskedWhateverTheFirstFactorWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	r := w.registry()
	enrolled(t, r, alice(), "pin")
	for _, primary := range [][]string{{"pwd"}, {"fed"}, {"otp", "sms"}, {"hwk", "user", "mfa"}, {"mca"}} {
		l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: primary})
		if err != nil || l.Satisfied {
			t.Errorf("after %q: satisfied %v, %v", primary, l.Satisfied, err)
		}
	}
	for _, primary := range [][]string{nil, {}, {""}, {"pwd\r\n"}, make([]string, 17)} {
		if l, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: primary}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("after %q: %+v, %v", primary, l, err)
		}
	}
}

// A trusted browser is trusted by one user, in one tenant, until the epoch moves; its token works once, and proves nothing.
//
// attack
// nist: N28
func TestTrustedBrowser(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	r := w.registry()
	token := func(who registry.Who) string {
		return enrol(t, r, who, registry.Enrol{Proof: enrolledOrIn(t, r, who), Kind: "device"}).Once.(string)
	}
	visit := func(who registry.Who, token string) registry.Login {
		l, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}, Device: token})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	acme := alice()
	acme.User.Tenant = "acme"
	first := token(alice())
	enrolledOrIn(t, r, bob())
	enrolledOrIn(t, r, acme)
	for name, l := range map[string]registry.Login{
		"another user": visit(bob(), first), "another tenant": visit(acme, first), "garbage": visit(alice(), "x"), "a megabyte less": visit(alice(), strings.Repeat("x", 64<<10)),
	} {
		if l.Satisfied {
			t.Errorf("%s: satisfied", name)
		}
	}
	l := visit(alice(), first)
	if !l.Satisfied || l.Proof != "" || l.Pending != "" || l.AAL != 1 || slices.Contains(l.AMR, "mfa") {
		t.Errorf("a trusted browser: %+v", l)
	}
	if l := visit(alice(), first); l.Satisfied {
		t.Error("a token works twice")
	}
	second := l.Once.(string)
	if err := r.InvalidateUser(t.Context(), "", "alice"); err != nil {
		t.Fatal(err)
	}
	if l := visit(alice(), second); l.Satisfied {
		t.Error("a trusted browser outlives the epoch")
	}
	strict := w.registry(func(c *registry.Config) { c.Policy = policy.AtLeast(2) })
	if l, err := strict.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: token(alice())}); err != nil || l.Satisfied {
		t.Errorf("a trusted browser of a user who has too few factors: satisfied %v, %v", l.Satisfied, err)
	}
	for _, kind := range []string{"device", "backup"} {
		if ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: kind}); err == nil {
			t.Errorf("a step-up by %s: %+v", kind, ch)
		}
	}
}

// enrolledOrIn is the proof of a login, for which a pin is attached if there is none yet.
func enrolledOrIn(t testing.TB, r *registry.Registry, who registry.Who) string {
	t.Helper()
	if len(factors(t, r, who)) == 0 {
		return enrolled(t, r, who, "pin").Proof
	}
	return signIn(t, r, who).Proof
}
