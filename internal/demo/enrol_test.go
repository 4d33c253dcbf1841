package demo_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/demo"
)

// strictWorld is a demo whose rules ask everybody for a second step.
func strictWorld(t *testing.T) *world {
	t.Helper()
	return newWorld(t, func(c *demo.Config) { c.Require = true })
}

func TestWhoMustHaveASecondStepSetsItUpBeforeTheyAreIn(t *testing.T) {
	t.Parallel()
	w := strictWorld(t)
	b := w.browser()
	p := b.signIn().wants(200, "Set up two-step verification", "Your organisation asks for two-step verification", "Set up an authenticator app")
	b.get("/security").wants(200, "Sign in")
	p = b.post(p.find(`action="(/sign-in/[^"]*)"`), "op", "add", "kind", "totp").wants(200, "Set up an authenticator app", "Step 1 of 2")
	secret := p.secret()
	b.answer(p, "000000").wants(422, "Error: Set up an authenticator app", "That code isn't right.")
	b.get("/security").wants(200, "Sign in")
	before := b.cookies["cofactor_demo"]
	p = b.answer(p, w.oathtool(secret)).wants(200, "Save your backup codes", "Step 2 of 2")
	if b.cookies["cofactor_demo"] == before {
		t.Error("the session keeps the id that it had before the sign-in")
	}
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes").wants(200, "Sign-in security", "Two-step verification is on.")

	b.signOut()
	b.answer(b.signIn().wants(200, "Enter your code"), w.next(secret)).wants(200, "Sign-in security")
	id := b.get("/security").factor("Authenticator app")
	b.post("/security/change", "op", "remove", "factor", id).wants(409, "Error: That didn't work", "Your organisation's rules do not allow this.")
}

// Until then the password opens the way to a set-up, and nothing else: not for who has a second step already, and not to anything that is not a set-up.
func TestTheWayToASetUpIsNoWayIn(t *testing.T) {
	t.Parallel()
	w := strictWorld(t)
	b := w.browser()
	b.signIn()
	p := b.post("/sign-in/methods", "op", "add", "kind", "totp")
	secret := p.secret()
	p = b.answer(p, w.oathtool(secret))
	b.post("/security/setup/cancel", "challenge", p.challenge())
	id := b.get("/security").factor("Authenticator app")

	thief := w.browser()
	thief.signIn().wants(200, "Enter your code")
	thief.get("/sign-in/methods").wants(200, "Sign in")
	for _, path := range []string{"/sign-in/methods", "/security/change"} {
		for _, op := range []string{"add", "remove", "rename", "pay"} {
			for _, kind := range []string{"totp", "backup", "nothing"} {
				q := thief.post(path, "op", op, "kind", kind, "factor", id, "label", "mine", "input", "x")
				if title := q.find(`<title>(.*) – Cofactor demo</title>`); title != "Sign in" && title != "Error: That didn't work" && title != "Error: Sign in" {
					t.Errorf("with the password alone, %s of %s by %s shows %q", op, kind, path, title)
				}
			}
		}
	}
	thief.get("/security/confirm").wants(200, "Sign in")
	if strings.Contains(w.terminal.String(), "begin_step_up") {
		t.Error("who has a password alone has a step-up begun, and so a code sent")
	}
	thief.get("/security").wants(200, "Sign in")
	b.get("/security").wants(200, "Sign-in security", "Authenticator app")

	stranger := w.browser()
	stranger.post("/sign-in/methods", "op", "add", "kind", "totp").wants(200, "Sign in")
}

func TestASetUpInASignInStaysTheSameAndCanBeLeft(t *testing.T) {
	t.Parallel()
	w := strictWorld(t)
	b := w.browser()
	b.signIn()
	p := b.post("/sign-in/methods", "op", "add", "kind", "totp")
	if again := b.get("/sign-in/setup"); again.secret() != p.secret() {
		t.Error("a reload shows another key")
	}
	b.post("/sign-in/setup/cancel", "challenge", p.challenge()).wants(200, "Set up two-step verification")
	b.post("/sign-in/methods", "op", "add", "kind", "backup").wants(409, "Error: That didn't work")
	b.post("/sign-in/methods", "op", "add", "kind", "nothing").wants(http.StatusBadRequest, "Error: That didn't work")
	p = b.post("/sign-in/methods", "op", "add", "kind", "totp")
	secret := p.secret()
	w.pass(11 * time.Minute)
	b.answer(p, w.oathtool(secret)).wants(410, "Error: Set up an authenticator app", "This took too long")
	b.post("/sign-in/methods", "op", "add", "kind", "totp").wants(401, "Error: Sign in", "Sign in again to continue.")
	b.get("/sign-in/methods").wants(401, "Error: Sign in", "Sign in again to continue.")
}

func TestRecentActivityIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	b.signOut()
	p := b.signIn()
	b.answer(p, "000000")
	p = b.answer(b.get("/sign-in/code"), w.next(secret)).
		wants(200, "Sign-in security", "Recent activity", "Signed in: Authenticator app", "Wrong answer: Authenticator app", "Added: Backup codes", "Right password")
	if n := strings.Count(p.body[strings.Index(p.body, `class="events"`):], "<li>"); n != 6 {
		t.Errorf("%d things have happened, want 6", n)
	}
	other := w.browser()
	q := other.post("/sign-in", "username", "bob", "password", "demo")
	if strings.Contains(q.body, "Added") {
		t.Error("bob is shown what alice has done")
	}
	for range 12 {
		b.post("/security/change", "op", "make-default", "factor", b.get("/security").factor("Authenticator app"))
	}
	if n := strings.Count(b.get("/security").body, "Asked for first from now on"); n != 10 {
		t.Errorf("%d things are remembered, want 10", n)
	}
}
