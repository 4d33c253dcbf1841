package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/registry"
)

const api = "/mfa/api/"

type object = map[string]any

// signIn signs somebody in who has an app, with a code.
func (s *site) signIn(b *cofactortest.Browser, app *cofactortest.App) {
	s.t.Helper()
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": app.Answer()}).Want(200)
}

func TestAWholeLoginIsTwoRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	if d := read(b.JSON("GET", api+"session", nil).Want(200)); d.State != "anonymous" {
		t.Errorf("nobody is here, and the state is %+v", d)
	}
	first := read(b.JSON("POST", "/password?begin", nil).Want(200))
	if first.State != "pending" || first.User.Name != alice.Name || len(first.Choices) != 1 || first.TrustDays != 30 || first.Challenge.Kind != "totp" {
		t.Errorf("after the password a picker does not know everything: %+v", first)
	}
	now := read(b.JSON("GET", api+"session", nil).Want(200))
	if now.State != "pending" || len(now.Choices) != 1 || now.Challenge != nil {
		t.Errorf("after a reload the state is %+v", now)
	}
	done := read(b.JSON("POST", api+"login/answer", object{"challenge": first.Challenge.ID, "response": app.Answer()}).Want(200))
	if done.State != "signed_in" || done.AAL != 2 || done.Factor != first.Choices[0].Factor {
		t.Errorf("after the code the state is %+v", done)
	}
	b.JSON("GET", "/home", nil).Want(200)
	if now := read(b.JSON("GET", api+"session", nil).Want(200)); now.State != "signed_in" || now.User.Name != alice.Name {
		t.Errorf("whoever is signed in sees %+v", now)
	}
	b.JSON("DELETE", api+"session", nil).Want(200)
	b.JSON("GET", "/home", nil).Want(401)
}

func TestAFactorIsAttachedWithinALogin(t *testing.T) {
	t.Parallel()
	s := newSite(t, requiring(t))
	b := s.browser()
	first := read(b.JSON("POST", "/password?begin", nil).Want(200))
	if first.State != "pending" || len(first.Choices) != 0 || len(first.Enroll) == 0 {
		t.Fatalf("somebody who has nothing sees %+v", first)
	}
	begun := shown(b.JSON("POST", api+"setup", object{"kind": "totp", "label": "Pixel"}).Want(201))
	app := cofactortest.NewApp(t, begun.uri(t), s.kit.Clock.Now)
	again := shown(b.JSON("POST", api+"challenge/resume", object{"challenge": begun.ID}).Want(200))
	if again.uri(t) != begun.uri(t) {
		t.Error("after a reload the secret is another one")
	}
	d := read(b.JSON("POST", api+"setup/answer", object{"challenge": begun.ID, "response": app.Answer()}).Want(200))
	if d.State != "signed_in" {
		t.Fatalf("after the set-up that policy asked for: %+v", d)
	}
	b.JSON("GET", "/home", nil).Want(200)
	codes := shown(b.JSON("POST", api+"setup", object{"kind": "backup"}).Want(201))
	b.JSON("POST", api+"setup/answer", object{"challenge": codes.ID, "response": object{"saved": true}}).Want(200)
	list := string(b.JSON("GET", api+"factors", nil).Want(200).Body)
	if !strings.Contains(list, `"hint":"10 left"`) || !strings.Contains(list, `"label":"Pixel"`) {
		t.Errorf("the list of factors is %s", list)
	}
	if s.ended != 1 {
		t.Errorf("other sessions were ended %d times by one new factor", s.ended)
	}
}

// challengeDoc is a challenge as a client reads it.
type challengeDoc struct {
	ID, Kind, Action string
	Public           json.RawMessage
	AttemptsLeft     int `json:"attempts_left"`
}

func shown(r cofactortest.Reply) (c challengeDoc) {
	r.Into(&c)
	return c
}

func (c challengeDoc) uri(t *testing.T) string {
	t.Helper()
	var shown struct{ URI string }
	if err := json.Unmarshal(c.Public, &shown); err != nil {
		t.Fatal(err)
	}
	return shown.URI
}

