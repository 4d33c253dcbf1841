package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// digitsOf writes a code in another script.
func digitsOf(code string, zero rune) string {
	return strings.Map(func(c rune) rune { return zero + c - '0' }, code)
}

// setUpApp sets an authenticator app up, up to the backup codes, and returns it.
func setUpApp(t *testing.T, s *pageSite, tab *chromiumtest.Tab, code func(string) string) *cofactortest.App {
	t.Helper()
	tab.Go(s.url + "/mfa/")
	tab.WaitText("h1", "Sign-in security")
	press(tab, "Set up an authenticator app")
	tab.WaitText("h1", "Set up an authenticator app")
	app := cofactortest.NewApp(t, chromiumtest.Eval[string](tab, `document.querySelector('a[href^="otpauth:"]').href`), s.kit.Clock.Now)
	tab.Type("#code", code(app.Code()))
	press(tab, "Continue")
	tab.WaitText("h1", "Save your backup codes")
	return app
}

func asItIs(code string) string { return code }

func TestAnAppIsSetUpFromItsQRCode(t *testing.T) {
	t.Parallel()
	tool := testenv.Tool(t, "zbarimg")
	s := newPageSite(t)
	tab := s.enter(t)
	tab.WaitText("h1", "Home")
	tab.Go(s.url + "/mfa/")
	press(tab, "Set up an authenticator app")
	tab.WaitText("h1", "Set up an authenticator app")
	scan := func() string {
		t.Helper()
		picture := filepath.Join(t.TempDir(), "page.png")
		tab.Save(picture)
		read, err := exec.CommandContext(t.Context(), tool, "--quiet", "--raw", picture).Output()
		if err != nil {
			t.Fatalf("zbarimg finds no code on the page: %v", err)
		}
		return strings.TrimSpace(string(read))
	}
	uri := chromiumtest.Eval[string](tab, `document.querySelector('a[href^="otpauth:"]').getAttribute('href')`)
	for _, dark := range []bool{false, true} {
		tab.Look(chromiumtest.View{Width: 1280, Height: 1000, Dark: dark})
		if got := scan(); got != uri {
			t.Errorf("the QR code says %q, and the link %q; dark: %v", got, uri, dark)
		}
	}
	tab.Reload()
	if got := scan(); got != uri {
		t.Error("after a reload it is another one")
	}
	key := chromiumtest.Eval[string](tab, `document.querySelector('[data-copy]').dataset.copy`)
	if !strings.Contains(uri, "secret="+key+"&") && !strings.HasSuffix(uri, "secret="+key) {
		t.Errorf("what is copied is %q, and not the key of %q", key, uri)
	}
}

func TestWithoutScriptsEverythingWorksButPasskeys(t *testing.T) {
	t.Parallel()
	s := newPageSite(t)
	tab := chromiumtest.Open(t, s.url+"/sign-in")
	tab.ScriptsOff()
	tab.Reload()
	tab.Click(`form:not([data-passkey]) button`)
	tab.WaitText("h1", "Home")
	app := setUpApp(t, s, tab, asItIs)
	if n := chromiumtest.Eval[int](tab, `[...document.querySelectorAll('[data-copy], [data-print]')].filter((e) => e.checkVisibility()).length`); n != 0 {
		t.Errorf("%d buttons are shown that do nothing without a script", n)
	}
	tab.Click(`input[name="saved"]`)
	press(tab, "Finish")
	tab.WaitText("main", "Two-step verification is on.")
	s.kit.Clock.Advance(time.Minute)
	press(tab, "Sign out")
	tab.WaitText("h1", "Sign in")
	tab.Click(`form:not([data-passkey]) button`)
	tab.WaitText("h1", "Enter your code")
	tab.Type("#code", "000000")
	tab.Press("\r") // Enter works
	tab.WaitText("main", "That code isn't right.")
	tab.Type("#code", app.Code())
	press(tab, "Continue")
	tab.WaitText("h1", "Home")
}

func TestPastedCodesAreTaken(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(string) string{
		"a space":    func(code string) string { return code[:3] + " " + code[3:] },
		"full width": func(code string) string { return digitsOf(code, '０') },
		"Arabic":     func(code string) string { return digitsOf(code, '٠') },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPageSite(t)
			tab := s.enter(t)
			tab.WaitText("h1", "Home")
			setUpApp(t, s, tab, write)
		})
	}
}

func TestBackupCodesAreDownloadedCopiedAndPrinted(t *testing.T) {
	t.Parallel()
	s := newPageSite(t)
	tab := s.enter(t)
	tab.WaitText("h1", "Home")
	setUpApp(t, s, tab, asItIs)
	codes := chromiumtest.Eval[string](tab, `[...document.querySelectorAll('.codes code')].map((e) => e.textContent).join('\n')`)
	if file := chromiumtest.Eval[string](tab, `fetch === undefined ? '' : decodeURIComponent(document.querySelector('a[download]').href.split(',')[1])`); !strings.Contains(file, codes) || !strings.Contains(file, "Account: anna@example.com") || !strings.Contains(file, "Each code works once.") {
		t.Errorf("the file is %q", file)
	}
	if copied := chromiumtest.Eval[string](tab, `document.querySelector('[data-copy]').dataset.copy`); copied != codes {
		t.Errorf("what is copied is %q", copied)
	}
	tab.Look(chromiumtest.View{Width: 800, Height: 1000, Print: true, Dark: true})
	sheet := chromiumtest.Eval[string](tab, `document.body.innerText`)
	if !strings.Contains(strings.Join(strings.Fields(sheet), " "), strings.Join(strings.Fields(codes), " ")) || !strings.Contains(sheet, "Backup codes for Acme. Account: anna@example.com.") {
		t.Errorf("the sheet says\n%s", sheet)
	}
	if n := chromiumtest.Eval[int](tab, `[...document.querySelectorAll('button, a, input')].filter((e) => e.checkVisibility()).length`); n != 0 {
		t.Errorf("%d controls are printed", n)
	}
	if pdf := tab.PDF(); len(pdf) < 1000 || string(pdf[:4]) != "%PDF" {
		t.Errorf("it cannot be printed: %d bytes", len(pdf))
	}
}

