package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider/webauthn/browser"
)

const limit = 8 << 10

func TestTheModuleIsSmallAndStandsAlone(t *testing.T) {
	js := browser.Module()
	if len(js) > limit {
		t.Errorf("passkeys.js has %d bytes; a page that only signs people in must not load more than %d", len(js), limit)
	}
	if m := regexp.MustCompile(`(?m)^\s*import\b.*|\bimport\(|\brequire\(`).FindString(js); m != "" {
		t.Errorf("passkeys.js loads something else: %q", m)
	}
	for _, never := range []string{"innerHTML", "eval(", "new Function", "document.", "localStorage", "console.", "fetch("} {
		if strings.Contains(js, never) {
			t.Errorf("passkeys.js has %q; it works under any content security policy, shows nothing and keeps nothing", never)
		}
	}
}

// What the declarations promise beyond names, the type checker sees: e2e/types_test.go.
func TestTheDeclarationsNameWhatTheModuleExports(t *testing.T) {
	exported := regexp.MustCompile(`(?m)^export (?:async )?(?:function|class|const) (\w+)`)
	names := func(text string) string {
		var found []string
		for _, m := range exported.FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	if js, dts := names(browser.Module()), names(browser.Types()); js != dts || js == "" {
		t.Errorf("passkeys.js exports %s\npasskeys.d.ts declares %s", js, dts)
	}
	thrown := regexp.MustCompile(`'passkey_\w+'`)
	for _, id := range thrown.FindAllString(browser.Module(), -1) {
		if !strings.Contains(browser.Types(), "| "+id) {
			t.Errorf("passkeys.js rejects with %s, which passkeys.d.ts does not declare", id)
		}
	}
}

func TestTheHandlerLetsBrowsersKeepTheModuleAndAskForChanges(t *testing.T) {
	get := func(tag string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, "/passkeys.js", nil), httptest.NewRecorder()
		r.Header.Set("If-None-Match", tag)
		browser.Handler().ServeHTTP(w, r)
		return w
	}
	first := get("")
	if first.Code != http.StatusOK || first.Body.String() != browser.Module() {
		t.Errorf("status %d with %d bytes", first.Code, first.Body.Len())
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/javascript; charset=utf-8", // browsers refuse a module of any other type
		"X-Content-Type-Options": "nosniff",
		"Cache-Control":          "no-cache",
	} {
		if got := first.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if again := get(first.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked whether it has changed: %d, %d bytes", again.Code, again.Body.Len())
	}
}

func Example() {
	mux := http.NewServeMux()
	mux.Handle("GET /passkeys.js", browser.Handler())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/passkeys.js", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 200 text/javascript; charset=utf-8
}
