package openapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

var alice = provider.User{ID: "u-1", Name: "alice@example.com"}

// site is a program with a session library, a password page and the routes. What its own functions do may be made to go wrong.
type site struct {
	t       *testing.T
	kit     *cofactortest.Kit
	handler http.Handler
	serving *registry.Registry // the kit's; or one that lacks kinds, over the same stores
	config  registry.Config

	broken  error // what the session says
	panics  bool  // instead
	refuses bool  // Config.Before
}

func newSite(t *testing.T, edit ...func(*registry.Config)) *site {
	t.Helper()
	s := &site{t: t}
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	s.config = registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), MaxOfKind: map[string]int{"sms": 1},
		Budgets: map[string]registry.Budget{"address": {Limit: 1000, Window: time.Hour, Max: time.Hour}},
		Before: func(context.Context, registry.Event) error {
			if s.refuses {
				return errors.New("not now")
			}
			return nil
		},
	}
	for _, e := range edit {
		e(&s.config)
	}
	s.kit = cofactortest.New(t, cofactortest.Config{Registry: s.config})
	s.serving = s.kit.Registry

	manager := scs.New()
	manager.Cookie.Secure = true
	host := httpapi.Sessions{Store: manager}.Host()
	known := host.Session
	host.Session = func(r *http.Request) (httpapi.Session, error) {
		if s.panics {
			panic("the session library is gone")
		}
		if s.broken != nil {
			return httpapi.Session{}, s.broken
		}
		return known(r)
	}
	api, err := httpapi.New(httpapi.Config{
		Tenants: func(string) (*registry.Registry, error) { return s.serving, nil },
		Host:    host,
		Activity: func(context.Context, registry.Who, int) ([]registry.Event, error) {
			return []registry.Event{{At: s.kit.Clock.Now(), Op: "finish_login", Result: "ok", Reason: "for operators only"}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", api)
	mux.HandleFunc("POST /password", func(w http.ResponseWriter, r *http.Request) {
		login, err := api.Start(w, r, httpapi.First{User: alice, Primary: []string{"pwd"}})
		api.Answer(w, r, login, err)
	})
	s.handler = manager.LoadAndSave(mux)
	return s
}

func (s *site) description() []byte {
	return s.browser().Get("/mfa/api/openapi.json").Want(http.StatusOK).Body
}

func (s *site) browser() *cofactortest.Browser {
	return cofactortest.NewBrowser(s.t, cofactortest.Origin, s.handler)
}

// pending is a browser whose user's password was right.
func (s *site) pending() *cofactortest.Browser {
	b := s.browser()
	b.JSON("POST", "/password", nil).Want(http.StatusOK)
	return b
}

// without serves, until the function that it returns is called, by a registry that has authenticator apps and nothing else.
func (s *site) without() (restore func()) {
	s.t.Helper()
	apps, err := totp.New(totp.Config{Issuer: "Example"})
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := s.config
	cfg.Policy, cfg.Pepper, cfg.Now, cfg.MaxOfKind = anyPolicy, make([]byte, 32), s.kit.Clock.Now, nil
	if s.serving, err = registry.New(cfg, apps); err != nil {
		s.t.Fatal(err)
	}
	return func() { s.serving = s.kit.Registry }
}

// minute passes the time that a message, or a code, has to wait for.
func (s *site) minute() { s.kit.Clock.Advance(time.Minute) }

// answer is what a client keeps of an answer.
type answer struct {
	ID        string
	State     string
	Factor    string
	Public    json.RawMessage
	Choices   []struct{ Factor, Kind string }
	Factors   []struct{ ID, Kind string }
	Challenge *struct{ ID string }
}

func read(r cofactortest.Reply) (a answer) {
	r.Into(&a)
	return a
}
