package e2e_test

import (
	"flag"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
)

var pictures = flag.String("pictures", "", "folder to write the pictures of the README into, such as ../docs/images")

// The README shows the demo in the light and in the dark. Here it is walked to where those pictures are taken; they are kept if somebody asks for them.
func TestPicturesOfTheDemo(t *testing.T) {
	t.Parallel()
	dir := *pictures
	if dir == "" {
		dir = t.TempDir()
	}
	url, says := startDemo(t)
	tab := chromiumtest.Open(t, url)
	shown := func() string {
		all := regexp.MustCompile(`current code for alice: (\d{3} \d{3})`).FindAllStringSubmatch(says.String(), -1)
		if len(all) == 0 {
			t.Fatalf("the terminal shows no code:\n%s", says)
		}
		return all[len(all)-1][1]
	}
	sent := func() string {
		all := regexp.MustCompile(`(?m)^  │ (\d{6})\b`).FindAllStringSubmatch(says.String(), -1)
		if len(all) == 0 {
			t.Fatalf("the terminal shows no message:\n%s", says)
		}
		return all[len(all)-1][1]
	}
	take := func(name string, width, height int) {
		var backgrounds [2]string
		for i, scheme := range []string{"light", "dark"} {
			tab.Look(chromiumtest.View{Width: width, Height: height, Dark: scheme == "dark"})
			backgrounds[i] = chromiumtest.Eval[string](tab, `getComputedStyle(document.body).backgroundColor`)
			tab.Screenshot(filepath.Join(dir, name+"-"+scheme+".png"))
		}
		if backgrounds[0] == backgrounds[1] {
			t.Errorf("%s is %s in the light and in the dark", name, backgrounds[0])
		}
	}

	demoPassword(tab, "alice")
	tab.WaitText(heading, security)
	tab.Click(`section[aria-labelledby="add"] form:has([value="totp"]) button`)
	tab.WaitText(heading, "Set up an authenticator app")
	tab.Type("#code", shown())
	tab.Click(`form:has(#code) button`)
	tab.WaitText(heading, "Save your backup codes")
	tab.Click(`input[name="saved"]`)
	tab.Click(`form[data-leave] button`)
	tab.WaitText("main", "Two-step verification is on")
	tab.Go(url + "/mfa/")
	tab.Click(`section[aria-labelledby="add"] form:has([value="sms"]) button`)
	tab.Type("#input", "+44 7700 900123")
	tab.Click(`form:has(#input) button`)
	tab.WaitText("main", "We sent a text message")
	tab.Type("#code", sent())
	tab.Click(`form:has(#code) button`)
	tab.WaitText(heading, security)
	tab.Go(url + "/mfa/")
	take("settings", 720, 670)

	tab.Go(url)
	signOut(tab)
	demoPassword(tab, "alice")
	tab.WaitText(heading, "Enter your code")
	take("challenge", 560, 740)
}
