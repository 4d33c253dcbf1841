package cofactortest_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// integration is a Server, as a program that somebody has written.
func integration(s *cofactortest.Server) cofactortest.Integration {
	return cofactortest.Integration{
		Open: func(testing.TB) *cofactortest.Browser { return s.Browser() },
		SignIn: func(b *cofactortest.Browser) {
			b.Post("/sign-in", url.Values{"user": {"carol"}, "return": {"/fresh"}}).Want(http.StatusSeeOther)
		},
		SignOut:   func(b *cofactortest.Browser) { b.Post("/sign-out", nil).Want(http.StatusOK) },
		Protected: "/fresh",
		Now:       s.Clock.Now,
	}
}

func TestTheServerIsAnIntegrationWithoutHoles(t *testing.T) {
	t.Parallel()
	cofactortest.CheckIntegration(t, integration(cofactortest.NewServer(t, cofactortest.Config{})))
}

func TestAnIntegrationIsCheckedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := cofactortest.NewServer(t, cofactortest.Config{})
		i := integration(s)
		i.SignOut, i.Protected, i.Now = nil, "/", nil
		cofactortest.CheckIntegration(t, i)
	})
}

func TestTheServerListens(t *testing.T) {
	t.Parallel()
	s := cofactortest.NewServer(t, cofactortest.Config{})
	origin := s.Listen()
	if !strings.HasPrefix(origin, "http://localhost:") {
		t.Errorf("it listens at %s", origin)
	}
	i := integration(s)
	i.Open = func(t testing.TB) *cofactortest.Browser { return cofactortest.NewBrowser(t, origin, nil) }
	cofactortest.CheckIntegration(t, i)
}

func TestTheServersActionsAreConfirmed(t *testing.T) {
	t.Parallel()
	s := cofactortest.NewServer(t, cofactortest.Config{})
	app := s.AddApp(bob.User)
	b := s.Browser()
	b.Post("/sign-in", url.Values{"user": {bob.User.ID}}).Want(http.StatusSeeOther)
	type challenge struct{ ID string }
	post := func(route string, in any, status int) (c challenge) {
		t.Helper()
		b.JSON("POST", "/mfa/api/"+route, in).Want(status).Into(&c)
		return c
	}
	ch := post("login", map[string]string{"kind": "totp"}, 201)
	post("login/answer", map[string]any{"challenge": ch.ID, "response": app.Answer()}, 200)
	b.Get("/fresh").Want(http.StatusOK)
	b.JSON("POST", "/act?do=Delete+it", nil).Want(http.StatusUnauthorized)
	ch = post("step-up", map[string]string{"kind": "totp", "action": "Delete it"}, 201)
	post("step-up/answer", map[string]any{"challenge": ch.ID, "response": app.Answer()}, 200)
	b.JSON("POST", "/act?do=Delete+all", nil).Want(http.StatusUnauthorized)
	s.Clock.Advance(6 * time.Minute)
	b.JSON("GET", "/fresh", nil).Want(http.StatusUnauthorized)
	b.Get("/").Want(http.StatusOK)
}

// Each of these is a mistake that programs make around the handlers.
func TestHolesInAnIntegrationAreFound(t *testing.T) {
	t.Parallel()
	for rule, hole := range map[string]func(*cofactortest.Server, *cofactortest.Integration){
		"nobody who has not signed in sees the page": func(s *cofactortest.Server, i *cofactortest.Integration) {
			i.Protected = "/open"
			s.Handler = instead(s.Handler, "/open", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		},
		"the first step alone shows nothing": func(s *cofactortest.Server, i *cofactortest.Integration) {
			i.Protected = "/known"
			s.Handler = instead(s.Handler, "/known", func(w http.ResponseWriter, r *http.Request) {
				if _, err := r.Cookie("session"); err != nil {
					w.WriteHeader(http.StatusUnauthorized)
				}
			})
		},
		"the id of a session changes when its user signs in": func(s *cofactortest.Server, _ *cofactortest.Integration) {
			s.Handler = fixed(s.Handler, map[string]string{})
		},
		"a session ends at the server when its user signs out": func(_ *cofactortest.Server, i *cofactortest.Integration) {
			i.SignOut = func(b *cofactortest.Browser) { *b = *i.Open(t) } // forgets its cookies, which is all
		},
		"nobody who has signed out sees the page": func(_ *cofactortest.Server, i *cofactortest.Integration) {
			i.SignOut = func(*cofactortest.Browser) {}
		},
		"Open, SignIn and Protected are required": func(_ *cofactortest.Server, i *cofactortest.Integration) { i.SignIn = nil },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := cofactortest.NewServer(t, cofactortest.Config{})
			i := integration(s)
			hole(s, &i)
			if said := fails(t, func(tb testing.TB) { cofactortest.CheckIntegration(tb, i) }); !strings.Contains(said, rule) {
				t.Errorf("a program is let pass of which it should be said that %s; it says %q", rule, said)
			}
		})
	}
}

// instead serves one path by another handler.
func instead(site http.Handler, path string, other http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			other(w, r)
			return
		}
		site.ServeHTTP(w, r)
	})
}

// fixed is a session library whose ids never change: to the outside a session keeps the one that it had first.
func fixed(site http.Handler, inner map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer := "guest"
		if c, err := r.Cookie("fixed"); err == nil {
			outer = c.Value
		}
		r.Header.Set("Cookie", "session="+inner[outer])
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		for _, c := range answer.Result().Cookies() {
			if outer == "guest" {
				outer = c.Value
			}
			inner[outer] = c.Value
		}
		answer.Header().Del("Set-Cookie")
		maps.Copy(w.Header(), answer.Header())
		http.SetCookie(w, &http.Cookie{Name: "fixed", Value: outer, Path: "/"})
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}
