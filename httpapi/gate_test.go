package httpapi_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// attack: A-57
func TestAPendingSessionPassesNoGate(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	for _, path := range []string{"/home", "/fresh"} {
		if got := read(b.JSON("GET", path, nil).Want(401)); got.Code != "login_required" || got.State != "anonymous" {
			t.Errorf("%s: nobody has signed in, and the gate says %+v", path, got)
		}
	}
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	for _, path := range []string{"/home", "/fresh"} {
		if got := read(b.JSON("GET", path, nil).Want(401)); got.Code != "step_up_required" || got.State != "pending" {
			t.Errorf("%s: a first factor alone gets %+v", path, got)
		}
	}
	b.JSON("POST", "/pay?amount=5", nil).Want(401)
	b.JSON("POST", api+"step-up", object{"kind": "totp"}).Want(401) // a step-up is no way in
	b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": app.Answer()}).Want(200)
	b.JSON("GET", "/home", nil).Want(200)
	b.JSON("GET", "/fresh", nil).Want(200)
	b.JSON("POST", "/pay?amount=5", nil).Want(401)
	if len(s.paid) > 0 {
		t.Error("somebody has paid who has confirmed nothing")
	}
}

// attack: A-57
func TestASessionThatIsSignedInByItsOwnWordAlonePassesNoGate(t *testing.T) {
	t.Parallel()
	kit := cofactortest.New(t, cofactortest.Config{})
	kit.AddApp(alice)
	who := registry.Who{User: alice, Binding: "its own"}
	for what, said := range map[string]httpapi.Session{
		"from before the library came":      {Who: who, SignedIn: true},
		"with a proof that is none":         {Who: who, SignedIn: true, Proof: "x"},
		"of a browser that is none":         {Who: who, SignedIn: true, Browser: "x"},
		"without a binding":                 {Who: registry.Who{User: alice}, SignedIn: true},
		"of nobody":                         {Who: registry.Who{Binding: "its own"}, SignedIn: true},
		"pending by a login that is none":   {Who: who, Pending: "x"},
		"that confirms what nobody has":     {Who: who, SignedIn: true, Action: "Send 5 EUR to ACME", ActionProof: "x"},
		"neither pending nor signed in yet": {Who: who},
	} {
		h := handlerWith(t, func(c *httpapi.Config) {
			c.Tenants = httpapi.One(kit.Registry)
			c.Host.Session = func(*http.Request) (httpapi.Session, error) { return said, nil }
		})
		reached := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("a session %s passes", what) })
		for _, gate := range []http.Handler{h.RequireMFA(reached), h.RequireFresh(0, reached), h.RequireAction(payment, reached)} {
			cofactortest.NewBrowser(t, cofactortest.Origin, gate).JSON("POST", "/", nil).Want(401)
		}
	}
}

// attack
func TestASessionIDIsWorthNothingAfterSomethingWasProved(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	var before []*http.Cookie
	changed := func(what string) {
		t.Helper()
		if len(before) > 0 && b.Cookies()[0].Value == before[len(before)-1].Value {
			t.Errorf("%s, and the session's id is the same", what)
		}
		before = append(before, b.Cookies()[0])
	}
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	changed("a password was right")
	b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": app.Answer()}).Want(200)
	changed("the second factor was right")
	s.kit.Clock.Advance(time.Minute)
	up := shown(b.JSON("POST", api+"step-up", object{"kind": "totp"}).Want(201))
	b.JSON("POST", api+"step-up/answer", object{"challenge": up.ID, "response": app.Answer()}).Want(200)
	changed("a factor was proved again")
	b.JSON("GET", "/home", nil).Want(200)

	b.JSON("POST", "/password", nil).Want(200)
	changed("a password was right, once more")
	if got := read(b.JSON("GET", "/home", nil).Want(401)); got.State != "pending" {
		t.Errorf("whoever was signed in and has begun to sign in again is %+v", got)
	}
	for _, old := range before[:len(before)-1] {
		thief := s.browser()
		thief.Header.Set("Cookie", old.Name+"="+old.Value)
		if got := read(thief.JSON("GET", "/home", nil).Want(401)); got.State != "anonymous" {
			t.Errorf("an id from before is worth %+v", got)
		}
	}
}

