// Command scs asks for a second step in a program on net/http whose sessions are alexedwards/scs's:
//
//	go run .
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

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

	mux := http.NewServeMux()
	mux.Handle("/mfa/", pages)
	mux.Handle("/mfa/api/", mfa)
	mux.HandleFunc("GET /sign-in", html(signInPage))
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("user") != "alice" || r.PostFormValue("password") != "demo" { // your own check
			http.Error(w, "There is no such user, or the password is another.", http.StatusUnauthorized)
			return
		}
		alice := provider.User{ID: "u-4711", Name: "alice@example.com", DisplayName: "Alice"}
		mfa.SignIn(w, r, httpapi.First{User: alice, Primary: []string{"pwd"}})
	})
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) {
		if err := mfa.SignOut(w, r); err != nil {
			mfa.Problem(w, r, err)
			return
		}
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	})
	mux.Handle("GET /{$}", mfa.RequireMFA(html(homePage)))                     // both steps
	mux.Handle("GET /payroll", mfa.RequireFresh(5*time.Minute, html(payroll))) // and the second one lately
	return sessions.LoadAndSave(mux), nil
}

func html(page string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}
}
