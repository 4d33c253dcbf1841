package web_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/web"
)

var alice = provider.User{ID: "u-1", Name: "alice@example.com", DisplayName: "Alice"}

// world is a site with a password page of its own, and the pages.
type world struct {
	t    testing.TB
	kit  *cofactortest.Kit
	api  *httpapi.Handler
	site http.Handler

	mu       sync.Mutex
	sessions map[string]httpapi.Session
	user     provider.User
	sends    bool  // the password handler is the pages' own
	fail     error // of the session store
	cookies  map[string]string
	pages    *web.Pages
}

// setting is what a test changes of the world.
type setting struct {
	kit   cofactortest.Config
	api   httpapi.Config
	pages web.Config
}

func newWorld(t testing.TB, edit ...func(*setting)) *world {
	t.Helper()
	w := &world{t: t, sessions: map[string]httpapi.Session{}, cookies: map[string]string{}, user: alice}
	var s setting
	for _, e := range edit {
		e(&s)
	}
	w.kit = cofactortest.New(t, s.kit)
	s.api.Tenants, s.api.Host = httpapi.One(w.kit.Registry), httpapi.Host{Session: w.session, Keep: w.keep}
	if s.api.Activity == nil {
		s.api.Activity = w.activity
	}
	var err error
	if w.api, err = httpapi.New(s.api); err != nil {
		t.Fatal(err)
	}
	s.pages.API, s.pages.Product, s.pages.Now = w.api, "Acme", w.kit.Clock.Now
	pages, err := web.New(s.pages)
	if err != nil {
		t.Fatal(err)
	}
	w.pages = pages
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", w.signIn)
	mux.HandleFunc("GET /sign-in", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<h1>Sign in</h1>")) })
	mux.Handle("/", w.api.RequireMFA(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = rw.Write([]byte("<h1>In: " + r.URL.Path + "</h1>"))
	})))
	mux.Handle("POST /pay", w.api.RequireAction(func(r *http.Request) string { return "Send " + cmp.Or(r.FormValue("amount"), "500") + " EUR to ACME" }, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte("<h1>Paid</h1>"))
	})))
	mux.Handle("/mfa", pages)
	mux.Handle("/mfa/", pages)
	w.site = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(rw, r)
		for _, line := range rw.Header().Values("Set-Cookie") {
			if c, err := http.ParseSetCookie(line); err == nil {
				w.cookies[c.Name] = c.Value
			}
		}
	})
	return w
}

func optional(s *setting) { s.kit.Registry.Policy = policy.Optional() }

const cookie = "session"

func (w *world) session(r *http.Request) (httpapi.Session, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := r.Cookie(cookie)
	if err != nil {
		return httpapi.Session{}, nil
	}
	return w.sessions[c.Value], nil
}

// keep keeps a session under a new id, every time.
func (w *world) keep(rw http.ResponseWriter, r *http.Request, s httpapi.Session) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	if c, err := r.Cookie(cookie); err == nil {
		delete(w.sessions, c.Value)
	}
	id := rand.Text()
	w.sessions[id] = s
	http.SetCookie(rw, &http.Cookie{Name: cookie, Value: id, Path: "/", HttpOnly: true, Secure: true})
	r.Header.Set("Cookie", cookie+"="+id) // so that a second Keep of one request finds it
	return nil
}

func (w *world) signIn(rw http.ResponseWriter, r *http.Request) {
	first := httpapi.First{User: w.user, Primary: []string{"pwd"}}
	if w.sends {
		w.pages.SignIn(rw, r, first)
		return
	}
	login, err := w.api.Start(rw, r, first)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(rw, r, w.api.After(r, login), http.StatusSeeOther)
}

// tab is somebody's tab, without a script: it follows redirects, and presses what is on the page.
type tab struct {
	w    *world
	b    *cofactortest.Browser
	at   string
	last cofactortest.Reply
	doc  *html.Node
}

func (w *world) tab() *tab {
	return &tab{w: w, b: cofactortest.NewBrowser(w.t, cofactortest.Origin, w.site)}
}

// other is a second tab of the same browser.
func (t *tab) other() *tab { return &tab{w: t.w, b: t.b} }

// signIn gives the password, and goes wherever that leads.
func (w *world) signedIn(back string) *tab {
	w.t.Helper()
	t := w.tab()
	t.post("/sign-in?return="+url.QueryEscape(back), nil)
	return t
}

func (t *tab) get(path string) *tab {
	t.w.t.Helper()
	t.at = path
	t.last = t.b.Get(path)
	return t.follow()
}

