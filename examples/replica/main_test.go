package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/health"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// inMemory is the program on stores in memory, which a real one never has.
func inMemory(t *testing.T) *httptest.Server {
	t.Helper()
	keys, err1 := keyset.Ephemeral()
	app, err2 := totp.New(totp.Config{Issuer: "Replica"})
	codes, err3 := backup.New(backup.Config{})
	r := &replica{keys: keys, password: "demo"}
	reg, err4 := registry.New(registry.Config{AEAD: keys, Policy: policy.Optional(), Challenges: challenge.NewMemory(), Factors: factor.NewMemory()}, app, codes)
	h, err5 := health.New(health.Config{Needed: []health.Check{health.Factors(factor.NewMemory())}})
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.reg, r.health = reg, h
	s := httptest.NewServer(r.routes())
	t.Cleanup(s.Close)
	return s
}

func TestNobodyGetsPastTheFirstStepAlone(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	post := func(path, body, cookie string) (int, reply) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if cookie != "" {
			req.AddCookie(&http.Cookie{Name: cookieName, Value: cookie})
		}
		res, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var out reply
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, out
	}
	for _, c := range []struct {
		path, body, cookie string
		status             int
		code               string
	}{
		{"/sign-in", `{"name":"alice","password":"wrong"}`, "", 401, "wrong_password"},
		{"/sign-in", `{"password":"demo"}`, "", 401, "wrong_password"},
		{"/sign-in", `{`, "", 400, "invalid"},
		{"/begin", `{"kind":"totp"}`, "", 401, "login_required"},
		{"/begin", `{"kind":"totp"}`, "forged", 401, "login_required"},
		{"/factors", `{}`, "", 401, "login_required"},
	} {
		if status, out := post(c.path, c.body, c.cookie); status != c.status || out.Error != c.code || out.SignedIn {
			t.Errorf("%s %s: %d %+v", c.path, c.body, status, out)
		}
	}
}

// It says what is missing, and does not start.
func TestNothingStartsHalf(t *testing.T) {
	t.Setenv("KEYSET", "")
	t.Setenv("PEPPER", "")
	t.Setenv("POSTGRES", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	t.Setenv("REDIS", "127.0.0.1:1")
	if err := serve(t.Context(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("it serves without keys, Redis and a database")
	}
}
