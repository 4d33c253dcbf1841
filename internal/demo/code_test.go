package demo_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWrongCodesAreCountedDownAndThenLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	const wrong = "That code isn't right. Enter the newest code from your app."
	for _, want := range []string{wrong, wrong + " 3 tries left.", wrong + " 2 tries left.", wrong + " 1 try left.", "that was the last try. Start again."} {
		p = b.answer(p, "000000").wants(422, "Error: Enter your code", want)
		if want == wrong {
			b.get("/sign-in/code").wants(200, "Enter your code")
		}
		if want != "that was the last try. Start again." {
			p = b.get("/sign-in/code")
		}
	}
	p = b.get("/sign-in/code").wants(410, "Error: Enter your code", "This took too long, or was used before. Start again.")
	p = b.post("/sign-in/code/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`))
	for range 5 { // other challenges, and other sign-ins: the tries are the person's
		b.answer(p, "000000").wants(422, "Error: Enter your code", wrong)
		b.signOut()
		p = b.signIn()
	}
	p = b.answer(p, w.next(secret))
	p.wants(429, "Error: Enter your code", "Too many wrong codes. You can try again at "+w.now().Local().Add(15*time.Minute-30*time.Second).Format("15:04")+".")
	if got := p.header.Get("Retry-After"); got != "870" {
		t.Errorf("Retry-After is %q, want 870: the lock of 15 minutes began half a minute ago", got)
	}
	w.pass(15 * time.Minute)
	b.answer(b.signIn(), w.oathtool(secret)).wants(200, "Sign-in security")
}

func TestACodeSignsInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	code := w.next(secret)
	b.answer(b.signIn(), code).wants(200, "Sign-in security")
	b.signOut()
	b.answer(b.signIn(), code).wants(422, "Error: Enter your code", "That code isn't right.")
	b.get("/security").wants(200, "Sign in")
}

func TestASlipCostsNoTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	for range 8 {
		b.answer(p, "").wants(422, "Error: Enter your code", "Enter the 6-digit code.")
		b.answer(p, "12345").wants(422, "Error: Enter your code", "The code is 6 digits. You entered 5.")
	}
	b.answer(p, w.next(secret)).wants(200, "Sign-in security")
}

func TestCodesAreTakenAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	arabic := func(code string) string {
		var s string
		for _, c := range code {
			s += string('٠' + c - '0')
		}
		return s
	}
	fullWidth := func(code string) string {
		var s string
		for _, c := range code {
			s += string('０' + c - '0')
		}
		return s
	}
	for name, typed := range map[string]func(string) string{
		"space":          func(c string) string { return c[:3] + " " + c[3:] },
		"hyphen and end": func(c string) string { return c[:3] + "-" + c[3:] + "\n" },
		"no-break space": func(c string) string { return c[:3] + "\u00a0" + c[3:] + "\u200b" },
		"full width":     fullWidth,
		"Arabic":         arabic,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b, secret, _ := w.enrolled()
			b.signOut()
			b.answer(b.signIn(), typed(w.next(secret))).wants(200, "Sign-in security")
		})
	}
}

func TestASignInThatTookTooLongStartsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	w.pass(6 * time.Minute) // the challenge is over, the login is not
	b.get("/sign-in/code").wants(410, "Error: Enter your code", "This took too long, or was used before. Start again.")
	b.answer(p, w.oathtool(secret)).wants(410, "Error: Enter your code")
	w.pass(5 * time.Minute) // and now it is
	b.answer(p, w.oathtool(secret)).wants(401, "Error: Sign in", "Sign in again to continue.")
	b.answer(b.signIn(), w.next(secret)).wants(200, "Sign-in security")
}

func TestTwoTabsSignInBesideEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	first := b.signIn()
	second := b.signIn()
	if first.challenge() == second.challenge() {
		t.Fatal("two sign-ins share a challenge")
	}
	b.answer(first, w.next(secret)).wants(200, "Sign-in security")
	b.answer(second, w.next(secret)).wants(200, "Sign-in security")
}

func TestTheSessionChangesItsIDAtSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	if len(b.cookies) != 0 {
		t.Error("the cookie outlives the sign-out")
	}
	p := b.signIn()
	before := b.cookies["cofactor_demo"]
	b.answer(p, w.next(secret)).wants(200, "Sign-in security")
	if after := b.cookies["cofactor_demo"]; after == before || len(after) < 52 {
		t.Errorf("the session's id was %q before the second step and is %q after it", before, after)
	}
	thief := w.browser()
	thief.cookies["cofactor_demo"] = before
	thief.get("/security").wants(200, "Sign in")

	signedIn := b.cookies["cofactor_demo"]
	b.signOut()
	thief.cookies["cofactor_demo"] = signedIn
	thief.get("/security").wants(200, "Sign in")
}

func TestAPasswordAloneOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	b.signOut()
	b.signIn().wants(200, "Enter your code")
	for _, path := range w.site.Paths() {
		if p := b.get(path); p.status == http.StatusOK && strings.Contains(p.body, "<!doctype") {
			if title := p.find(`<title>(.*) – Cofactor demo</title>`); title != "Sign in" && title != "Enter your code" {
				t.Errorf("with the password alone, %s shows %q", path, title)
			}
		}
	}
	b.post("/security/change", "op", "add", "kind", "totp").wants(200, "Sign in")
}

func TestOnePersonsFormDoesNotServeAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	bob := w.browser()
	bob.post("/sign-in", "username", "bob", "password", "demo").wants(200, "Sign-in security", "off")
	bob.answer(p, w.next(secret)).wants(200, "Sign-in security", "off")
	b.answer(p, w.oathtool(secret)).wants(200, "Sign-in security", "on")
}

func TestWithoutAStoreNobodyGetsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	w.challenges.down.Store(true)
	const text = "We can't check this right now. Try again in a minute."
	b.answer(p, w.next(secret)).wants(503, "Error: Enter your code", text)
	b.get("/sign-in/code").wants(503, "Error: Enter your code", text)
	b.get("/security").wants(200, "Sign in")
	w.challenges.down.Store(false)
	b.answer(p, w.oathtool(secret)).wants(200, "Sign-in security")
}
