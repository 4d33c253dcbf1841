package httpapi_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A program mounts the routes, puts a gate before its own, and calls SignIn when a password was right. Its sessions are here one variable, for one user.
func Example() {
	apps, err := totp.New(totp.Config{Issuer: "Acme"})
	check(err)
	keys, err := keyset.Ephemeral() // in production a keyset from a file
	check(err)
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Grace(24*time.Hour, policy.Required()),
	}, apps)
	check(err)
	var session httpapi.Session
	mfa, err := httpapi.New(httpapi.Config{
		Tenants: httpapi.One(reg),
		Host: httpapi.Host{ // or httpapi.Sessions{Store: ...}.Host(), over a session library
			Session: func(*http.Request) (httpapi.Session, error) { return session, nil },
			Keep:    func(_ http.ResponseWriter, _ *http.Request, s httpapi.Session) error { session = s; return nil },
		},
	})
	check(err)

	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", mfa)
	mux.Handle("GET /orders", mfa.RequireMFA(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "two orders") })))
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		// check the password here
		mfa.SignIn(w, r, httpapi.First{User: provider.User{ID: "u-4711", Name: "alice"}, Primary: []string{"pwd"}})
	})

	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody))
		return w
	}
	fmt.Println(ask("GET", "/orders").Code)
	fmt.Println(ask("POST", "/sign-in").Code, session.State())
	fmt.Println(ask("GET", "/orders").Body)
	fmt.Println(ask("DELETE", "/mfa/api/session").Body)
	// Output:
	// 401
	// 200 signed_in
	// two orders
	// {"state":"anonymous","may_enroll":false,"trusted":false}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
