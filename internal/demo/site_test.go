package demo_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

func TestTheWrongPasswordIsTheWrongName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var pages []string
	for _, typed := range [][2]string{{"alice", "wrong"}, {"nobody", "demo"}, {"", ""}, {"alice", ""}} {
		tab := w.tab().get("/sign-in").press("Sign in", "username", typed[0], "password", typed[1]).status(http.StatusUnprocessableEntity)
		tab.wants("Sign in").says("This user name and password don't match.")
		pages = append(pages, strings.Replace(string(tab.last.Body), `value="`+typed[0]+`"`, "", 1))
		if strings.Contains(string(tab.last.Body), "wrong") {
			t.Error("the page has the password in it")
		}
		tab.get("/").wants("Sign in")
	}
	for _, p := range pages {
		if p != pages[0] {
			t.Error("the page tells whether the name or the password was wrong")
		}
	}
}

// attack
func TestASessionIsWorthNothingAfterTheStepThatFollowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("alice")
	tab.get("/").press("Sign out").password("alice").wants("Enter your code")
	before := tab.b.Clone()
	tab.press("Continue", "code", w.shown()).wants("Hello, Alice")
	(&tabOn{w, before}).sees("/", "Sign in")

	other := w.tab().get("/sign-in").password("alice").wants("Enter your code")
	w.pass(time.Minute)
	other.get("/mfa/challenge").press("Continue", "code", w.shown()).wants("Hello, Alice")
	addPasskey(tab, cofactortest.NewAuthenticator(origin))
	tab.get("/").wants("Hello, Alice")
	other.get("/").wants("Sign in")

	old := tab.b.Clone()
	tab.press("Sign out")
	(&tabOn{w, old}).sees("/", "Sign in")
	w.pass(0)
}

// tabOn is a tab with somebody's cookies.
type tabOn struct {
	w *world
	b *cofactortest.Browser
}

func (t *tabOn) sees(path, h1 string) {
	t.w.t.Helper()
	(&tab{w: t.w, b: t.b}).get(path).wants(h1)
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.signIn("alice").wants("Sign-in security")
	w.pass(11 * time.Hour)
	tab.get("/statement").wants("Your statement")
	w.pass(time.Hour)
	tab.get("/statement").wants("Sign in")
}

// Codes are on the page with the messages, so it is for who has given a password at least.
func TestTheOutboxIsForThoseWithAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("alice")
	tab.get("/mfa/").press("Add an e-mail address").press("Send a code", "input", "alice@example.com").says("alice")
	w.tab().get("/outbox").wants("Sign in").saysNot("alice@example.com")
	tab.get("/outbox").wants("Messages").says("alice@example.com", w.sent(), "Confirm your e-mail address")
	tab.press("Sign out").password("alice").wants("Enter your code").get("/outbox").wants("Messages").says("alice@example.com")
	w.tab().get("/stuck").wants("Can't sign in?")
}

// Other names are somebody else's, who has pointed them here; addresses lead to the name, where passkeys work.
func TestTheDemoLivesOnLocalhost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	visit := func(method, host, path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, httptest.NewRequest(method, "http://"+host+path, nil))
		return rec
	}
	for _, host := range []string{"127.0.0.1:8080", "[::1]:8080", "127.0.0.2:8080"} {
		res := visit(http.MethodGet, host, "/")
		if to := res.Header().Get("Location"); res.Code != http.StatusTemporaryRedirect || to != "http://localhost:8080/sign-in?address=" {
			t.Errorf("%s leads to %d %s", host, res.Code, to)
		}
		if to := visit(http.MethodGet, host, "/pay?amount=5").Header().Get("Location"); to != "http://localhost:8080/pay?amount=5" {
			t.Errorf("%s/pay leads to %s", host, to)
		}
		if res := visit(http.MethodPost, host, "/sign-in"); res.Code != http.StatusMisdirectedRequest {
			t.Errorf("a form that was sent to %s is taken: %d", host, res.Code)
		}
	}
	w.tab().get("/sign-in?address=").says("The demo lives on localhost, because passkeys belong to a name.")
	if !strings.Contains(w.terminal.String(), "the demo lives on localhost, where browsers allow passkeys") {
		t.Errorf("the terminal does not say why:\n%s", w.terminal)
	}
	for _, host := range []string{"evil.example", "localhost.evil.example", "10.0.0.1:8080", "localhos"} {
		if res := visit(http.MethodGet, host, "/"); res.Code != http.StatusMisdirectedRequest {
			t.Errorf("the demo answers to %s: %d", host, res.Code)
		}
	}
}

func TestFormsOfOtherSitesAreNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("alice")
	for _, path := range []string{"/sign-in", "/sign-out", "/pay", "/help", "/mfa/change", "/mfa/api/setup"} {
		r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(url.Values{"amount": {"5"}, "to": {"Eve"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Accept", "text/html")
		for _, c := range tab.b.Cookies() {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusForbidden {
			t.Errorf("a form for %s that another site has sent is answered with %d", path, rec.Code)
		}
	}
	tab.get("/").wants("Hello, Alice")
}

func TestEveryAnswerHasTheHeadersOfASafePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("carol")
	for _, path := range []string{"/", "/sign-in", "/statement", "/pay", "/help", "/outbox", "/stuck", "/nowhere", "/style.css", "/sign-in.js"} {
		h := tab.b.Get(path).Header
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || h.Get("Referrer-Policy") != "same-origin" ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") == "" {
			t.Errorf("%s has the headers %v", path, h)
		}
	}
	if body := string(tab.b.Get("/nowhere").Body); !strings.Contains(body, "There is no such page.") {
		t.Errorf("a page that there is not: %s", body)
	}
}
