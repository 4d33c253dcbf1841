package demo_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// passkey answers the form that a page has for the script, as the script does.
func (b *browser) passkey(p page, ceremony func(options []byte) ([]byte, error)) page {
	b.w.t.Helper()
	response, err := ceremony([]byte(p.find(`data-options="([^"]*)"`)))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.post(p.find(`action="([^"]*)" data-passkey`), "challenge", p.challenge(), "response", string(response))
}

// begun is what the script of the sign-in page is given.
type begun struct {
	Challenge string
	Public    json.RawMessage
}

func (b *browser) beginPasskey() (c begun) {
	b.w.t.Helper()
	p := b.send(http.MethodPost, "/sign-in/passkey/begin", url.Values{})
	if err := json.Unmarshal([]byte(p.body), &c); err != nil || p.status != http.StatusOK {
		b.w.t.Fatalf("%d %s: %v", p.status, p.body, err)
	}
	return c
}

// signInByPasskey does what the script of the sign-in page does.
func (b *browser) signInByPasskey(phone *cofactortest.Authenticator) page {
	b.w.t.Helper()
	c := b.beginPasskey()
	response, err := phone.Get(c.Public)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.post("/sign-in/passkey", "challenge", c.Challenge, "response", string(response))
}

// withPasskey is alice, signed in, with nothing but a passkey.
func (w *world) withPasskey() (*browser, *cofactortest.Authenticator) {
	w.t.Helper()
	b, phone := w.browser(), cofactortest.NewAuthenticator("http://localhost:8080")
	b.signIn()
	p := b.post("/security/change", "op", "add", "kind", "webauthn").wants(200, "Add a passkey", "Step 1 of 2")
	p = b.passkey(p, phone.Create).wants(200, "Save your backup codes")
	b.post("/security/setup/cancel", "challenge", p.challenge()).wants(200, "Sign-in security", "Two-step verification is on.", "only on this device")
	return b, phone
}

func TestAPasskeyIsASecondStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, phone := w.withPasskey()
	b.signOut()
	p := b.signIn().wants(200, "Use your passkey")
	b.get("/security").wants(200, "Sign in")
	b.post("/sign-in/code", "challenge", p.challenge()).wants(422, "Error: Use your passkey", "Your browser has not answered.")
	b.post("/sign-in/code", "challenge", p.challenge(), "response", "{}").wants(422, "Error: Use your passkey", "That passkey wasn't accepted.")
	b.passkey(p, phone.Get).wants(200, "Sign-in security", "Signed in: Passkey")
}

func TestAPasskeySignsInAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, phone := w.withPasskey()
	b.signOut()
	if p := b.signInByPasskey(phone).wants(200, "Sign-in security", "Signed in: Passkey"); !strings.Contains(p.body, `<span>alice</span>`) {
		t.Error("somebody else is signed in")
	}
	id := b.get("/security").factor("Passkey") // and the passkey is a fresh proof
	b.post("/security/change", "op", "rename", "factor", id, "label", "Key ring").wants(200, "Sign-in security", "Key ring")

	bob := w.browser() // who is signed in on the same browser makes room
	bob.post("/sign-in", "username", "bob", "password", "demo")
	bobs := bob.cookies["cofactor_demo"]
	bob.signInByPasskey(phone).wants(200, "Sign-in security", "Key ring")
	thief := w.browser()
	thief.cookies["cofactor_demo"] = bobs
	thief.get("/security").wants(200, "Sign in")
}

// attack: A-66
func TestAPasskeyAnswersTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, phone := w.withPasskey()
	asked, other := w.browser(), w.browser()
	c := asked.beginPasskey()
	response, err := phone.Get(c.Public)
	if err != nil {
		t.Fatal(err)
	}
	stolen := func(b *browser) page {
		return b.post("/sign-in/passkey", "challenge", c.Challenge, "response", string(response))
	}
	stolen(other).wants(410, "Error: Sign in")
	other.beginPasskey()
	stolen(other).wants(410, "Error: Sign in", "This took too long")
	before := asked.cookies["cofactor_demo"]
	stolen(asked).wants(200, "Sign-in security")
	if asked.cookies["cofactor_demo"] == before {
		t.Error("the session keeps the id that it had before the sign-in")
	}
	asked.signOut()
	stolen(asked).wants(410, "Error: Sign in")
}

func TestARemovedPasskeyIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, phone := w.withPasskey()
	id := b.get("/security").factor("Passkey")
	b.get("/security/remove?factor="+id).wants(200, "Remove ‘Passkey’?", "Delete it on your device too.")
	p := b.post("/security/change", "op", "remove", "factor", id).wants(200, "Sign-in security", "The method is removed.")
	var told struct {
		Accepted struct {
			IDs []string `json:"allAcceptedCredentialIds"`
		} `json:"all_accepted_credentials"`
	}
	if err := json.Unmarshal([]byte(p.find(`<body data-signal="([^"]*)"`)), &told); err != nil || told.Accepted.IDs == nil || len(told.Accepted.IDs) != 0 {
		t.Errorf("the browser is told %q: want an empty list of passkeys (%v)", told.Accepted.IDs, err)
	}
	b.signOut()
	p = b.signInByPasskey(phone).wants(422, "Error: Sign in", "We don't know this passkey. It may have been removed.")
	if signal := p.find(`<body data-signal="([^"]*)"`); !strings.Contains(signal, "unknown_credential") {
		t.Errorf("the browser is told %s", signal)
	}
}

// To remove a passkey takes a passkey, or what can be phished would remove what cannot.
func TestAPasskeyIsConfirmedByAPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	phone := cofactortest.NewAuthenticator("http://localhost:8080")
	p := b.post("/security/change", "op", "add", "kind", "webauthn")
	p = b.passkey(p, phone.Create).wants(200, "Sign-in security", "Your passkey is added.")
	id := p.factor("Passkey")
	w.pass(6 * time.Minute)
	p = b.post("/security/change", "op", "remove", "factor", id).wants(200, "Confirm it's you", "Use your passkey to remove this method.", "Use ‘Authenticator app’")
	q := b.post("/security/confirm/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`))
	b.answer(q, w.next(secret)).wants(200, "Confirm it's you", "Use your passkey to remove this method.")
	b.passkey(p, phone.Get).wants(200, "Sign-in security", "The method is removed.")
}

func TestGuestsAreNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrolled()
	b := w.browser()
	b.beginPasskey()
	for _, path := range w.site.Paths() {
		if strings.Contains(path, ".") || strings.HasPrefix(path, "/sign-in/passkey") {
			continue
		}
		for _, p := range []page{b.get(path), b.post(path, "op", "add", "kind", "totp")} {
			if p.status == http.StatusOK {
				p.wants(200, "Sign in")
			}
		}
		b.beginPasskey()
	}
	b.get("/sign-in/add?kind=sms").wants(200, "Sign in")
}

func TestTheScriptIsSmallAndNeedsNoException(t *testing.T) {
	t.Parallel()
	b := newWorld(t).browser()
	for _, path := range []string{"/demo.js", "/passkeys.js"} {
		p := b.send(http.MethodGet, path, nil)
		if p.status != http.StatusOK || p.header.Get("Content-Type") != "text/javascript; charset=utf-8" || len(p.body) > 8<<10 {
			t.Errorf("%s: %d, %s, %d bytes", path, p.status, p.header.Get("Content-Type"), len(p.body))
		}
		for _, never := range []string{"innerHTML", "eval(", "new Function", ".style", "localStorage", "http:", "https:"} {
			if strings.Contains(p.body, never) {
				t.Errorf("%s has %q", path, never)
			}
		}
	}
}
