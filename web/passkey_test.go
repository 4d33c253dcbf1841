package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/registry"
)

// fetch is what the script of a page does: it asks for options.
func (t *tab) fetch(path string, form map[string][]string) (c string, options []byte) {
	t.w.t.Helper()
	t.b.Header.Set("Accept", "application/json")
	defer t.b.Header.Del("Accept")
	var reply struct {
		C      string          `json:"c"`
		Public json.RawMessage `json:"public"`
		Error  string          `json:"error"`
	}
	t.b.Post(path, form).Into(&reply)
	if reply.Error != "" {
		t.w.t.Fatalf("%s: %s", path, reply.Error)
	}
	return reply.C, reply.Public
}

// ceremony answers the passkey form of the page as its script would.
func (t *tab) ceremony(phone *cofactortest.Authenticator, with ...string) *tab {
	t.w.t.Helper()
	for n := range t.doc.Descendants() {
		if attr(n, "data-passkey") == "" {
			continue
		}
		values, options := filled(n), []byte(attr(n, "data-options"))
		if load := attr(n, "data-load"); load != "" {
			var c string
			c, options = t.fetch(load, values)
			values.Set("c", c)
		}
		do := phone.Get
		if attr(n, "data-passkey") == "create" {
			do = phone.Create
		}
		answer, err := do(options)
		if err != nil {
			t.w.t.Fatal(err)
		}
		values.Set("response", string(answer))
		for i := 0; i+1 < len(with); i += 2 {
			values.Set(with[i], with[i+1])
		}
		return t.post(attr(n, "action"), values)
	}
	t.w.t.Fatalf("the page at %s has no form for a passkey:\n%s", t.at, t.text())
	return t
}

func TestAPasskeyIsAddedUsedAndRemoved(t *testing.T) {
	w := newWorld(t, optional)
	phone := cofactortest.NewAuthenticator(cofactortest.Origin)
	tab := w.signedIn("/").get("/mfa/").press("Add a passkey").wants("Add a passkey").says("It never leaves your device.")
	tab.ceremony(phone).wants("Save your backup codes").press("Finish", "saved", "yes").wants("Sign-in security").says("Two-step verification is on.")

	tab = w.signedIn("/there").wants("Use your passkey").says("Use a backup code")
	tab.ceremony(phone).wants("In: /there")

	tab.get("/mfa/").within("Last used", "Remove: "+labelOf(tab)).says("Also delete it in your password manager.").press("Remove").wants("Sign-in security")
	if body := tab.find("body"); !strings.Contains(attr(body, "data-signal"), "all_accepted_credentials") {
		t.Error("the browser's passkey manager is not told that the passkey is gone")
	}
	if again := tab.get(tab.at).find("body"); again == nil {
		t.Error("the page is gone after a reload")
	}
}

// labelOf is the name of the first method on the settings page.
func labelOf(t *tab) string {
	for n := range t.doc.Descendants() {
		if n.Data == "bdi" && parent(n, "h3") != nil {
			return text(n)
		}
	}
	return ""
}

func TestAPasskeyWithoutAnAnswerIsToldWithoutBlame(t *testing.T) {
	w := newWorld(t)
	w.kit.AddPasskey(alice)
	tab := w.signedIn("/")
	form := tab.find("form", "data-passkey", "get")
	tab.post(attr(form, "action"), filled(form)).status(http.StatusUnprocessableEntity).says("Your browser has not answered.")
}

func TestAPasskeySignsInWhoeverItBelongsTo(t *testing.T) {
	w := newWorld(t)
	phone := w.kit.AddPasskey(alice)
	tab := w.tab().get("/sign-in")
	c, options := tab.fetch("/mfa/passkey/begin", nil)
	answer, err := phone.Get(options)
	if err != nil {
		t.Fatal(err)
	}
	tab.post("/mfa/passkey", map[string][]string{"c": {c}, "response": {string(answer)}, "return": {"/there"}}).wants("In: /there")
	tab.post("/mfa/passkey", map[string][]string{"c": {c}, "response": {string(answer)}}).wants("That didn't work") // once, and not again
}

func TestAPasskeyThatExistsNowhereIsForgottenByItsDevice(t *testing.T) {
	w := newWorld(t)
	phone := w.kit.AddPasskey(alice)
	err := w.kit.Registry.Admin().Reset(t.Context(), registry.Deed{User: alice.ID, Actor: "admin", Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
	tab := w.tab()
	c, options := tab.fetch("/mfa/passkey/begin", nil)
	answer, err := phone.Get(options)
	if err != nil {
		t.Fatal(err)
	}
	tab.post("/mfa/passkey", map[string][]string{"c": {c}, "response": {string(answer)}}).says("We don't know this passkey.")
	if signal := attr(tab.find("body"), "data-signal"); !strings.Contains(signal, "credentialId") {
		t.Errorf("the device is not told: %q", signal)
	}
	tab.press("Sign in another way").wants("Sign in")
}

// attack: A-143
func TestThePasskeyButtonSaysNothingAboutAnybody(t *testing.T) {
	w := newWorld(t)
	w.kit.AddPasskey(alice)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/sign-in?return=/there", nil)
	if err != nil {
		t.Fatal(err)
	}
	markup := string(w.pages.PasskeyButton(r))
	for _, want := range []string{`action="/mfa/passkey"`, `name="return" value="/there"`, `data-load="/mfa/passkey/begin"`, "Sign in with a passkey", " hidden"} {
		if !strings.Contains(markup, want) {
			t.Errorf("the button lacks %s:\n%s", want, markup)
		}
	}
}
