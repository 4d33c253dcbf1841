package cofactortest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Integration is a program that signs users in with cofactor and serves httpapi's routes: what CheckIntegration has to know of it.
type Integration struct {
	// Open opens a browser without cookies on the program. Required.
	Open func(t testing.TB) *Browser
	// SignIn gives the right first factor, such as a password, of a user who has attached nothing yet and has to: policy.Standard asks for that. Required.
	SignIn func(b *Browser)
	// SignOut ends the session. Without it the route of httpapi is called.
	SignOut func(b *Browser)
	// Protected is the path of a page that takes both steps, and answers a GET with 200. Required.
	Protected string
	// API is where the routes are: "/mfa/api" by default.
	API string
	// Now is the program's clock: time.Now by default, and Clock.Now of a Kit.
	Now func() time.Time
}

// CheckIntegration walks through a program as its users do, with an authenticator app, and looks at the doors that programs leave open: the page is tried before each step, with the cookies
// of an earlier step, with a code that was used, and after signing out. It takes two codes of the app, and waits for nothing. What it
// does not know are your other routes: AssertRoutesGuarded tries those.
func CheckIntegration(t testing.TB, i Integration) {
	t.Helper()
	if i.Open == nil || i.SignIn == nil || i.Protected == "" {
		t.Fatal("CheckIntegration: Open, SignIn and Protected are required")
	}
	i.API = cmp.Or(i.API, "/mfa/api")
	if i.Now == nil {
		i.Now = time.Now //nolint:forbidigo // the clock of whatever program this is
	}
	if i.SignOut == nil {
		i.SignOut = func(b *Browser) { b.JSON(http.MethodDelete, i.API+"/session", nil).Want(http.StatusOK) }
	}
	w := &walk{t, i}
	b := i.Open(t)
	w.shut(b, "nobody who has not signed in sees the page")
	app := w.enrol(b)
	w.open(b, "whoever has attached what policy asks for sees the page")
	w.signOut(b)
	w.login(i.Open(t), app)
}

// walk is one walk through a program.
type walk struct {
	t testing.TB
	Integration
}

func (w *walk) shut(b *Browser, rule string) {
	w.t.Helper()
	if page, program := b.Get(w.Protected), b.JSON(http.MethodGet, w.Protected, nil); page.Status == http.StatusOK || program.Status == http.StatusOK {
		w.t.Fatalf("%s: GET %s answers a browser with %d, and a program with %d", rule, w.Protected, page.Status, program.Status)
	}
}

func (w *walk) open(b *Browser, rule string) {
	w.t.Helper()
	if page := b.Get(w.Protected); page.Status != http.StatusOK {
		w.t.Fatalf("%s: GET %s answers with %d and sends it to %q", rule, w.Protected, page.Status, page.Location())
	}
}

// step is what the routes answer.
type step struct {
	State   string `json:"state"`
	ID      string `json:"id"`
	Choices []struct {
		Factor string `json:"factor"`
	} `json:"choices"`
	Public struct {
		URI string `json:"uri"`
	} `json:"public"`
}

// ask calls a route.
func (w *walk) ask(b *Browser, method, route string, in any, want int) (s step) {
	w.t.Helper()
	b.JSON(method, w.API+"/"+route, in).Want(want).Into(&s)
	return s
}

type answer struct {
	Challenge string          `json:"challenge"`
	Response  json.RawMessage `json:"response"`
}

// enrol signs the user in for the first time, and attaches an app on the way.
func (w *walk) enrol(b *Browser) *App {
	w.t.Helper()
	w.SignIn(b)
	w.shut(b, "the first step alone shows nothing")
	before := b.Clone()
	ch := w.ask(b, http.MethodPost, "setup", map[string]string{"kind": "totp"}, http.StatusCreated)
	app := NewApp(w.t, ch.Public.URI, w.Now)
	if s := w.ask(b, http.MethodPost, "setup/answer", answer{ch.ID, app.Answer()}, http.StatusOK); s.State != "signed_in" {
		w.t.Fatalf("a user who has attached a factor within the sign-in is signed in: the state is %q", s.State)
	}
	w.shut(before, "the id of a session changes when its user signs in: the cookies of before are worth nothing (ASVS 7.2.4)")
	return app
}

// signOut ends the session, and comes back with its cookies.
func (w *walk) signOut(b *Browser) {
	w.t.Helper()
	before := b.Clone()
	w.SignOut(b)
	w.shut(b, "nobody who has signed out sees the page")
	w.shut(before, "a session ends at the server when its user signs out: a copy of its cookies is worth nothing (ASVS 7.4.1)")
}

// login signs the user in with the app.
func (w *walk) login(b *Browser, app *App) {
	w.t.Helper()
	w.SignIn(b)
	w.shut(b, "the first step alone shows nothing to somebody who has a second one")
	before := b.Clone()
	now := w.ask(b, http.MethodGet, "session", nil, http.StatusOK)
	if now.State != "pending" || len(now.Choices) != 1 {
		w.t.Fatalf("after the first step the second is asked for: the state is %q, with %d choices", now.State, len(now.Choices))
	}
	ch := w.ask(b, http.MethodPost, "login", map[string]string{"factor": now.Choices[0].Factor}, http.StatusCreated)
	right := app.Answer()
	w.ask(b, http.MethodPost, "login/answer", answer{ch.ID, Typed(another(right))}, http.StatusUnprocessableEntity)
	w.shut(b, "a wrong code shows nothing")
	if s := w.ask(b, http.MethodPost, "login/answer", answer{ch.ID, right}, http.StatusOK); s.State != "signed_in" {
		w.t.Fatalf("the right code signs in: the state is %q", s.State)
	}
	w.open(b, "whoever has proved both steps sees the page")
	w.shut(before, "the id of a session changes when its user signs in: the cookies of before are worth nothing (ASVS 7.2.4)")
	if used := before.JSON(http.MethodPost, w.API+"/login/answer", answer{ch.ID, right}); used.Status == http.StatusOK {
		w.t.Fatal("a code works once: with the cookies of before it has worked again")
	}
}

// another is a code of the same length that is not the one in a response.
func another(response json.RawMessage) string {
	var in struct{ Code string }
	if err := json.Unmarshal(response, &in); err != nil {
		panic(err) // it is ours
	}
	return strings.Map(func(digit rune) rune { return '0' + (digit-'0'+5)%10 }, in.Code)
}
