package demo_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"
)

// An administrator confirms with a method of their own, and hands over a code that is good for one sign-in.
func TestAnAdministratorHelps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.enrolled("alice")
	alice.get("/").press("Sign out")
	carol := w.enrolled("carol")
	w.pass(6 * time.Minute)
	carol.get("/help").within("Alice", "Make a recovery code for Alice").wants("Confirm it's you").says("Recovery code for alice")
	carol.press("Continue", "code", w.shown()).wants("Help somebody").press("Show the code for Alice").wants("A recovery code for Alice")
	code := regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){5}`).FindString(text(carol.doc))

	alice.get("/sign-in").password("alice").press("Use the code from an administrator").press("Continue", "code", code)
	alice.wants("You used a code from an administrator").press("Set up a new method")
	w.tabOf(alice).get("/statement").wants("Your statement")

	carol.get("/help").within("Bob", "Make a recovery code for Bob").says("Recovery code for bob")
	w.pass(30 * time.Second)
	carol.get(carol.at).press("Continue", "code", w.shown()).press("Show the code for Bob").status(http.StatusConflict).says("has no method that could be lost")
}

func TestOnlyAdministratorsHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := url.Values{"person": {"u-c94e"}}
	tab := w.enrolled("alice")
	tab.get("/help").status(http.StatusNotFound)
	tab.post("/help", bob).status(http.StatusNotFound)
	carol := w.enrolled("carol")
	carol.post("/help", url.Values{"person": {"u-52d0"}}).status(http.StatusForbidden).says("Another administrator has to help you.")
	carol.post("/help", url.Values{"person": {"u-none"}}).status(http.StatusNotFound)
	w.tab().post("/help", bob).wants("Sign in")
}
