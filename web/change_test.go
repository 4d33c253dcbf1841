package web_test

import (
	"net/http"
	"testing"
	"time"
)

func TestAChangeIsConfirmedFirstAndThenGoesOn(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddEmail(alice, "alice@example.com")
	w.kit.Clock.Advance(time.Hour)
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code())
	w.kit.Clock.Advance(10 * time.Minute)
	tab.within("a•••e@example.com", "Rename: E-mail").wants("Rename “E-mail”")
	tab.press("Save", "label", "Work").wants("Confirm it's you").says("Show that it's you, to rename this method.", "Lost your phone?")
	tab.press("Continue", "code", "000000").says("That code isn't right.")
	tab.press("Continue", "code", app.Code()).wants("Sign-in security").says("The name is changed.", "Work")
}

func TestANameThatIsTakenIsToldBesideWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddEmail(alice, "alice@example.com")
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code()).within("a•••e@example.com", "Rename: E-mail")
	tab.press("Save", "label", "Authenticator app").status(http.StatusUnprocessableEntity).says("You already have a method with this name.")
	if n := tab.find("input", "name", "label"); attr(n, "value") != "Authenticator app" {
		t.Error("what was typed is gone")
	}
	tab.press("Save", "label", "").says("Enter a name of 1 to 64 characters.")
}

func TestARemovalSaysWhatItMeans(t *testing.T) {
	w := newWorld(t, optional)
	app := w.kit.AddApp(alice)
	w.kit.AddEmail(alice, "alice@example.com")
	w.kit.AddBackupCodes(alice)
	w.kit.Clock.Advance(time.Minute)
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code())
	tab.within("a•••e@example.com", "Remove: E-mail").wants("Remove “E-mail”?").says("You will still be able to use: “Authenticator app”, backup codes.")
	tab.press("Remove").wants("Sign-in security").says("The method is removed.")
	tab.within("Authenticator app", "Remove: Authenticator app").says("This turns two-step verification off.").press("Remove").
		wants("Sign-in security").says("Two-step verification is off.")
}

func TestAMethodThatPolicyWantsStaysAndThePageSaysWhy(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code()).within("Authenticator app", "Remove: Authenticator app")
	tab.press("Remove").status(http.StatusConflict).says("Your organisation requires two-step verification. Add another method before you remove this one.")
	tab.press("To sign-in security").wants("Sign-in security").says("Two-step verification is on.")
}

func TestTheFirstMethodToBeAskedForIsTheOneThatIsChosen(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddEmail(alice, "alice@example.com")
	w.kit.Clock.Advance(time.Hour)
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code())
	tab.within("a•••e@example.com", "Ask for it first: E-mail").wants("Sign-in security").says("We'll ask for this method first.", "asked for first")
	w.signedIn("/").wants("Confirm it's you").says("E-mail a code to a•••e@example.com")
}

func TestABrowserIsTrustedIfTheBoxIsTicked(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/mfa/").says("Don't ask again on this browser for 30 days")
	if n := tab.find("input", "name", "trust"); attr(n, "checked") != "" || n == nil {
		t.Error("the box is ticked before anybody has ticked it")
	}
	tab.b.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
	tab.press("Continue", "code", app.Code(), "trust", "yes").wants("Sign-in security").says("Trusted browsers", "Firefox on Windows this browser")
	tab.post("/sign-in?return=/there", nil).wants("In: /there")
	w.kit.Clock.Advance(10 * time.Minute)
	tab.get("/mfa/").within("Firefox on Windows", "Forget: Firefox on Windows").wants("Confirm it's you").
		press("Continue", "code", app.Code()).says("We'll ask for a code again on that browser.")
	tab.post("/sign-in?return=/there", nil).wants("Enter your code")
}

func TestWhatARouteWantsConfirmedIsShownInItsWords(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/").press("Continue", "code", app.Code())
	w.kit.Clock.Advance(time.Minute)
	tab.b.Header.Set("Referer", "https://app.example.test/transfer")
	tab.post("/pay", nil).wants("Confirm it's you").says("Send 500 EUR to ACME")
	tab.press("Continue", "code", app.Code()).wants("In: /transfer")
	tab.post("/pay", nil).wants("Paid")
	tab.post("/pay", nil).wants("Confirm it's you")
}

// A page that shows one deed must not confirm another, which somebody with the same session, or another tab, has asked for meanwhile. // attack: A-74
func TestNobodyConfirmsWhatTheirPageDoesNotShow(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddEmail(alice, "alice@example.test")
	page := w.signedIn("/").press("Continue", "code", app.Code())
	w.kit.Clock.Advance(time.Minute)
	sent := len(w.kit.Outbox.Messages())
	for what, confirm := range map[string]func(*tab){
		"the answer": func(shown *tab) { shown.press("Continue", "code", app.Code()) },
		"a message":  func(shown *tab) { shown.press("E-mail a code to a•••e@example.test") },
	} {
		small := page.other().post("/pay?amount=5", nil).wants("Confirm it's you").says("Send 5 EUR")
		big := page.other().post("/pay?amount=9000", nil).wants("Confirm it's you")
		confirm(small)
		small.wants("Confirm it's you").says("Send 9000 EUR")
		if len(w.kit.Outbox.Messages()) != sent {
			t.Errorf("%s: a message was sent for a deed that was not shown", what)
		}
		big.post("/pay?amount=9000", nil).wants("Confirm it's you")
	}
	shown := page.other().post("/pay?amount=5", nil)
	w.kit.Clock.Advance(time.Minute)
	shown.press("Continue", "code", app.Code())
	shown.post("/pay?amount=5", nil).wants("Paid")

	fresh := page.other().get("/mfa/confirm")
	fresh.saysNot("EUR")
	page.other().post("/pay?amount=9000", nil)
	w.kit.Clock.Advance(time.Minute)
	fresh.press("Continue", "code", app.Code()).wants("Confirm it's you").says("Send 9000 EUR")
}
