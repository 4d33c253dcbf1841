package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// Site is what the pages, the API and messages have to know of a tenant's deployment.
type Site struct {
	BaseURL       string // where the pages are: "https://acme.example/mfa"
	ProductName   string
	SupportURL    string // "" if there is none
	Locale        string // of users whose own there is not
	SignIn        string // the application's sign-in page: a path or a URL
	ReturnOrigins []string
	Logo          string
	Templates     fs.FS // nil for the built-in pages alone
	Catalogue     *catalogue.Catalogue
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

// origin accepts an origin in the spelling of browsers.
func origin(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("is no origin")
	case s != u.Scheme+"://"+u.Host || s != strings.ToLower(s):
		return errors.New("is not an origin as browsers spell it: lower case, without user, path, query or slash at its end")
	}
	return nil
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
	if s.SupportURL != "" {
		if u, err := url.Parse(s.SupportURL); err != nil || u.Scheme != "mailto" && (u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			r.Error("support_url", "must be an https URL, or mailto: and an address", "")
		}
	}
	if u, err := url.Parse(s.Web.SignIn); err != nil || u.Scheme != "https" && u.Scheme != "http" && (u.Scheme != "" || !strings.HasPrefix(s.Web.SignIn, "/") || strings.HasPrefix(s.Web.SignIn, "//")) {
		r.Error("web.sign_in", "must be a path that begins with /, or a URL", "")
	}
	for i, o := range s.Web.ReturnOrigins {
		if err := origin(o); err != nil {
			r.Error(fmt.Sprintf("web.return_origins[%d]", i), err.Error(), "an origin is scheme://host, with a port if it is not the usual one")
		} else if u != nil && !strings.HasPrefix(o, u.Scheme+":") {
			r.Error(fmt.Sprintf("web.return_origins[%d]", i), "must have the scheme of base_url", "")
		}
	}
	if _, err := folder("", s.Web.Templates); err != nil {
		r.Error("web.templates", "is not a folder that can be read", "")
	}
	s.read(r)
}

func (s *settings) site() Site {
	site := Site{
		BaseURL: s.BaseURL, ProductName: s.ProductName, SupportURL: s.SupportURL, Locale: s.Locale,
		Catalogue: s.catalogue, SignIn: s.Web.SignIn, ReturnOrigins: s.Web.ReturnOrigins, Logo: s.Web.Logo,
	}
	site.Templates, _ = folder("", s.Web.Templates)
	return site
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
	if s.catalogue, err = catalogue.New(cfg); err == nil {
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
