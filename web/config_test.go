package web_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/web"
)

func TestEveryFaultOfAConfigurationIsToldAtOnce(t *testing.T) {
	_, err := web.Preview(web.Config{
		Product: strings.Repeat("x", 65), Logo: "https://cdn.example/logo.png", Support: "javascript:alert(1)", Home: "//evil.example",
		Kinds: []web.Kind{{}, {Name: "push", Icon: "rocket"}, {Name: "push"}, {Name: "card", Field: web.Script}, {Name: "grid", Digits: 3}, {Name: "fax", Input: &web.Input{Type: "fax"}}},
		Theme: web.Theme{Accent: "red;}", InkDark: "url(//evil.example)", Radius: "1em 2em", Font: `x"; }`},
	})
	if err == nil {
		t.Fatal("this configuration was accepted")
	}
	for _, fault := range []string{
		"Config.Product", "Config.Logo", "Config.Support", "Config.Home", "a Kind without a Name", `no icon "rocket"`, `"push" is described twice`, `"card"`, `"grid"`, `"fax"`,
		"Theme.Accent", "Theme.InkDark", "Theme.Radius", "Theme.Font",
	} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("the error does not say %q:\n%v", fault, err)
		}
	}
	if _, err := web.Preview(web.Config{Kinds: []web.Kind{{Name: "grid", Fragment: "fragment-grid"}}}); err == nil || !strings.Contains(err.Error(), `kind "grid": there is no template fragment-grid.html`) {
		t.Errorf("a kind whose fragment is not there: %v", err)
	}
	if _, err := web.New(web.Config{Product: "Acme"}); err == nil || !strings.Contains(err.Error(), "Config.API is required") {
		t.Errorf("New without an API says %v", err)
	}
}

// TestAThemeChangesTheStyleSheetAndNothingElse tries to get out of it.
// attack: A-142
func TestAThemeChangesTheStyleSheetAndNothingElse(t *testing.T) {
	site, err := web.Preview(web.Config{Theme: web.Theme{Accent: "#123456", AccentDark: "oklch(70% 0.1 250)", Radius: "0", Font: `"Inter", sans-serif`, Width: "30rem"}})
	if err != nil {
		t.Fatal(err)
	}
	b := cofactortest.NewBrowser(t, cofactortest.Origin, site)
	page := string(b.Get("/page/en/challenge/app").Body)
	_, after, _ := strings.Cut(page, `rel="stylesheet" href="`)
	sheet, _, _ := strings.Cut(after, `"`)
	css := string(b.Get(sheet).Want(http.StatusOK).Body)
	for _, want := range []string{`:root{--accent:#123456;--radius:0;--width:30rem;--font:"Inter", sans-serif;}`, `@media (prefers-color-scheme:dark){:root{--accent:oklch(70% 0.1 250);}}`} {
		if !strings.Contains(css, want) {
			t.Errorf("the style sheet does not end with %s:\n%.400s", want, css[len(css)-300:])
		}
	}
	if _, other, _ := strings.Cut(string(cofactortest.NewBrowser(t, cofactortest.Origin, plainSite(t)).Get("/page/en/challenge/app").Body), `rel="stylesheet" href="`); strings.HasPrefix(other, sheet) {
		t.Error("two style sheets have one address, so browsers keep the old one")
	}
	for _, bad := range []string{"red}body{display:none", "red/*", "expression(alert(1))", "url(x)", "var(--x)", "#12345g", "r", "red;", "rgb(1,2,3", "\\72 ed", "red\n", "@import"} {
		if _, err := web.Preview(web.Config{Theme: web.Theme{Accent: bad}}); err == nil {
			t.Errorf("the colour %q was accepted", bad)
		}
	}
	for _, bad := range []string{`Inter"`, "a;b", "a{", "a\\b", "url(x)", "'a"} {
		if _, err := web.Preview(web.Config{Theme: web.Theme{Font: bad}}); err == nil {
			t.Errorf("the font %q was accepted", bad)
		}
	}
}

func plainSite(t *testing.T) http.Handler {
	t.Helper()
	site, err := web.Preview(web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func TestAPageIsReplacedByATemplateOfItsName(t *testing.T) {
	site, err := web.Preview(web.Config{Templates: fstest.MapFS{
		"finished.html": {Data: []byte(`{{define "main"}}<p>All set, {{.Person}}. {{.Body.Text}}</p>{{end}}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := cofactortest.NewBrowser(t, cofactortest.Origin, site)
	if page := string(b.Get("/page/en/finished/first").Body); !strings.Contains(page, "All set, alice@example.com. The next time") || !strings.Contains(page, "<h1>Two-step verification is on</h1>") {
		t.Errorf("the page is\n%s", page)
	}
	if page := string(b.Get("/page/en/challenge/app").Body); !strings.Contains(page, "6-digit code") {
		t.Error("another page has changed as well")
	}
}

func TestTheBuiltInTemplatesReplaceThemselves(t *testing.T) {
	if _, err := web.Preview(web.Config{Templates: web.Templates()}); err != nil {
		t.Error(err)
	}
}

func TestATemplateThatCannotBeDrawnStopsTheStart(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"no template":          {"finished.html": {Data: []byte(`{{define "main"}}{{if}}{{end}}`)}},
		"no such field":        {"finished.html": {Data: []byte(`{{define "main"}}{{.Body.Nothing}}{{end}}`)}},
		"only in one state":    {"challenge.html": {Data: []byte(`{{define "main"}}{{if .Error}}{{.Nothing}}{{end}}{{end}}`)}},
		"replaces nothing":     {"chalenge.html": {Data: []byte(`{{define "main"}}{{end}}`)}},
		"no such sub-template": {"rename.html": {Data: []byte(`{{define "main"}}{{template "nothing" .}}{{end}}`)}},
		"empty":                {},
		"unsafe context":       {"remove.html": {Data: []byte(`{{define "main"}}<a href='{{end}}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := web.Preview(web.Config{Templates: files}); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

// A program may describe a kind of ours again, as one that asks for nothing first.
func TestAKindOfOursMayAskForNothing(t *testing.T) {
	t.Parallel()
	own := []web.Kind{{Name: sms.Kind}, {Name: email.Kind}}
	if _, err := web.Preview(web.Config{Kinds: own, Templates: web.Templates()}); err != nil {
		t.Error(err)
	}
}
