package registry_test

import (
	"context"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	cototp "github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// shop is what the examples have in common: a deployment in memory, and alice, who has an authenticator app.
type shop struct {
	reg    *registry.Registry
	now    time.Time
	alice  registry.Who
	secret string
	login  registry.Login // alice's last one
}

func newShop(more ...provider.MultiFactorProvider) *shop {
	app, err := cototp.New(cototp.Config{Issuer: "Acme"})
	check(err)
	codes, err := backup.New(backup.Config{})
	check(err)
	keys, err := keyset.Ephemeral()
	check(err)
	s := &shop{
		now:   time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
		alice: registry.Who{User: provider.User{ID: "u-4711", Name: "alice@example.com"}, Binding: "kept in the session"},
	}
	s.reg, err = registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional(), Now: func() time.Time { return s.now },
	}, append(more, app, codes)...)
	check(err)
	return s
}

// enrol attaches alice's app.
func (s *shop) enrol() { s.secret, s.login = s.attachOn(s.alice, s.start(s.alice)) }

// attach gives somebody else an app, and returns its secret.
func (s *shop) attach(who registry.Who) string {
	secret, _ := s.attachOn(who, s.start(who))
	return secret
}

func (s *shop) start(who registry.Who) (pending string) {
	login, err := s.reg.StartLogin(context.Background(), registry.Start{Who: who, Primary: []string{"pwd"}})
	check(err)
	return login.Pending
}

func (s *shop) attachOn(who registry.Who, pending string) (secret string, done registry.Login) {
	ctx := context.Background()
	ch, err := s.reg.BeginSetup(ctx, registry.Enrol{Who: who, Pending: pending, Kind: cototp.Kind})
	check(err)
	secret = ch.Public.(cototp.SetupPrompt).Secret
	done, err = s.reg.FinishSetup(ctx, registry.Finish{Who: who, Pending: pending, Challenge: ch.ID, Response: appCode(secret, s.now)})
	check(err)
	s.now = s.now.Add(time.Minute)
	return secret, done
}

// confirm is a step-up: a fresh proof, for one action.
func (s *shop) confirm(who registry.Who, secret, action string) (proof string) {
	ctx := context.Background()
	ch, err := s.reg.BeginStepUp(ctx, registry.StepUp{Who: who, Kind: cototp.Kind, Action: action})
	check(err)
	login, err := s.reg.FinishStepUp(ctx, registry.Finish{Who: who, Challenge: ch.ID, Response: appCode(secret, s.now)})
	check(err)
	return login.Proof
}

// code is what alice's app shows.
func (s *shop) code() string {
	c, err := totp.GenerateCode(s.secret, s.now)
	check(err)
	return c
}
