package demo_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/demo"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/keyset"
)

// world is a demo whose clock the test holds.
type world struct {
	t        *testing.T
	site     *demo.Demo
	handler  http.Handler
	factors  factor.Store
	terminal *terminal

	challenges *breakable

	mu    sync.Mutex
	clock time.Time
}

func newWorld(t *testing.T, with ...func(*demo.Config)) *world {
	t.Helper()
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, factors: factor.NewMemory(), terminal: &terminal{}, challenges: &breakable{Store: challenge.NewMemory()}}
	w.clock = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	cfg := demo.Config{Challenges: w.challenges, Factors: w.factors, AEAD: keys, Terminal: w.terminal, Now: w.now, Origin: "http://localhost:8080", Pepper: make([]byte, 32), KeepSecrets: true}
	for _, change := range with {
		change(&cfg)
	}
	w.site, err = demo.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.handler = w.site.Handler()
	return w
}

// breakable is a store of challenges that cannot be reached while it is down.
type breakable struct {
	challenge.Store
	down atomic.Bool
}

var errDown = errors.New("connection refused")

func (s *breakable) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	if s.down.Load() {
		return challenge.Record{}, errDown
	}
	return s.Store.Get(ctx, now, k, try, take...)
}

func (s *breakable) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	if s.down.Load() {
		return challenge.Record{}, errDown
	}
	return s.Store.Attempt(ctx, now, k, try)
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

// oathtool is the code of a secret now, by a program that is not ours.
func (w *world) oathtool(secret string) string {
	w.t.Helper()
	tool := testenv.Tool(w.t, "oathtool")
	out, err := exec.Command(tool, "--totp", "--base32", "--now", w.now().Format("2006-01-02 15:04:05 UTC"), secret).Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// next is a code that no page has seen: it waits for the next one.
func (w *world) next(secret string) string {
	w.t.Helper()
	w.pass(30 * time.Second)
	return w.oathtool(secret)
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

// browser keeps cookies and follows redirects, as people's browsers do.
type browser struct {
	w       *world
	cookies map[string]string
}

func (w *world) browser() *browser { return &browser{w: w, cookies: map[string]string{}} }

// page is what a browser shows.
type page struct {
	t      *testing.T
	path   string
	status int
	header http.Header
	body   string
}

// send makes one request, and keeps the cookies of the answer.
func (b *browser) send(method, target string, form url.Values, header ...string) page {
	b.w.t.Helper()
	r := httptest.NewRequest(method, "http://localhost:8080"+target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://localhost:8080")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	res := rec.Result()
	defer func() { _ = res.Body.Close() }()
	for _, c := range res.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return page{b.w.t, target, res.StatusCode, res.Header, string(body)}
}

func (b *browser) follow(p page) page {
	b.w.t.Helper()
	for range 5 {
		if p.status != http.StatusSeeOther {
			return p
		}
		p = b.send(http.MethodGet, p.header.Get("Location"), nil)
	}
	b.w.t.Fatalf("%s redirects without an end", p.path)
	return p
}

func (b *browser) get(target string) page {
	b.w.t.Helper()
	return b.follow(b.send(http.MethodGet, target, nil))
}

// post sends names and values in turn.
func (b *browser) post(target string, fields ...string) page {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.follow(b.send(http.MethodPost, target, form))
}

// answer fills in the form of a page that has a code field.
func (b *browser) answer(p page, code string) page {
	b.w.t.Helper()
	return b.post(p.find(`action="([^"]*)" novalidate`), "challenge", p.challenge(), "code", code)
}

// find is what a pattern's group matches in the page.
func (p page) find(pattern string) string {
	p.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if m == nil {
		p.t.Fatalf("page %s has no %s:\n%s", p.path, pattern, p.body)
	}
	return html.UnescapeString(m[1])
}

func (p page) challenge() string {
	p.t.Helper()
	return p.find(`name="challenge" value="([^"]+)"`)
}

// factor is the method that a form below a heading is about.
func (p page) factor(name string) string {
	p.t.Helper()
	return p.find(`(?s)<h3>` + name + `[ <].*?name="factor" value="([^"]+)"`)
}

// wants fails the test unless the page has this title and says all of this.
func (p page) wants(status int, title string, texts ...string) page {
	p.t.Helper()
	if got := p.find(`<title>(.*) – Cofactor demo</title>`); p.status != status || got != title {
		p.t.Fatalf("page %s: %d %q, want %d %q:\n%s", p.path, p.status, got, status, title, p.body)
	}
	text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(p.body, ""))
	for _, want := range texts {
		if !strings.Contains(text, want) {
			p.t.Fatalf("page %s does not say %q:\n%s", p.path, want, text)
		}
	}
	return p
}

// codesOf are the backup codes of a page.
func (p page) codesOf() []string {
	p.t.Helper()
	var codes []string
	for _, m := range regexp.MustCompile(`<code>([^<]+)</code>`).FindAllStringSubmatch(p.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		p.t.Fatalf("page %s shows %d backup codes, want 10", p.path, len(codes))
	}
	return codes
}

// secret is the setup key of a page, as a person would type it.
func (p page) secret() string {
	p.t.Helper()
	return strings.ReplaceAll(p.find(`<textarea id="key"[^>]*>([^<]+)</textarea>`), " ", "")
}

func (b *browser) signIn() page {
	b.w.t.Helper()
	return b.post("/sign-in", "username", "alice", "password", "demo")
}

func (b *browser) signOut() { b.post("/sign-out") }

// enrolled is alice, signed in, with an app and backup codes.
func (w *world) enrolled() (b *browser, secret string, codes []string) {
	w.t.Helper()
	b = w.browser()
	b.signIn().wants(200, "Sign-in security")
	p := b.post("/security/change", "op", "add", "kind", "totp").wants(200, "Set up an authenticator app")
	secret = p.secret()
	p = b.answer(p, w.oathtool(secret)).wants(200, "Save your backup codes")
	codes = p.codesOf()
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes").wants(200, "Sign-in security", "Two-step verification is on.")
	return b, secret, codes
}
