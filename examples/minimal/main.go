package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/alexedwards/scs/v2"
	"github.com/cofactor-mfa/cofactor"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

func main() {
	sessions := scs.New() // or yours
	mfa, err := cofactor.Open(context.Background(), cofactor.Config{Source: cofactor.Development(), Host: httpapi.Sessions{Store: sessions}.Host()})
	if err != nil {
		log.Fatal(err)
	}
	home := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "You are in.") }
	form := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<form method=post><button>Sign in") }
	http.Handle("/mfa/", mfa)
	http.Handle("/", mfa.RequireMFA(http.HandlerFunc(home))) // or RequireFresh, or RequireAction
	http.HandleFunc("GET /sign-in", form)
	http.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) { // check a password here
		mfa.SignIn(w, r, httpapi.First{User: provider.User{ID: "1", Name: "alice"}, Primary: []string{"pwd"}})
	})
	log.Fatal(http.ListenAndServe("localhost:8080", sessions.LoadAndSave(http.DefaultServeMux)))
}
