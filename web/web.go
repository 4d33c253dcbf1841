package web

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/httpapi"
)

// Config is what Pages are made from.
type Config struct {
	// API is what the pages stand on: it knows the sessions, the registries, and where browsers may be sent. The pages are where its Config.Pages says. Required.
	API *httpapi.Handler
	// Product is what users call the service: "Acme". Required, at most 64 characters.
	Product string
	// Logo is the path of a picture on this origin that stands beside the product's name: "/static/logo.svg". "" for none.
	Logo string
	// Home is where the product's name leads: a path of this origin, "/" by default.
	Home string
	// Support is where people turn who can use none of their methods: an https or mailto address, or a path of this origin. Without it they are told to ask whoever runs the service.
	Support string
	// Theme changes colours and measures.
	Theme Theme
	// Templates replaces pages: a file NAME.html in it stands for the page of that name. New draws each in every state, and fails if one cannot be drawn.
	Templates fs.FS
	// Kinds describes the kinds of one's own providers, and replaces the descriptions of built-in ones.
	Kinds []Kind
	// Catalogue has the texts. The default is catalogue.New with nothing changed.
	Catalogue *catalogue.Catalogue
	// Location is the time zone of the times that are shown where no script puts them into the reader's own: UTC by default.
	Location *time.Location
	// Logger is told of pages that cannot be drawn. By default nobody is.
	Logger *slog.Logger
	// Now is the clock. The default is the system's.
	Now func() time.Time
}

// Pages serves the pages.
type Pages struct {
	api            *httpapi.Handler
	prefix, signIn string
	origins        []string
	now            func() time.Time
	cfg            Config
	kinds          kinds
	looks          *looks
	lang           *languages
	mux            http.Handler
}

// New makes the pages, or reports every fault of the configuration.
func New(cfg Config) (*Pages, error) {
	if cfg.API == nil {
		return nil, errors.New("web: Config.API is required")
	}
	p, err := dressed(cfg, cfg.API.Places())
	if err != nil {
		return nil, err
	}
	p.api = cfg.API
	p.mux = p.routes()
	return p, nil
}

// dressed is the pages without anything behind them: what they look like.
func dressed(cfg Config, at httpapi.Places) (*Pages, error) {
	p := &Pages{prefix: at.Pages, signIn: at.SignIn, origins: at.Origins, now: cfg.Now}
	if p.now == nil {
		p.now = time.Now
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Home == "" {
		cfg.Home = "/"
	}
	faults := cfg.faults()
	var err error
	if cfg.Catalogue == nil {
		if cfg.Catalogue, err = catalogue.New(catalogue.Config{}); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	p.lang = &languages{cfg.Catalogue, cfg.Location}
	if p.kinds, err = newKinds(cfg.Kinds); err != nil {
		faults = append(faults, err)
	}
	if p.looks, err = newLooks(cfg, p.prefix, p.lang.each()); err != nil {
		faults = append(faults, err)
	} else {
		faults = append(faults, p.looks.missing(cfg.Kinds)...)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	p.cfg = cfg
	if cfg.Templates == nil { // ours are drawn by the tests, and what else can be wrong was found above
		return p, nil
	}
	return p, p.rehearse()
}

func (c Config) faults() []error {
	var faults []error
	if n := len([]rune(c.Product)); n == 0 || n > 64 {
		faults = append(faults, fmt.Errorf("web: Config.Product of %d characters: 1 to 64 are required", n))
	}
	if c.Logo != "" && !ownPath(c.Logo) {
		faults = append(faults, fmt.Errorf("web: Config.Logo %q must be a path of this origin: the pages load nothing from elsewhere", c.Logo))
	}
	if c.Home != "" && !ownPath(c.Home) {
		faults = append(faults, fmt.Errorf("web: Config.Home %q must be a path of this origin", c.Home))
	}
	if c.Support != "" && !ownPath(c.Support) {
		if u, err := url.Parse(c.Support); err != nil || (u.Scheme != "https" && u.Scheme != "mailto") {
			faults = append(faults, fmt.Errorf("web: Config.Support %q must be an https or mailto address, or a path of this origin", c.Support))
		}
	}
	return faults
}

func ownPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsAny(s, "\\\r\n\t \"")
}

// ServeHTTP serves everything below the prefix.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

var _ http.Handler = (*Pages)(nil)
