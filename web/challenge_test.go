package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestASignInAsksForTheCodeOfTheAppAndThenGoesOn(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/orders?page=2").wants("Enter your code").says("Signing in as alice@example.com", "6-digit code for Acme")
	tab.press("Continue", "code", app.Code()).wants("In: /orders")
	if tab.at != "/orders?page=2" {
		t.Errorf("the sign-in has ended at %s, not where it was going", tab.at)
	}
	tab.get("/mfa/challenge?return=/orders").wants("In: /orders") // another tab that comes late is not asked again
}

func TestAWrongCodeIsToldAndTheLastTriesAreCounted(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/")
	for n, says := range []string{"Enter the newest code", "Enter the newest code", "3 tries", "2 tries", "1 try"} {
		_ = n
		_ = says
	}
	tab.press("Continue", "code", "000000").status(http.StatusUnprocessableEntity).says("That code isn't right. Enter the newest code from your app.").saysNot("left")
	tab.press("Continue", "code", "000000").says("3 tries left")
	tab.press("Continue", "code", "000000").says("2 tries left")
	tab.press("Continue", "code", "000000").says("1 try left")
	tab.press("Continue", "code", "000000").says("that was the last try")
	tab.press("Start again").wants("Enter your code").press("Continue", "code", app.Code()).wants("In: /")
}

func TestACodeMayBeTypedAsPeopleAndPhonesWriteIt(t *testing.T) {
	digits := map[string]string{
		"spaces": "0123456789", "full width": "０１２３４５６７８９", "Arabic": "٠١٢٣٤٥٦٧٨٩", "Persian": "۰۱۲۳۴۵۶۷۸۹", "Devanagari": "०१२३४५६७८९",
	}
	for name, script := range digits {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			app := w.kit.AddApp(alice)
			set := []rune(script)
			var typed strings.Builder
			for i, c := range app.Code() {
				if i == 3 {
					typed.WriteString(" -\u200b\u2009")
				}
				typed.WriteRune(set[c-'0'])
			}
			w.signedIn("/").press("Continue", "code", typed.String()+"\n").wants("In: /")
		})
	}
}

func TestACodeThatCannotBeRightCostsNoTry(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/")
	for range 20 {
		tab.press("Continue", "code", "12345").status(http.StatusUnprocessableEntity).says("The code is 6 digits. You entered 5.")
		tab.press("Continue").says("Enter the 6-digit code.")
	}
	tab.press("Continue", "code", app.Code()).wants("In: /")
}

func TestAMessageIsSentByAButtonAndByNothingElse(t *testing.T) {
	w := newWorld(t)
	w.kit.AddPhone(alice, "+447700900117")
	sent := len(w.kit.Outbox.Messages())
	tab := w.signedIn("/").wants("Confirm it's you")
	for range 3 {
		tab.get(tab.at)
	}
	if n := len(w.kit.Outbox.Messages()) - sent; n != 0 {
		t.Fatalf("loading the page has sent %d messages", n)
	}
	w.kit.Clock.Advance(time.Hour)
	tab = w.signedIn("/")
	tab.press("Text a code to +44 ···· 17").wants("Enter your code").says("We sent a text message to +44 ···· 17", "You can ask for it again in 30 seconds")
	for range 3 {
		tab.get(tab.at)
	}
	if n := len(w.kit.Outbox.Messages()) - sent; n != 1 {
		t.Fatalf("%d messages were sent for one button", n)
	}
	tab.press("Send it again").status(http.StatusTooManyRequests).says("You can ask for it again in 30 seconds. A code that you have still works.")
	if tab.last.Header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After is %q", tab.last.Header.Get("Retry-After"))
	}
	first := w.kit.Outbox.LastCode("+447700900117")
	w.kit.Clock.Advance(31 * time.Second)
	tab.press("Send it again").says("We sent the same code again.")
	tab.press("Continue", "code", first).wants("In: /")
}

