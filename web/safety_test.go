package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// flightOf is the cookie of what a tab has under way.
func (t *tab) flight() *http.Cookie {
	t.w.t.Helper()
	_, handle, _ := strings.Cut(t.at, "c=")
	name := "__Secure-mfa-" + handle
	return &http.Cookie{Name: name, Value: t.w.cookies[name]}
}

// TestWhatATabHasUnderWayCannotBeMadeByAnybodyElse plants the cookie of one session in another: a neighbour on a subdomain can set cookies.
// attack: A-64
// attack: A-77
func TestWhatATabHasUnderWayCannotBeMadeByAnybodyElse(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddEmail(alice, "alice@example.com")
	w.kit.Clock.Advance(time.Hour)
	thief := w.signedIn("/mfa/").press("Continue", "code", app.Code())
	w.kit.Clock.Advance(6 * time.Minute)
	thief.within("a•••e@example.com", "Remove: E-mail").press("Remove").wants("Confirm it's you") // and here the thief does not go on
	planted, at := thief.flight(), thief.at
	if planted.Value == "" {
		t.Fatal("there is no cookie")
	}

	if thief.get(at).says("to remove this method").h1() != "Confirm it's you" {
		t.Fatal("the cookie is not good in its own session")
	}
	victim := w.signedIn("/mfa/").press("Continue", "code", app.Code())
	w.kit.Clock.Advance(time.Minute)
	victim.b.Header.Set("Cookie", planted.String())
	victim.get(at).saysNot("to remove this method")
	victim.press("Continue", "code", app.Code())
	for _, e := range w.kit.Events.Of("remove") {
		if e.Result == "ok" {
			t.Error("a removal that another session had begun was carried out")
		}
	}

	for i := range planted.Value {
		changed := []byte(planted.Value)
		changed[i] ^= 1
		thief.b.Header.Set("Cookie", planted.Name+"="+string(changed))
		if i%37 == 0 {
			thief.get(at).saysNot("to remove this method")
		}
	}
}

// TestFormsOfOtherSitesDoNothing sends every form of the pages from elsewhere.
func TestFormsOfOtherSitesDoNothing(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code()).wants("Sign-in security")
	before := len(w.kit.Events.All())
	tab.b.Header.Set("Sec-Fetch-Site", "cross-site")
	tab.b.Header.Set("Origin", "https://evil.example")
	for _, path := range []string{
		"/mfa/change", "/mfa/challenge", "/mfa/challenge/begin", "/mfa/challenge/again", "/mfa/confirm", "/mfa/confirm/begin", "/mfa/setup", "/mfa/setup/begin",
		"/mfa/setup/again", "/mfa/setup/cancel", "/mfa/passkey", "/mfa/passkey/begin", "/mfa/sign-out",
	} {
		tab.post(path, url.Values{"op": {"forget-all"}, "kind": {"totp"}}).status(http.StatusForbidden).says("This form came from another site, so nothing was done.")
	}
	for _, e := range w.kit.Events.All()[before:] {
		if e.Op != "stands" && e.Op != "look" {
			t.Errorf("a form of another site has done %s", e.Op)
		}
	}
}

// TestAGetChangesNothing loads every page, with everything a link could say.
// attack: A-165
func TestAGetChangesNothing(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddPhone(alice, "+447700900117")
	w.kit.Clock.Advance(time.Hour)
	pending := w.signedIn("/")
	in := w.signedIn("/mfa/").press("Continue", "code", app.Code()).wants("Sign-in security")
	sent, before := len(w.kit.Outbox.Messages()), len(w.kit.Events.All())
	for _, tab := range []*tab{pending, in} {
		for _, path := range []string{
			"", "/", "/challenge", "/confirm", "/choose", "/input?kind=sms", "/setup", "/recovered", "/finished", "/rename?factor=x", "/remove?factor=x",
			"/change?op=forget-all", "/setup/begin?kind=sms&input=%2B447700900118", "/challenge/begin?factor=x", "/sign-out", "/passkey/begin",
		} {
			tab.get("/mfa" + path)
		}
	}
	if n := len(w.kit.Outbox.Messages()); n != sent {
		t.Errorf("loading pages has sent %d messages", n-sent)
	}
	for _, e := range w.kit.Events.All()[before:] {
		if e.Op != "stands" && e.Op != "look" {
			t.Errorf("loading a page has done %s: %s", e.Op, e.Result)
		}
	}
	in.get("/mfa/").wants("Sign-in security") // and nobody was signed out
}

