package demo_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
)

const wantPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// everyPage is every page of the demo, in several states.
func everyPage(t *testing.T) []page {
	t.Helper()
	w := newWorld(t)
	b := w.browser()
	var pages []page
	keep := func(p page) page {
		pages = append(pages, p)
		return p
	}
	keep(b.get("/sign-in"))
	keep(b.post("/sign-in", "username", "alice", "password", "no"))
	keep(b.get("/nothing/here"))
	keep(b.post("/sign-in/passkey", "challenge", "none", "response", "{}"))
	keep(b.signIn())
	p := keep(b.post("/security/change", "op", "add", "kind", "totp"))
	keep(b.answer(p, "000000"))
	p = keep(b.answer(p, w.oathtool(p.secret())))
	keep(b.post("/security/setup", "challenge", p.challenge()))
	codes := p.codesOf()
	p = keep(b.post("/security/setup", "challenge", p.challenge(), "saved", "yes"))
	id := p.factor("Authenticator app")
	keep(b.get("/security/rename?factor=" + id))
	keep(b.post("/security/change", "op", "rename", "factor", id, "label", ""))
	keep(b.get("/security/remove?factor=" + id))
	keep(b.get("/security/remove?factor=" + p.factor("Backup codes")))
	keep(b.get("/security/remove?factor=nothing"))
	w.pass(6 * 60e9)
	keep(b.post("/security/change", "op", "remove", "factor", id))
	w.pass(6 * 60e9)
	keep(b.get("/security/confirm"))
	b.signOut()
	p = keep(b.signIn())
	keep(b.answer(p, "1"))
	p = keep(b.post("/sign-in/code/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`)))
	keep(b.answer(p, "1"))
	keep(b.answer(p, codes[0]))
	keep(b.post("/security/change", "op", "add", "kind", "totp", "factor", id))
	keep(b.get("/pay"))
	keep(b.post("/pay", "amount", "none"))
	keep(b.post("/pay", "amount", "1", "to", "ACME"))
	b.signOut()
	phone := cofactortest.NewAuthenticator("http://localhost:8080")
	b.post("/sign-in", "username", "bob", "password", "demo")
	p = keep(b.post("/security/change", "op", "add", "kind", "webauthn"))
	keep(b.passkey(p, phone.Create))
	p = keep(b.get("/security"))
	keep(b.get("/security/remove?factor=" + p.factor("Passkey")))
	b.signOut()
	p = keep(b.post("/sign-in", "username", "bob", "password", "demo"))
	keep(b.post("/sign-in/code", "challenge", p.challenge(), "response", "{}"))
	for _, c := range channels {
		other := newWorld(t)
		b = other.browser()
		b.signIn()
		keep(b.get("/security/add?kind=" + c.kind))
		keep(b.post("/security/change", "op", "add", "kind", c.kind, "input", c.bad))
		p = keep(b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address))
		keep(b.post("/security/setup/resend", "challenge", p.challenge()))
		b.answer(p, other.codeSent())
		keep(b.get("/security"))
		b.signOut()
		keep(b.signIn())
		other.pass(time.Minute)
		keep(b.signIn())
	}
	carol, secret := w.carol()
	keep(carol.get("/help"))
	p = keep(carol.post("/help", "person", "u-7f3a"))
	keep(carol.answer(p, w.next(secret)))
	strict := strictWorld(t).browser()
	keep(strict.signIn())
	keep(strict.post("/sign-in/methods", "op", "add", "kind", "totp"))
	keep(strict.post("/sign-in/methods", "op", "add", "kind", "nothing"))
	return pages
}

func TestEveryPageKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, p := range everyPage(t) {
		for name, want := range map[string]string{
			"Content-Security-Policy": wantPolicy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
			"X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", p.path, name, got, want)
			}
		}
		for rule, pattern := range map[string]string{
			"script":           `(?i)<script|javascript:|\son[a-z]+=`,
			"inline style":     `(?i)<style|\sstyle=`,
			"other origin":     `(?i)(src|href|action)="(https?:)?//`,
			"value refused":    `ZgotmplZ`,
			"fixed zoom":       `maximum-scale|user-scalable`,
			"form without way": `<form(?: [a-z]+="[^"]*")*? action=""`,
		} {
			if m := regexp.MustCompile(pattern).FindString(strings.ReplaceAll(p.body, `<script type="module" src="/demo.js"></script>`, "")); m != "" {
				t.Errorf("%s: %s: %q", p.path, rule, m)
			}
		}
		for what, n := range map[string]int{
			"<h1>": 1, `<main id="main">`: 1, "<!doctype html>": 1, `<html lang="en" dir="ltr">`: 1, `id="error"`: -1, `id="code"`: -1,
		} {
			if got := strings.Count(p.body, what); n >= 0 && got != n || n < 0 && got > 1 {
				t.Errorf("%s: %d times %s", p.path, got, what)
			}
		}
		fieldsHaveLabels(t, p)
		wordsArePlain(t, p)
	}
}

func fieldsHaveLabels(t *testing.T, p page) {
	t.Helper()
	for _, field := range regexp.MustCompile(`<(?:input|textarea)[^>]*>`).FindAllString(p.body, -1) {
		switch {
		case strings.Contains(field, `type="hidden"`):
			continue
		case strings.Contains(field, `type="checkbox"`):
			if !strings.Contains(p.body, `<label class="check">`+field) {
				t.Errorf("%s: no label around %s", p.path, field)
			}
			continue
		}
		id := regexp.MustCompile(`id="([^"]+)"`).FindStringSubmatch(field)
		if id == nil || !strings.Contains(p.body, `<label for="`+id[1]+`">`) {
			t.Errorf("%s: no label for %s", p.path, field)
		}
		for _, described := range regexp.MustCompile(`aria-describedby="([^"]*)"`).FindAllStringSubmatch(field, -1) {
			for ref := range strings.FieldsSeq(described[1]) {
				if !strings.Contains(p.body, `id="`+ref+`"`) {
					t.Errorf("%s: %s is described by %s, which is not there", p.path, field, ref)
				}
			}
		}
		if strings.Contains(field, `id="code"`) && !strings.Contains(field, `maxlength="32"`) {
			t.Errorf("%s: a pasted code with spaces is cut off: %s", p.path, field)
		}
	}
}

