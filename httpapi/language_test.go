package httpapi_test

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/registry"
)

// What a person may read of a problem is in their language: their own setting's, or the browser's. What only a program reads stays as it is.
func TestProblemsSpeakTheLanguageOfWhoAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ locale, header, language, title, detail string }{
		{"", "", "en", "Login required", "Sign in again to continue."},
		{"", "fr, de;q=0.5", "de", "Anmeldung nötig", "Melden Sie sich noch einmal an, um fortzufahren."},
		{"ar", "de", "ar", "يلزم تسجيل الدخول", "سجّل الدخول مرة أخرى للمتابعة."},
	} {
		s := newSite(t, cofactortest.Config{}, func(cfg *httpapi.Config) {
			known := cfg.Host.Session
			cfg.Host.Session = func(r *http.Request) (httpapi.Session, error) {
				session, err := known(r)
				session.User.Locale = c.locale
				return session, err
			}
		})
		b := s.browser()
		b.Header = http.Header{"Accept-Language": {c.header}}
		reply := b.JSON(http.MethodGet, "/mfa/api/factors", nil).Want(http.StatusUnauthorized)
		var p httpapi.Problem
		reply.Into(&p)
		if p.Title != c.title || p.Detail != c.detail || p.Code != registry.ErrLoginRequired || reply.Header.Get("Content-Language") != c.language {
			t.Errorf("who has %q and asks for %q is told %q, %q in %q", c.locale, c.header, p.Title, p.Detail, reply.Header.Get("Content-Language"))
		}
		if h := reply.Header.Get("WWW-Authenticate"); strings.ContainsFunc(h, func(r rune) bool { return r > '~' }) {
			t.Errorf("a header is not ASCII: %q", h)
		}
		if h := b.JSON(http.MethodGet, "/mfa/api/nowhere", nil).Want(http.StatusNotFound).Header.Get("Content-Language"); h != "" {
			t.Errorf("what a programmer did wrong is told in %q", h)
		}
	}
}

// What a provider says is translated too, and a deployment's own words are used.
func TestProblemsSayWhatProvidersSay(t *testing.T) {
	t.Parallel()
	words, err := catalogue.New(catalogue.Config{Files: []fs.FS{fstest.MapFS{"de.yaml": {Data: []byte("error: {rejected: {text: Leider nein.}}")}}}})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, cofactortest.Config{Registry: registry.Config{Policy: policy.Optional()}}, func(cfg *httpapi.Config) { cfg.Catalogue = words })
	b := s.browser()
	b.Post("/password", nil)
	b.Header = http.Header{"Accept-Language": {"de-AT"}}
	var p httpapi.Problem
	b.JSON(http.MethodPost, "/mfa/api/setup", map[string]any{"kind": "sms", "input": map[string]string{"phone": "12"}}).Want(http.StatusBadRequest).Into(&p)
	if p.Detail != "Prüfen Sie die Nummer. Geben Sie auch die Landesvorwahl an, zum Beispiel +49 1511 2345678." {
		t.Errorf("of a number that is none a German is told %q", p.Detail)
	}
	var ch struct{ ID string }
	b.JSON(http.MethodPost, "/mfa/api/setup", map[string]any{"kind": "totp"}).Want(http.StatusCreated).Into(&ch)
	b.JSON(http.MethodPost, "/mfa/api/setup/answer", map[string]any{"challenge": ch.ID, "response": cofactortest.Typed("000000")}).Want(http.StatusUnprocessableEntity).Into(&p)
	if p.Detail != "Leider nein." {
		t.Errorf("the deployment's own words are not used: %q", p.Detail)
	}
}
