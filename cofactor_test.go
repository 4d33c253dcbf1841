package cofactor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

// visitor is the session of the one visitor of a site.
type visitor struct{ session httpapi.Session }

func (v *visitor) host() httpapi.Host {
	return httpapi.Host{
		Session: func(*http.Request) (httpapi.Session, error) { return v.session, nil },
		Keep: func(_ http.ResponseWriter, _ *http.Request, s httpapi.Session) error {
			v.session = s
			return nil
		},
	}
}

// quiet is a program that logs nothing, and prints no messages.
var quiet = config.Program{Logger: slog.New(slog.DiscardHandler), Terminal: io.Discard}

// A program with a password page gets a second step. The visitor here has only the password.
func Example() {
	ctx := context.Background()
	source := cofactor.Development() // in production: config.Source{Files: []string{"cofactor.yaml"}, Environ: os.Environ()}
	source.Environ = []string{"COFACTOR__POLICY=standard"}
	var session visitor // in a program: httpapi.Sessions{Store: sessions}.Host()
	mfa, err := cofactor.Open(ctx, cofactor.Config{Source: source, Host: session.host(), Program: quiet})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { fmt.Println("closed:", mfa.Close(ctx)) }()
	mux := http.NewServeMux()
	mux.Handle("/mfa/", mfa)
	mux.Handle("GET /account", mfa.RequireMFA(http.NotFoundHandler()))
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) { // the password was right
		mfa.SignIn(w, r, httpapi.First{User: provider.User{ID: "u-4711", Name: "alice"}, Primary: []string{"pwd"}})
	})

	for _, step := range []string{"GET /account", "POST /sign-in?return=/account", "GET /account", "GET /mfa/?return=/account"} {
		method, path, _ := strings.Cut(step, " ")
		r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
		r.Header.Set("Accept", "text/html")
		mux.ServeHTTP(w, r)
		to, _, _ := strings.Cut(w.Header().Get("Location"), "?")
		fmt.Println(method, w.Code, to)
	}
	// Output:
	// GET 303 /sign-in
	// POST 303 /mfa/
	// GET 303 /mfa/
	// GET 303 /mfa/challenge
	// closed: <nil>
}

func TestOpenReportsWhatIsWrong(t *testing.T) {
	t.Parallel()
	var session visitor
	for name, c := range map[string]struct {
		cfg  cofactor.Config
		want string
	}{
		"no settings":  {cofactor.Config{Host: session.host(), Program: quiet}, "version: required key is missing"},
		"no sessions":  {cofactor.Config{Source: cofactor.Development(), Program: quiet}, "Host: Session and Keep are required"},
		"a production": {cofactor.Config{Source: with("COFACTOR__MODE=production"), Host: session.host(), Program: quiet}, "is for development, and mode is production"},
	} {
		if _, err := cofactor.Open(t.Context(), c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error should say %q; it is %v", name, c.want, err)
		}
	}
	_, err := cofactor.Open(t.Context(), cofactor.Config{Source: with("COFACTOR__PROVIDERS__TOTP__ISUER=x"), Host: session.host(), Program: quiet})
	if problems := (*config.Problems)(nil); !errors.As(err, &problems) {
		t.Errorf("a misspelled key is %v, and no list of problems", err)
	}
}

func with(variable string) config.Source {
	source := cofactor.Development()
	source.Environ = []string{variable}
	return source
}

func TestOneHandlerServesPagesAndRoutes(t *testing.T) {
	t.Parallel()
	var session visitor
	mfa, err := cofactor.Open(t.Context(), cofactor.Config{Source: cofactor.Development(), Host: session.host(), Program: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mfa.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	b := cofactortest.NewBrowser(t, "http://localhost:8080", mfa)
	for path, want := range map[string]string{
		"/mfa/api/session": "application/json", "/mfa/api/nothing": "application/problem+json", "/mfa/": "text/html; charset=utf-8", "/mfa/apis": "text/html; charset=utf-8",
	} {
		if got := b.Get(path).Header.Get("Content-Type"); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
