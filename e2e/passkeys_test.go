package e2e_test

import (
	"testing"

	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
	"github.com/cofactor-mfa/cofactor/e2e/sitetest"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

const said = "#said"

// visit opens the site in a tab of its own.
func visit(t *testing.T, edit ...func(*webauthn.Config)) (*sitetest.Site, *chromiumtest.Tab) {
	t.Helper()
	s := sitetest.New(t, edit...)
	tab := chromiumtest.Open(t, s.URL)
	tab.WaitText(said, "ready")
	return s, tab
}

// password takes the first step of a sign-in.
func password(tab *chromiumtest.Tab, name string) {
	tab.Type("#name", name)
	tab.Click("#password")
	tab.WaitText(said, "id-of-"+name)
}

// enrol signs a user in with the password, and adds a passkey on the way.
func enrol(tab *chromiumtest.Tab, name string) {
	password(tab, name)
	tab.Click("#add")
	tab.WaitText(said, "keys: 1")
}

func leave(tab *chromiumtest.Tab) {
	tab.Click("#leave")
	tab.Reload()
	tab.WaitText(said, "ready")
}

func TestAPasskeyIsASecondFactorAfterAPassword(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	phone := tab.Phone()
	enrol(tab, "alice")
	if n := len(phone.Credentials()); n != 1 {
		t.Errorf("%d credentials on the phone, want 1", n)
	}
	leave(tab)
	password(tab, "alice")
	tab.WaitText(said, "Not in: ")
	tab.Click("#second")
	tab.WaitText(said, "In: id-of-alice, level 2")
}

func TestAPasskeySignsInAUserWhomNobodyHasNamed(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	tab.Phone()
	enrol(tab, "bob")
	leave(tab)
	tab.Click("#passkey")
	tab.WaitText(said, "In: id-of-bob, level 2")
}

func TestPasskeysAreOfferedUnderTheFieldForTheName(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	tab.Phone()
	enrol(tab, "carol")
	leave(tab)
	tab.Click("#autofill")
	tab.WaitText(said, "In: id-of-carol")
}

// The list under the field stays open as long as the page. Making a passkey must end it, or the browser refuses: one ceremony at a time.
func TestMakingAPasskeyEndsTheOfferUnderTheField(t *testing.T) {
	t.Parallel()
	s, tab := visit(t)
	password(tab, "dave")
	tab.Phone()
	tab.Click("#autofill") // nothing there to choose
	tab.WaitText(said, "")
	tab.Click("#add")
	tab.WaitText(said, "keys: 1")
	if n := len(s.Posted()); n != 1 {
		t.Errorf("%d responses were posted, want only that of the new passkey", n)
	}
}

// cancelled is what a page can know when a ceremony came to nothing, whatever the reason.
const cancelled = "passkey_cancelled: Nothing happened."

func TestWhatCameToNothingHasOneSentence(t *testing.T) {
	t.Parallel()
	t.Run("the device is not sure who holds it", func(t *testing.T) {
		t.Parallel()
		s, tab := visit(t, verifying)
		phone := tab.Phone()
		password(tab, "erin")
		phone.MistakeUser()
		tab.Click("#add")
		tab.WaitText(said, cancelled)
		if n := len(s.Posted()); n != 0 {
			t.Errorf("%d responses were posted, want none", n)
		}
	})
	t.Run("the passkey is gone from the device", func(t *testing.T) {
		t.Parallel()
		_, tab := visit(t)
		phone := tab.Phone()
		enrol(tab, "frank")
		leave(tab)
		phone.Clear()
		password(tab, "frank")
		tab.Click("#second")
		tab.WaitText(said, cancelled)
		tab.Click("#passkey")
		tab.WaitText(said, cancelled)
	})
	t.Run("nobody answered in time", func(t *testing.T) {
		t.Parallel()
		_, tab := visit(t)
		phone := tab.Phone()
		enrol(tab, "grace")
		phone.AwaitTouch()
		got := chromiumtest.Eval[string](tab, `passkeys.get({challenge: 'AAAAAAAAAAAAAAAAAAAAAA', rpId: 'localhost', timeout: 50}).catch((e) => e.id)`)
		if got != "passkey_cancelled" {
			t.Errorf("after the timeout the module says %q", got)
		}
	})
}

func verifying(c *webauthn.Config) { c.UserVerification = webauthn.VerificationRequired }

func TestADeviceThatHasAPasskeyAlreadySaysSo(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	phone := tab.Phone()
	enrol(tab, "heidi")
	tab.Click("#add-signed-in")
	tab.WaitText(said, "passkey_exists: ")
	if n := len(phone.Credentials()); n != 1 {
		t.Errorf("%d credentials on the phone, want the first one only", n)
	}
}

func TestTwoAuthenticatorsOfOneUserBothSignIn(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	phone := tab.Phone()
	enrol(tab, "ivan")
	phone.AwaitTouch() // the browser asks both, and one is touched
	key := tab.SecurityKey()
	tab.Click("#add-signed-in")
	tab.WaitText(said, "keys: 2")
	leave(tab)
	password(tab, "ivan")
	tab.Click("#second")
	tab.WaitText(said, "In: id-of-ivan")
	leave(tab)
	key.Unplug()
	phone.Touch()
	password(tab, "ivan")
	tab.Click("#second")
	tab.WaitText(said, "In: id-of-ivan")
}

func TestAKeyThatVerifiesNobodyIsASecondFactorAndNoMore(t *testing.T) {
	t.Parallel()
	_, tab := visit(t, func(c *webauthn.Config) { c.Preset = webauthn.SecurityKeys })
	tab.OldKey()
	enrol(tab, "judy")
	leave(tab)
	password(tab, "judy")
	tab.Click("#second")
	tab.WaitText(said, "In: id-of-judy, level 2")
	leave(tab)
	tab.Click("#passkey") // alone it would prove one factor
	tab.WaitText(said, cancelled)
}

func TestARemovedPasskeySignsInNoMoreAndTheBrowserIsTold(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	phone := tab.Phone()
	enrol(tab, "mallory")
	kept := phone.Credentials()[0]
	tab.Click("#remove")
	tab.WaitText(said, "keys: 0")
	if n := len(phone.Credentials()); n != 0 {
		t.Errorf("%d credentials on the phone; signalAllAcceptedCredentials with an empty list removes them", n)
	}
	leave(tab)
	phone.Add(kept) // a password manager that had missed the signal
	tab.Click("#passkey")
	tab.WaitText(said, "rejected: ")
	tab.WaitText("#signalled", "told the browser: true")
	if n := len(phone.Credentials()); n != 0 {
		t.Errorf("%d credentials on the phone; signalUnknownCredential removes the one that nobody has", n)
	}
}

func TestAPageOfAnotherAddressHasNoPasskeysOfOurs(t *testing.T) {
	t.Parallel()
	t.Run("the browser sees it", func(t *testing.T) {
		t.Parallel()
		_, tab := visit(t, func(c *webauthn.Config) { c.RPID, c.Origins = "login.example", []string{"https://login.example"} })
		tab.Phone()
		password(tab, "niaj")
		tab.Click("#add")
		tab.WaitText(said, "passkey_wrong_address: ")
	})
	t.Run("the server sees it", func(t *testing.T) {
		t.Parallel()
		_, tab := visit(t, func(c *webauthn.Config) { c.Origins = []string{"http://localhost:1"} })
		tab.Phone()
		password(tab, "olivia")
		tab.Click("#add")
		tab.WaitText(said, "rejected: ")
	})
}
