package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

type stolenBrowser struct{ browser }

// A proof that step-ups carry on does not grow until it no longer opens.
func TestStepUpsCarryOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newCounter())
	r := w.registry()
	proof := enrolled(t, r, alice(), "app").Proof
	for i := 1; i <= 40; i++ {
		w.clock.Add(time.Minute)
		ch, err := r.BeginStepUp(t.Context(), registry.StepUp{Who: alice(), Kind: "app", Proof: proof})
		if err != nil {
			t.Fatalf("step-up %d with the proof of the one before: %v", i, err)
		}
		l, err := r.FinishStepUp(t.Context(), registry.Finish{Who: alice(), Challenge: ch.ID, Response: later(i)})
		if err != nil {
			t.Fatalf("step-up %d: %v (%s)", i, err, w.lastEvent().Reason)
		}
		proof = l.Proof
		if err := r.Check(t.Context(), proof, registry.Need{Who: alice()}); err != nil {
			t.Fatalf("Check of the proof that step-up %d has just given: %v (%s)", i, err, w.lastEvent().Reason)
		}
	}
}

func (b stolenBrowser) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if string(ans.Response) == "old" {
		return provider.Match{FactorID: req.Factors[0].ID}, provider.ErrCompromised
	}
	return b.browser.LoginVerify(ctx, req, ans)
}

// A token of a trusted browser that turns out to be stolen moves the epoch; the login that it came with goes on all the same, as if it had not been sent.
//
// attack: A-71
func TestStolenBrowserTokenLeavesTheLoginAlone(t *testing.T) {
	t.Parallel()
	mail := newMailer()
	w := newWorld(t, mail, stolenBrowser{})
	r := w.registry()
	l := enrolled(t, r, alice(), "mail")
	enrol(t, r, alice(), registry.Enrol{Proof: l.Proof, Kind: "device"})
	w.clock.Add(time.Hour)
	sent := len(mail.outbox())
	s, err := r.StartLogin(t.Context(), registry.Start{Who: alice(), Primary: []string{"pwd"}, Device: "old", Begin: true})
	if err != nil || s.Challenge == nil {
		t.Fatalf("StartLogin: %v %+v", err, s.Challenge)
	}
	if n := len(mail.outbox()) - sent; n != 1 {
		t.Errorf("%d messages were sent", n)
	}
	_, err = r.FinishLogin(t.Context(), registry.Finish{Who: alice(), Pending: s.Pending, Challenge: s.Challenge.ID, Response: yes})
	if err != nil {
		t.Errorf("a login whose device token was refused does not go on as if it had not been sent: %v (%s)", err, w.lastEvent().Reason)
	}
}

