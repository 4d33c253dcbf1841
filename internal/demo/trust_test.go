package demo_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"

// trusted is alice's browser, which is not to be asked again.
func (w *world) trusted(secret string) *browser {
	w.t.Helper()
	b := w.browser()
	p := b.signIn().wants(200, "Enter your code", "Don't ask again on this browser for 30 days")
	form := url.Values{"challenge": {p.challenge()}, "code": {w.next(secret)}, "trust": {"yes"}}
	b.follow(b.send(http.MethodPost, "/sign-in/code", form, "User-Agent", chrome)).
		wants(200, "Sign-in security", "Trusted browsers", "Chrome on Linux", "this browser", "Trusted until 1 December 2026")
	return b
}

func TestATrustedBrowserIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret, _ := w.enrolled()
	b := w.trusted(secret)
	var before string
	for range 3 {
		b.signOut()
		before = b.cookies["cofactor_demo_u-7f3a"]
		b.signIn().wants(200, "Sign-in security", "Signed in on a trusted browser", "this browser")
		if after := b.cookies["cofactor_demo_u-7f3a"]; after == before || after == "" {
			t.Error("the browser's token is not replaced")
		}
	}
	other := w.browser()
	other.signIn().wants(200, "Enter your code") // which is asked
	other.cookies["cofactor_demo_u-7f3a"] = "made up"
	other.signIn().wants(200, "Enter your code")
	b.signOut()
	w.pass(31 * 24 * time.Hour)
	b.signIn().wants(200, "Enter your code")
}

// What matters takes a code on a trusted browser too.
func TestATrustedBrowserProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret, _ := w.enrolled()
	b := w.trusted(secret)
	b.signOut()
	p := b.signIn().wants(200, "Sign-in security")
	id := p.factor("Authenticator app")
	for _, form := range [][]string{
		{"op", "remove", "factor", id}, {"op", "rename", "factor", id, "label", "x"}, {"op", "add", "kind", "totp"}, {"op", "add", "kind", "backup"}, {"op", "forget-all"},
	} {
		b.post("/security/change", form...).wants(200, "Confirm it's you")
	}
	b.post("/pay", "amount", "1", "to", "ACME").wants(200, "Confirm it's you")
	p = b.post("/security/change", "op", "rename", "factor", id, "label", "Pixel")
	b.answer(p, w.next(secret)).wants(200, "Sign-in security", "The name is changed.", "Pixel")
}

func TestTrustedBrowsersAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret, _ := w.enrolled()
	first, second, third := w.trusted(secret), w.trusted(secret), w.trusted(secret)
	p := third.get("/security").wants(200, "Sign-in security", "Chrome on Linux 2", "Chrome on Linux 3")
	third.post("/security/change", "op", "forget", "factor", p.factor("Chrome on Linux")).wants(200, "Sign-in security", "We'll ask for a code again on that browser.")
	first.get("/security").wants(200, "Sign in") // where it was signed in, it is out
	first.signIn().wants(200, "Enter your code")
	second.signIn().wants(200, "Sign-in security")

	third.signIn().wants(200, "Sign-in security", "Chrome on Linux 2")
	p = third.post("/security/change", "op", "forget-all").wants(200, "Confirm it's you", "Enter a code to forget a trusted browser.")
	p = third.answer(p, w.next(secret)).wants(200, "Sign-in security", "We'll ask for a code again on every browser.")
	if strings.Contains(p.body, "Chrome on Linux</h3>") {
		t.Error("a browser is still trusted")
	}
	for _, b := range []*browser{second, third} {
		b.signOut()
		b.signIn().wants(200, "Enter your code")
	}
}

// The box is not ticked, and a backup code has no box: whoever has found one must not make themselves at home.
func TestTrustIsGivenAndNotAssumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret, codes := w.enrolled()
	b := w.browser()
	p := b.signIn()
	if box := p.find(`(<input type="checkbox"[^>]*>)`); strings.Contains(box, "checked") {
		t.Error("the box is ticked")
	}
	b.answer(p, w.next(secret)).wants(200, "Sign-in security")
	b.signOut()
	p = b.signIn().wants(200, "Enter your code")
	p = b.post("/sign-in/code/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`))
	if strings.Contains(p.body, "checkbox") {
		t.Error("a backup code can make a browser trusted")
	}
	b.post("/sign-in/code", "challenge", p.challenge(), "code", codes[0], "trust", "yes").wants(200, "Sign-in security", "You signed in with a backup code.")
	b.signOut()
	b.signIn().wants(200, "Enter your code")
}

func TestAnAdministratorMustHaveASecondStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser().post("/sign-in", "username", "bob", "password", "demo").wants(200, "Sign-in security", "off")
	w.browser().post("/sign-in", "username", "carol", "password", "demo").wants(200, "Set up two-step verification", "Your organisation asks for two-step verification")
}
