package demo_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/internal/demo"
)

// What the tutorial has somebody do who has never seen it, without a script and without a phone.
func TestTheFirstTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.tab().get("/").wants("Sign in").password("alice")
	tab.wants("Sign-in security").says("Two-step verification is off", "Passkey", "Authenticator app", "Text message", "E-mail", "Backup codes")

	tab.press("Set up an authenticator app").wants("Set up an authenticator app").says("Scan this code", "Set up on this device")
	key := regexp.MustCompile(`[A-Z2-7]{4}( [A-Z2-7]{4}){7}`)
	secret := key.FindString(text(tab.doc))
	tab.press("Continue", "code", "000000").status(http.StatusUnprocessableEntity).says("That code isn't right. Enter the newest code from your app.")
	if again := key.FindString(text(tab.get(tab.at).doc)); secret == "" || again != secret {
		t.Errorf("after a reload the key is %q, not %q", again, secret)
	}
	tab.press("Continue", "code", w.shown()).wants("Save your backup codes").says("Print", "Copy", "Download")
	tab.press("Finish").status(http.StatusUnprocessableEntity).says("tick the box")
	tab.press("Finish", "saved", "yes").says("Two-step verification is on")

	tab.get("/mfa/").press("Sign out").wants("Sign in").password("alice").wants("Enter your code").says("Use a backup code")
	for range 2 {
		tab.press("Continue", "code", "000000").status(http.StatusUnprocessableEntity)
	}
	tab.says("3 tries left").get(tab.at)
	tab.press("Continue", "code", w.shown()).wants("Hello, Alice").says("start_login", "finish_login", "rejected")

	tab.get("/mfa/").press("Add a phone number").press("Send a code", "input", "+44 7700 900123")
	first := w.sent()
	w.pass(30 * time.Second)
	tab.press("Send it again")
	if n := strings.Count(w.terminal.String(), "@localhost #"+first); n != 2 {
		t.Errorf("the terminal shows %d messages that end in the line for the phone, want 2:\n%s", n, w.terminal)
	}
	tab.press("Finish", "code", first).wants("Sign-in security").says("+44 ···· 23")
	tab.get("/").says("+447700900123", first) // the panel

	w.pass(2 * time.Minute)
	tab.press("Sign out").password("alice").wants("Enter your code").press("Text a code to +44 ···· 23")
	tab.press("Continue", "code", w.sent()).wants("Hello, Alice")
	used := w.sent()
	tab.press("Sign out").password("alice").press("Text a code to +44 ···· 23").status(http.StatusTooManyRequests) // not so soon
	w.pass(2 * time.Minute)
	tab.press("Text a code to +44 ···· 23").press("Continue", "code", used).says("That code isn't right")
}

// Who is sent to the sign-in comes back to where they were going.
func TestWhoeverWasGoingSomewhereGetsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("alice")
	tab.get("/").press("Sign out")
	tab.get("/statement").wants("Sign in").password("alice").wants("Enter your code").press("Continue", "code", w.shown()).wants("Your statement")
	tab.get("/").press("Sign out")
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
		tab.get("/sign-in?return=" + url.QueryEscape(elsewhere))
		if strings.Contains(string(tab.last.Body), "evil") {
			t.Errorf("the sign-in leads to %s", elsewhere)
		}
	}
}

// A person without a phone reads the code in the terminal. It must be one that works, also right after another was used.
func TestTheTerminalShowsCodesThatWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("alice")
	tab.get("/").press("Sign out").password("alice").press("Continue", "code", w.shown()).wants("Hello, Alice")
	tab.press("Sign out").password("alice")
	if !strings.Contains(w.terminal.String(), "alice has used the current codes; load the page again in 30 seconds") {
		t.Errorf("both codes that are accepted now are used up, and the terminal does not say so:\n%s", w.terminal)
	}
	w.pass(30 * time.Second)
	tab.get("/mfa/challenge").press("Continue", "code", w.shown()).wants("Hello, Alice")
	for _, want := range []string{"start_login ok alice (a factor has to be proved)", "finish_setup ok alice totp", "finish_login ok alice totp (enough factors proved)"} {
		if !regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d ` + regexp.QuoteMeta(want) + `$`).MatchString(w.terminal.String()) {
			t.Errorf("the terminal has no line %q:\n%s", want, w.terminal)
		}
	}
}

// What is kept on a disk is not remembered beside it: the terminal shows the code of an app while it is set up, and then no more.
func TestSecretsAreNotRememberedWhereDataIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *demo.Config) { c.KeepSecrets = false })
	tab := w.enrolled("alice")
	before := strings.Count(w.terminal.String(), "no phone?")
	tab.get("/").press("Sign out").password("alice").wants("Enter your code")
	if n := strings.Count(w.terminal.String(), "no phone?"); n != before {
		t.Errorf("the terminal shows a code of an app that was set up before:\n%s", w.terminal)
	}
}

// A page is asked for before each step, with cookies of earlier steps, with used codes, and after signing out.
func TestTheDemoLeavesNoSecondDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *demo.Config) { c.Require = true })
	for _, path := range []string{"/", "/statement", "/pay"} {
		person := map[string]string{"/": "alice", "/statement": "bob", "/pay": "carol"}[path]
		cofactortest.CheckIntegration(t, cofactortest.Integration{
			Open:      func(testing.TB) *cofactortest.Browser { return w.tab().b },
			SignIn:    func(b *cofactortest.Browser) { (&tab{w: w, b: b}).get("/sign-in").password(person) },
			SignOut:   func(b *cofactortest.Browser) { b.Post("/sign-out", nil) },
			Protected: path, Now: w.now,
		})
	}
}

func TestCarolMustHaveASecondStepAndOthersIfTheDemoSaysSo(t *testing.T) {
	t.Parallel()
	newWorld(t).signIn("carol").wants("Set up two-step verification").get("/statement").wants("Set up two-step verification")
	newWorld(t, func(c *demo.Config) { c.Require = true }).signIn("bob").wants("Set up two-step verification")
	newWorld(t).signIn("bob").wants("Sign-in security").get("/statement").wants("Your statement")
}

func TestAPasskeySignsInWithoutAName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	phone := cofactortest.NewAuthenticator(origin)
	tab := w.signIn("alice")
	addPasskey(tab, phone)
	tab.get("/").press("Sign out")
	if state := byPasskey(tab, phone); state != "signed_in" {
		t.Fatalf("the passkey leads to %q", state)
	}
	tab.get("/").wants("Hello, Alice")
}
