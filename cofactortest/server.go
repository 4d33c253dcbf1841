package cofactortest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Server is a program with a sign-in, for the tests of what talks to one: an app on a phone, a page's script, a proxy. These are its paths:
//
//	POST /sign-in     the first factor of whoever the form's field "user" names; every password is right
//	POST /sign-out    the end of the session
//	GET  /            a page that takes both steps
//	GET  /fresh       one that takes a factor proved within 5 minutes
//	POST /act?do=...  something that has to be confirmed, in the words of "do"
//	/mfa/api/         the routes of httpapi
type Server struct {
	*Kit
	API     *httpapi.Handler
	Handler http.Handler // all of it
}

// NewServer makes a Server over a Kit, which lives as long as the test.
func NewServer(t testing.TB, cfg Config) *Server {
	onlyInTests()
	t.Helper()
	s := &Server{Kit: New(t, cfg)}
	sessions := &sessions{all: map[string]*session{}}
	api, err := httpapi.New(httpapi.Config{Tenants: httpapi.One(s.Registry), Host: httpapi.Sessions{Store: sessions}.Host()})
	if err != nil {
		t.Fatal(err)
	}
	s.API = api
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "done") })
	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", api)
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		user := r.PostFormValue("user")
		api.SignIn(w, r, httpapi.First{User: provider.User{ID: user, Name: user}, Primary: []string{"pwd"}})
	})
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) {
		if err := api.SignOut(w, r); err != nil {
			api.Problem(w, r, err)
		}
	})
	mux.Handle("GET /{$}", api.RequireMFA(page))
	mux.Handle("GET /fresh", api.RequireFresh(5*time.Minute, page))
	mux.Handle("POST /act", api.RequireAction(func(r *http.Request) string { return r.URL.Query().Get("do") }, page))
	s.Handler = sessions.wrap(mux)
	return s
}

// Browser opens a browser without cookies on it, which takes no network.
func (s *Server) Browser() *Browser {
	s.t.Helper()
	return NewBrowser(s.t, Origin, s.Handler)
}

// Listen serves it on a port of this machine until the test is over, and returns its origin: "http://localhost:34567". Passkeys do not work there, unless the Kit's providers are
// made for it.
func (s *Server) Listen() string {
	s.t.Helper()
	server := httptest.NewServer(s.Handler)
	s.t.Cleanup(server.Close)
	return "http://localhost:" + portOf(server.Listener.Addr())
}
