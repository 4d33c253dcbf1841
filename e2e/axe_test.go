package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
	"github.com/cofactor-mfa/cofactor/web"
)

// axe is the accessibility checker, as npm has installed it.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(npm(t), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// inspect has it look at the page, by all its rules or by those that are named, and returns what it found.
func inspect(tab *chromiumtest.Tab, rules ...string) (found []violation) {
	only := ""
	if len(rules) > 0 {
		only = ", runOnly: ['" + strings.Join(rules, "','") + "']"
	}
	raw := chromiumtest.Eval[string](tab, `axe.run(document, {resultTypes: ['violations']`+only+`}).then((r) => JSON.stringify(r.violations.map((v) => (
		{id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html + ' ' + n.failureSummary)}))))`)
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		return []violation{{ID: "axe says nothing", Help: raw}}
	}
	return found
}

type violation struct {
	ID, Help string
	Nodes    []string
}

func (v violation) String() string {
	return fmt.Sprintf("%s (%s): %.700s", v.ID, v.Help, strings.Join(v.Nodes, "\n"))
}

var previewed = regexp.MustCompile(`href="(/page/([A-Za-z-]+)/[a-z-]+/[a-z_-]+)"`)

// TestEveryPageIsAccessible looks at every page in every state and language, as it is on a telephone and on a desk, in light and in dark. A page that is wider than the
// window makes people scroll sideways, which WCAG 2.2, 1.4.10, forbids; axe does not see that.
func TestEveryPageIsAccessible(t *testing.T) {
	source := axe(t)
	site, err := web.Preview(web.Config{Support: "https://acme.example/help"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	index := httptest.NewRecorder()
	site.ServeHTTP(index, httptest.NewRequest("GET", "/", nil))
	pages := map[string][]string{}
	for _, m := range previewed.FindAllStringSubmatch(index.Body.String(), -1) {
		pages[m[2]] = append(pages[m[2]], m[1])
	}
	for _, language := range []string{"en", "de", "ar", "en-XA"} {
		if len(pages[language]) == 0 {
			t.Errorf("there is no page in %s", language)
		}
	}
	for language, list := range pages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			tab := chromiumtest.Open(t, url)
			for n, at := range list {
				tab.Go(url + at)
				chromiumtest.Eval[bool](tab, source+`; typeof axe === 'object'`)
				if n == 0 {
					control(t, tab)
				}
				for i, v := range []chromiumtest.View{{Width: 320, Height: 640}, {Width: 1280, Height: 800, Dark: true}, {Width: 320, Height: 640, Dark: true}, {Width: 1280, Height: 800}} {
					tab.Look(v)
					var looks []string // by the third look, only what depends on colours and measures can be new
					if i > 1 {
						looks = []string{"color-contrast", "target-size"}
					}
					for _, found := range inspect(tab, looks...) {
						t.Errorf("%s at %d pixels, dark %v: %v", at, v.Width, v.Dark, found)
					}
					if wide := chromiumtest.Eval[int](tab, "document.documentElement.scrollWidth"); wide > v.Width {
						t.Errorf("%s is %d pixels wide in a window of %d", at, wide, v.Width)
					}
				}
			}
		})
	}
}

// control shows the checker a page with two mistakes, so that a checker that finds nothing is not taken for pages without any.
func control(t *testing.T, tab *chromiumtest.Tab) {
	t.Helper()
	chromiumtest.Eval[bool](tab, `document.querySelector('main').insertAdjacentHTML('beforeend', '<p id="mistake"><button id="nameless"></button><input type="text"></p>'), true`)
	ids := ""
	for _, v := range inspect(tab) {
		ids += v.ID + " "
	}
	if !strings.Contains(ids, "button-name") || !strings.Contains(ids, "label") {
		t.Fatalf("the checker does not find a button without a name, and a field without a label; it finds %q", ids)
	}
	chromiumtest.Eval[bool](tab, `document.querySelector('#mistake').remove(), true`)
}
