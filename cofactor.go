package cofactor

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/web"
)

// Config is what Open makes an App from.
type Config struct {
	// Source is where the settings are: config.Source{Files: []string{"cofactor.yaml"}, Environ: os.Environ()}, or Development. Required.
	Source config.Source
	// Host is how your sessions take part: three functions, or httpapi.Sessions{Store: yours}.Host(). Required.
	Host httpapi.Host
	// Factories make providers of your own, and Kinds describe theirs to the pages.
	Factories []config.Factory
	Kinds     []web.Kind
	// Program is what else only your program can say.
	Program config.Program
}

// Development is a source for one's own machine, with nothing else: everything is in memory, and messages are printed on the terminal. Variables such as
// COFACTOR__PROVIDERS__TOTP__ISSUER have the last word.
func Development() config.Source {
	text, _ := config.Init(config.Development) // if there were none, Load would miss everything
	return config.Source{Text: string(text), Environ: os.Environ()}
}

// App is the pages, the routes below them and the gates, over what the settings say. It is mounted at Path + "/".
type App struct {
	*httpapi.Handler // SignOut, RequireMFA, RequireFresh, RequireAction
	Pages            *web.Pages
	Deployment       *config.Deployment
	routes           string
}

var _ http.Handler = (*App)(nil)

// Open reads the settings, connects to what they name, and makes an App. Call Close when the program ends.
func Open(ctx context.Context, cfg Config) (_ *App, err error) {
	settings, err := config.Load(cfg.Source, cfg.Factories...) //nolint:contextcheck // it connects to nothing: there is nothing to give up
	if err != nil {
		return nil, err
	}
	deployment, err := settings.Open(ctx, cfg.Program)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, deployment.Close(context.WithoutCancel(ctx)))
		}
	}()
	api, err := httpapi.New(deployment.API("", cfg.Host))
	if err != nil {
		return nil, err
	}
	look := deployment.Pages("", api)
	look.Kinds = cfg.Kinds
	pages, err := web.New(look)
	if err != nil {
		return nil, err
	}
	return &App{Handler: api, Pages: pages, Deployment: deployment, routes: api.Places().Prefix + "/"}, nil
}

// ServeHTTP serves the routes, and every page.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, a.routes) {
		a.Handler.ServeHTTP(w, r)
		return
	}
	a.Pages.ServeHTTP(w, r)
}

// SignIn is the last line of a password page's handler: the browser goes on to the page that asks for the second step, or to where it was going, and a program is
// told what comes next.
func (a *App) SignIn(w http.ResponseWriter, r *http.Request, f httpapi.First) {
	a.Pages.SignIn(w, r, f)
}

// Close delivers the notices that wait, as far as ctx allows, and closes every connection.
func (a *App) Close(ctx context.Context) error { return a.Deployment.Close(ctx) }