// attack
func TestABodyThatIsNotOneIsNotLookedInto(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	right, err := json.Marshal(object{"challenge": d.Challenge.ID, "response": app.Answer()})
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.kit.Events.All())
	with := func(body string) string { return strings.Replace(string(right), "{", "{"+body, 1) }
	for what, c := range map[string]struct {
		body, mediaType string
		status          int
	}{
		"says who it is":         {with(`"user":"bob",`), "application/json", 400},
		"says whose it is":       {with(`"tenant":"b",`), "application/json", 400},
		"says that all is well":  {with(`"verified":true,`), "application/json", 400},
		"has the session's part": {with(`"pending":"p","proof":"x",`), "application/json", 400},
		"says it twice":          {with(`"challenge":"x",`), "application/json", 400},
		"says it in capitals":    {with(`"Challenge":"x",`), "application/json", 400},
		"goes on":                {string(right) + string(right), "application/json", 400},
		"is a form":              {"challenge=x", "application/x-www-form-urlencoded", 415},
		"is plain text":          {string(right), "text/plain", 415},
		"is of no type":          {string(right), "", 415},
		"is in Latin 1":          {string(right), "application/json; charset=iso-8859-1", 415},
		"is one byte too long":   {string(right) + strings.Repeat(" ", 64<<10-len(right)+1), "application/json", 413},
		"is 64 MiB":              {strings.Repeat(" ", 64<<20), "application/json", 413},
	} {
		got := b.Do(s.request("POST", api+"login/answer", c.body, c.mediaType)).Want(c.status)
		if got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("a body that %s is answered with %s", what, got.Header.Get("Content-Type"))
		}
	}
	if after := len(s.kit.Events.All()); after != before {
		t.Errorf("%d bodies that are none were looked into", after-before)
	}
	exact := string(right) + strings.Repeat(" ", 64<<10-len(right))
	b.Do(s.request("POST", api+"login/answer", exact, "application/json; charset=UTF-8")).Want(200)
}

func (s *site) request(method, path, body, mediaType string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, cofactortest.Origin+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	return r
}

func TestWhatIsNotThereIsAProblemToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	b := s.browser()
	for _, path := range []string{"", "nope", "session/", "session/x", "login/answer/x", "factors/", "factors/a/b", "browsers/x", "activity"} {
		d := read(b.JSON("GET", api+path, nil).Want(404))
		if d.Type != "about:blank" || d.Title != "Not Found" || d.Status != 404 || d.Code != "" {
			t.Errorf("GET %s is answered with %+v", path, d)
		}
	}
	for path, allow := range map[string]string{
		"session": "DELETE, GET, HEAD, OPTIONS", "login": "OPTIONS, POST", "factors/x": "DELETE, OPTIONS, PATCH", "factors": "GET, HEAD, OPTIONS",
	} {
		if got := b.JSON("PUT", api+path, object{}).Want(405).Header.Get("Allow"); got != allow {
			t.Errorf("PUT %s: Allow is %q, want %q", path, got, allow)
		}
		if got := b.JSON("OPTIONS", api+path, nil).Want(204).Header.Get("Allow"); got != allow {
			t.Errorf("OPTIONS %s: Allow is %q, want %q", path, got, allow)
		}
	}
	b.JSON("HEAD", api+"session", nil).Want(200)
}

// attack: A-142
func TestNothingThatIsSaidIsCachedOrInAURL(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	check := func(r cofactortest.Reply) cofactortest.Reply {
		t.Helper()
		if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v may be cached, or read as something else: %v", r, r.Header)
		}
		return r
	}
	check(b.JSON("GET", api+"session", nil))
	first := read(check(b.JSON("POST", "/password?begin", nil)))
	check(b.JSON("POST", api+"login/answer", object{"challenge": first.Challenge.ID, "response": object{"code": "0"}}))
	check(b.JSON("POST", api+"login/answer", object{"challenge": first.Challenge.ID, "response": app.Answer()}))
	check(b.JSON("POST", api+"setup", object{"kind": "backup"}))
	check(b.JSON("GET", api+"factors", nil))
	check(b.JSON("GET", api+"nope", nil))
	for _, o := range s.described(t) { // every id of a challenge is in a body
		if strings.Contains(o, "challenge}") || strings.Contains(o, "{") && !strings.HasSuffix(o, "factors/{factor}") {
			t.Errorf("%s has something in its path that is in logs", o)
		}
	}
}

// described are the paths of the description.
func (s *site) described(t *testing.T) (paths []string) {
	t.Helper()
	var doc struct{ Paths map[string]any }
	s.browser().JSON("GET", api+"openapi.json", nil).Want(200).Into(&doc)
	for path := range doc.Paths {
		paths = append(paths, path)
	}
	return paths
}

// attack: A-94
func TestWhatWasSentToAUserIsInNoAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	s.kit.AddEmail(alice, "alice@example.test")
	s.kit.Clock.Advance(time.Hour)
	b := s.browser()
	replies := []cofactortest.Reply{b.JSON("POST", "/password?begin", nil).Want(200)}
	code := s.kit.Outbox.LastCode("alice@example.test")
	d := read(replies[0])
	s.kit.Clock.Advance(2 * time.Minute)
	for _, path := range []string{"challenge/resume", "challenge/resend"} {
		replies = append(replies, b.JSON("POST", api+path, object{"challenge": d.Challenge.ID}).Want(200))
	}
	replies = append(replies, b.JSON("GET", api+"session", nil).Want(200),
		b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": object{"code": "1"}}).Want(422),
		b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": cofactortest.Typed(code)}).Want(200),
		b.JSON("GET", api+"factors", nil).Want(200))
	for _, r := range replies {
		for _, secret := range []string{code, "alice@example.test", "binding", "\"pending\":\"p", "\"proof\""} {
			if strings.Contains(string(r.Body), secret) || strings.Contains(fmt.Sprint(r.Header), secret) {
				t.Errorf("%v has %q in it: %s", r, secret, r.Body)
			}
		}
	}
}

