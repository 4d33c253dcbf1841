package openapi_test

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"
)

// examples are bodies that are well formed.
var examples = map[string]object{
	"POST /login":            {"kind": "totp"},
	"POST /login/answer":     {"challenge": "none", "response": object{"code": "123456"}},
	"POST /passkey":          {},
	"POST /passkey/answer":   {"challenge": "none", "response": object{}},
	"POST /setup":            {"kind": "totp"},
	"POST /setup/answer":     {"challenge": "none", "response": object{"code": "123456"}},
	"POST /step-up":          {"kind": "totp"},
	"POST /step-up/answer":   {"challenge": "none", "response": object{"code": "123456"}},
	"POST /challenge/resume": {"challenge": "none"},
	"POST /challenge/resend": {"challenge": "none"},
	"PATCH /factors/none":    {"label": "Pixel"},
}

// example is an operation's path and its body, if it takes one.
func (o operation) example(t *testing.T) (path string, body any) {
	t.Helper()
	path = o.path
	if path == "/factors/{factor}" {
		path = "/factors/none"
	}
	example, ok := examples[o.method+" "+path]
	if ok != o.body {
		t.Fatalf("%s has no example, or one too many", o.name())
	}
	if !ok {
		return path, nil
	}
	return path, example
}

func (o operation) fails(answer string) bool { return slices.Contains(o.answers, answer) }

// refusals are what any operation refuses.
func refusals(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	app := s.kit.AddApp(alice)
	for _, name := range slices.Sorted(maps.Keys(d.operations)) {
		o := d.operations[name]
		path, body := o.example(t)

		s.broken = errors.New("the session's database is down")
		d.call(s.browser(), o.method, path, body).Want(http.StatusServiceUnavailable)
		s.broken, s.panics = nil, true
		d.call(s.browser(), o.method, path, body).Want(http.StatusInternalServerError)
		s.panics = false

		if o.method != http.MethodGet {
			foreign := s.browser()
			foreign.Header.Set("Sec-Fetch-Site", "cross-site")
			d.call(foreign, o.method, path, body).Want(http.StatusForbidden)
		}
		if o.body {
			d.call(s.browser(), o.method, path, raw{[]byte(`{}`), "text/plain"}).Want(http.StatusUnsupportedMediaType)
			d.call(s.browser(), o.method, path, raw{bytes.Repeat([]byte(" "), 65<<10), "application/json"}).Want(http.StatusRequestEntityTooLarge)
			d.call(s.browser(), o.method, path, raw{[]byte(`{"kind":"totp","kind":"totp"}`), "application/json"}).Want(http.StatusBadRequest)
		}
		if o.fails("401 login_required") {
			if o.name() == "POST /passkey" {
				body = object{"kind": "totp"}
			}
			d.call(s.browser(), o.method, path, body).Want(http.StatusUnauthorized)
		}
		if o.fails("401 step_up_required") && o.name() != "POST /setup/answer" {
			d.call(s.pending(), o.method, path, body).Want(http.StatusUnauthorized)
		}
		if o.fails("410 challenge_gone") {
			b := s.pending()
			if o.name() == "POST /step-up/answer" {
				b = s.signedIn(app)
			}
			d.call(b, o.method, path, body).Want(http.StatusGone)
		}
	}
}
