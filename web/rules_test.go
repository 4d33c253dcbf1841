package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/web"
)

// previewed is every page in every state and language, by its address.
func previewed(t *testing.T, visit func(t *testing.T, at string, page cofactortest.Reply, doc *html.Node)) {
	t.Helper()
	site, err := web.Preview(web.Config{Product: "Acme", Support: "https://acme.example/help"})
	if err != nil {
		t.Fatal(err)
	}
	b := cofactortest.NewBrowser(t, cofactortest.Origin, site)
	n := 0
	for _, at := range links(t, b.Get("/").Want(http.StatusOK)) {
		n++
		page := b.Get(at)
		doc, err := html.Parse(strings.NewReader(string(page.Body)))
		if err != nil {
			t.Fatal(err)
		}
		visit(t, at, page, doc)
	}
	if n < 150 {
		t.Errorf("the preview lists %d pages", n)
	}
}

func links(t *testing.T, page cofactortest.Reply) (list []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(string(page.Body)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/page/") {
			list = append(list, attr(n, "href"))
		}
	}
	return list
}

// TestEveryPageKeepsTheRules looks at what can be told from the markup alone: WCAG 2.2 and our content security policy.
// attack: A-142
func TestEveryPageKeepsTheRules(t *testing.T) {
	previewed(t, func(t *testing.T, at string, page cofactortest.Reply, doc *html.Node) {
		r := rules{t: t, at: at, ids: map[string]bool{}}
		r.page(page)
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode {
				r.element(n)
			}
		}
		if r.h1 != 1 || r.mains != 1 || r.titles != 1 {
			t.Errorf("%s has %d h1, %d main and %d title; one of each is wanted", at, r.h1, r.mains, r.titles)
		}
		for _, id := range r.refs {
			if !r.ids[id] {
				t.Errorf("%s refers to the id %q, which is not there", at, id)
			}
		}
		if strings.Contains(string(page.Body), "ZgotmplZ") {
			t.Errorf("%s has a link that was taken out for being unsafe", at)
		}
	})
}

type rules struct {
	t                 *testing.T
	at                string
	ids               map[string]bool
	refs              []string
	h1, mains, titles int
}

func (r *rules) page(page cofactortest.Reply) {
	if policy := page.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		r.t.Errorf("%s has the policy %q", r.at, policy)
	}
	for name, value := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"} {
		if page.Header.Get(name) != value {
			r.t.Errorf("%s has %s: %q", r.at, name, page.Header.Get(name))
		}
	}
}

func (r *rules) element(n *html.Node) {
	fail := func(why string) {
		var b strings.Builder
		_ = html.Render(&b, n)
		r.t.Errorf("%s: %s: %.160s", r.at, why, b.String())
	}
	for _, a := range n.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
			fail("inline " + a.Key)
		}
		if (a.Key == "src" || n.Data == "link" && a.Key == "href") && !strings.HasPrefix(a.Val, "/") {
			fail("something is loaded that is not of this origin")
		}
		if a.Key == "id" {
			if r.ids[a.Val] {
				fail("the id is there twice")
			}
			r.ids[a.Val] = true
		}
		if slices.Contains([]string{"aria-describedby", "aria-labelledby", "for"}, a.Key) {
			r.refs = append(r.refs, strings.Fields(a.Val)...)
		}
	}
	switch n.Data {
	case "html":
		if attr(n, "lang") == "" || attr(n, "dir") == "" {
			fail("no language, or no direction")
		}
		if want := strings.HasPrefix(r.at, "/page/ar/"); want != (attr(n, "dir") == "rtl") {
			fail("the wrong direction")
		}
	case "h1":
		r.h1++
	case "main":
		r.mains++
	case "title":
		if parent(n, "svg") == nil {
			r.titles++
		}
	case "meta":
		if strings.Contains(attr(n, "content"), "maximum-scale") || strings.Contains(attr(n, "content"), "user-scalable") {
			fail("the page cannot be made larger")
		}
	case "style":
		fail("an inline style sheet")
	case "script":
		if attr(n, "src") == "" {
			fail("an inline script")
		}
	case "img":
		if !strings.HasPrefix(attr(n, "src"), "/") {
			fail("a picture from elsewhere")
		}
	case "input", "textarea", "select":
		r.field(n, fail)
	case "button":
		if form := parent(n, "form"); form == nil && attr(n, "type") != "button" {
			fail("a button that does nothing")
		}
	case "form":
		if m := attr(n, "method"); m != "post" && m != "get" {
			fail("a form without a method")
		}
	}
}

