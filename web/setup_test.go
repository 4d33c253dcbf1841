package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/policy"
)

// key is the setup key that a page shows.
func (t *tab) key() string {
	t.w.t.Helper()
	n := t.find("textarea", "id", "key")
	if n == nil {
		t.w.t.Fatalf("the page at %s shows no setup key:\n%s", t.at, t.text())
	}
	return strings.ReplaceAll(text(n), " ", "")
}

// codes are the backup codes that a page shows.
func (t *tab) codes() (list []string) {
	for n := range t.doc.Descendants() {
		if n.Data == "code" {
			list = append(list, text(n))
		}
	}
	return list
}

func (t *tab) uri() string {
	t.w.t.Helper()
	for n := range t.doc.Descendants() {
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "otpauth:") {
			return attr(n, "href")
		}
	}
	t.w.t.Fatalf("the page at %s has no link to set the app up on this device", t.at)
	return ""
}

// TestAnAppIsSetUpFromTheSettings goes the whole way of somebody who has nothing: state, app, wrong code, reload, right code, backup codes, state.
func TestAnAppIsSetUpFromTheSettings(t *testing.T) {
	w := newWorld(t, optional)
	tab := w.signedIn("/").wants("In: /").get("/mfa/").wants("Sign-in security").says("Two-step verification is off.")
	tab.within("Authenticator app", "Set up an authenticator app").wants("Set up an authenticator app").says("Step 1 of 2", "Scan this code")
	key, uri := tab.key(), tab.uri()
	if u, err := url.Parse(uri); err != nil || u.Query().Get("secret") != key {
		t.Errorf("the link for this device has another key: %s", uri)
	}
	app := cofactortest.NewApp(t, uri, w.kit.Clock.Now)
	tab.press("Continue", "code", "000000").status(http.StatusUnprocessableEntity).says("That code isn't right. Enter the newest code from your app.")
	if tab.key() != key {
		t.Error("after a wrong code the page shows another key: the app that has scanned the first never fits")
	}
	if tab.get(tab.at).key() != key {
		t.Error("after a reload the page shows another key")
	}
	tab.press("Continue", "code", app.Code(), "name", "Pixel 8").wants("Save your backup codes").says("Step 2 of 2")
	if n := len(tab.codes()); n != 10 {
		t.Fatalf("the page shows %d backup codes", n)
	}
	tab.press("Finish").status(http.StatusUnprocessableEntity).says("Save your backup codes, and tick the box when you have.")
	tab.press("Finish", "saved", "yes").wants("Sign-in security").
		says("Two-step verification is on.", "Your backup codes are saved.", "Pixel 8", "10 codes left", "Added: authenticator app")
	tab.get(tab.at[:strings.Index(tab.at, "?")]).saysNot("Your backup codes are saved.")
}

func TestTheSameSetupGoesOnInAnotherTab(t *testing.T) {
	w := newWorld(t, optional)
	tab := w.signedIn("/").get("/mfa/").within("Authenticator app", "Set up an authenticator app")
	key := tab.key()
	if again := tab.other().get("/mfa/").within("Authenticator app", "Set up an authenticator app").key(); again != key {
		t.Error("pressing the button again has made another key")
	}
	tab.press("Cancel").wants("Sign-in security")
	if again := tab.within("Authenticator app", "Set up an authenticator app").key(); again == key {
		t.Error("a set-up that was cancelled goes on")
	}
}

func TestANumberIsCheckedAndKeptForWhoMendsIt(t *testing.T) {
	w := newWorld(t, optional)
	tab := w.signedIn("/").get("/mfa/").within("Text message", "Add a phone number").wants("Add a phone number").says("Include the country code", "less secure")
	tab.press("Send a code").status(http.StatusUnprocessableEntity).says("Enter a phone number.")
	tab.press("Send a code", "input", "07700").says("Check the number.")
	if n := tab.find("input", "name", "input"); attr(n, "value") != "07700" || attr(n, "aria-invalid") != "true" {
		t.Error("what was typed is gone, or not marked")
	}
	tab.press("Send a code", "input", "+44 7700 900117").says("We sent a text message to +44 ···· 17")
	tab.press("That's wrong. Change it").wants("Add a phone number")
	if n := tab.find("input", "name", "input"); attr(n, "value") != "+44 7700 900117" {
		t.Error("the number has to be typed again")
	}
	tab.get("/mfa/").within("Text message", "Add a phone number").press("Send a code", "input", "+44 7700 900117")
	if n := len(w.kit.Outbox.Messages()); n != 1 {
		t.Errorf("%d messages were sent for one set-up", n)
	}
	tab.press("Continue", "code", w.kit.Outbox.LastCode("+447700900117")).wants("Save your backup codes").press("Not now").
		wants("Sign-in security").says("Get backup codes, so that losing your phone does not lock you out.")
}

func TestWhoMustHaveASecondStepSetsItUpWithinTheSignIn(t *testing.T) {
	w := newWorld(t)
	tab := w.signedIn("/orders").wants("Set up two-step verification").says("Acme asks for a second step", "Signing in as alice@example.com", "Cancel and sign out")
	tab.within("Authenticator app", "Set up an authenticator app")
	app := cofactortest.NewApp(t, tab.uri(), w.kit.Clock.Now)
	tab.press("Continue", "code", app.Code()).wants("Save your backup codes").press("Finish", "saved", "yes").
		wants("Two-step verification is on").says("we ask for your second step after your password").press("Go on to Acme").wants("In: /orders")
}

func TestGraceIsToldAndCanBeUsed(t *testing.T) {
	w := newWorld(t, func(s *setting) {
		s.kit.Registry.Policy = policy.Grace(7*24*time.Hour, policy.Required())
	})
	w.sends = true
	w.signedIn("/orders").wants("Set up two-step verification").says("7 days are left").press("Not now").wants("In: /orders")
}

func TestTheFirstMethodCanBeCancelledAndTheSignInToo(t *testing.T) {
	w := newWorld(t)
	tab := w.signedIn("/orders").within("Authenticator app", "Set up an authenticator app").press("Cancel").wants("Set up two-step verification")
	tab.press("Cancel and sign out").wants("Sign in")
	tab.get("/mfa/").status(http.StatusUnauthorized)
}

func TestMovingToANewPhoneIsOneAction(t *testing.T) {
	w := newWorld(t)
	old := w.kit.AddApp(alice)
	codes := w.kit.AddBackupCodes(alice)
	tab := w.signedIn("/mfa/").press("Continue", "code", old.Code()).wants("Sign-in security")
	tab.press("Move to a new phone").wants("Move to a new phone").says("The old one works until you have finished here.")
	app := cofactortest.NewApp(t, tab.uri(), w.kit.Clock.Now)
	tab.press("Finish", "code", app.Code()).wants("Sign-in security").says("The old one no longer works.", "10 codes left")
	w.kit.Clock.Advance(time.Minute)
	tab = w.signedIn("/")
	tab.press("Continue", "code", old.Code()).says("That code isn't right.")
	tab.press("Continue", "code", app.Code()).wants("In: /")
	_ = codes
}