func TestAFreshProofIsAskedForAndGiven(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	s.signIn(b, app)
	b.JSON("GET", "/fresh", nil).Want(200)
	s.kit.Clock.Advance(6 * time.Minute)
	refused := b.JSON("GET", "/fresh", nil).Want(401)
	const want = `Bearer error="insufficient_user_authentication", error_description="Fresh proof required", max_age="300"` // RFC 9470 section 3
	if got := refused.Header.Get("WWW-Authenticate"); got != want {
		t.Errorf("WWW-Authenticate is %s\nwant %s", got, want)
	}
	if d := read(refused); d.Code != "step_up_required" || d.State != "signed_in" {
		t.Errorf("an old proof gets %+v", d)
	}
	b.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	if at := b.Get("/fresh?x=1").Want(303).Location(); at != "/mfa/confirm?return=%2Ffresh%3Fx%3D1" {
		t.Errorf("a browser is sent to %s", at)
	}
	b.Header.Del("Accept")
	b.JSON("GET", "/home", nil).Want(200)
	up := shown(b.JSON("POST", api+"step-up", object{"kind": "totp"}).Want(201))
	b.JSON("POST", api+"step-up/answer", object{"challenge": up.ID, "response": app.Answer()}).Want(200)
	b.JSON("GET", "/fresh", nil).Want(200)
	s.kit.Clock.Advance(6 * time.Minute) // it is asked again with every request, and not once
	b.JSON("GET", "/fresh", nil).Want(401)
	s.kit.Clock.Advance(24 * time.Hour)
	if got := read(b.JSON("GET", "/fresh", nil).Want(401)); got.Code != "login_required" {
		t.Errorf("a session that rests on nothing any more is to step up, which it cannot: %+v", got)
	}
}

func TestNobodyGoesRoundInCircles(t *testing.T) {
	t.Parallel()
	bob := provider.User{ID: "u-2", Name: "bob@example.com"}
	s := newSite(t, cofactortest.Config{Registry: registry.Config{Policy: policy.Optional()}})
	b := s.browser()
	b.JSON("POST", "/password?user="+bob.ID, nil).Want(200) // Policy asks for nothing of whoever has nothing.
	b.JSON("GET", "/home", nil).Want(200)
	b.JSON("GET", "/fresh", nil).Want(200)
	s.kit.Clock.Advance(6 * time.Minute)
	if got := read(b.JSON("GET", "/fresh", nil).Want(401)); got.Code != "login_required" {
		t.Errorf("whoever has no factor gets %+v; their first factor is what can be proved again", got)
	}

	app := s.kit.AddApp(alice)
	b = s.browser()
	s.signIn(b, app)
	admin := registry.Deed{User: alice.ID, Actor: "root", Reason: "lost", Factor: read(b.JSON("GET", api+"session", nil)).Factor}
	var list struct{ Factors []struct{ ID string } }
	b.JSON("GET", api+"factors", nil).Want(200).Into(&list)
	admin.Factor = list.Factors[0].ID
	if err := s.kit.Registry.Admin().Disable(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	if got := read(b.JSON("GET", "/fresh", nil).Want(401)); got.Code != "login_required" { // and the epoch has moved
		t.Errorf("a session from before a factor was disabled gets %+v", got)
	}
}

// attack
func TestAnActionIsConfirmedInItsOwnWordsAndDoneOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	s.signIn(b, app)
	s.kit.Clock.Advance(time.Minute)
	refused := read(b.JSON("POST", "/pay?amount=5", nil).Want(401))
	if refused.Code != "step_up_required" || refused.Action != "Send 5 EUR to ACME" {
		t.Fatalf("a payment that nobody has confirmed gets %+v", refused)
	}
	up := shown(b.JSON("POST", api+"step-up", object{"kind": "totp", "action": refused.Action}).Want(201))
	if up.Action != refused.Action {
		t.Errorf("beside the prompt is to be shown %q", up.Action)
	}
	if d := read(b.JSON("POST", api+"step-up/answer", object{"challenge": up.ID, "response": app.Answer()}).Want(200)); d.Action != refused.Action {
		t.Errorf("the step-up was for %q", d.Action)
	}
	b.JSON("POST", "/pay?amount=500", nil).Want(401)
	if got := b.JSON("GET", "/pay?amount=5", nil).Want(405); got.Header.Get("Allow") == "" {
		t.Error("a 405 does not say what is allowed")
	}
	b.JSON("HEAD", "/pay?amount=5", nil).Want(405)
	s.browser().JSON("GET", "/pay?amount=5", nil).Want(401) // whoever is not in learns nothing of the route
	foreign := s.browser()
	foreign.Header.Set("Cookie", b.Cookies()[0].String())
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	foreign.JSON("POST", "/pay?amount=5", nil).Want(403)
	if len(s.paid) > 0 {
		t.Fatalf("paid: %q", s.paid)
	}
	var all sync.WaitGroup
	statuses := make(chan int, 8)
	for range cap(statuses) {
		one := s.browser()
		one.Header.Set("Cookie", b.Cookies()[0].String())
		all.Go(func() { statuses <- one.JSON("POST", "/pay?amount=5", nil).Status })
	}
	all.Wait()
	if len(s.paid) != 1 || s.paid[0] != "Send 5 EUR to ACME" {
		t.Errorf("eight requests at once on one confirmation paid %d times: %q", len(s.paid), s.paid)
	}
	if b.JSON("GET", "/home", nil).Status != 200 {
		t.Error("a proof for an action took the place of the session's own")
	}
}