// wordsArePlain looks for words that people who sign in should not have to know.
func wordsArePlain(t *testing.T, p page) {
	t.Helper()
	text := strings.ReplaceAll(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(p.body, " "), "Cofactor demo", "")
	if m := regexp.MustCompile(`(?i)\b(MFA|2FA|OTP|TOTP|WebAuthn|FIDO|factors?|credentials?|tokens?|invalid|illegal|authenticate|please|oops)\b`).FindString(text); m != "" {
		t.Errorf("%s says %q", p.path, m)
	}
}

func TestCodeFieldsBringTheRightKeys(t *testing.T) { // attack: O4
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	if field := p.find(`(<input id="code"[^>]*>)`); !strings.Contains(field, `inputmode="numeric" autocomplete="one-time-code"`) {
		t.Errorf("the field for digits is %s", field)
	}
	p = b.post("/sign-in/code/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`))
	if field := p.find(`(<input id="code"[^>]*>)`); !strings.Contains(field, `inputmode="text"`) || !strings.Contains(field, `autocapitalize="characters"`) {
		t.Errorf("the field for backup codes is %s, but phones show it without letters", field)
	}
}

func TestGETChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	id := b.get("/security").factor("Authenticator app")
	b.post("/security/change", "op", "add", "kind", "totp")
	waiting := w.browser()
	challenge := waiting.signIn().challenge()

	state := func() (all []factor.Snapshot, sessions, begun int) {
		all, _, err := w.factors.Scan(t.Context(), factor.Page{N: 10})
		if err != nil {
			t.Fatal(err)
		}
		sessions, begun = w.site.Sessions()
		return all, sessions, begun
	}
	rows, sessions, begun := state()
	events := strings.Count(w.terminal.String(), "\n")
	for _, path := range w.site.Paths() {
		for _, who := range []*browser{b, waiting, w.browser()} {
			for _, query := range []string{"", "?factor=" + id, "?op=remove&factor=" + id, "?op=add&kind=backup", "?challenge=" + challenge + "&code=000000&saved=yes", "?username=alice&password=demo"} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					p := who.send(method, path+query, nil)
					if p.header.Get("Set-Cookie") != "" {
						t.Errorf("%s %s%s sets a cookie", method, path, query)
					}
				}
			}
		}
	}
	rowsAfter, sessionsAfter, begunAfter := state()
	if !reflect.DeepEqual(rows, rowsAfter) {
		t.Error("a GET has changed what people have attached")
	}
	if sessions != sessionsAfter || begun != begunAfter {
		t.Error("a GET has begun or ended something in a session")
	}
	for line := range strings.Lines(strings.Join(strings.SplitAfter(w.terminal.String(), "\n")[events:], "")) {
		if !strings.HasPrefix(line, "no phone?") {
			t.Errorf("a GET has had the registry do something: %s", line)
		}
	}
}

func TestStrangersSeeTheSignInPageOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrolled()
	stranger := w.browser()
	stranger.cookies["cofactor_demo"] = "made up"
	for _, path := range w.site.Paths() {
		if strings.Contains(path, ".") || path == "/sign-in/passkey/begin" {
			continue
		}
		for _, p := range []page{stranger.get(path), stranger.post(path, "op", "add", "kind", "totp")} {
			if p.status == http.StatusOK {
				p.wants(200, "Sign in")
			} else if path != "/sign-in" && path != "/sign-in/passkey" {
				p.wants(404, "Error: That didn't work")
			}
		}
	}
	stranger.get("/no/such/page").wants(404, "Error: That didn't work")
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	id := b.get("/security").factor("Authenticator app")
	form := map[string][]string{"op": {"remove"}, "factor": {id}}
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:9999"},
		{"Sec-Fetch-Site", "", "Origin", "null"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
	} {
		if p := b.send(http.MethodPost, "/security/change", form, header...); p.status != http.StatusForbidden || p.header.Get("Content-Security-Policy") != wantPolicy {
			t.Errorf("a form from %v got %d", header, p.status)
		}
	}
	b.get("/security").wants(200, "Sign-in security", "on.")
}

func TestTheDemoAnswersToLocalhostOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, host, location string
		status                 int
	}{
		{"GET", "127.0.0.1:8080", "http://localhost:8080/security?done=rename", http.StatusTemporaryRedirect},
		{"GET", "[::1]:8080", "http://localhost:8080/security?done=rename", http.StatusTemporaryRedirect},
		{"GET", "127.0.0.1", "http://localhost:80/security?done=rename", http.StatusTemporaryRedirect},
		{"GET", "127.0.0.1:80@evil.example", "", http.StatusMisdirectedRequest},
		{"POST", "127.0.0.1:8080", "", http.StatusMisdirectedRequest},
		{"GET", "rebound.example:8080", "", http.StatusMisdirectedRequest},
		{"GET", "192.0.2.1:8080", "", http.StatusMisdirectedRequest},
	} {
		r := httptest.NewRequest(c.method, "/security?done=rename", nil)
		r.Host = c.host
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if got := rec.Header().Get("Location"); rec.Code != c.status || got != c.location {
			t.Errorf("%s %s: %d to %q, want %d to %q", c.method, c.host, rec.Code, got, c.status, c.location)
		}
	}
}
