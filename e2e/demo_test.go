package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/demo"
	"github.com/cofactor-mfa/cofactor/keyset"
)

// terminal is what the demo says.
type terminal struct {
	mu   sync.Mutex
	said strings.Builder
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.Write(p)
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.String()
}

// startDemo serves the demo as its command does, for as long as the test lasts.
func startDemo(t *testing.T) (url string, says *terminal) {
	t.Helper()
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	listeners, port, err := demo.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	url, says = fmt.Sprintf("http://localhost:%d", port), &terminal{}
	site, err := demo.New(demo.Config{
		Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), AEAD: keys, Terminal: says, Now: time.Now, Origin: url, Pepper: make([]byte, 32), KeepSecrets: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	handler := site.Handler()
	go func() { ended <- demo.Serve(ctx, handler, listeners) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return url, says
}

// The pages of the demo, by what is on them.
const (
	heading       = "h1"
	passkeyButton = "form[data-passkey] button"
	alonePasskey  = "#passkey button"
	security      = "Sign-in security"
)

// visitDemo is the demo in a tab of its own, with a telephone that waits for its owner's finger.
func visitDemo(t *testing.T) (tab *chromiumtest.Tab, phone *chromiumtest.Device, url string) {
	t.Helper()
	url, _ = startDemo(t)
	tab = chromiumtest.Open(t, url)
	tab.WaitText(heading, "Sign in")
	phone = tab.Phone()
	phone.AwaitTouch()
	return tab, phone, url
}

// demoPassword takes the first step of a sign-in at the demo.
func demoPassword(tab *chromiumtest.Tab, name string) {
	tab.WaitText(heading, "Sign in")
	tab.Type("#username", name)
	tab.Type("#password", "demo")
	tab.Click(`form[action="/sign-in"] button`)
}

// addPasskey has somebody who is signed in add one, with the backup codes that come with the first, and ends at home.
func addPasskey(tab *chromiumtest.Tab, phone *chromiumtest.Device, url string) {
	tab.WaitText(heading, security)
	tab.Click(`.advice button`)
	tab.WaitText(heading, "Add a passkey")
	phone.Touch()
	tab.Click(passkeyButton)
	tab.WaitText(heading, "Save your backup codes")
	tab.Click(`input[name="saved"]`)
	tab.Click(`form[data-leave] button`)
	tab.WaitText("main", "Two-step verification is on")
	phone.AwaitTouch()
	tab.Go(url)
	tab.WaitText(heading, "Hello, ")
}

func signOut(tab *chromiumtest.Tab) {
	tab.Click(`form[action="/sign-out"] button`)
	tab.WaitText(heading, "Sign in")
}

func TestInTheDemoAPasskeyIsAddedAndIsASecondStep(t *testing.T) {
	t.Parallel()
	tab, phone, url := visitDemo(t)
	demoPassword(tab, "alice")
	addPasskey(tab, phone, url)
	if n := len(phone.Credentials()); n != 1 {
		t.Errorf("%d passkeys on the telephone, want 1", n)
	}
	signOut(tab)
	demoPassword(tab, "alice")
	tab.WaitText(heading, "Use your passkey")
	phone.Touch()
	tab.Click(passkeyButton)
	tab.WaitText(heading, "Hello, Alice")
	tab.Go(url + "/mfa/")
	tab.WaitText("main", "Two-step verification is on.")
	tab.WaitText("main", "Signed in: passkey")
}

func TestInTheDemoAPasskeySignsInAlone(t *testing.T) {
	t.Parallel()
	t.Run("from the list under the field for the name", func(t *testing.T) {
		t.Parallel()
		tab, phone, url := visitDemo(t)
		demoPassword(tab, "alice")
		addPasskey(tab, phone, url)
		phone.Touch() // chooses what is offered
		tab.Click(`form[action="/sign-out"] button`)
		tab.WaitText(heading, "Hello, Alice")
	})
	t.Run("by the button", func(t *testing.T) {
		t.Parallel()
		tab, phone, url := visitDemo(t)
		demoPassword(tab, "bob")
		addPasskey(tab, phone, url)
		signOut(tab)
		tab.Click(alonePasskey)
		phone.Touch()
		tab.WaitText(heading, "Hello, Bob")
	})
}

func TestInTheDemoARemovedPasskeyIsForgottenByItsDevice(t *testing.T) {
	t.Parallel()
	tab, phone, url := visitDemo(t)
	demoPassword(tab, "alice")
	addPasskey(tab, phone, url)
	kept := phone.Credentials()[0]
	tab.Go(url + "/mfa/")
	tab.Click(`form[action="/mfa/remove"] button`)
	tab.WaitText(heading, "Remove")
	tab.Click(`form[action="/mfa/change"] button`)
	tab.WaitText("main", "The method is removed.")
	if !eventually(func() bool { return len(phone.Credentials()) == 0 }) {
		t.Error("the device still offers a passkey that was removed")
	}
	phone.Add(kept) // another device of the same owner, which was not there
	tab.Go(url)
	signOut(tab)
	tab.Click(alonePasskey)
	phone.Touch() // not before: it would answer what the field for the name offers, and the page would be gone before the click
	tab.WaitText("main", "We don't know this passkey.")
	if !eventually(func() bool { return len(phone.Credentials()) == 0 }) {
		t.Error("the device still offers a passkey that exists nowhere")
	}
}

func TestInTheDemoAPasskeyThatCameToNothingIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	tab, phone, url := visitDemo(t)
	demoPassword(tab, "alice")
	addPasskey(tab, phone, url)
	signOut(tab)
	demoPassword(tab, "alice")
	tab.WaitText(heading, "Use your passkey")
	phone.Touch()
	credential := phone.Credentials()[0]
	phone.Clear()
	tab.Click(passkeyButton)
	tab.WaitText("form[data-passkey] .error", "Nothing happened.")
	phone.Add(credential)
	tab.Click(passkeyButton)
	tab.WaitText(heading, "Hello, Alice")
}

// The whole of a step-up in a browser: what is confirmed is shown, and the form that asked for it comes back filled in.
func TestInTheDemoAPaymentIsConfirmed(t *testing.T) {
	t.Parallel()
	tab, phone, url := visitDemo(t)
	demoPassword(tab, "alice")
	addPasskey(tab, phone, url)
	tab.Go(url + "/pay")
	tab.Click("main button")
	tab.WaitText("main", "Send 500 EUR to ACME")
	tab.Click("main button")
	tab.WaitText(heading, "Confirm it's you")
	tab.WaitText("main", "Send 500 EUR to ACME")
	phone.Touch()
	tab.Click(passkeyButton)
	tab.WaitText("main", "You have confirmed this.")
	tab.Click("main button")
	tab.WaitText("main", "Done: Send 500 EUR to ACME.")
}

// eventually waits for the browser, which does some things when it has time.
func eventually(happened func() bool) bool {
	for range 100 {
		if happened() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
