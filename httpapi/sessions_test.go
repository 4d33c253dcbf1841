package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

var bob = provider.User{ID: "u-2", Name: "bob@example.com"}

// byPasskey signs in whoever the passkey is of.
func byPasskey(t *testing.T, b *cofactortest.Browser, phone *cofactortest.Authenticator) cofactortest.Reply {
	t.Helper()
	ch := shown(b.JSON("POST", api+"passkey", object{}).Want(201))
	response, err := phone.Get(ch.Public)
	if err != nil {
		t.Fatal(err)
	}
	return b.JSON("POST", api+"passkey/answer", object{"challenge": ch.ID, "response": json.RawMessage(response)})
}

func TestAPasskeySaysWhoItIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	phone := s.kit.AddPasskey(alice)
	b := s.browser()
	b.JSON("POST", api+"passkey/answer", object{"challenge": "0", "response": object{}}).Want(410)
	d := read(byPasskey(t, b, phone).Want(200))
	if d.State != "signed_in" || d.AAL != 2 {
		t.Errorf("a passkey has signed in %+v", d)
	}
	if now := read(b.JSON("GET", api+"session", nil).Want(200)); now.User.Name != "u-1@example.com" {
		t.Errorf("whoever a passkey has named is %+v", now)
	}
	b.JSON("GET", "/home", nil).Want(200)

	ch := shown(s.browser().JSON("POST", api+"passkey", object{}).Want(201))
	response, err := phone.Get(ch.Public)
	if err != nil {
		t.Fatal(err)
	}
	b.JSON("POST", api+"passkey/answer", object{"challenge": ch.ID, "response": json.RawMessage(response)}).Want(410) // another browser's
	phone.Fault = cofactortest.WrongOrigin
	got := byPasskey(t, s.browser(), phone).Want(422) // attack: A-115
	if d := read(got); d.Detail != registry.ErrRejected.Meaning().Text || d.AttemptsLeft != nil {
		t.Errorf("a passkey that a phishing site has used is told %s", got.Body)
	}
	phone.Fault = cofactortest.NoFault
	if err := s.kit.Registry.Admin().Erase(t.Context(), registry.Deed{User: alice.ID, Actor: "root", Reason: "gone"}); err != nil {
		t.Fatal(err)
	}
	if d := read(byPasskey(t, s.browser(), phone).Want(422)); d.Signal == nil {
		t.Errorf("the browser is not told that nobody has its passkey: %+v", d)
	}
}

func TestAnotherUserFindsNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	phone := s.kit.AddPasskey(bob)
	b := s.browser()
	s.signIn(b, s.kit.AddApp(alice))
	id := b.Cookies()[0].Value
	s.sessions.byID[id]["cart"] = "alice's"
	byPasskey(t, b, phone).Want(200)
	if d := read(b.JSON("GET", api+"session", nil).Want(200)); d.User.Name != "u-2@example.com" {
		t.Fatalf("bob's passkey has signed in %+v", d)
	}
	if now := b.Cookies()[0].Value; now == id || s.sessions.byID[now]["cart"] != nil || s.sessions.byID[id] != nil {
		t.Errorf("bob has a session %v, and alice's is %v", s.sessions.byID[now], s.sessions.byID[id])
	}
	b.JSON("GET", "/home", nil).Want(200)
}

func TestASuspendedUserIsNotSignedInByAPasskey(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	phone := s.kit.AddPasskey(provider.User{ID: "suspended", Name: "x"})
	b := s.browser()
	if got := byPasskey(t, b, phone).Want(503); read(got).State != "" {
		t.Errorf("somebody whom the application refuses is told %s", got.Body)
	}
	b.JSON("GET", "/home", nil).Want(401)
}

func TestAnUnreadableSessionIsNoSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	b := s.browser()
	s.signIn(b, s.kit.AddApp(alice))
	for _, value := range []any{"{", 7, `{"user":{"id":1}}`, ""} {
		s.sessions.byID[b.Cookies()[0].Value]["cofactor"] = value
		b.JSON("GET", "/home", nil).Want(503)
	}
}