func TestALockIsToldWithItsEndAndAPasskeyIsStillThere(t *testing.T) {
	w := newWorld(t)
	w.kit.AddApp(alice)
	w.kit.AddPasskey(alice)
	w.kit.Clock.Set(time.Date(2026, 11, 1, 14, 17, 20, 0, time.UTC))
	tab := w.signedIn("/").press("Use “Authenticator app”")
	for range 2 {
		for range 5 {
			tab.press("Continue", "code", "000000")
		}
		tab.press("Start again")
	}
	tab.press("Continue", "code", "000000").status(http.StatusTooManyRequests).says("Too many wrong codes. Try again at 14:33 UTC, or use another method.", "Use a passkey")
	if tab.find("time", "datetime", "2026-11-01T14:33:00Z") == nil {
		t.Error("the time is not marked as one, so a script cannot put it into the reader's zone")
	}
}

// attack: A-53
func TestASignInThatTookTooLongSaysSoAndGoesNowhereByItself(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/orders")
	code := app.Code()
	w.kit.Clock.Advance(11 * time.Minute)
	tab.press("Continue", "code", code).status(http.StatusUnauthorized).wants("This sign-in took too long").press("Sign in").wants("Sign in")
	if tab.at != "/sign-in?return=%2Forders" {
		t.Errorf("the way back was lost: %s", tab.at)
	}
}

func TestTwoTabsGoOnSideBySide(t *testing.T) {
	w := newWorld(t)
	w.kit.AddPhone(alice, "+447700900117")
	w.kit.AddEmail(alice, "alice@example.com")
	w.kit.Clock.Advance(time.Hour)
	one := w.signedIn("/one")
	two := one.other().get("/mfa/challenge?return=/two")
	one.press("Text a code to +44 ···· 17")
	two.press("E-mail a code to a•••e@example.com")
	one.get(one.at).says("We sent a text message")
	two.get(two.at).says("We sent an e-mail")
	one.press("Continue", "code", w.kit.Outbox.LastCode("+447700900117")).wants("In: /one")
	two.press("Continue", "code", w.kit.Outbox.LastCode("alice@example.com")).wants("In: /two")
}

func TestTheOtherWaysAreListedWithRecoveryLast(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddPhone(alice, "+447700900117")
	codes := w.kit.AddBackupCodes(alice)
	w.kit.Clock.Advance(time.Hour)
	tab := w.signedIn("/").wants("Enter your code").says("Having trouble? Text a code to +44 ···· 17 Use a backup code")
	_ = app
	tab.press("Use a backup code").wants("Enter a backup code").press("Continue", "code", strings.ToLower(codes[0])).
		wants("You used a backup code").says("9 are left", "Lost your phone?").press("Go on for now").wants("In: /")
}

// attack: A-52
// attack: A-57
func TestNobodyIsThereBeforeTheFirstFactor(t *testing.T) {
	w := newWorld(t)
	w.tab().get("/mfa/challenge").status(http.StatusUnauthorized).wants("Sign in first")
	w.tab().get("/mfa/").status(http.StatusUnauthorized)
	w.kit.AddApp(alice)
	w.signedIn("/").get("/mfa/").wants("Enter your code") // and the settings are not there before the second
	w.signedIn("/").post("/mfa/change", map[string][]string{"op": {"forget-all"}}).wants("Enter your code")
}

func TestAnotherMethodIsAnotherPageAndBackLeadsToTheOneBefore(t *testing.T) {
	w := newWorld(t)
	w.kit.AddPhone(alice, "+447700900117")
	w.kit.AddEmail(alice, "alice@example.com")
	w.kit.Clock.Advance(time.Hour)
	tab := w.signedIn("/").press("Text a code to +44 ···· 17")
	before := tab.at
	tab.press("E-mail a code to a•••e@example.com").says("We sent an e-mail")
	if tab.at == before {
		t.Error("the second method has the address of the first, so browsers forget the first")
	}
	tab.get(before).says("We sent a text message").press("Continue", "code", w.kit.Outbox.LastCode("+447700900117")).wants("In: /")
}
