// Command spa is a single-page application that asks for a second step: no page of cofactor's, only its routes, and sixty lines of JavaScript.
//
//	go run .
package main

import (
	"cmp"
	"embed"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

//go:embed index.html app.js
var files embed.FS

func main() {
	app, err := newApp()
	if err != nil {
		log.Fatal(err)
	}
	address := cmp.Or(os.Getenv("ADDRESS"), "localhost:8080")
	log.Printf("http://%s (alice, password demo)", address) //nolint:gosec // whoever starts it has said so
	server := http.Server{Addr: address, Handler: app, ReadHeaderTimeout: 10 * time.Second}
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

	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", mfa)
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("user") != "alice" || r.PostFormValue("password") != "demo" { // your own check
			http.Error(w, "There is no such user, or the password is another.", http.StatusUnauthorized)
			return
		}
		alice := provider.User{ID: "u-4711", Name: "alice@example.com", DisplayName: "Alice"}
		mfa.SignIn(w, r, httpapi.First{User: alice, Primary: []string{"pwd"}})
	})
	mux.Handle("GET /balance", mfa.RequireMFA(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "1,000 EUR")
	})))
	mux.Handle("/", restricted(http.FileServerFS(files)))
	return sessions.LoadAndSave(mux), nil
}

// restricted lets the page run its own script and nothing else.
func restricted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}