// The type of a problem leads to the page that explains it.
func TestTheTypeOfAProblemIsAHeadingOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/reference/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, cofactortest.Config{})
	for _, m := range registry.Meanings() {
		w := httptest.NewRecorder()
		s.api.Problem(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), &registry.Error{Code: m.Code, RetryAfter: 1500 * time.Millisecond})
		var p httpapi.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		_, anchor, _ := strings.Cut(p.Type, "docs/reference/errors.md#")
		if heading := "\n## cofactor: " + string(m.Code) + "\n"; anchor != "cofactor-"+string(m.Code) || !strings.Contains(string(page), heading) {
			t.Errorf("%s leads to %s, where there is nothing", m.Code, p.Type)
		}
		if p.Status != m.Status || w.Code != m.Status || p.Title != m.Title || p.Detail != m.Text || p.Code != m.Code {
			t.Errorf("%s is told as %+v", m.Code, p)
		}
		if p.RetryAfter != 2 || w.Header().Get("Retry-After") != "2" {
			t.Errorf("a second and a half is %d seconds, and %q in the header", p.RetryAfter, w.Header().Get("Retry-After"))
		}
		if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
			t.Errorf("%d has WWW-Authenticate %q (RFC 9110 section 11.6.1)", w.Code, w.Header().Get("WWW-Authenticate"))
		}
	}
	w := httptest.NewRecorder()
	s.api.Problem(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), errors.New("the password of the database is x"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "database") {
		t.Errorf("an error of somebody else's is told: %s", w.Body)
	}
}

func TestALoginThatAsksForTwoFactorsGoesOnAfterTheFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{Registry: registry.Config{Policy: policy.AtLeast(2)}})
	app := s.kit.AddApp(alice)
	s.kit.AddEmail(alice, "alice@example.test")
	s.kit.Clock.Advance(time.Hour)
	b := s.browser()
	b.JSON("POST", "/password", nil).Want(200)
	one := shown(b.JSON("POST", api+"login", object{"kind": "totp"}).Want(201))
	d := read(b.JSON("POST", api+"login/answer", object{"challenge": one.ID, "response": app.Answer()}).Want(200))
	if d.State != "pending" || len(d.Choices) != 1 || d.Choices[0].Kind != "email" {
		t.Fatalf("after the first of two factors the state is %+v", d)
	}
	if now := read(b.JSON("GET", api+"session", nil).Want(200)); now.State != "pending" {
		t.Errorf("and after a reload %+v", now)
	}
	b.JSON("GET", "/home", nil).Want(401)
	two := shown(b.JSON("POST", api+"login", object{"factor": d.Choices[0].Factor}).Want(201))
	right := object{"challenge": two.ID, "response": cofactortest.Typed(s.kit.Outbox.LastCode("alice@example.test"))}
	if d = read(b.JSON("POST", api+"login/answer", right).Want(200)); d.State != "signed_in" {
		t.Errorf("after both the state is %+v", d)
	}
	b.JSON("POST", api+"login/answer", right).Want(401) // another tab comes late
	b.JSON("GET", "/home", nil).Want(200)
}

// attack: A-143
func TestAStrangerLearnsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	s.kit.AddApp(alice)
	live := read(s.browser().JSON("POST", "/password?begin", nil).Want(200))
	for path, body := range map[string]func(challenge, factor string) object{
		"login":            func(_, factor string) object { return object{"factor": factor} },
		"login/answer":     func(id, _ string) object { return object{"challenge": id, "response": object{"code": "000000"}} },
		"passkey/answer":   func(id, _ string) object { return object{"challenge": id, "response": object{"code": "000000"}} },
		"setup/answer":     func(id, _ string) object { return object{"challenge": id, "response": object{"code": "000000"}} },
		"step-up":          func(_, factor string) object { return object{"factor": factor} },
		"step-up/answer":   func(id, _ string) object { return object{"challenge": id, "response": object{"code": "000000"}} },
		"challenge/resume": func(id, _ string) object { return object{"challenge": id} },
		"challenge/resend": func(id, _ string) object { return object{"challenge": id} },
	} {
		guest, b := s.browser(), s.browser()
		guest.JSON("POST", api+"passkey", object{}).Want(201) // has a binding
		for _, b := range []*cofactortest.Browser{guest, b} {
			there := b.JSON("POST", api+path, body(live.Challenge.ID, live.Choices[0].Factor))
			nowhere := b.JSON("POST", api+path, body("1"+strings.Repeat("A", len(live.Challenge.ID)-1), "nope"))
			if there.Status != nowhere.Status || string(there.Body) != string(nowhere.Body) || there.Status < 400 {
				t.Errorf("%s tells a stranger what there is: %d %s\nand what there is not: %d %s", path, there.Status, there.Body, nowhere.Status, nowhere.Body)
			}
		}
	}
}