// attack
func TestAFormThatIsTooLongIsRefusedUnread(t *testing.T) {
	w := newWorld(t)
	w.kit.AddApp(alice)
	tab := w.signedIn("/")
	before := len(w.kit.Events.All())
	tab.post("/mfa/challenge", url.Values{"code": {strings.Repeat("1", 64<<10)}}).status(http.StatusRequestEntityTooLarge).says("This form is damaged, so nothing was done.")
	if n := len(w.kit.Events.All()); n != before {
		t.Error("it was looked at")
	}
	tab.get("/mfa/challenge").press("Continue", "code", strings.Repeat("1", 65)).says("The code is 6 digits. You entered 65.")
}

func TestNobodyIsSentToAnotherSite(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	for _, to := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "/..//evil.example", "https:evil.example"} {
		tab := w.signedIn("/").get("/mfa/challenge?return=" + url.QueryEscape(to))
		w.kit.Clock.Advance(time.Minute)
		tab.press("Continue", "code", app.Code())
		if tab.h1() != "In: /" || tab.at != "/" {
			t.Errorf("%q has led to %s", to, tab.at)
		}
	}
}

// breakable is a challenge store that can be down.
type breakable struct {
	challenge.Store
	down bool
}

func (b *breakable) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	if b.down {
		return challenge.Record{}, errors.New("down")
	}
	return b.Store.Create(ctx, now, k, r, take...)
}

// attack: A-149
func TestNobodyGetsInWhileTheStoreIsDown(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/")
	w.fail = errors.New("the session store is down")
	tab.press("Continue", "code", app.Code()).status(http.StatusServiceUnavailable).says("We can't check this right now. Try again in a minute.")
	w.fail = nil

	stores := &breakable{Store: challenge.NewMemory()}
	w = newWorld(t, func(s *setting) { s.kit.Registry.Challenges = stores })
	app = w.kit.AddApp(alice)
	tab = w.signedIn("/")
	stores.down = true
	tab.press("Continue", "code", app.Code()).status(http.StatusServiceUnavailable).says("We can't check this right now.")
	stores.down = false
	tab.press("Continue", "code", app.Code()).wants("In: /")
}

// TestNoAddressHasASecretInIt follows a whole set-up and looks at where it goes.
// attack: A-94
// attack: A-142
func TestNoAddressHasASecretInIt(t *testing.T) {
	w := newWorld(t, optional)
	var addresses []string
	tab := w.signedIn("/").get("/mfa/").within("Text message", "Add a phone number").press("Send a code", "input", "+44 7700 900117")
	addresses = append(addresses, tab.at)
	code := w.kit.Outbox.LastCode("+447700900117")
	if strings.Contains(string(tab.last.Body), code) {
		t.Error("the page has the code that was sent")
	}
	tab.press("Continue", "code", code)
	addresses = append(addresses, tab.at)
	codes := tab.codes()
	tab.press("Finish", "saved", "yes")
	addresses = append(addresses, tab.at)
	for _, at := range addresses {
		for _, secret := range append(codes, code, "7700", "+44", "alice") {
			if strings.Contains(at, secret) {
				t.Errorf("the address %s has %q in it", at, secret)
			}
		}
	}
	if page := w.signedIn("/").get("/mfa/"); strings.Contains(string(page.last.Body), codes[0]) {
		t.Error("backup codes are shown again")
	}
}

func TestTheBestMethodOfThisBrowserComesFirst(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	w.kit.AddPasskey(alice)
	tab := w.signedIn("/").wants("Use your passkey") // the strongest
	tab.press("Use “Authenticator app”").press("Continue", "code", app.Code()).wants("In: /")
	tab.post("/sign-in", nil).wants("Enter your code") // what was used here
	w.signedIn("/").wants("Use your passkey")          // and only here
}

