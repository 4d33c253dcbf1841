package faults_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// shop is a deployment with the real providers, over a Redis that fails over and a database that does not.
type shop struct {
	*registry.Registry
	t     *testing.T
	on    *servers
	clock *clock
	who   registry.Who
}

// newShop is one over a Redis that the test can fail over.
func newShop(t *testing.T, failures int) *shop {
	t.Helper()
	on := startServers(t, 1, newHistory(), nil)
	keys, _ := newKeys(t)
	s := shopOn(t, failures, keys, stores{openRedis(t, on.toRedis.addr()), newFile(t).open(t)})
	s.on = on
	return s
}

// shopOn allows a guessable factor to be tried as often as it ever may, so that what disables it in the end can be seen.
func shopOn(t *testing.T, failures int, keys registry.AEAD, with stores) *shop {
	t.Helper()
	s := &shop{t: t, clock: newClock()}
	s.who = registry.Who{User: provider.User{Tenant: tenant, ID: "alice", Name: "alice@example.com"}, Binding: "alice's session"}
	app, err := totp.New(totp.Config{Issuer: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := backup.New(backup.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.Registry, err = registry.New(registry.Config{
		AEAD: keys, Policy: policy.Optional(), Now: s.clock.now, Pepper: bytes.Repeat([]byte{7}, 32), FinishTimeout: finishTimeout,
		Challenges: with.challenges, Factors: with.factors,
		Budgets: map[string]registry.Budget{"failures": {Limit: failures, Window: 15 * time.Minute, Max: 24 * time.Hour}},
	}, app, codes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// phoneCode is what an authenticator app shows now.
func (s *shop) phoneCode(secret string) string {
	s.t.Helper()
	code, err := hotp.GenerateCodeCustom(secret, uint64(s.clock.now().Unix()/30), hotp.ValidateOpts{Digits: otp.DigitsSix})
	if err != nil {
		s.t.Fatal(err)
	}
	return code
}

// login starts a login with a kind, and returns what answers it.
func (s *shop) login(kind string) (finish func(json.RawMessage) (registry.Login, error)) {
	s.t.Helper()
	l, err := s.StartLogin(s.t.Context(), registry.Start{Who: s.who, Primary: []string{"pwd"}})
	if err != nil {
		s.t.Fatal(err)
	}
	ch, err := s.BeginLogin(s.t.Context(), registry.Begin{Who: s.who, Pending: l.Pending, Kind: kind})
	if err != nil {
		s.t.Fatal(err)
	}
	return func(response json.RawMessage) (registry.Login, error) {
		return s.FinishLogin(s.t.Context(), registry.Finish{Who: s.who, Pending: l.Pending, Challenge: ch.ID, Response: response})
	}
}

// setUp begins a set-up, and returns what answers it.
func (s *shop) setUp(e registry.Enrol) (public any, finish func(json.RawMessage) (registry.Login, error)) {
	s.t.Helper()
	e.Who = s.who
	ch, err := s.BeginSetup(s.t.Context(), e)
	if err != nil {
		s.t.Fatal(err)
	}
	return ch.Public, func(response json.RawMessage) (registry.Login, error) {
		return s.FinishSetup(s.t.Context(), registry.Finish{Who: s.who, Pending: e.Pending, Challenge: ch.ID, Response: response})
	}
}

// enrol attaches an app and backup codes to a new user.
func (s *shop) enrol() (secret string, codes []string) {
	s.t.Helper()
	l, err := s.StartLogin(s.t.Context(), registry.Start{Who: s.who, Primary: []string{"pwd"}})
	if err != nil {
		s.t.Fatal(err)
	}
	public, finish := s.setUp(registry.Enrol{Pending: l.Pending, Kind: totp.Kind})
	secret = public.(totp.SetupPrompt).Secret
	in := s.must(finish(typed(s.phoneCode(secret))))
	public, finish = s.setUp(registry.Enrol{Proof: in.Proof, Kind: backup.Kind})
	s.must(finish(saved))
	s.clock.step(time.Minute) // to the next code
	return secret, codesOn(public)
}

func (s *shop) must(l registry.Login, err error) registry.Login {
	s.t.Helper()
	if err != nil || !l.Satisfied {
		s.t.Fatalf("satisfied %v, error %v", l.Satisfied, err)
	}
	return l
}

func (s *shop) refused(what string, l registry.Login, err error, codes ...error) {
	s.t.Helper()
	for _, code := range codes {
		if errors.Is(err, code) && !l.Satisfied && l.Proof == "" {
			return
		}
	}
	s.t.Errorf("%s: satisfied %v, error %v; want it refused with %v", what, l.Satisfied, err, codes)
}

// What was used on a Redis that is lost is used, also for the replica that never heard of it: the database decides.
func TestNothingWorksAgainAfterAFailover(t *testing.T) { // attack: A-150
	t.Parallel()
	s := newShop(t, 10)
	secret, codes := s.enrol()

	// Everything is open, and the replica knows.
	first := s.must(s.login(totp.Kind)(typed(s.phoneCode(secret))))
	s.clock.step(time.Minute)
	byApp, byPaper := s.login(totp.Kind), s.login(backup.Kind)
	public, setUp := s.setUp(registry.Enrol{Proof: first.Proof, Kind: totp.Kind, Label: "second"})
	second := public.(totp.SetupPrompt).Secret
	ch, err := s.BeginStepUp(t.Context(), registry.StepUp{Who: s.who, Factor: first.Factor, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	stepUp := func() (registry.Login, error) {
		return s.FinishStepUp(t.Context(), registry.Finish{Who: s.who, Challenge: ch.ID, Response: typed(s.phoneCode(secret))})
	}
	need := registry.Need{Who: s.who, Action: action}

	// From here on the replica knows nothing new.
	s.on.cutReplica()
	code := s.phoneCode(secret)
	paper := json.RawMessage(fmt.Sprintf(`{"code":%q}`, codes[3]))
	set := typed(s.phoneCode(second))
	s.must(byApp(typed(code)))
	s.must(byPaper(paper))
	s.must(setUp(set))
	s.clock.step(time.Minute)
	proof := s.must(stepUp())
	if err := s.Consume(t.Context(), proof.Proof, need); err != nil {
		t.Fatal(err)
	}
	s.on.failOver()

	s.clock.step(-time.Minute) // back to when the code was shown
	refuse := func(what string, finish func(json.RawMessage) (registry.Login, error), response json.RawMessage) {
		t.Helper()
		l, err := finish(response)
		s.refused(what, l, err, registry.ErrChallengeGone, registry.ErrRejected)
	}
	refuse("a TOTP code, to its own challenge", byApp, typed(code))
	refuse("a backup code, to its own challenge", byPaper, paper)
	refuse("a set-up, finished again", setUp, set)
	pending := s.started().Pending
	again, err := s.BeginLogin(t.Context(), registry.Begin{Who: s.who, Pending: pending, Factor: first.Factor})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.FinishLogin(t.Context(), registry.Finish{Who: s.who, Pending: pending, Challenge: again.ID, Response: typed(code)})
	s.refused("a TOTP code, to a new challenge", l, err, registry.ErrRejected)
	refuse("a backup code, to a new challenge", s.login(backup.Kind), paper)
	l, err = stepUp()
	s.refused("a step-up, finished again", l, err, registry.ErrChallengeGone, registry.ErrRejected)
	s.refused("a proof that was spent", registry.Login{}, s.Consume(t.Context(), proof.Proof, need), registry.ErrStepUpRequired)
	if have, err := s.Factors(t.Context(), s.who); err != nil || len(have) != 3 {
		t.Errorf("%d factors, error %v; want the two apps and the codes", len(have), err)
	}
}

// started is a login that waits for a factor.
func (s *shop) started() registry.Login {
	s.t.Helper()
	l, err := s.StartLogin(s.t.Context(), registry.Start{Who: s.who, Primary: []string{"pwd"}})
	if err != nil || l.Satisfied {
		s.t.Fatalf("satisfied %v, error %v", l.Satisfied, err)
	}
	return l
}

// A Redis that loses everything takes open challenges and short locks with it. What was used stays used, and a factor that was guessed at a hundred
// times is disabled all the same.
func TestWhatALostRedisTakesWithIt(t *testing.T) { // attack
	t.Parallel()
	s := newShop(t, 100)
	secret, codes := s.enrol()
	paper := json.RawMessage(fmt.Sprintf(`{"code":%q}`, codes[0]))
	s.must(s.login(backup.Kind)(paper))
	open := s.login(totp.Kind)
	guess := func(n int) {
		t.Helper()
		for left := n; left > 0; {
			finish := s.login(totp.Kind)
			for range min(left, 5) {
				l, err := finish(typed("000000"))
				s.refused("a guess", l, err, registry.ErrRejected)
				left--
			}
		}
	}
	guess(99)
	s.on.lose(s.on.master.proc.kill)
	s.on.lose(s.on.replaceMaster)

	l, err := open(typed(s.phoneCode(secret)))
	s.refused("an open challenge", l, err, registry.ErrChallengeGone)
	l, err = s.login(backup.Kind)(paper)
	s.refused("a backup code that was used", l, err, registry.ErrRejected)
	last := s.login(totp.Kind)
	l, err = last(typed("000000"))
	s.refused("the hundredth guess", l, err, registry.ErrRejected)
	l, err = last(typed(s.phoneCode(secret)))
	s.refused("a right code after a hundred guesses", l, err, registry.ErrRejected)
	for _, c := range s.started().Choices {
		if c.Kind == totp.Kind {
			t.Error("a factor that was guessed at a hundred times is offered, because Redis forgot the guesses")
		}
	}
	s.must(s.login(backup.Kind)(json.RawMessage(fmt.Sprintf(`{"code":%q}`, codes[1]))))
}