func TestABrowserIsShownWhatItHasToConfirm(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	b := s.browser()
	s.signIn(b, s.kit.AddApp(alice))
	b.Header.Set("Accept", "text/html")
	b.Header.Set("Referer", cofactortest.Origin+"/form?for=acme")
	at := b.Post("/pay", url.Values{"amount": {"5"}}).Want(303).Location()
	if at != "/mfa/confirm?return=%2Fform%3Ffor%3Dacme" || strings.Contains(at, "EUR") {
		t.Errorf("a browser is sent to %s", at)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", cofactortest.Origin+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(b.Cookies()[0])
	s.sessions.load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.api.Visit(w, r)
		if err != nil || v.Action != "Send 5 EUR to ACME" || v.ActionProof != "" {
			t.Errorf("the page is to show %q", v.Action)
		}
	})).ServeHTTP(discard{}, r)
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func TestWhatAStandInOpensIsNoProof(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	codes := s.kit.AddBackupCodes(alice)
	b := s.browser()
	b.JSON("POST", "/password", nil).Want(200)
	ch := shown(b.JSON("POST", api+"login", object{"kind": "backup"}).Want(201))
	d := read(b.JSON("POST", api+"login/answer", object{"challenge": ch.ID, "response": object{"code": codes[0]}, "trust": true}).Want(200))
	if d.State != "signed_in" || d.AAL != 1 || !strings.Contains(string(d.Once), "9") || d.Trusted {
		t.Errorf("a backup code gives %+v", d)
	}
	b.JSON("GET", "/home", nil).Want(200)
	b.JSON("GET", "/fresh", nil).Want(401)

	b = s.browser()
	first := read(b.JSON("POST", "/password?begin", nil).Want(200))
	s.kit.Clock.Advance(time.Minute)
	if d = read(b.JSON("POST", api+"login/answer", object{"challenge": first.Challenge.ID, "response": app.Answer(), "trust": true}).Want(200)); !d.Trusted {
		t.Fatalf("a browser that was to be trusted is not: %+v", d)
	}
	if d = read(b.JSON("POST", "/password", nil).Want(200)); d.State != "signed_in" || !d.Trusted || d.Once != nil {
		t.Fatalf("a trusted browser is asked again: %+v", d)
	}
	b.JSON("GET", "/home", nil).Want(200)
	if got := read(b.JSON("GET", "/fresh", nil).Want(401)); got.Code != "step_up_required" {
		t.Errorf("a trusted browser gets %+v", got)
	}
	if got := read(b.JSON("POST", api+"setup", object{"kind": "totp"}).Want(401)); got.Code != "step_up_required" {
		t.Errorf("a trusted browser sets up: %+v", got)
	}
	var list struct {
		Factors []struct {
			ID, Role string
			Current  bool
		}
	}
	b.JSON("GET", api+"factors", nil).Want(200).Into(&list)
	for _, f := range list.Factors {
		if (f.Role == "transient") != f.Current {
			t.Errorf("the browser that this is: %+v", f)
		}
	}
	if err := s.kit.Registry.InvalidateUser(t.Context(), "", alice.ID); err != nil {
		t.Fatal(err)
	}
	if got := read(b.JSON("GET", "/home", nil).Want(401)); got.Code != "login_required" {
		t.Errorf("a browser's session, after the password has changed, gets %+v", got)
	}
	if got := read(b.JSON("POST", api+"step-up", object{"kind": "totp"}).Want(401)); got.Code != "login_required" {
		t.Errorf("a session that nothing holds comes back to life by a step-up: %+v", got)
	}
	if now := read(b.JSON("GET", api+"session", nil).Want(200)); now.State != "anonymous" {
		t.Errorf("and is %+v", now)
	}
}

