package registry_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// What must not be found anywhere that is stored, logged or printed.
const (
	canaryCode    = "86753091"
	canaryWrong   = "19035768"
	canaryData    = "canary/secret"
	canaryPrivate = "canary/private"
	canaryInput   = "canary/input"
	canaryAddress = "canary/address"
	canaryText    = "canary/error"
	canaryBinding = "canary/binding"
	canaryName    = "canary/name"
	canaryPepper  = "canary/pepper/canary/pepper/canary"
)

var canaries = []string{
	canaryCode, canaryWrong, canaryData, canaryPrivate, canaryInput, canaryAddress, canaryText, canaryBinding, canaryPepper, "canary/",
}

// canary is a kind that is made of canaries.
type canary struct{ broken error }

func (p *canary) Info() provider.Info {
	return provider.Info{Kind: "tweet", AMR: []string{"otp"}, Class: provider.Possession, Channel: "bird"}
}

func (p *canary) prompt() provider.Prompt {
	return provider.Prompt{Public: "shown", Private: []byte(canaryPrivate), Deliver: &provider.Delivery{
		Uses: []provider.Use{{Budget: "address", Of: canaryAddress}}, Send: func(context.Context) error { return p.broken },
	}}
}

func (p *canary) verdict(ans provider.Answer) error {
	typed, err := ans.Code()
	switch {
	case p.broken != nil:
		return p.broken
	case err != nil || typed != canaryCode || string(ans.Private) != canaryPrivate:
		return fmt.Errorf("%w: %s is not %s", provider.ErrRejected, typed, canaryCode)
	}
	return nil
}

func (p *canary) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	if string(req.Input) == `"refuse"` {
		return provider.Prompt{}, fmt.Errorf("%s %w", canaryText, provider.ErrInvalid)
	}
	return p.prompt(), nil
}

func (p *canary) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	return provider.Enrollment{Data: []byte(canaryData), Label: "Bird", Hint: "c···"}, p.verdict(ans)
}

func (p *canary) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return p.prompt(), nil
}

func (p *canary) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if p.broken != nil && strings.Contains(p.broken.Error(), "panic") {
		panic(p.broken)
	}
	return provider.Match{FactorID: req.Factors[0].ID, Data: []byte(canaryData)}, p.verdict(ans)
}

// sink is everything that could be read by somebody who should not.
type sink struct{ bytes.Buffer }

// add prints a value in every way there is.
func (s *sink) add(values ...any) {
	logger := slog.New(slog.NewJSONHandler(&s.Buffer, nil))
	for _, v := range values {
		fmt.Fprintf(s, "%v %+v %#v %s\n", v, v, v, v)
		if b, err := json.Marshal(v); err == nil {
			s.Write(b)
		}
		logger.Info("x", "v", v)
		if err, ok := v.(error); ok && err != nil {
			for ; err != nil; err = errors.Unwrap(err) {
				s.WriteString(err.Error())
			}
		}
	}
}

// finds returns the canaries in the sink, in clear and in every encoding that printing could have given them.
func (s *sink) finds(secrets []string) (found []string) {
	text := s.String()
	for _, c := range secrets {
		raw := []byte(c)
		list := strings.Trim(fmt.Sprint(raw), "[]")
		for _, form := range []string{
			c, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), list, strings.ReplaceAll(list, " ", ","), strings.ReplaceAll(fmt.Sprintf("%#v", raw)[7:], "}", ""),
			base64.RawStdEncoding.EncodeToString(raw)[:len(c)], base64.RawURLEncoding.EncodeToString(raw)[:len(c)],
		} {
			if strings.Contains(text, form) {
				found = append(found, form)
			}
		}
	}
	return found
}