func TestTheBackButtonSendsNothing(t *testing.T) {
	t.Parallel()
	s := newPageSite(t)
	s.kit.AddPhone(anna, "+447700900117")
	s.kit.AddEmail(anna, "anna@example.com")
	s.kit.Clock.Advance(time.Hour)
	codes := func() (n int) {
		for _, e := range append(s.kit.Events.Of("begin_login"), s.kit.Events.Of("resend")...) {
			if e.User != "" { // the sign-in page has offered passkeys to nobody in particular
				n++
			}
		}
		return n
	}
	before := codes()
	tab := s.enter(t)
	tab.WaitText("main", "We sent a text message to +44 ···· 17.") // with the password, for it is what is asked for
	press(tab, "E-mail a code to a•••a@example.com")
	tab.WaitText("main", "We sent an e-mail to a•••a@example.com.")
	tab.Back()
	tab.WaitText("main", "We sent a text message")
	tab.Reload()
	tab.WaitText("main", "We sent a text message")
	if n := codes() - before; n != 2 {
		t.Errorf("%d codes were sent, want 2", n)
	}
	tab.Type("#code", s.kit.Outbox.LastCode("+447700900117"))
	press(tab, "Continue")
	tab.WaitText("h1", "Home")
}

func TestTheTabKeyGoesThroughThePageInOrder(t *testing.T) {
	t.Parallel()
	s := newPageSite(t)
	s.kit.AddApp(anna)
	s.kit.AddBackupCodes(anna)
	tab := s.enter(t)
	tab.WaitText("h1", "Enter your code")
	var order []string
	for range 6 {
		order = append(order, chromiumtest.Eval[string](tab, `document.activeElement.name || document.activeElement.textContent.trim()`))
		tab.Press("\t")
	}
	if got, want := strings.Join(order, ", "), "code, trust, Continue, Use a backup code, I can't use any of these, Cancel and sign out"; got != want {
		t.Errorf("the focus goes\n%s\nand not\n%s", got, want)
	}
}

func TestAPasskeyOnThePages(t *testing.T) {
	t.Parallel()
	s := newPageSite(t)
	tab := chromiumtest.Open(t, s.url+"/sign-in")
	phone := tab.Phone()
	phone.AwaitTouch()
	tab.Click(`form:not([data-passkey]) button`)
	tab.WaitText("h1", "Home")
	tab.Go(s.url + "/mfa/")
	press(tab, "Add a passkey")
	tab.WaitText("h1", "Add a passkey")
	phone.Touch()
	press(tab, "Create a passkey")
	tab.WaitText("h1", "Save your backup codes")
	tab.Click(`input[name="saved"]`)
	press(tab, "Finish")
	tab.WaitText("main", "Two-step verification is on.")
	phone.AwaitTouch()

	press(tab, "Sign out") // and then as the second step
	tab.WaitText("h1", "Sign in")
	tab.Click(`form:not([data-passkey]) button`)
	tab.WaitText("h1", "Use your passkey")
	kept := phone.Credentials()[0]
	phone.Touch()
	phone.Clear()
	press(tab, "Use your passkey")
	tab.WaitText("[role=alert]", "Nothing happened. You cancelled, or it took too long.")
	phone.Add(kept)
	press(tab, "Use your passkey")
	tab.WaitText("h1", "Home")

	phone.AwaitTouch() // and by itself, on the application's own page
	tab.Go(s.url + "/sign-in?return=/mfa/")
	press(tab, "Sign in with a passkey")
	phone.Touch()
	tab.WaitText("h1", "Sign-in security")
	press(tab, "Remove: Passkey")
	tab.WaitText("h1", "Remove")
	press(tab, "Remove")
	tab.WaitText("main", "The method is removed.")
	if !eventually(func() bool { return len(phone.Credentials()) == 0 }) {
		t.Error("the device still offers a passkey that was removed")
	}
}

// TestAPasswordIsNotOvertakenByTheOfferOfPasskeys has the options of the sign-in page come late, with a session for nobody, when the password was right already.
func TestAPasswordIsNotOvertakenByTheOfferOfPasskeys(t *testing.T) {
	t.Parallel()
	s := newPageSite(t)
	s.late = make(chan struct{})
	tab := chromiumtest.Open(t, s.url+"/sign-in")
	tab.Phone()
	tab.Reload()
	if !eventually(func() bool {
		return chromiumtest.Eval[bool](tab, `document.querySelector('[data-passkey]').checkVisibility()`)
	}) {
		t.Fatal("passkeys are not offered")
	}
	tab.Click(`form:not([data-passkey]) button`)
	tab.WaitText("h1", "Home")
	tab.Reload()
	tab.WaitText("h1", "Home")
}
