package cofactortest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

// complaints is a test that keeps what it is told.
type complaints struct {
	testing.TB
	list []string
}

func (c *complaints) Helper() {}

func (c *complaints) Errorf(format string, args ...any) {
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

// program is one with routes behind the gate, and as many holes in it as hole makes.
func program(t *testing.T, holes func(mux *cofactortest.Mux, api *httpapi.Handler, in http.Handler)) cofactortest.Doors {
	t.Helper()
	kit := cofactortest.New(t, cofactortest.Config{})
	alice := provider.User{ID: "u-1", Name: "alice"}
	kit.AddApp(alice)
	var kept httpapi.Session
	api, err := httpapi.New(httpapi.Config{
		Tenants: httpapi.One(kit.Registry),
		Host: httpapi.Host{
			Session: func(r *http.Request) (httpapi.Session, error) {
				if r.Header.Get("Cookie") == "" {
					return httpapi.Session{}, nil
				}
				return kept, nil
			},
			Keep: func(_ http.ResponseWriter, _ *http.Request, s httpapi.Session) error { kept = s; return nil },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := new(cofactortest.Mux)
	in := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	mux.Handle("/mfa/api/", api)
	mux.HandleFunc("POST /password", func(w http.ResponseWriter, r *http.Request) {
		api.SignIn(w, r, httpapi.First{User: alice, Primary: []string{"pwd"}})
	})
	mux.Handle("GET /{$}", api.RequireMFA(in))
	mux.Handle("/orders/{id}/lines/{rest...}", api.RequireMFA(in))
	mux.Handle("admin.example.test/", api.RequireFresh(0, in))
	mux.Handle("POST /pay", api.RequireAction(func(*http.Request) string { return "Pay" }, in))
	holes(mux, api, in)
	cofactortest.NewBrowser(t, cofactortest.Origin, mux).JSON("POST", "/password", nil).Want(200)
	return cofactortest.Doors{Handler: mux, Patterns: mux.Patterns(), Pending: func(r *http.Request) { r.Header.Set("Cookie", "session=1") }}
}

var open = []string{"/mfa/api/", "POST /password"}

// attack: A-59
func TestEveryRouteIsTried(t *testing.T) {
	t.Parallel()
	tight := program(t, func(*cofactortest.Mux, *httpapi.Handler, http.Handler) {})
	cofactortest.AssertRoutesGuarded(t, tight, open...)

	for hole, make := range map[string]func(mux *cofactortest.Mux, api *httpapi.Handler, in http.Handler){
		"GET /export is a second door: nobody has signed in, and GET /export answers with 404": func(mux *cofactortest.Mux, _ *httpapi.Handler, in http.Handler) {
			mux.Handle("GET /export", in)
		},
		"/dav/ is a second door: nobody has signed in, and PUT /dav/ answers with 404": func(mux *cofactortest.Mux, api *httpapi.Handler, in http.Handler) {
			mux.HandleFunc("/dav/", func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "PUT" {
					in.ServeHTTP(w, r)
					return
				}
				api.RequireMFA(in).ServeHTTP(w, r)
			})
		},
		"GET /socket is a second door: a first factor alone is enough for GET /socket, which answers with 404": func(mux *cofactortest.Mux, api *httpapi.Handler, in http.Handler) {
			mux.HandleFunc("GET /socket", func(w http.ResponseWriter, r *http.Request) {
				if v, err := api.Visit(w, r); err != nil || v.State() == httpapi.Anonymous { // a session is not both steps
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				in.ServeHTTP(w, r)
			})
		},
		"GET /boom is a second door: nobody has signed in, and GET /boom answers with a panic, for it was let in: no": func(mux *cofactortest.Mux, _ *httpapi.Handler, _ http.Handler) {
			mux.HandleFunc("GET /boom", func(http.ResponseWriter, *http.Request) { panic("no") })
		},
		"GET /home is a second door: nobody has signed in, and GET /home answers with 303": func(mux *cofactortest.Mux, _ *httpapi.Handler, _ http.Handler) {
			mux.Handle("GET /home", http.RedirectHandler("/elsewhere", http.StatusSeeOther))
		},
	} {
		got := &complaints{TB: t}
		cofactortest.AssertRoutesGuarded(got, program(t, make), open...)
		if !slices.Contains(got.list, hole) || len(got.list) > 2 {
			t.Errorf("of the hole %q\nis said: %s", hole, strings.Join(got.list, "\n"))
		}
	}

	got := &complaints{TB: t}
	cofactortest.AssertRoutesGuarded(got, tight, append(open, "GET /gone")...)
	if len(got.list) != 1 || !strings.Contains(got.list[0], `there is no route "GET /gone"`) {
		t.Errorf("a route is allowed that there is not, and is said: %q", got.list)
	}
}