// attack
// asvs: V16.2.5, V14.2.1
// nist: N16
func TestSecretsGoNowhere(t *testing.T) {
	t.Parallel()
	bird := &canary{}
	w := newWorld(t, bird, newSecret("pin"), newRecovery())
	tap := w.tapped()
	r := w.registry(patient, func(c *registry.Config) {
		c.Pepper = []byte(canaryPepper)
		c.Budgets["wait"] = registry.Budget{Limit: 100, Window: time.Second, Max: time.Hour}
		c.Budgets["address"] = registry.Budget{Limit: 100, Window: time.Second, Max: time.Hour}
		c.Budgets["send"] = registry.Budget{Limit: 100, Window: time.Second, Max: time.Hour}
	})
	var out sink
	who := registry.Who{User: provider.User{ID: "u1", Name: canaryName}, Binding: canaryBinding}
	ctx := t.Context()
	keep := func(v any, err error) {
		if l, ok := v.(registry.Login); ok {
			if l.User.Name == canaryName { // what the caller said comes back to the caller
				l.User.Name = ""
			}
			v = l
		}
		out.add(v, err)
	}
	l := start(t, r, who)
	keep(l, nil)
	finishAll := func(f registry.Finish, finish func(context.Context, registry.Finish) (registry.Login, error)) registry.Login {
		f.Who = who
		for _, broken := range []error{nil, errors.New(canaryText), errors.New("panic " + canaryText), provider.Invalid("a text for the user")} {
			bird.broken = broken
			f.Response = typed(canaryWrong)
			keep(finish(ctx, f))
		}
		bird.broken = nil
		f.Response = typed(canaryCode)
		got, err := finish(ctx, f)
		keep(got, err)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	keep(r.BeginSetup(ctx, registry.Enrol{Who: who, Pending: l.Pending, Kind: "tweet", Input: []byte(`"refuse"`)}))
	ch, err := r.BeginSetup(ctx, registry.Enrol{Who: who, Pending: l.Pending, Kind: "tweet", Input: []byte(`"` + canaryInput + `"`)})
	keep(ch, err)
	in := finishAll(registry.Finish{Pending: l.Pending, Challenge: ch.ID}, r.FinishSetup)
	keep(r.BeginSetup(ctx, registry.Enrol{Who: who, Proof: in.Proof, Kind: "backup"}))
	l, err = r.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}, Begin: true})
	keep(l, err)
	keep(r.Resume(ctx, registry.Again{Who: who, Challenge: l.Challenge.ID}))
	keep(r.Resend(ctx, registry.Again{Who: who, Challenge: l.Challenge.ID}))
	bird.broken = errors.New("550 " + canaryAddress + " " + canaryCode)
	keep(r.Resend(ctx, registry.Again{Who: who, Challenge: l.Challenge.ID}))
	in = finishAll(registry.Finish{Pending: l.Pending, Challenge: l.Challenge.ID}, r.FinishLogin)
	ch, err = r.BeginStepUp(ctx, registry.StepUp{Who: who, Kind: "tweet", Action: "pay"})
	keep(ch, err)
	finishAll(registry.Finish{Challenge: ch.ID}, r.FinishStepUp)
	keep(r.Factors(ctx, who))
	keep(r.Look(ctx, registry.Peek{Who: who, Pending: l.Pending}))
	keep(r.Rename(ctx, registry.Manage{Who: who, Proof: in.Proof, Factor: in.Factor, Label: "x"}))
	keep(nil, r.Check(ctx, canaryText, registry.Need{Who: who}))
	keep(nil, r.Admin().Unlock(ctx, registry.Deed{User: "u1", Actor: "root", Reason: "x"}))
	keep(r.Remove(ctx, registry.Manage{Who: who, Proof: in.Proof, Factor: in.Factor}))

	for _, b := range tap.wrote {
		out.Write(b)
		out.WriteByte('\n')
	}
	for _, e := range w.events {
		out.add(e)
	}
	if found := out.finds(append(canaries, canaryName)); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if len(tap.wrote) < 40 || len(w.events) < 25 {
		t.Errorf("%d writes and %d events: this was not every flow", len(tap.wrote), len(w.events))
	}
	var probe sink // The search finds what it is to find.
	probe.add(struct{ B []byte }{[]byte(canaryPepper)}, canaryCode)
	if len(probe.finds([]string{canaryPepper, canaryCode})) < 3 {
		t.Error("the search is blind")
	}
}

// A configuration that is printed, as start-up logs do, does not print its keys.
//
// attack: A-92
func TestConfigDoesNotPrintItsPepper(t *testing.T) {
	t.Parallel()
	var out sink
	w := newWorld(t, newSecret("pin"))
	var cfg registry.Config
	r := w.registry(func(c *registry.Config) { c.Pepper = []byte(canaryPepper); cfg = *c })
	out.add(cfg, &cfg, r)
	if found := out.finds([]string{canaryPepper}); len(found) > 0 {
		t.Errorf("printing a Config or a Registry shows the pepper: %.80q", found)
	}
}

// What is sealed between the halves of a ceremony has fields for what is known, and none into which an application could put a password.
//
// attack: A-121
func TestNoRoomForAPassword(t *testing.T) {
	t.Parallel()
	for _, v := range []any{registry.Start{}, registry.Begin{}, registry.Who{}, challenge.Challenge{}, factor.Factor{}, policy.Step{}} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			f := typ.Field(i)
			if k := f.Type.Kind(); k == reflect.Map || k == reflect.Interface || strings.Contains(strings.ToLower(f.Name), "password") {
				t.Errorf("%s.%s has room for anything", typ, f.Name)
			}
		}
	}
}

// A secret is shown while it is being set up, and never again: not by Resume, and not if the store that keeps challenges could not be told that the set-up is over.
//
// attack
func TestActiveSecretIsNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newSecret("pin"))
	tap := w.tapped()
	r := w.registry()
	l := start(t, r, alice())
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "pin"})
	if err != nil {
		t.Fatal(err)
	}
	again := registry.Again{Who: alice(), Challenge: ch.ID}
	if _, err := r.Resume(t.Context(), again); err != nil {
		t.Fatalf("before the set-up is over: %v", err)
	}
	tap.during(down("Redeem"))
	if _, err := r.FinishSetup(t.Context(), registry.Finish{Who: alice(), Pending: l.Pending, Challenge: ch.ID, Response: yes}); err != nil {
		t.Fatal(err)
	}
	tap.during(nil)
	if got, err := r.Resume(t.Context(), again); err == nil {
		t.Errorf("the prompt of a finished set-up, which has the secret of a factor in use, is shown again: %+v", got.Public)
	}
}
