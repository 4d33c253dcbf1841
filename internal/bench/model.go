package main

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// model is the person that all others are copies of: the secrets, as people have them, and the factors, as providers keep them. Only what tells people
// apart differs: ids, handles, pager numbers; and every row is sealed for its owner.
type model struct {
	secret  []byte   // of the authenticator app
	codes   []string // the backup codes
	app     string   // the app's factor
	factors []factor.Factor
	data    [][]byte // of the factors, opened
}

// newModel enrols the model through the registry, so that its rows are what the registry writes.
func newModel(ctx context.Context, aead registry.AEAD, now time.Time) (*model, error) {
	var sent string
	store := factor.NewMemory()
	reg, err := newRegistry(aead, challenge.NewMemory(), store, func() time.Time { return now }, func(code string) { sent = code })
	if err != nil {
		return nil, err
	}
	e := enroller{reg: reg, who: who(0)}
	m := &model{}
	app := e.attach(ctx, totpKind, nil, func(ch registry.Challenge) any {
		shown, _ := ch.Public.(totp.SetupPrompt)
		m.secret, e.err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(shown.Secret)
		return typed(codeOf(m.secret, step(now)))
	})
	e.proof = app.Proof
	e.attach(ctx, backupKind, nil, func(ch registry.Challenge) any {
		shown, _ := ch.Public.(backup.Shown)
		m.codes = shown.Codes
		return map[string]bool{"saved": true}
	})
	e.attach(ctx, pagerKind, json.RawMessage(`{"number":"`+pagerNumber(0)+`"}`), func(registry.Challenge) any { return typed(sent) })
	if e.err != nil {
		return nil, fmt.Errorf("enrolling the model: %w", e.err)
	}
	snap, err := store.Load(ctx, "", e.who.User.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range snap.Factors {
		plain, err := aead.Decrypt(f.Data, rowBinding(f))
		if err != nil {
			return nil, fmt.Errorf("opening the model's %s: %w", f.Kind, err)
		}
		m.factors, m.data = append(m.factors, f), append(m.data, plain)
		if f.Kind == totpKind {
			m.app = f.ID
		}
	}
	if len(m.factors) != 3 || len(m.secret) == 0 || len(m.codes) == 0 {
		return nil, errors.New("the model is not what was enrolled")
	}
	return m, nil
}

// enroller attaches one factor after the other, until something fails.
type enroller struct {
	reg   *registry.Registry
	who   registry.Who
	proof string
	err   error
}

func (e *enroller) attach(ctx context.Context, kind string, input json.RawMessage, answer func(registry.Challenge) any) (done registry.Login) {
	if e.err != nil {
		return done
	}
	in := registry.Enrol{Who: e.who, Proof: e.proof, Kind: kind, Input: input}
	if e.proof == "" {
		var login registry.Login
		if login, e.err = e.reg.StartLogin(ctx, registry.Start{Who: e.who, Primary: []string{"pwd"}}); e.err != nil {
			return done
		}
		in.Pending = login.Pending
	}
	ch, err := e.reg.BeginSetup(ctx, in)
	if err != nil {
		e.err = err
		return done
	}
	response, err := json.Marshal(answer(ch))
	if err == nil && e.err == nil {
		done, e.err = e.reg.FinishSetup(ctx, registry.Finish{Who: e.who, Pending: in.Pending, Challenge: ch.ID, Response: response})
	}
	return done
}

// newRegistry is a registry as an application would have one, but for its clock, and for the messages that go nowhere.
func newRegistry(aead registry.AEAD, challenges challenge.Store, factors factor.Store, now func() time.Time, sent func(code string)) (*registry.Registry, error) {
	app, err := totp.New(totp.Config{Issuer: "Bench"})
	if err != nil {
		return nil, err
	}
	codes, err := backup.New(backup.Config{})
	if err != nil {
		return nil, err
	}
	send := func(_ context.Context, _, text string) error {
		sent(text[:6]) // "123456 is your code."
		return nil
	}
	return registry.New(registry.Config{
		AEAD: aead, Challenges: challenges, Factors: factors, Policy: policy.Optional(), Now: now, Pepper: make([]byte, 32),
	}, app, codes, pager.Provider(send))
}

func who(user int) registry.Who {
	id := userID(user)
	return registry.Who{User: provider.User{ID: id, Name: id}, Binding: "the session of " + id}
}

func userID(user int) string      { return fmt.Sprintf("u-%09d", user) }
func pagerNumber(user int) string { return fmt.Sprintf("%012d", user) }

// rowBinding is what the registry binds a factor's Data to.
func rowBinding(f factor.Factor) []byte {
	return seal.Bind("factor 1", f.Tenant, f.UserID, f.ID, f.Kind)
}

func typed(code string) map[string]string { return map[string]string{"code": code} }
