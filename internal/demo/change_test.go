package demo_test

import (
	"strings"
	"testing"
	"time"
)

func TestAnOldProofIsRenewedAndTheChangeGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	id := b.get("/security").factor("Authenticator app")
	w.pass(6 * time.Minute)

	p := b.post("/security/change", "op", "rename", "factor", id, "label", "Pixel 8").
		wants(200, "Confirm it's you", "Enter a code to rename this method.")
	b.answer(p, "000000").wants(422, "Error: Confirm it's you", "That code isn't right.")
	b.get("/security").wants(200, "Sign-in security")
	b.answer(p, w.oathtool(secret)).wants(200, "Sign-in security", "The name is changed.", "Pixel 8")
}

func TestNamesCanBeChangedButNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	id := b.get("/security").factor("Authenticator app")
	b.get("/security/rename?factor="+id).wants(200, "Rename ‘Authenticator app’")
	b.post("/security/change", "op", "rename", "factor", id, "label", "backup codes").
		wants(409, "Error: Rename ‘Authenticator app’", "You already have a method with this name.")
	b.post("/security/change", "op", "rename", "factor", id, "label", " ").
		wants(400, "Error: Rename ‘Authenticator app’", "Enter a name of 1 to 64 characters.")
	p := b.post("/security/change", "op", "rename", "factor", id, "label", `<b>"Pixel" & co</b>`).
		wants(200, "Sign-in security", `<b>"Pixel" & co</b>`)
	if strings.Contains(p.body, "<b>") {
		t.Error("a name is markup")
	}
	b.get("/security/rename?factor=unknown").wants(404, "Error: That didn't work", "You don't have this method any more.")
	b.post("/security/change", "op", "remove", "factor", "unknown").wants(404, "Error: That didn't work")
	b.post("/security/change", "op", "erase").wants(400, "Error: That didn't work")
}

func TestASecondAppCanBeAskedForFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	p := b.post("/security/change", "op", "add", "kind", "totp").wants(200, "Set up an authenticator app")
	second := p.secret()
	p = b.answer(p, w.oathtool(second)).wants(200, "Sign-in security", "Your authenticator app is set up.", "Authenticator app 2")
	b.post("/security/change", "op", "make-default", "factor", p.factor("Authenticator app 2")).
		wants(200, "Sign-in security", "We'll ask for this method first.", "asked for first")
	b.signOut()
	p = b.signIn().wants(200, "Enter your code", "Open ‘Authenticator app 2’", "Use ‘Authenticator app’")
	b.answer(p, w.next(second)).wants(200, "Sign-in security")
}

func TestMovingToANewPhoneLeavesNoGap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, old, codes := w.enrolled()
	p := b.post("/security/change", "op", "add", "kind", "totp", "factor", b.get("/security").factor("Authenticator app"))
	fresh := p.wants(200, "Move to a new phone", "The app on your old phone works until you have finished here.").secret()

	other := w.browser()
	q := other.signIn()
	other.answer(q, w.next(old)).wants(200, "Sign-in security")

	b.answer(p, w.oathtool(fresh)).wants(200, "Sign-in security", "The old one no longer works.", "Backup codes")
	other.get("/security").wants(200, "Sign in") // the change ended it
	q = other.signIn()
	other.answer(q, w.next(old)).wants(422, "Error: Enter your code")
	q = other.post("/sign-in/code/method", "challenge", q.challenge(), "factor", q.find(`name="factor" value="([^"]+)"`))
	other.answer(q, codes[0]).wants(200, "Sign-in security", "You signed in with a backup code. You have 9 left.")
}

func TestRemovingTheLastAppTurnsItOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	p := b.get("/security")
	id := p.factor("Authenticator app")
	b.get("/security/remove?factor="+p.factor("Backup codes")).
		wants(200, "Remove ‘Backup codes’?", "The codes you have saved stop working.")
	b.get("/security/remove?factor="+id).
		wants(200, "Remove ‘Authenticator app’?", "This turns two-step verification off")
	p = b.post("/security/change", "op", "remove", "factor", id).
		wants(200, "Sign-in security", "The method is removed.", "Two-step verification is off.")
	if strings.Contains(p.body, "Get new codes") {
		t.Error("backup codes stay behind alone")
	}
	b.post("/security/change", "op", "add", "kind", "totp").wants(401, "Error: That didn't work", "Sign in again to continue.")
	b.signOut()
	b.signIn().wants(200, "Sign-in security", "off")
	b.post("/security/change", "op", "add", "kind", "totp").wants(200, "Set up an authenticator app")
}

func TestNewCodesEndTheOldOnesWhenTheyAreSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, old := w.enrolled()
	p := b.post("/security/change", "op", "add", "kind", "backup").
		wants(200, "Save your backup codes", "Your old codes stop working when you finish, and not before.")
	fresh := p.codesOf()
	b.post("/security/setup/cancel", "challenge", p.challenge()).wants(200, "Sign-in security")
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes").wants(200, "Sign-in security")

	use := func(code string) page {
		other := w.browser()
		q := other.signIn()
		q = other.post("/sign-in/code/method", "challenge", q.challenge(), "factor", q.find(`name="factor" value="([^"]+)"`))
		return other.answer(q.wants(200, "Enter your code", "Backup code"), code)
	}
	use(old[0]).wants(200, "Sign-in security")
	use(fresh[0]).wants(422, "Error: Enter your code", "That backup code isn't right, or it was used before.")

	p = b.post("/security/change", "op", "add", "kind", "backup")
	fresh = p.codesOf()
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes").wants(200, "Sign-in security", "Your backup codes are saved.")
	use(old[1]).wants(422, "Error: Enter your code")
	use(strings.ToLower(strings.ReplaceAll(fresh[0], "-", " "))).wants(200, "Sign-in security")
	use(fresh[0]).wants(422, "Error: Enter your code")
}

func TestASetupThatIsLeftStaysTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn()
	first := b.post("/security/change", "op", "add", "kind", "totp").secret()
	b.get("/security").wants(200, "Sign-in security", "off")
	p := b.post("/security/change", "op", "add", "kind", "totp")
	if p.secret() != first {
		t.Error("coming back to an open set-up shows another key; an app that has the first one is lost")
	}
	b.post("/security/setup/cancel", "challenge", p.challenge()).wants(200, "Sign-in security", "off")
	if b.post("/security/change", "op", "add", "kind", "totp").secret() == first {
		t.Error("a cancelled set-up comes back")
	}
}

func TestALostPhoneIsReplacedByBackupCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, lost, codes := w.enrolled()
	b.signOut()
	p := b.signIn()
	p = b.post("/sign-in/code/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`))
	p = b.answer(p, codes[3]).
		wants(200, "Sign-in security", "You signed in with a backup code. You have 9 left.", "set up an authenticator app on the new one")
	old := p.factor("Authenticator app")

	b.post("/security/change", "op", "remove", "factor", old).wants(200, "Confirm it's you", "Lost your phone?") // a backup code is not enough for that
	p = b.post("/security/change", "op", "add", "kind", "totp").wants(200, "Set up an authenticator app")
	fresh := p.secret()
	b.answer(p, w.oathtool(fresh)).
		wants(200, "Sign-in security", "Your new method works. If you have lost an old one, remove it below now")
	b.get("/security/remove?factor="+old).wants(200, "Remove ‘Authenticator app’?", "You will still be able to use: ‘Authenticator app 2’, ‘Backup codes’.")
	p = b.post("/security/change", "op", "remove", "factor", old).wants(200, "Sign-in security", "The method is removed.", "on.")
	if strings.Contains(p.body, old) {
		t.Error("the lost app is still there")
	}
	b.signOut()
	b.answer(b.signIn(), w.next(lost)).wants(422, "Error: Enter your code")
	b.answer(b.get("/sign-in/code"), w.oathtool(fresh)).wants(200, "Sign-in security")
}
