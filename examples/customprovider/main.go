// Command customprovider is a program with a kind of factor of its own, for people who carry a pager. The provider, four methods in sixty lines, is in
// examples/pager; here it is registered:
//
//	go run .                 the program; pagers beep on the terminal
//	go run . config schema   the command cofactor, which knows the kind: also config validate, print and init
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/cofactor-mfa/cofactor"
	"github.com/cofactor-mfa/cofactor/cli"
	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/web"
)

// section is what may stand under providers.pager. It is checked, printed and described like the built-in ones.
type section struct {
	_        struct{} `doc:"Codes to pagers."`
	Greeting string   `yaml:"greeting" doc:"What stands before each code." default:"Acme:"`
}

func factory() config.Factory {
	return config.FactoryFor("pager", func(_ context.Context, s section, d config.Deps) (provider.MultiFactorProvider, error) {
		return pager.Provider(func(_ context.Context, number, text string) error {
			_, err := fmt.Fprintf(d.Terminal, "pager %s beeps: %s %s\n", number, s.Greeting, text)
			return err
		}), nil
	})
}

// kind is how the pages show it; its words are in the folder words.
var kind = web.Kind{Name: "pager", Icon: "phone", Rank: 35, Digits: 6, Sends: true, Input: &web.Input{Name: "number", Type: "tel"}}

func main() {
	if len(os.Args) > 1 {
		os.Exit(cli.Main(factory()))
	}
	app, err := newApp(config.Program{})
	if err != nil {
		log.Fatal(err)
	}
	log.Print("http://localhost:8080")
	server := http.Server{Addr: "localhost:8080", Handler: app, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newApp(program config.Program) (http.Handler, error) {
	sessions := scs.New()
	mfa, err := cofactor.Open(context.Background(), cofactor.Config{
		Source:    config.Source{Files: []string{"cofactor.yaml"}, Environ: os.Environ()},
		Host:      httpapi.Sessions{Store: sessions}.Host(),
		Factories: []config.Factory{factory()}, Kinds: []web.Kind{kind}, Program: program,
	})
	if err != nil {
		return nil, err
	}
	form := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<form method=post><button>Sign in") }
	mux := http.NewServeMux()
	mux.Handle("/mfa/", mfa)
	mux.Handle("/", mfa.RequireMFA(http.RedirectHandler("/mfa/", http.StatusSeeOther)))
	mux.HandleFunc("GET /sign-in", form)
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		mfa.SignIn(w, r, httpapi.First{User: provider.User{ID: "1", Name: "alice"}, Primary: []string{"pwd"}})
	})
	return sessions.LoadAndSave(mux), nil
}