// A round of pruning removes all that has expired, or a busy table would grow for ever.
func TestPruningKeepsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("code"))
	r := w.registry()
	enrolled(t, r, alice(), "code")
	snap, _ := w.factors.Load(t.Context(), "", "alice")
	for i := range 20 {
		var c factor.Change
		c.UserID, c.Epoch, c.At = "alice", snap.Account.Epoch, w.clock.Now()
		for j := range 900 {
			o := factor.Once{Expires: w.clock.Now()}
			copy(o.Key[:], fmt.Sprintf("%d/%d", i, j))
			c.Once = append(c.Once, o)
		}
		if err := w.factors.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.Add(2 * time.Minute)
	signIn(t, r, alice())
	time.Sleep(300 * time.Millisecond)
	left := 0
	for {
		n, err := w.factors.Prune(t.Context(), w.clock.Now(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if left += n; n == 0 {
			break
		}
	}
	if left > 100 {
		t.Errorf("%d expired rows are left of 18,000 after the round of a minute: over 500 logins a minute the table grows for ever", left)
	}
}

// What providers and programs are handed does not print what is secret in it.
//
// attack
func TestContractsDoNotPrint(t *testing.T) {
	t.Parallel()
	const s = "hunter2hunter2"
	b := []byte(s)
	for name, v := range map[string]any{
		"provider.Factor": provider.Factor{Data: b}, "provider.Answer": provider.Answer{Private: b, Response: json.RawMessage(`{"code":"` + s + `"}`)},
		"provider.Prompt": provider.Prompt{Private: b}, "provider.Enrollment": provider.Enrollment{Data: b}, "provider.Match": provider.Match{Data: b},
		"provider.LoginRequest": provider.LoginRequest{Factors: []provider.Factor{{Data: b}}, Previous: b},
		"provider.SetupRequest": provider.SetupRequest{Previous: b},
		"registry.Finish":       registry.Finish{Response: json.RawMessage(s), Pending: s, Who: registry.Who{Binding: s}},
		"registry.Start":        registry.Start{Device: s},
		"registry.Login":        registry.Login{Proof: s, Pending: s, Once: s},
		"registry.Manage":       registry.Manage{Proof: s},
		"registry.Challenge":    registry.Challenge{ID: s, Public: s},
	} {
		out := fmt.Sprintf("%+v %s", v, v)
		if strings.Contains(out, s) || strings.Contains(out, fmt.Sprint(b)) {
			t.Errorf("%%+v of %s shows a secret", name)
		}
	}
}

// A note that no event could hold must not keep a cloned factor in use.
//
// attack: A-102
func TestLongNoteDoesNotSaveAClone(t *testing.T) {
	t.Parallel()
	k := newSecret("code")
	w := newWorld(t, k)
	r := w.registry()
	f := enrolled(t, r, alice(), "code").Factor
	k.onVerify = func(_ context.Context, req provider.LoginRequest, _ provider.Answer) (provider.Match, error) {
		return provider.Match{FactorID: req.Factors[0].ID, Note: strings.Repeat("x", 70<<10)}, provider.ErrCompromised
	}
	l, ch := begin(t, r, alice())
	got, err := answer(t, r, alice(), l, ch, yes)
	refused(t, registry.ErrRejected, got, err)
	snap, _ := w.factors.Load(t.Context(), "", "alice")
	if f, _ := snap.Factor(f); !f.Disabled {
		t.Error("the provider said that the factor is cloned, and it still works")
	}
}

// A provider's note cannot break a line of the log.
//
// attack: A-124
func TestNoteIsOneLine(t *testing.T) {
	t.Parallel()
	k := newSecret("code")
	w := newWorld(t, k)
	r := w.registry()
	enrolled(t, r, alice(), "code")
	k.onVerify = func(_ context.Context, req provider.LoginRequest, _ provider.Answer) (provider.Match, error) {
		return provider.Match{FactorID: req.Factors[0].ID, Note: "x\n12:00 finish_login ok admin"}, nil
	}
	signIn(t, r, alice())
	if n := w.lastEvent().Note; strings.ContainsAny(n, "\n") {
		t.Errorf("a provider's note breaks a log line: %q", n)
	}
}

// A name of spaces is no name.
func TestBlankNameIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	r := w.registry()
	if _, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: start(t, r, alice()).Pending, Kind: "app", Label: "   "}); errors.Is(err, registry.ErrInvalid) {
		return
	}
	enrol(t, r, alice(), registry.Enrol{Pending: start(t, r, alice()).Pending, Kind: "app", Label: "   "})
	fs, _ := r.Factors(t.Context(), alice())
	if fs[0].Label == "   " {
		t.Errorf("a factor is called %q", fs[0].Label)
	}
}

// A policy that panics satisfies nobody.
//
// attack: A-158
func TestPanickingPolicyDenies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("app"))
	r := w.registry()
	enrolled(t, r, alice(), "app")
	bad := false
	r = w.registry(func(c *registry.Config) {
		c.Policy = policy.Custom("a panic", func(f policy.Facts) policy.Decision {
			if bad {
				panic("index out of range")
			}
			return policy.Optional().Decide(f)
		})
	})
	l, ch := begin(t, r, alice())
	bad = true
	got, err := answer(t, r, alice(), l, ch, yes)
	refused(t, registry.ErrPolicyForbids, got, err)
	if l, err := r.StartLogin(t.Context(), registry.Start{Who: bob(), Primary: []string{"pwd"}}); err != nil || l.Satisfied || l.MayEnroll || l.Proof != "" {
		t.Errorf("%v, %v; want a login that is not satisfied", l, err)
	}
}
