package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
)

const elsewhere = "https://app.other.example"

func handlerWith(t testing.TB, edit func(*httpapi.Config)) *httpapi.Handler {
	t.Helper()
	kit := cofactortest.New(t, cofactortest.Config{})
	cfg := httpapi.Config{
		Tenants: httpapi.One(kit.Registry), Origins: []string{elsewhere},
		Host: httpapi.Host{
			Session: func(*http.Request) (httpapi.Session, error) { return httpapi.Session{}, nil },
			Keep:    func(http.ResponseWriter, *http.Request, httpapi.Session) error { return nil },
		},
	}
	if edit != nil {
		edit(&cfg)
	}
	h, err := httpapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWhereBrowsersAreSent(t *testing.T) {
	t.Parallel()
	h := handlerWith(t, nil)
	for target, want := range map[string]string{
		"/":                              "/",
		"/orders":                        "/orders",
		"/orders?id=1&x=//y":             "/orders?id=1&x=//y",
		"/orders#top":                    "/orders#top",
		"/a%20b/%C3%BC":                  "/a%20b/%C3%BC",
		elsewhere:                        elsewhere + "/",
		elsewhere + "/home?x=1":          elsewhere + "/home?x=1",
		"":                               "",
		"orders":                         "",
		"//evil.example":                 "",
		"///evil.example":                "",
		"/\\evil.example":                "",
		"\\\\evil.example":               "",
		"/\t/evil.example":               "",
		"/\n/evil.example":               "",
		"/%0d%0aSet-Cookie:x=1\r\n":      "",
		" /orders":                       "",
		"/orders ":                       "",
		"/x\x00":                         "",
		"/ü":                             "",
		"/./orders":                      "",
		"/..//evil.example":              "",
		"/a/../..//evil.example":         "",
		"/%2e%2e//evil.example":          "",
		"https://evil.example":           "",
		"https:evil.example":             "",
		"https:/evil.example":            "",
		"http://app.other.example":       "",
		"HTTPS://app.other.example/":     elsewhere + "/",
		"https://app.other.example:444":  "",
		"https://app.other.example@evil": "",
		"https://app.other.example.evil": "",
		"https://u:p@app.other.example":  "",
		elsewhere + "//evil.example":     "",
		elsewhere + "/\\evil.example":    "",
		"javascript:alert(1)":            "",
		"data:text/html,x":               "",
		"/" + strings.Repeat("a", 3000):  "",
	} {
		got, ok := h.Target(target)
		if got != want || ok != (want != "") {
			t.Errorf("%q leads to %q, want %q", target, got, want)
		}
	}
}

// FuzzTarget compares the check with what browsers do: they drop tabs and line ends, take a backslash for a slash, and then resolve against the page.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"/a", "//b", "/\\b", "https://app.other.example/x", "/..//b", "/a?//b", "/%2f/b", "/a/%2e%2e//b"} {
		f.Add(s)
	}
	h := handlerWith(f, nil)
	page, err := url.Parse("https://site.example/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, ok := h.Target(target)
		if !ok {
			if got != "" {
				t.Errorf("a target that is refused is %q all the same", got)
			}
			return
		}
		if again, still := h.Target(got); !still || again != got {
			t.Errorf("%q leads to %q, which leads to %q", target, got, again)
		}
		browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimSpace(got))
		u, err := page.Parse(browser)
		if err != nil {
			t.Fatalf("%q leads to %q, which is no URL", target, got)
		}
		if origin := u.Scheme + "://" + u.Host; origin != "https://site.example" && origin != elsewhere {
			t.Errorf("%q leads to %s", target, origin)
		}
		if strings.HasPrefix(u.Path, "//") {
			t.Errorf("%q leads to %q, a path that is a host to whoever reads it alone", target, u.Path)
		}
	})
}

func TestTheWayBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	for _, c := range []struct{ method, path, from, want string }{
		{"GET", "/home?x=1", "", "/home?x=1"},
		{"HEAD", "/home", "", "/home"},
		{"POST", "/home?x=1", "", "/home"}, // Host.Next: what changes something is not made again
		{"POST", "/fresh", cofactortest.Origin + "/form?x=1", "/form?x=1"},
		{"POST", "/fresh", "https://evil.example/form", "/home"},
		{"POST", "/fresh", "https://app.example.test@evil.example/form", "/home"},
		{"POST", "/fresh", cofactortest.Origin + "//evil.example", "/home"},
		{"DELETE", "/fresh", "javascript:alert(1)", "/home"},
	} {
		r := httptest.NewRequestWithContext(context.Background(), c.method, cofactortest.Origin+c.path, nil)
		r.Header.Set("Accept", "text/html")
		if c.from != "" {
			r.Header.Set("Referer", c.from)
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if want := "/sign-in?return=" + url.QueryEscape(c.want); w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s %s from %q: %d %s, want %s", c.method, c.path, c.from, w.Code, w.Header().Get("Location"), want)
		}
		if w.Header().Get("Vary") != "Accept" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("a refusal may be cached for others: %v", w.Header())
		}
	}
}

func TestNextIsCheckedAsWell(t *testing.T) {
	t.Parallel()
	for _, next := range []func(*http.Request) string{
		func(*http.Request) string { return "https://evil.example" },
		func(*http.Request) string { panic("no") },
	} {
		h := handlerWith(t, func(c *httpapi.Config) { c.Host.Next = next })
		if got := h.Back(httptest.NewRequestWithContext(t.Context(), "GET", "/?return=//evil", nil)); got != "/" {
			t.Errorf("Back is %q", got)
		}
	}
}
