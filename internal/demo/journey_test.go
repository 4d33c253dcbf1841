package demo_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

func TestTheFirstTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()

	b.get("/").wants(200, "Sign in")
	b.post("/sign-in", "username", "alice", "password", "wrong").wants(422, "Error: Sign in", "don't match")
	b.signIn().wants(200, "Sign-in security", "Two-step verification is off.", "Anyone with your password can sign in.")

	p := b.post("/security/change", "op", "add", "kind", "totp").wants(200, "Set up an authenticator app", "Step 1 of 2")
	secret := p.secret()
	b.answer(p, "000000").wants(422, "Error: Set up an authenticator app", "That code isn't right. Enter the newest code from your app.")
	if again := b.get("/security/setup"); again.secret() != secret || again.find(`(<svg.*</svg>)`) != p.find(`(<svg.*</svg>)`) {
		t.Error("a reload shows another code to scan; the app that has scanned the first one will never be right")
	}
	code := w.oathtool(secret)
	p = b.answer(p, code[:3]+" "+code[3:]).wants(200, "Save your backup codes", "Step 2 of 2")
	b.post("/security/setup", "challenge", p.challenge()).wants(422, "Error: Save your backup codes", "tick the box")
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes").
		wants(200, "Sign-in security", "Two-step verification is on.", "Your backup codes are saved.", "Backup codes")

	b.signOut()
	b.get("/security").wants(200, "Sign in")
	p = b.signIn().wants(200, "Enter your code", "Open ‘Authenticator app’", "Use a backup code")
	b.answer(p, w.next(secret)).wants(200, "Sign-in security", "Two-step verification is on.")
}

func TestTheCodeToScanIsTheKeyToType(t *testing.T) {
	t.Parallel()
	zbarimg := testenv.Tool(t, "zbarimg")
	w := newWorld(t)
	b := w.browser()
	b.signIn()
	p := b.post("/security/change", "op", "add", "kind", "totp")

	scan := exec.Command(zbarimg, "--raw", "--quiet", "-")
	scan.Stdin = bytes.NewReader(rasterised(t, p.find(`(<svg.*</svg>)`)))
	out, err := scan.Output()
	if err != nil {
		t.Fatalf("zbarimg finds no code in the picture of the page: %v", err)
	}
	uri := strings.TrimSpace(string(out))
	if link := p.find(`href="(otpauth:[^"]+)"`); link != uri {
		t.Errorf("the link to set up on this device is %s, the code to scan says %s", link, uri)
	}
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "otpauth" || u.Path != "/Cofactor demo:alice" || u.Query().Get("issuer") != "Cofactor demo" {
		t.Errorf("the code to scan is for %s", uri)
	}
	secret := u.Query().Get("secret")
	if secret != p.secret() {
		t.Errorf("the code to scan and the key to type differ")
	}
	b.answer(p, w.oathtool(secret)).wants(200, "Save your backup codes")
}

// rasterised is the picture that a browser would draw of the page's SVG: a white square, and one path of black bars.
func rasterised(t *testing.T, svg string) []byte {
	t.Helper()
	const scale = 6
	view := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindStringSubmatch(svg)
	path := regexp.MustCompile(`<path fill="#000" d="([^"]+)"/>`).FindStringSubmatch(svg)
	if view == nil || path == nil {
		t.Fatalf("not the SVG that this test can draw: %.200s", svg)
	}
	side, err := strconv.Atoi(view[1])
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewPaletted(image.Rect(0, 0, side*scale, side*scale), color.Palette{color.White, color.Black})
	for bar := range strings.SplitAfterSeq(path[1], "z") {
		if bar == "" {
			continue
		}
		var x, y, width, back int
		if _, err := fmt.Sscanf(bar, "M%d %dh%dv1H%dz", &x, &y, &width, &back); err != nil || back != x {
			t.Fatalf("not a bar that this test can draw: %q", bar)
		}
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+width)*scale; px++ {
				img.SetColorIndex(px, py, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A person without a phone reads the code in the terminal. It must be one that works, also right after another was used.
func TestTheTerminalShowsCodesThatWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn()
	p := b.post("/security/change", "op", "add", "kind", "totp")
	p = b.answer(p, w.shown()).wants(200, "Save your backup codes")
	b.post("/security/setup", "challenge", p.challenge(), "saved", "yes")
	b.signOut()
	b.answer(b.signIn(), w.shown()).wants(200, "Sign-in security")

	b.signOut()
	b.signIn()
	if !strings.Contains(w.terminal.String(), "alice has used the current codes; load the page again in 30 seconds") {
		t.Errorf("both codes that are accepted now are used up, and the terminal does not say so:\n%s", w.terminal)
	}
	w.pass(30e9)
	b.answer(b.get("/sign-in/code"), w.shown()).wants(200, "Sign-in security")

	for _, want := range []string{"start_login ok alice (a factor has to be proved)", "finish_setup ok alice totp", "finish_login ok alice totp (enough factors proved)"} {
		if !regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d ` + regexp.QuoteMeta(want) + `$`).MatchString(w.terminal.String()) {
			t.Errorf("the terminal has no line %q:\n%s", want, w.terminal)
		}
	}
}

// shown is the code that the terminal showed last.
func (w *world) shown() string {
	w.t.Helper()
	all := regexp.MustCompile(`no phone\? current code for alice: (\d{3} \d{3}) \(demo only\)`).FindAllStringSubmatch(w.terminal.String(), -1)
	if len(all) == 0 {
		w.t.Fatalf("the terminal shows no code:\n%s", w.terminal)
	}
	return all[len(all)-1][1]
}