func (t *tab) post(path string, form url.Values) *tab {
	t.w.t.Helper()
	t.at = path
	t.last = t.b.Post(path, form)
	return t.follow()
}

func (t *tab) follow() *tab {
	t.w.t.Helper()
	for range 10 {
		to := t.last.Location()
		if to == "" {
			doc, err := html.Parse(strings.NewReader(string(t.last.Body)))
			if err != nil {
				t.w.t.Fatal(err)
			}
			t.doc = doc
			return t
		}
		if t.last.Status != http.StatusSeeOther {
			t.w.t.Fatalf("%s redirects with %d: a form that was sent must not be sent again", t.at, t.last.Status)
		}
		t.at = to
		t.last = t.b.Get(to)
	}
	t.w.t.Fatalf("redirects go round in circles at %s", t.at)
	return t
}

// h1 is what the page is about.
func (t *tab) h1() string {
	for n := range t.doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "h1" {
			return text(n)
		}
	}
	return ""
}

func (t *tab) wants(h1 string) *tab {
	t.w.t.Helper()
	if got := t.h1(); got != h1 {
		t.w.t.Fatalf("the page at %s is %q, want %q:\n%s", t.at, got, h1, t.text())
	}
	return t
}

func (t *tab) says(words ...string) *tab {
	t.w.t.Helper()
	page := t.text()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.w.t.Fatalf("the page at %s does not say %q:\n%s", t.at, w, page)
		}
	}
	return t
}

func (t *tab) saysNot(words ...string) {
	t.w.t.Helper()
	page := t.text()
	for _, w := range words {
		if strings.Contains(page, w) {
			t.w.t.Fatalf("the page at %s says %q:\n%s", t.at, w, page)
		}
	}
}

func (t *tab) text() string { return text(t.doc) }

func (t *tab) status(code int) *tab {
	t.w.t.Helper()
	if t.last.Status != code {
		t.w.t.Fatalf("the page at %s has status %d, want %d:\n%s", t.at, t.last.Status, code, t.text())
	}
	return t
}

// press presses a button, or follows a link, by its words, after filling in fields of its form.
func (t *tab) press(words string, fields ...string) *tab {
	t.w.t.Helper()
	for n := range t.doc.Descendants() {
		if n.Type != html.ElementNode || text(n) != words || hidden(n) {
			continue
		}
		switch n.Data {
		case "a":
			return t.get(attr(n, "href"))
		case "button":
			form := parent(n, "form")
			if form == nil {
				continue
			}
			values := filled(form)
			for i := 0; i+1 < len(fields); i += 2 {
				values.Set(fields[i], fields[i+1])
			}
			action := attr(form, "action")
			if attr(form, "method") == "get" {
				return t.get(action + "?" + values.Encode())
			}
			return t.post(action, values)
		}
	}
	t.w.t.Fatalf("the page at %s has no button or link %q:\n%s", t.at, words, t.text())
	return t
}

// within presses a button in the row of a list that says something.
func (t *tab) within(row, words string) *tab {
	t.w.t.Helper()
	whole := t.doc
	defer func() {
		if t.doc == nil {
			t.doc = whole
		}
	}()
	for n := range whole.Descendants() {
		if n.Type == html.ElementNode && n.Data == "li" && strings.Contains(text(n), row) {
			t.doc = n
			return t.press(words)
		}
	}
	t.w.t.Fatalf("the page at %s has no row %q:\n%s", t.at, row, text(whole))
	return t
}

// has says whether there is an element with these attributes, as pairs.
func (t *tab) find(element string, pairs ...string) *html.Node {
	for n := range t.doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != element {
			continue
		}
		fits := true
		for i := 0; i+1 < len(pairs); i += 2 {
			fits = fits && attr(n, pairs[i]) == pairs[i+1]
		}
		if fits {
			return n
		}
	}
	return nil
}

func filled(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") != "" && attr(n, "type") != "checkbox" {
			values.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	return values
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hidden(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		for _, a := range n.Attr {
			if a.Key == "hidden" {
				return true
			}
		}
	}
	return false
}

func parent(n *html.Node, element string) *html.Node {
	for ; n != nil; n = n.Parent {
		if n.Type == html.ElementNode && n.Data == element {
			return n
		}
	}
	return nil
}

// text is what a person reads.
func text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style" || n.Data == "head" || n.Data == "noscript"):
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (w *world) activity(context.Context, registry.Who, int) ([]registry.Event, error) {
	events := w.kit.Events.All()
	slices.Reverse(events)
	return events, nil
}
