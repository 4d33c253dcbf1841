// Command chi asks for a second step in a program on go-chi/chi:
//
//	go run .
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/web"
)

func main() {
	app, err := newApp()
	if err != nil {
		log.Fatal(err)
	}
	log.Print("http://localhost:8080 (alice, password demo)")
	server := http.Server{Addr: "localhost:8080", Handler: app, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newApp() (http.Handler, error) {
	reg, err := newRegistry()
	if err != nil {
		return nil, err
	}
	sessions := scs.New()
	mfa, err := httpapi.New(httpapi.Config{Tenants: httpapi.One(reg), Host: httpapi.Sessions{Store: sessions}.Host()})
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{API: mfa, Product: "Acme"})
	if err != nil {
		return nil, err
	}

	r := chi.NewRouter()
	r.Use(middleware.Logger, sessions.LoadAndSave)
	r.Handle("/mfa/*", pages) // they know their paths: Handle, and not Mount, which would take "/mfa" away
	r.Handle("/mfa/api/*", mfa)
	r.Get("/sign-in", html(signInPage))
	r.Post("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("user") != "alice" || r.PostFormValue("password") != "demo" { // your own check
			http.Error(w, "There is no such user, or the password is another.", http.StatusUnauthorized)
			return
		}
		alice := provider.User{ID: "u-4711", Name: "alice@example.com", DisplayName: "Alice"}
		mfa.SignIn(w, r, httpapi.First{User: alice, Primary: []string{"pwd"}})
	})
	r.Post("/sign-out", func(w http.ResponseWriter, r *http.Request) {
		if err := mfa.SignOut(w, r); err != nil {
			mfa.Problem(w, r, err)
			return
		}
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	})
	r.Group(func(r chi.Router) { // everything in it takes both steps
		r.Use(mfa.RequireMFA)
		r.Get("/", html(homePage))
		r.With(fresh(mfa)).Get("/payroll", html(payroll)) // and this the second one lately
	})
	return r, nil
}

// fresh is RequireFresh in the shape of a middleware.
func fresh(mfa *httpapi.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return mfa.RequireFresh(5*time.Minute, next) }
}

func html(page string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}
}