func (r *rules) field(n *html.Node, fail func(string)) {
	kind := attr(n, "type")
	if kind == "hidden" {
		return
	}
	labelled := parent(n, "label") != nil
	for l := range r.root(n).Descendants() {
		labelled = labelled || l.Data == "label" && attr(l, "for") == attr(n, "id") && attr(n, "id") != ""
	}
	if !labelled {
		fail("a field without a label")
	}
	switch {
	case attr(n, "name") == "code" && (kind != "text" || attr(n, "maxlength") == "6" || attr(n, "pattern") != "" || attr(n, "dir") != "ltr"):
		fail("a field for a code that does not take what people paste")
	case attr(n, "name") == "code" && attr(n, "inputmode") == "numeric" && attr(n, "autocomplete") != "one-time-code":
		fail("a field for a code that browsers do not fill in")
	}
}

func (r *rules) root(n *html.Node) *html.Node {
	for n.Parent != nil {
		n = n.Parent
	}
	return n
}

// maxWeight is what the page that asks may weigh in all, in bytes: with style sheet, script and the module for passkeys, as they are before compression.
const maxWeight = 30 << 10

func TestThePageThatAsksIsLight(t *testing.T) {
	site, err := web.Preview(web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := cofactortest.NewBrowser(t, cofactortest.Origin, site)
	heaviest := 0
	for _, at := range links(t, b.Get("/")) {
		if !strings.Contains(at, "/challenge/") || strings.HasPrefix(at, "/page/en-XA/") { // whose texts are longer on purpose
			continue
		}
		page := b.Get(at)
		doc, err := html.Parse(strings.NewReader(string(page.Body)))
		if err != nil {
			t.Fatal(err)
		}
		weight, loads := len(page.Body), map[string]bool{}
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				if a.Key == "src" || a.Key == "data-module" || n.Data == "link" && a.Key == "href" {
					loads[a.Val] = true
				}
			}
		}
		for url := range loads {
			file := b.Get(url).Want(http.StatusOK)
			weight += len(file.Body)
			if file.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s is fetched again and again: %q", url, file.Header.Get("Cache-Control"))
			}
			if strings.Contains(url, "/script.") && len(file.Body) > 8<<10 {
				t.Errorf("the script weighs %d bytes; at most 8 KiB are wanted", len(file.Body))
			}
		}
		heaviest = max(heaviest, weight)
		if weight > maxWeight {
			t.Errorf("%s weighs %d bytes in all; at most %d are wanted", at, weight, maxWeight)
		}
	}
	t.Logf("the heaviest page that asks weighs %d bytes", heaviest)
}

// words that nobody outside the trade knows, and those that blame.
var jargon = []string{"MFA", "2FA", "OTP", "TOTP", "WebAuthn", "FIDO", "factor", "credential", "token", "invalid", "illegal", "authenticate ", "please", "oops"}

func TestThePagesSpeakPlainly(t *testing.T) {
	previewed(t, func(t *testing.T, at string, page cofactortest.Reply, doc *html.Node) {
		if !strings.HasPrefix(at, "/page/en/") {
			return
		}
		for _, word := range jargon {
			if strings.Contains(strings.ToLower(text(doc)), strings.ToLower(word)) {
				t.Errorf("%s says %q", at, word)
			}
		}
	})
}
