package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

var alice = provider.User{ID: "u-1", Name: "alice@example.com", DisplayName: "Alice"}

// sessions is a session library in memory, of the shape that they have: its middleware puts a session into the context, and its methods take it from there.
type sessions struct {
	mu    sync.Mutex
	byID  map[string]map[string]any
	ids   int
	fault error
}

type sessionKey struct{}

// browserSession is the session of one request.
type browserSession struct{ id string }

func (s *sessions) load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here := &browserSession{}
		if cookie, err := r.Cookie("session"); err == nil {
			here.id = cookie.Value
		}
		next.ServeHTTP(&saving{w, here, false}, r.WithContext(context.WithValue(r.Context(), sessionKey{}, here)))
	})
}

// saving sets the session's cookie before the response begins, as session libraries do.
type saving struct {
	http.ResponseWriter
	session *browserSession
	begun   bool
}

func (w *saving) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		http.SetCookie(w.ResponseWriter, &http.Cookie{Name: "session", Value: w.session.id, Path: "/", HttpOnly: true, Secure: true})
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *saving) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ResponseWriter.Write(b)
}

func (s *sessions) of(ctx context.Context) *browserSession {
	return ctx.Value(sessionKey{}).(*browserSession)
}

func (s *sessions) Get(ctx context.Context, key string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[s.of(ctx).id][key]
}

func (s *sessions) Put(ctx context.Context, key string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := s.of(ctx)
	if s.byID[here.id] == nil {
		here.id = s.newID()
		s.byID[here.id] = map[string]any{}
	}
	s.byID[here.id][key] = value
}

func (s *sessions) newID() string {
	s.ids++
	return "session-" + string(rune('a'+s.ids%26)) + time.Duration(s.ids).String()
}

func (s *sessions) RenewToken(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := s.of(ctx)
	if all := s.byID[here.id]; all != nil {
		delete(s.byID, here.id)
		here.id = s.newID()
		s.byID[here.id] = all
	}
	return s.fault
}

func (s *sessions) Destroy(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, s.of(ctx).id)
	s.of(ctx).id = ""
	return s.fault
}

// site is an application with a password page of its own, the routes, and routes behind each gate.
type site struct {
	t        *testing.T
	kit      *cofactortest.Kit
	sessions *sessions
	api      *httpapi.Handler
	handler  http.Handler
	paid     []string
	ended    int // how often other sessions were ended
}

func newSite(t *testing.T, kit cofactortest.Config, edit ...func(*httpapi.Config)) *site {
	t.Helper()
	s := &site{t: t, kit: cofactortest.New(t, kit), sessions: &sessions{byID: map[string]map[string]any{}}}
	cfg := httpapi.Config{
		Tenants: httpapi.One(s.kit.Registry),
		Host: httpapi.Sessions{
			Store:     s.sessions,
			User:      s.user,
			EndOthers: func(*http.Request, httpapi.Session) error { s.ended++; return nil },
			Next:      func(*http.Request) string { return "/home" },
		}.Host(),
	}
	for _, e := range edit {
		e(&cfg)
	}
	api, err := httpapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.api = api
	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", api)
	mux.HandleFunc("POST /password", s.password)
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) {
		if err := api.SignOut(w, r); err != nil {
			api.Problem(w, r, err)
		}
	})
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("in")) })
	mux.Handle("/home", api.RequireMFA(ok))
	mux.Handle("/fresh", api.RequireFresh(5*time.Minute, ok))
	mux.Handle("/pay", api.RequireAction(payment, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.paid = append(s.paid, payment(r))
	})))
	s.handler = s.sessions.load(mux)
	return s
}

// payment is the action of /pay, from what is about to be done.
func payment(r *http.Request) string { return "Send " + r.FormValue("amount") + " EUR to ACME" }

func (s *site) user(_ context.Context, _, id string) (provider.User, error) {
	if id == "suspended" {
		return provider.User{}, errors.New("suspended")
	}
	return provider.User{Name: id + "@example.com", DisplayName: id}, nil
}

// password is the application's sign-in. Everybody's password is right.
func (s *site) password(w http.ResponseWriter, r *http.Request) {
	u := alice
	if id := r.URL.Query().Get("user"); id != "" {
		u = provider.User{Tenant: r.URL.Query().Get("tenant"), ID: id, Name: id}
	}
	login, err := s.api.Start(w, r, httpapi.First{User: u, Primary: []string{"pwd"}, Begin: r.URL.Query().Has("begin")})
	s.api.Answer(w, r, login, err)
}

func (s *site) browser() *cofactortest.Browser {
	return cofactortest.NewBrowser(s.t, cofactortest.Origin, s.handler)
}

// document is what a client reads of an answer.
type document struct {
	State     string
	User      struct{ Name string }
	Choices   []struct{ Factor, Kind, Label, Hint string }
	Enroll    []string
	Factor    string
	Once      json.RawMessage
	Signal    json.RawMessage
	Trusted   bool
	Action    string
	TrustDays int `json:"trust_days"`
	AAL       int

	Challenge *struct {
		ID, Kind, Action string
		Public           json.RawMessage
	}
	Code         registry.Code
	Title        string
	Type         string
	Status       int
	Detail       string
	AttemptsLeft *int `json:"attempts_left"`
	RetryAfter   int  `json:"retry_after"`
}

func read(r cofactortest.Reply) (d document) {
	r.Into(&d)
	return d
}

func requiring(t *testing.T) cofactortest.Config {
	t.Helper()
	return cofactortest.Config{Registry: registry.Config{Policy: policy.Required()}}
}
