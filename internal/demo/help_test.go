package demo_test

import (
	"strings"
	"testing"
	"time"
)

// carol is the administrator, signed in, with an app.
func (w *world) carol() (b *browser, secret string) {
	w.t.Helper()
	b = w.browser()
	b.post("/sign-in", "username", "carol", "password", "demo").wants(200, "Set up two-step verification")
	p := b.post("/sign-in/methods", "op", "add", "kind", "totp")
	secret = p.secret()
	p = b.answer(p, w.oathtool(secret)).wants(200, "Save your backup codes")
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes").wants(200, "Sign-in security", "People")
	return b, secret
}

func TestAnAdministratorHelpsWhoHasLostEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, lost, _ := w.enrolled()
	carol, secret := w.carol()

	p := carol.get("/help").wants(200, "Help somebody", "Alice", "Bob")
	if strings.Contains(p.body, "Carol") {
		t.Error("carol may help herself")
	}
	p = carol.post("/help", "person", p.find(`name="person" value="([^"]+)"`)).wants(200, "Confirm it's you", "Recovery code for alice")
	p = carol.answer(p, w.next(secret)).wants(200, "A recovery code for Alice", "It is not shown again.")
	code := p.find(`<code>([^<]+)</code>`)

	alice.get("/security").wants(200, "Sign-in security", "An administrator made a recovery code for you")
	alice.signOut()
	q := alice.signIn().wants(200, "Enter your code", "Use the code from an administrator")
	choice := q.find(`(?s)name="factor" value="([^"]+)">\s*<button type="submit" class="secondary">Use the code from`)
	q = alice.post("/sign-in/code/method", "challenge", q.challenge(), "factor", choice).wants(200, "Enter your code", "Recovery code", "Enter the code that an administrator has given you.")
	alice.answer(q, "1234").wants(422, "Error: Enter your code", "The code has 24 letters and digits. You entered 4.")
	alice.answer(q, strings.Repeat("0", 24)).wants(422, "Error: Enter your code", "ask for a new one")
	q = alice.answer(q, strings.ToLower(code)).wants(200, "Sign-in security", "You signed in with a code from an administrator.", "set up an authenticator app on the new one")
	old := q.factor("Authenticator app")
	q = alice.post("/security/change", "op", "add", "kind", "totp").wants(200, "Set up an authenticator app")
	fresh := q.secret()
	alice.answer(q, w.oathtool(fresh)).wants(200, "Sign-in security", "Your new method works.")
	alice.post("/security/change", "op", "remove", "factor", old).wants(200, "Sign-in security", "The method is removed.")

	other := w.browser() // and the code has done its work
	if q = other.signIn().wants(200, "Enter your code"); strings.Contains(q.body, "administrator") {
		t.Error("the code can be used again")
	}
	other.answer(q, w.next(lost)).wants(422, "Error: Enter your code")
}

func TestOnlyAnAdministratorHelps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, secret, _ := w.enrolled()
	carol, hers := w.carol()
	bobs := carol.get("/help").find(`(?s)Bob.*?name="person" value="([^"]+)"`)

	alice.get("/help").wants(404, "Error: That didn't work")
	alice.post("/help", "person", bobs).wants(404, "Error: That didn't work")
	p := alice.post("/pay", "amount", "1", "to", "Bob") // a code for something else is not one for this
	alice.answer(p, w.next(secret)).wants(200, "Send money")

	w.pass(time.Minute)
	p = carol.post("/help", "person", bobs).wants(200, "Confirm it's you", "Recovery code for bob")
	carol.answer(p, w.oathtool(hers)).wants(409, "Error: That didn't work", "Bob has no method that could be lost.")
	carol.post("/help", "person", "nobody").wants(404, "Error: That didn't work")
	carol.post("/help", "person", "u-52d0").wants(403, "Error: That didn't work", "Another administrator has to help you.")
}
