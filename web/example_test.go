package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/web"
)

// An application with a password page of its own gets the second step, and every page for it. Its session is a variable here; yours is your session library's.
func Example() {
	keys, err := keyset.Ephemeral()
	if err != nil {
		fmt.Println(err)
		return
	}
	app, err := totp.New(totp.Config{Issuer: "Acme"})
	if err != nil {
		fmt.Println(err)
		return
	}
	reg, err := registry.New(registry.Config{AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Required()}, app)
	if err != nil {
		fmt.Println(err)
		return
	}
	var session httpapi.Session
	api, err := httpapi.New(httpapi.Config{Tenants: httpapi.One(reg), Host: httpapi.Host{
		Session: func(*http.Request) (httpapi.Session, error) { return session, nil },
		Keep:    func(_ http.ResponseWriter, _ *http.Request, s httpapi.Session) error { session = s; return nil },
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	pages, err := web.New(web.Config{API: api, Product: "Acme", Support: "/help", Theme: web.Theme{Accent: "#7a1fa2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/mfa/", pages)
	mux.Handle("/mfa", pages)
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		// ... after the password was right:
		pages.SignIn(w, r, httpapi.First{User: provider.User{ID: "u-4711", Name: "alice@example.com"}, Primary: []string{"pwd"}})
	})
	mux.Handle("/", api.RequireMFA(http.NotFoundHandler()))

	visit := func(method, path string) (location string, page string) {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept", "text/html")
		mux.ServeHTTP(w, r)
		return w.Header().Get("Location"), w.Body.String()
	}
	to, _ := visit("POST", "/sign-in?return=/orders")
	fmt.Println(to)
	to, _ = visit("GET", to)
	fmt.Println(to)
	to, _ = visit("GET", to) // there is nothing to be asked for yet
	fmt.Println(to)
	_, page := visit("GET", to)
	_, title, _ := strings.Cut(page, "<title>")
	title, _, _ = strings.Cut(title, "</title>")
	fmt.Println(title)

	// Output:
	// /mfa/?return=%2Forders
	// /mfa/challenge?return=%2Forders
	// /mfa/choose?return=%2Forders
	// Set up two-step verification – Acme
}