// attack: A-158
func TestNobodyGetsInBecauseSomethingIsBroken(t *testing.T) {
	t.Parallel()
	kit := cofactortest.New(t, cofactortest.Config{})
	broken := fmt.Errorf("no")
	session := func(*http.Request) (httpapi.Session, error) {
		return httpapi.Session{Who: registry.Who{User: alice, Binding: "b"}, SignedIn: true}, nil
	}
	for what, c := range map[string]struct {
		status int
		edit   func(*httpapi.Config)
	}{
		"Session fails": {503, func(c *httpapi.Config) {
			c.Host.Session = func(*http.Request) (httpapi.Session, error) { return httpapi.Session{}, broken }
		}},
		"Session panics": {500, func(c *httpapi.Config) { c.Host.Session = func(*http.Request) (httpapi.Session, error) { panic("no") } }},
		"Tenants fails": {503, func(c *httpapi.Config) {
			c.Host.Session, c.Tenants = session, func(string) (*registry.Registry, error) { return nil, broken }
		}},
		"Tenants is nil": {503, func(c *httpapi.Config) {
			c.Host.Session, c.Tenants = session, func(string) (*registry.Registry, error) { return nil, nil } //nolint:nilnil // what must be refused
		}},
		"Tenants panics": {500, func(c *httpapi.Config) {
			c.Host.Session, c.Tenants = session, func(string) (*registry.Registry, error) { panic("no") }
		}},
		"One(nil)": {503, func(c *httpapi.Config) { c.Host.Session, c.Tenants = session, httpapi.One(nil) }},
	} {
		h := handlerWith(t, func(cfg *httpapi.Config) {
			cfg.Tenants = httpapi.One(kit.Registry)
			c.edit(cfg)
		})
		reached := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s, and somebody is in", what) })
		for _, gate := range []http.Handler{h.RequireMFA(reached), h.RequireFresh(0, reached), h.RequireAction(payment, reached)} {
			b := cofactortest.NewBrowser(t, cofactortest.Origin, gate)
			b.JSON("POST", "/", nil).Want(c.status)
			b.Header.Set("Accept", "text/html")
			b.Get("/").Want(c.status)
		}
		cofactortest.NewBrowser(t, cofactortest.Origin, h).JSON("GET", api+"session", nil).Want(c.status)
	}
}

// What a function panics with may be anything, and so may hold a secret. // attack: A-158
func TestAPanicIsLoggedByItsTypeAlone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := handlerWith(t, func(cfg *httpapi.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		cfg.Host.Session = func(*http.Request) (httpapi.Session, error) { panic("the cookie hunter2") }
	})
	cofactortest.NewBrowser(t, cofactortest.Origin, h).JSON("GET", api+"session", nil).Want(500)
	if got := log.String(); strings.Contains(got, "hunter2") || !strings.Contains(got, "panic=string") {
		t.Errorf("the log of a panic is %s", got)
	}
}

func TestWhatCannotBeKeptIsNotTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	s.sessions.fault = fmt.Errorf("the session's database is down")
	got := b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": app.Answer(), "trust": true}).Want(503)
	s.sessions.fault = nil
	if read(got).State != "" || len(got.Header.Values("Set-Cookie")) > 1 {
		t.Errorf("a sign-in that was not kept is told: %s", got.Body)
	}
	b.JSON("GET", "/home", nil).Want(401)
}

func TestGatesThatAreWrongDoNotStart(t *testing.T) {
	t.Parallel()
	h := handlerWith(t, nil)
	ok := http.NotFoundHandler()
	for what, make := range map[string]func() http.Handler{
		"no handler":      func() http.Handler { return h.RequireMFA(nil) },
		"a negative age":  func() http.Handler { return h.RequireFresh(-1, ok) },
		"two days":        func() http.Handler { return h.RequireFresh(48*time.Hour, ok) },
		"no action":       func() http.Handler { return h.RequireAction(nil, ok) },
		"a part a second": func() http.Handler { return h.RequireFresh(time.Millisecond, ok) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a gate with %s starts", what)
				}
			}()
			make()
		}()
	}
}

func TestWhoWantsAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	for accept, page := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "application/json, text/plain, */*": false, "text/html": true,
		"text/html,application/xhtml+xml,*/*;q=0.8": true, "application/json, text/html;q=0.5": false, "text/html;q=0, application/json": false,
		"TEXT/HTML": true, "text/htmlx": false, "application/problem+json": false, "text/html;q=0.000, */*": false,
	} {
		b := s.browser()
		b.Header.Set("Accept", accept)
		want := http.StatusUnauthorized
		if page {
			want = http.StatusSeeOther
		}
		if got := b.Get("/home"); got.Status != want {
			t.Errorf("Accept: %q gets %d, want %d", accept, got.Status, want)
		}
	}
}
