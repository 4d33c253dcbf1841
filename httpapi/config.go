package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Config is what a Handler is made from. Zero values are the defaults unless a field says required.
type Config struct {
	Tenants Tenants // required
	Host    Host    // required: its Session and its Keep

	// Prefix is where the routes are: "/mfa/api" by default. The Handler is mounted at Prefix + "/" and knows its prefix; nothing is to be stripped.
	Prefix string

	// Pages is where browsers go on with a login: "/mfa" by default, which stands for Pages + "/", and Pages + "/confirm" for a step-up. SignIn is the application's own page for the
	// first factor: "/sign-in" by default. Both get the way back in the parameter "return".
	Pages, SignIn string

	// Origins are other origins, "https://app.example.com", whose pages may call the routes, and to which browsers may be sent back. Behind a proxy that changes
	// the Host header the site's own origin is one of them.
	Origins []string

	// Activity says what has happened lately in somebody's account, the newest first, at most n events. Without it there is no such route. The application
	// keeps events; the registry tells them.
	Activity func(ctx context.Context, who registry.Who, n int) ([]registry.Event, error)

	// Catalogue has the words of problems, which are in the user's language. The default is catalogue.New with nothing changed.
	Catalogue *catalogue.Catalogue

	// Logger is told of what the application's own functions did wrong. By default nobody is.
	Logger *slog.Logger
}

// Handler is the routes, and the gate that the application puts before its own. It is immutable and safe for concurrent use.
type Handler struct {
	cfg     Config
	origins map[string]bool
	foreign *http.CrossOriginProtection
	routes  map[string]*resource

	description json.RawMessage // of the routes
}

var _ http.Handler = (*Handler)(nil)

// New makes a Handler. Its error joins every fault of the configuration.
func New(cfg Config) (*Handler, error) {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("httpapi: Config."+format, args...))
	}
	for _, p := range []struct {
		name, otherwise string
		path            *string
	}{{"Prefix", "/mfa/api", &cfg.Prefix}, {"Pages", "/mfa", &cfg.Pages}, {"SignIn", "/sign-in", &cfg.SignIn}} {
		if *p.path == "" {
			*p.path = p.otherwise
		}
		if target, ok := localPath(*p.path); !ok || target != *p.path || strings.HasSuffix(*p.path, "/") || strings.ContainsAny(*p.path, "?#%{} ") {
			fault("%s %.100q is not a path like %q, without a slash at its end", p.name, *p.path, p.otherwise)
		}
	}
	if cfg.Tenants == nil {
		fault("Tenants is required")
	}
	if cfg.Host.Session == nil || cfg.Host.Keep == nil {
		fault("Host: Session and Keep are required")
	}
	if cfg.Host.Next == nil {
		cfg.Host.Next = func(*http.Request) string { return "/" }
	}
	if cfg.Catalogue == nil {
		var err error
		if cfg.Catalogue, err = catalogue.New(catalogue.Config{}); err != nil {
			fault("Catalogue: %w", err)
		}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{cfg: cfg, origins: map[string]bool{}, foreign: http.NewCrossOriginProtection()}
	for _, o := range cfg.Origins {
		if !isOrigin(o) {
			fault("Origins: %.100q is not an origin like https://app.example.com", o)
			continue
		}
		h.origins[o] = true
		if err := h.foreign.AddTrustedOrigin(o); err != nil {
			fault("Origins: %w", err)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	list := h.operations()
	description, err := describe(cfg.Prefix, list)
	if err != nil {
		return nil, fmt.Errorf("httpapi: the description: %w", err)
	}
	h.description, h.routes = description, table(list)
	return h, nil
}