// attack: A-64
func TestASessionOfOneTenantNeverReachesAnother(t *testing.T) {
	t.Parallel()
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	shared := registry.Config{AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory()}
	registries := map[string]*cofactortest.Kit{}
	for _, tenant := range []string{"a", "b"} {
		cfg := shared
		cfg.Policy = policy.Required()
		registries[tenant] = cofactortest.New(t, cofactortest.Config{Registry: cfg})
	}
	inA := provider.User{Tenant: "a", ID: "u-1", Name: "alice"}
	inB := provider.User{Tenant: "b", ID: "u-1", Name: "another alice"}
	app, phone := registries["a"].AddApp(inA), registries["a"].AddPasskey(inA)
	registries["b"].AddApp(inB)
	factors, err := registries["b"].Registry.Factors(t.Context(), registry.Who{User: inB, Binding: "x"})
	if err != nil {
		t.Fatal(err)
	}

	store := &sessions{byID: map[string]map[string]any{}}
	h, err := httpapi.New(httpapi.Config{
		Tenants: func(tenant string) (*registry.Registry, error) { return registries[tenant].Registry, nil },
		Host: httpapi.Sessions{
			Store: store, Tenant: func(r *http.Request) string { return r.Header.Get("X-Site") },
		}.Host(),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(api, h)
	mux.Handle("/in", h.RequireMFA(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	mux.HandleFunc("POST /password", func(w http.ResponseWriter, r *http.Request) {
		h.SignIn(w, r, httpapi.First{User: inA, Primary: []string{"pwd"}, Begin: true})
	})
	b := cofactortest.NewBrowser(t, cofactortest.Origin, store.load(mux))
	b.Header.Set("X-Site", "a")
	d := read(b.JSON("POST", "/password", nil).Want(200))

	at := func(site string) *cofactortest.Browser {
		b.Header.Set("X-Site", site)
		return b
	}
	right := object{"challenge": d.Challenge.ID, "response": app.Answer()}
	at("b").JSON("POST", api+"login/answer", right).Want(401)
	at("a").JSON("POST", api+"login/answer", right).Want(200)
	at("a").JSON("GET", "/in", nil).Want(200)
	at("b").JSON("GET", "/in", nil).Want(401)
	at("a").JSON("POST", api+"step-up", object{"factor": factors[0].ID}).Want(404)
	at("a").JSON("DELETE", api+"factors/"+factors[0].ID, nil).Want(404)
	if d := read(at("b").JSON("GET", api+"session", nil).Want(200)); d.State != "anonymous" {
		t.Errorf("a session of one tenant is %+v at another's", d)
	}
	other := cofactortest.NewBrowser(t, cofactortest.Origin, store.load(mux))
	other.Header.Set("X-Site", "b")
	byPasskey(t, other, phone).Want(422)
	other.JSON("GET", "/in", nil).Want(401)

	for _, all := range store.byID { // what the application keeps for the user of one tenant is not for whoever comes next at another
		if strings.Contains(fmt.Sprint(all["cofactor"]), `"Tenant":"a"`) {
			all["basket"] = "of somebody at a"
		}
	}
	at("a").JSON("GET", "/in", nil).Want(200)
	at("b").JSON("POST", api+"passkey", object{}).Want(201)
	for _, all := range store.byID {
		var k struct{ User provider.User }
		if err := json.Unmarshal([]byte(fmt.Sprint(all["cofactor"])), &k); err == nil && k.User.Tenant == "b" && all["basket"] != nil {
			t.Error("what was kept for a user of one tenant is in a session of another")
		}
	}
	at("a").JSON("GET", "/in", nil).Want(401)
}

// attack: A-95
func TestOtherSessionsEndWithAChangeOfFactors(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b, other := s.browser(), s.browser()
	s.signIn(other, app)
	s.kit.Clock.Advance(time.Minute)
	s.signIn(b, app)
	var list struct{ Factors []struct{ ID, Kind string } }
	ch := shown(b.JSON("POST", api+"setup", object{"kind": "email", "input": object{"email": "alice@example.test"}}).Want(201))
	b.JSON("POST", api+"setup/answer", object{"challenge": ch.ID, "response": cofactortest.Typed(s.kit.Outbox.LastCode("alice@example.test"))}).Want(200)
	if s.ended != 1 {
		t.Errorf("other sessions were ended %d times after a factor was added", s.ended)
	}
	b.JSON("GET", api+"factors", nil).Want(200).Into(&list)
	for _, f := range list.Factors {
		if f.Kind == "email" {
			b.JSON("DELETE", api+"factors/"+f.ID, nil).Want(200)
		}
	}
	if s.ended != 2 {
		t.Errorf("other sessions were ended %d times after one was removed as well", s.ended)
	}
	b.JSON("GET", "/home", nil).Want(200)
	other.JSON("GET", "/home", nil).Want(401) // also without the application's help
}

// The change is made, so the sessions it is to end must not outlive a session store that fails for a moment. // attack: A-95
func TestOtherSessionsEndAlsoIfThisOneCannotBeKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	s.signIn(b, app)
	ch := shown(b.JSON("POST", api+"setup", object{"kind": "email", "input": object{"email": "alice@example.test"}}).Want(201))
	s.sessions.fault = fmt.Errorf("the session's database is down")
	b.JSON("POST", api+"setup/answer", object{"challenge": ch.ID, "response": cofactortest.Typed(s.kit.Outbox.LastCode("alice@example.test"))}).Want(503)
	s.sessions.fault = nil
	if s.ended != 1 {
		t.Errorf("other sessions were ended %d times by a factor that was attached", s.ended)
	}
}

// attack: A-43
func TestWhereARequestComesFromIsNotWhatItsHeadersSay(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	s.kit.AddApp(alice)
	b := s.browser()
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	wrong, locked := 0, false
	for i := range 1000 {
		b.Header.Set("X-Forwarded-For", "203.0.113."+strings.Repeat("1", 1+i%3))
		b.Header.Set("Forwarded", "for=203.0.113.7")
		got := b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": object{"code": "000000"}})
		switch got.Status {
		case 422:
			wrong++
		case 410:
			d = read(b.JSON("POST", "/password?begin", nil).Want(200))
		default:
			locked = got.Status == 429
		}
		if locked {
			break
		}
	}
	if wrong != 10 || !locked {
		t.Errorf("from ever new addresses %d guesses were made, and then locked is %v; want 10", wrong, locked)
	}
	for _, e := range s.kit.Events.All() {
		if strings.HasPrefix(e.Address, "203.0.113.") {
			t.Fatalf("an event has the address that a header says: %+v", e)
		}
	}
}

func TestTheDocumentsOfTheOrigin(t *testing.T) {
	t.Parallel()
	h := httpapi.WellKnown(map[string]json.RawMessage{"/.well-known/webauthn": json.RawMessage(`{"origins":[]}`)})
	b := cofactortest.NewBrowser(t, cofactortest.Origin, h)
	if got := b.Get("/.well-known/webauthn").Want(200); string(got.Body) != `{"origins":[]}` || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the document is %s", got.Body)
	}
	b.Get("/.well-known/other").Want(404)
	b.JSON("POST", "/.well-known/webauthn", nil).Want(405)
}

func TestAnOwnerReadsNothingThatIsForOperators(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{}, func(c *httpapi.Config) {
		c.Activity = func(_ context.Context, who registry.Who, n int) ([]registry.Event, error) {
			return []registry.Event{{
				ID: "secret", Op: "remove", Result: "ok", Reason: "secret", Signal: "secret", Note: "secret", User: who.User.ID, Actor: "secret", Address: "192.0.2.7",
			}}[:min(n, 1)], nil
		}
	})
	b := s.browser()
	b.JSON("GET", api+"activity", nil).Want(401)
	s.signIn(b, s.kit.AddApp(alice))
	got := string(b.JSON("GET", api+"activity?n=3", nil).Want(200).Body)
	if strings.Contains(got, "secret") || !strings.Contains(got, `"address":"192.0.2.7"`) || !strings.Contains(got, `"administrator":true`) {
		t.Errorf("the activity is %s", got)
	}
	for _, n := range []string{"0", "101", "x", "", "-1", "1e1"} {
		b.JSON("GET", api+"activity?n="+n, nil).Want(400)
	}
}

// A session whose user tries a passkey that is not enough is over: its binding would go on, and with it what was begun on its proof.
func TestASignedInSessionIsNotPendingAgainByAPasskey(t *testing.T) {
	t.Parallel()
	more := policy.AtLeast(3)
	s := newSite(t, cofactortest.Config{Registry: registry.Config{Policy: policy.When(policy.HasRole("admin"), more, policy.Required()), About: func(context.Context, string, string) (registry.About, error) {
		return registry.About{Roles: []string{"admin"}}, nil
	}}})
	phone := s.kit.AddPasskey(alice)
	app := s.kit.AddApp(alice)
	b := s.browser()
	b.JSON("POST", "/password", nil).Want(200)
	ch := shown(b.JSON("POST", api+"login", object{"kind": "totp"}).Want(201))
	b.JSON("POST", api+"login/answer", object{"challenge": ch.ID, "response": app.Answer()}).Want(200)
	setup := shown(b.JSON("POST", api+"setup", object{"kind": "totp"}).Want(201))
	byPasskey(t, b, phone).Want(401)
	added := cofactortest.NewApp(t, setup.uri(t), s.kit.Clock.Now)
	b.JSON("POST", api+"setup/answer", object{"challenge": setup.ID, "response": added.Answer()}).Want(401)
	b.JSON("GET", "/home", nil).Want(401)
}

// A proxy's own machine is not the browser's: cookies stay Secure where it says so, and what it says can make them no less.
func TestAProxyOnTheSameMachineDoesNotMakeCookiesLessSecure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host, proto string
		secure      bool
	}{
		{"localhost:8080", "", false},
		{"127.0.0.1", "http", false},
		{"[::1]:8080", "", false},
		{"localhost:8080", "https", true},
		{"127.0.0.1:8080", "HTTPS", true},
		{"app.example.com", "", true},
		{"app.example.com", "http", true},
		{"localhost.example.com", "", true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "http://"+c.host+"/", nil)
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		if got := httpapi.Secure(r); got != c.secure {
			t.Errorf("Host %s, X-Forwarded-Proto %q: Secure is %v", c.host, c.proto, got)
		}
	}
}
