package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
)

var (
	now  = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)
	user = provider.User{ID: "u-1", Name: "alice@example.com"}
)

func newProvider(tb testing.TB, cfg backup.Config) *backup.Provider {
	tb.Helper()
	p, err := backup.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// enrol makes a set and returns its codes and what is kept of them.
func enrol(tb testing.TB, p *backup.Provider) (codes []string, data []byte) {
	tb.Helper()
	req := provider.SetupRequest{User: user, Now: now}
	prompt, err := p.SetupHook(context.Background(), req)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := p.SetupVerify(context.Background(), req, provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"saved":true}`)})
	if err != nil {
		tb.Fatal(err)
	}
	return shown(tb, prompt), e.Data
}

// shown reads a prompt as a client does.
func shown(tb testing.TB, p provider.Prompt) []string {
	tb.Helper()
	b, err := json.Marshal(p.Public)
	if err != nil {
		tb.Fatal(err)
	}
	var public struct{ Codes []string }
	if err := json.Unmarshal(b, &public); err != nil {
		tb.Fatal(err)
	}
	return public.Codes
}

// try answers a login with a code as typed.
func try(p *backup.Provider, data []byte, typed string) (provider.Match, error) {
	response, err := json.Marshal(map[string]string{"code": typed})
	if err != nil {
		return provider.Match{}, err
	}
	req := provider.LoginRequest{User: user, Factors: []provider.Factor{{ID: "f-1", Data: data}}, Now: now}
	return p.LoginVerify(context.Background(), req, provider.Answer{Response: response})
}

// denied says that an error is a verdict: wrong, or unusable.
func denied(err error) bool {
	return errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid)
}
