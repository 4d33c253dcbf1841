package config

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/web"
)

// pages are the settings of packages httpapi and web.
type pages struct {
	SignIn        string   `yaml:"sign_in" doc:"The application's own sign-in page: a path." default:"/sign-in"`
	Home          string   `yaml:"home" doc:"Where the product's name leads: a path." default:"/"`
	ReturnOrigins []string `yaml:"return_origins" doc:"Other origins whose pages may call the API, and that a browser may be sent back to." example:"[\"https://app.acme.example\"]"`
	Logo          string   `yaml:"logo" doc:"The path of a picture that stands beside the product's name." fallback:"none" example:"/static/logo.svg"`
	Templates     Path     `yaml:"templates" doc:"A folder with pages that take the place of the built-in ones." fallback:"none"`
	TimeZone      string   `yaml:"time_zone" doc:"The time zone of times on pages without a script, by its IANA name." default:"UTC" example:"Europe/Berlin"`
	Theme         theme    `yaml:"theme" doc:"Colours and measures; what is not said stays as it is. A dark one is for those whose system is set to dark."`
}

type theme struct {
	Accent       string `yaml:"accent" doc:"Buttons, links, the focus ring." example:"\"#0b57d0\""`
	AccentDark   string `yaml:"accent_dark" doc:"The same, in the dark."`
	OnAccent     string `yaml:"on_accent" doc:"Text on accent."`
	OnAccentDark string `yaml:"on_accent_dark" doc:"The same, in the dark."`
	Ink          string `yaml:"ink" doc:"Text."`
	InkDark      string `yaml:"ink_dark" doc:"The same, in the dark."`
	Soft         string `yaml:"soft" doc:"Text of less weight."`
	SoftDark     string `yaml:"soft_dark" doc:"The same, in the dark."`
	Page         string `yaml:"page" doc:"What is behind everything."`
	PageDark     string `yaml:"page_dark" doc:"The same, in the dark."`
	Card         string `yaml:"card" doc:"What is behind the text."`
	CardDark     string `yaml:"card_dark" doc:"The same, in the dark."`
	Line         string `yaml:"line" doc:"Borders."`
	LineDark     string `yaml:"line_dark" doc:"The same, in the dark."`
	Radius       string `yaml:"radius" doc:"The radius of corners." example:"12px"`
	Font         string `yaml:"font" doc:"Families of letters." example:"\"Inter, system-ui, sans-serif\""`
	Width        string `yaml:"width" doc:"The width of the card." example:"26rem"`
}

// API is what httpapi.New needs, as far as a configuration says it; the program adds what is its own, such as Activity. tenant is "" unless a tenant has pages
// of its own.
func (d *Deployment) API(tenant string, host httpapi.Host) httpapi.Config {
	cfg := d.config.settings(tenant).api(host, d.Registry)
	cfg.Logger = d.logger
	return cfg
}

// Pages is what web.New needs, as far as a configuration says it; the program adds what is its own, such as Kinds.
func (d *Deployment) Pages(tenant string, api *httpapi.Handler) web.Config {
	cfg := d.config.settings(tenant).pages(api)
	cfg.Now, cfg.Logger = d.now, d.logger
	return cfg
}

func (s *settings) api(host httpapi.Host, tenants httpapi.Tenants) httpapi.Config {
	site := s.site()
	origins := append([]string{site.Origin()}, s.Web.ReturnOrigins...) // Its own is for a proxy that changes the Host header.
	return httpapi.Config{Tenants: tenants, Host: host, Prefix: site.Path() + "/api", Pages: site.Path(), SignIn: s.Web.SignIn, Origins: slices.Compact(origins), Catalogue: s.catalogue}
}

func (s *settings) pages(api *httpapi.Handler) web.Config {
	templates, _ := folder("", s.Web.Templates) // check has looked.
	location, _ := time.LoadLocation(s.Web.TimeZone)
	return web.Config{
		API: api, Product: s.ProductName, Logo: s.Web.Logo, Home: s.Web.Home, Support: s.SupportURL, Theme: web.Theme(s.Web.Theme), Templates: templates,
		Catalogue: s.catalogue, Location: location,
	}
}

// places are the keys of what the packages call their fields.
var places = map[string]string{
	"Prefix": "base_url", "Pages": "base_url", "SignIn": "web.sign_in", "Origins": "web.return_origins",
	"Product": "product_name", "Support": "support_url", "Logo": "web.logo", "Home": "web.home", "Templates": "web.templates",
	"Attempts": "limits.attempts", "ChallengeTTL": "limits.challenge_ttl", "MaxPerKind": "limits.max_per_kind", "MaxFactors": "limits.max_factors",
	"MaxOfKind": "limits.max_of_kind", "FinishTimeout": "limits.finish_timeout", "Budgets": "budgets", "Queues": "events.queues", "Pepper": "keys.pepper", "Policy": "policy",
}

var (
	capitals = regexp.MustCompile(`([a-z])([A-Z])`)
	field    = regexp.MustCompile(`^(?:Config|Theme)\.(\w+)(?:\["([^"]*)"\])?(?:\.\w+)?[.:]?\s*(.*)$`)
)

// placed turns what a package finds wrong with a whole configuration into problems at the keys that it is about, or otherwise at another one.
func (d *decoder) placed(n *tree.Node, err error, otherwise string) {
	for _, leaf := range leaves(err, "") {
		from, message, _ := strings.Cut(leaf.err.Error(), ": ")
		key := otherwise
		if from == "policy" {
			key = "policy"
		}
		if m := field.FindStringSubmatch(message); m != nil {
			if strings.HasPrefix(message, "Theme.") {
				key = "web.theme." + strings.ToLower(capitals.ReplaceAllString(m[1], "${1}_$2"))
			} else {
				key = or(places[m[1]], key)
			}
			if message = m[3]; m[2] != "" {
				key += "." + m[2]
			}
		}
		at, path := locate(n, key)
		at, path = d.element(n, key, message, at, path)
		if !d.failed(path) {
			d.add(Error, at, path, d.quiet(n, key, message), "")
		}
	}
}

// trial makes the API and the pages, which draws each of them once, and throws them away.
func (d *decoder) trial(s *settings, n *tree.Node, reg *registry.Registry) {
	nobody := httpapi.Host{
		Session: func(*http.Request) (httpapi.Session, error) { return httpapi.Session{}, nil },
		Keep:    func(http.ResponseWriter, *http.Request, httpapi.Session) error { return nil },
	}
	api, err := httpapi.New(s.api(nobody, httpapi.One(reg)))
	if err != nil {
		d.placed(n, err, "web")
		return
	}
	if _, err := web.New(s.pages(api)); err != nil {
		d.placed(n, err, "web")
	}
}
