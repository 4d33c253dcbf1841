package demo_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/demo"
	"github.com/cofactor-mfa/cofactor/keyset"
)

const origin = "http://localhost:8080"

// world is a demo whose clock the test holds.
type world struct {
	t        *testing.T
	site     *demo.Demo
	handler  http.Handler
	terminal *terminal

	mu    sync.Mutex
	clock time.Time
}

func newWorld(t *testing.T, with ...func(*demo.Config)) *world {
	t.Helper()
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, terminal: &terminal{}, clock: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	cfg := demo.Config{
		Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), AEAD: keys, Terminal: w.terminal, Now: w.now, Origin: origin,
		Pepper: make([]byte, 32), KeepSecrets: true,
	}
	for _, change := range with {
		change(&cfg)
	}
	if w.site, err = demo.New(cfg); err != nil {
		t.Fatal(err)
	}
	w.handler = w.site.Handler()
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// shown is the newest code that the terminal shows to people without a phone.
func (w *world) shown() string {
	w.t.Helper()
	all := regexp.MustCompile(`no phone\? current code for \w+: (\d{3} \d{3}) \(demo only\)`).FindAllStringSubmatch(w.terminal.String(), -1)
	if len(all) == 0 {
		w.t.Fatalf("the terminal shows no code:\n%s", w.terminal)
	}
	return all[len(all)-1][1]
}

// sent is the code of the newest message in the terminal.
func (w *world) sent() string {
	w.t.Helper()
	all := regexp.MustCompile(`(?m)^  │ (\d{6})\b`).FindAllStringSubmatch(w.terminal.String(), -1)
	if len(all) == 0 {
		w.t.Fatalf("the terminal shows no message:\n%s", w.terminal)
	}
	return all[len(all)-1][1]
}

// terminal keeps what the demo says.
type terminal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.Write(p)
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}

// tab is somebody's tab, without a script: it follows redirects, and presses what is on the page.
type tab struct {
	w    *world
	b    *cofactortest.Browser
	at   string
	last cofactortest.Reply
	doc  *html.Node
}

func (w *world) tab() *tab { return &tab{w: w, b: cofactortest.NewBrowser(w.t, origin, w.handler)} }

// signIn gives somebody's password in a tab of their own.
func (w *world) signIn(name string) *tab {
	w.t.Helper()
	return w.tab().get("/sign-in").password(name)
}

func (t *tab) password(name string) *tab {
	t.w.t.Helper()
	return t.wants("Sign in").press("Sign in", "username", name, "password", "demo")
}

// enrolled is somebody who is signed in, with an app and backup codes.
func (w *world) enrolled(name string) *tab {
	w.t.Helper()
	t := w.signIn(name)
	if t.h1() == "Set up two-step verification" {
		t.within("Authenticator app", "Set up an authenticator app")
	} else {
		t.wants("Sign-in security").press("Set up an authenticator app")
	}
	t.wants("Set up an authenticator app").press("Continue", "code", w.shown()).wants("Save your backup codes")
	return t.press("Finish", "saved", "yes").says("Two-step verification is on")
}

func (t *tab) get(path string) *tab {
	t.w.t.Helper()
	t.at, t.last = path, t.b.Get(path)
	return t.follow()
}

func (t *tab) post(path string, form url.Values) *tab {
	t.w.t.Helper()
	t.b.Header = http.Header{"Referer": {origin + t.at}}
	t.at, t.last = path, t.b.Post(path, form)
	t.b.Header = nil
	return t.follow()
}

func (t *tab) follow() *tab {
	t.w.t.Helper()
	for range 10 {
		to := t.last.Location()
		if to == "" {
			doc, err := html.Parse(bytes.NewReader(t.last.Body))
			if err != nil {
				t.w.t.Fatal(err)
			}
			t.doc = doc
			return t
		}
		t.at, t.last = to, t.b.Get(to)
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
		t.w.t.Fatalf("the page at %s is %q, want %q:\n%s", t.at, got, h1, text(t.doc))
	}
	return t
}

func (t *tab) status(code int) *tab {
	t.w.t.Helper()
	if t.last.Status != code {
		t.w.t.Fatalf("the page at %s has status %d, want %d:\n%s", t.at, t.last.Status, code, text(t.doc))
	}
	return t
}

func (t *tab) says(words ...string) *tab {
	t.w.t.Helper()
	for _, w := range words {
		if !strings.Contains(text(t.doc), w) {
			t.w.t.Fatalf("the page at %s does not say %q:\n%s", t.at, w, text(t.doc))
		}
	}
	return t
}

func (t *tab) saysNot(words string) *tab {
	t.w.t.Helper()
	if strings.Contains(text(t.doc), words) {
		t.w.t.Fatalf("the page at %s says %q:\n%s", t.at, words, text(t.doc))
	}
	return t
}

// within presses a button in the row of a list that says something.
func (t *tab) within(row, words string) *tab {
	t.w.t.Helper()
	whole := t.doc
	for n := range whole.Descendants() {
		if n.Type == html.ElementNode && n.Data == "li" && strings.Contains(text(n), row) {
			t.doc = n
			return t.press(words)
		}
	}
	t.w.t.Fatalf("the page at %s has no row %q:\n%s", t.at, row, text(whole))
	return t
}

// press presses a button, or follows a link, by its words, after filling in fields of its form.
func (t *tab) press(words string, fields ...string) *tab {
	t.w.t.Helper()
	for n := range t.doc.Descendants() {
		if n.Type != html.ElementNode || text(n) != words {
			continue
		}
		switch n.Data {
		case "a":
			return t.get(attr(n, "href"))
		case "button":
			form := n
			for form.Data != "form" {
				form = form.Parent
			}
			values := url.Values{}
			for input := range form.Descendants() {
				if input.Data == "input" && attr(input, "name") != "" && attr(input, "type") != "checkbox" {
					values.Set(attr(input, "name"), attr(input, "value"))
				}
			}
			for i := 0; i+1 < len(fields); i += 2 {
				values.Set(fields[i], fields[i+1])
			}
			if attr(form, "method") == "get" {
				return t.get(attr(form, "action") + "?" + values.Encode())
			}
			return t.post(attr(form, "action"), values)
		}
	}
	t.w.t.Fatalf("the page at %s has no button or link %q:\n%s", t.at, words, text(t.doc))
	return t
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a person reads.
func text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.Data == "script" || n.Data == "head" || n.Data == "noscript"):
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}
