package config

import (
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// Site is what providers and messages have to know of the deployment, as a tenant has it.
type Site struct {
	BaseURL     string // where the pages are: "https://acme.example/mfa"
	ProductName string
	SupportURL  string // "" if there is none
	Locale      string // of users whose own there is not
	Catalogue   *catalogue.Catalogue

	unknown bool // BaseURL has a mistake, and is another while the rest is checked
}

// Path is the path that the pages are served under: "/mfa".
func (s Site) Path() string { return s.parsed().Path }

// Origin is the origin of the pages: "https://acme.example".
func (s Site) Origin() string {
	u := s.parsed()
	return u.Scheme + "://" + u.Host
}

// Host is the host of the pages, without a port.
func (s Site) Host() string { return s.parsed().Hostname() }

func (s Site) parsed() *url.URL {
	u, err := url.Parse(s.BaseURL)
	if err != nil {
		return &url.URL{}
	}
	return u
}

// securePage is the address of the pages as messages may name it: over https, or not at all.
func (s Site) securePage() string {
	if s.parsed().Scheme != "https" {
		return ""
	}
	return s.BaseURL
}

// check looks at the addresses, which are the same for every kind of factor.
func (s *settings) check(r *Report) {
	u, err := url.Parse(s.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		r.Error("base_url", "must be a URL with scheme and host", "such as https://acme.example/mfa")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		r.Error("base_url", "has a user, a query or a fragment, which are no part of where pages are", "such as https://acme.example/mfa")
	case u.Host != strings.ToLower(u.Host):
		r.Error("base_url", "must have its host in lower case, as browsers spell it", "")
	case u.Path == "" || u.Path == "/" || strings.HasSuffix(u.Path, "/"):
		r.Error("base_url", "must end in the path that the pages are served under, without a slash behind it", "such as https://acme.example/mfa")
	}
	for i, o := range s.Web.ReturnOrigins {
		if scheme, _, ok := strings.Cut(o, ":"); ok && u != nil && (scheme == "http" || scheme == "https") && scheme != u.Scheme {
			r.Error(fmt.Sprintf("web.return_origins[%d]", i), "must have the scheme of base_url", "")
		}
	}
	if _, err := time.LoadLocation(s.Web.TimeZone); err != nil {
		r.Error("web.time_zone", "is no time zone that this machine knows", "its IANA name, such as Europe/Berlin")
	}
	if _, err := folder("", s.Web.Templates); err != nil {
		r.Error("web.templates", "is not a folder that can be read", "")
	}
	s.read(r)
}

func (s *settings) site() Site {
	return Site{unknown: s.unknown, BaseURL: s.BaseURL, ProductName: s.ProductName, SupportURL: s.SupportURL, Locale: s.Locale, Catalogue: s.catalogue}
}

// read reads the texts, and reports every fault of the deployment's own.
func (s *settings) read(r *Report) {
	cfg := catalogue.Config{Default: s.Locale}
	own, err := folder("", s.Words)
	switch {
	case err != nil:
		r.Error("words", "is not a folder that can be read", "")
	case own != nil:
		cfg.Files = []fs.FS{own}
	}
	key := s.Locale + "\x00" + string(s.Words)
	if s.catalogue = r.d.catalogues[key]; s.catalogue != nil { // Tenants have mostly the same.
		return
	}
	if s.catalogue, err = catalogue.New(cfg); err == nil {
		r.d.catalogues[key] = s.catalogue
		return
	}
	if s.Words == "" {
		r.Error("locale", "is none of the languages there are", "words may add it")
		return
	}
	for _, leaf := range leaves(err, "") {
		r.d.faultsAt(r.node, "words", leaf.err.Error())
	}
}