func TestAMessageIsSentWithThePasswordIfItIsWhatIsAskedFor(t *testing.T) {
	w := newWorld(t)
	w.sends = true
	w.kit.AddPhone(alice, "+447700900117")
	w.kit.Clock.Advance(time.Hour)
	tab := w.signedIn("/there").wants("Enter your code").says("We sent a text message to +44 ···· 17")
	tab.press("Continue", "code", w.kit.Outbox.LastCode("+447700900117")).wants("In: /there")
	w.signedIn("/there").wants("Confirm it's you").press("Text a code to +44 ···· 17").status(http.StatusTooManyRequests) // no sooner than the budgets allow
}

func TestCookiesStayFewAndSmall(t *testing.T) {
	w := newWorld(t)
	app := w.kit.AddApp(alice)
	tab := w.signedIn("/mfa/").press("Continue", "code", app.Code())
	w.kit.Clock.Advance(6 * time.Minute)
	for range 9 {
		tab.get("/mfa/").within("Authenticator app", "Rename: Authenticator app").press("Save", "label", "A new name").wants("Confirm it's you")
		w.kit.Clock.Advance(time.Second)
	}
	n, size := 0, 0
	for name, value := range w.cookies {
		if strings.HasPrefix(name, "__Secure-mfa-") && name != "__Secure-mfa-last" && value != "" {
			n, size = n+1, size+len(value)
		}
	}
	if n != 4 || size > 5<<10 { // the newest, and three before it
		t.Errorf("the pages have %d cookies of %d bytes; 4 of at most 5 KiB in all are wanted", n, size)
	}
	tab.press("Continue", "code", app.Code()).wants("Sign-in security").says("A new name")
}

func TestTheCookieIsKeptFromScriptsAndFromOtherConnections(t *testing.T) {
	w := newWorld(t, optional)
	tab := w.signedIn("/").get("/mfa/")
	form := filled(parent(tab.find("input", "name", "kind", "value", "totp"), "form"))
	reply := tab.b.Post("/mfa/setup/begin", form)
	var found *http.Cookie
	for _, line := range reply.Header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && strings.HasPrefix(c.Name, "__Secure-mfa-") {
			found = c
		}
	}
	if found == nil || !found.HttpOnly || !found.Secure || found.SameSite != http.SameSiteLaxMode || found.Path != "/mfa" || found.Domain != "" || found.MaxAge != 600 {
		t.Errorf("the cookie is %+v", found)
	}
}

func TestARecoveryOpensTheWayToANewPhone(t *testing.T) {
	w := newWorld(t)
	w.kit.AddApp(alice)
	codes := w.kit.AddBackupCodes(alice)
	tab := w.signedIn("/").press("Use a backup code").press("Continue", "code", codes[3]).wants("You used a backup code").says("9 are left")
	tab.press("Set up a new method").wants("Set up two-step verification").within("Authenticator app", "Set up an authenticator app")
	app := cofactortest.NewApp(t, tab.uri(), w.kit.Clock.Now)
	tab.press("Finish", "code", app.Code(), "name", "New phone").wants("Sign-in security").says("Your new method is set up.")
	tab.within("Authenticator app", "Remove: Authenticator app").press("Remove").wants("Sign-in security").says("The method is removed.")
}

func TestAFrenchVisitorGetsEnglishAndAnArabOneArabic(t *testing.T) {
	w := newWorld(t)
	w.kit.AddApp(alice)
	tab := w.tab()
	for header, want := range map[string]string{"fr": "en", "ar-EG, en;q=0.5": "ar", "de-AT": "de", "": "en"} {
		tab.b.Header.Set("Accept-Language", header)
		tab.post("/sign-in", nil)
		if got := attr(tab.find("html"), "lang"); got != want {
			t.Errorf("%q gets a page in %q", header, got)
		}
	}
	w.user.Locale = "ar"
	tab.b.Header.Set("Accept-Language", "de")
	tab.post("/sign-in", nil)
	if got := attr(tab.find("html"), "lang"); got != "ar" {
		t.Errorf("the user's own language is not used: %q", got)
	}
}
