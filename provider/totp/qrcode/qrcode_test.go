package qrcode_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider/totp/qrcode"
)

const uri = "otpauth://totp/Acme%20%26%20S%C3%B6hne:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30"

// texts are short and long, of the three alphabets that QR codes have modes for. An odd and an even number of rows cannot both occur: all
// sizes are odd.
var texts = []string{"0", "12345678", "HELLO WORLD", "otpauth://totp/a:b?secret=A", uri, strings.Repeat("long ", 260)}

// grid is a picture as dark and light modules, quiet zone included.
type grid [][]bool

// modules is what the library says the code of a text is, with the quiet zone around it.
func modules(t testing.TB, text string) grid {
	t.Helper()
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	g := make(grid, code.Size+8)
	for y := range g {
		g[y] = make([]bool, code.Size+8)
		for x := range g[y] {
			g[y][x] = code.Black(x-4, y-4)
		}
	}
	return g
}

func encode(t testing.TB, text string) *qrcode.Code {
	t.Helper()
	code, err := qrcode.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestPNG(t *testing.T) {
	t.Parallel()
	for _, text := range texts {
		b, err := encode(t, text).PNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		want := modules(t, text)
		if colours, ok := img.ColorModel().(color.Palette); !ok || len(colours) != 2 {
			t.Errorf("the PNG has more than two colours")
		}
		scale := img.Bounds().Dx() / len(want)
		if img.Bounds().Dx() != img.Bounds().Dy() || img.Bounds().Dx()%len(want) != 0 {
			t.Fatalf("%v for %d modules", img.Bounds(), len(want))
		}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if (color.GrayModel.Convert(img.At(x, y)) == color.Gray{0}) != want[y/scale][x/scale] {
					t.Fatalf("pixel %d,%d is wrong", x, y)
				}
			}
		}
		zbar(t, b, text)
	}
	if b, _ := encode(t, uri).PNG(); len(b) > 2048 {
		t.Errorf("the PNG of a URI has %d bytes", len(b))
	}
}

// element is all that the SVG may consist of; an attribute that is not here fails the test.
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Inner   []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestSVG(t *testing.T) {
	t.Parallel()
	for _, text := range texts {
		svg := encode(t, text).SVG(`A "label" <b>&`)
		var root element
		if err := xml.Unmarshal([]byte(svg), &root); err != nil {
			t.Fatal(err)
		}
		want := modules(t, text)
		n := strconv.Itoa(len(want))
		if root.XMLName.Local != "svg" || len(root.Inner) != 2 || root.Inner[0].XMLName.Local != "rect" || root.Inner[1].XMLName.Local != "path" {
			t.Fatalf("want an svg of one rect and one path: %.300s", svg)
		}
		if root.attr("role") != "img" || root.attr("aria-label") != `A "label" <b>&` || root.attr("viewBox") != "0 0 "+n+" "+n {
			t.Errorf("%.300s", svg)
		}
		rect, path := root.Inner[0], root.Inner[1]
		if rect.attr("width") != n || rect.attr("height") != n || rect.attr("fill") != "#fff" || path.attr("fill") != "#000" {
			t.Errorf("black must be on white whatever the page is: %.300s", svg)
		}
		got := draw(t, path.attr("d"), len(want))
		if !same(got, want) {
			t.Errorf("%.40q: the path draws another code", text)
		}
		zbar(t, picture(t, got), text)
	}
}

// A policy of default-src 'none' lets the element through only if it neither styles, scripts nor loads anything.
func TestSVGNeedsNothingOfAContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	svg := encode(t, uri).SVG("QR code")
	for _, forbidden := range []string{"style", "script", "href", "url(", "<!", "<?", "class=", " on", "data:", "<image", "<use", "foreignObject"} {
		if strings.Contains(svg, forbidden) {
			t.Errorf("the SVG has %q", forbidden)
		}
	}
	if strings.Contains(svg, "GEZDGNBV") {
		t.Error("the text, which is a secret, is in the markup")
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	for _, text := range texts {
		want := modules(t, text)
		got := read(t, encode(t, text).Terminal())
		if len(got) != len(want)+1 {
			t.Fatalf("%d rows for %d modules", len(got), len(want))
		}
		for _, dark := range got[len(want)] {
			if dark {
				t.Error("the half row below the code must be white")
			}
		}
		if !same(got[:len(want)], want) {
			t.Errorf("%.40q: the terminal shows another code", text)
		}
		zbar(t, picture(t, got), text)
	}
}

// read is what a terminal shows: it starts in colours of its own, so what is not coloured explicitly is an error.
func read(t testing.TB, text string) grid {
	t.Helper()
	var g grid
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		line, coloured := strings.CutPrefix(line, "\x1b[38;5;16;48;5;231m") // Black on white, the same in every theme.
		line, reset := strings.CutSuffix(line, "\x1b[0m")
		if !coloured || !reset {
			t.Fatalf("a line must set its colours and reset them: %q", line)
		}
		var upper, lower []bool
		for _, r := range line {
			if !strings.ContainsRune(" ▀▄█", r) {
				t.Fatalf("%q is no half block", r)
			}
			upper, lower = append(upper, r == '▀' || r == '█'), append(lower, r == '▄' || r == '█')
		}
		g = append(g, upper, lower)
	}
	return g
}

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1H(\d+)z`)

// draw fills the runs of a path. A module that is drawn twice is an error, as is anything else in the path.
func draw(t testing.TB, path string, n int) grid {
	t.Helper()
	if rest := run.ReplaceAllString(path, ""); rest != "" {
		t.Fatalf("the path has %q", rest)
	}
	g := make(grid, n)
	for y := range g {
		g[y] = make([]bool, n)
	}
	for _, m := range run.FindAllStringSubmatch(path, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		width, _ := strconv.Atoi(m[3])
		if m[4] != m[1] {
			t.Fatalf("a run does not close: %s", m[0])
		}
		for i := range width {
			if g[y][x+i] {
				t.Fatalf("%d,%d is drawn twice", x+i, y)
			}
			g[y][x+i] = true
		}
	}
	return g
}

func same(a, b grid) bool {
	if len(a) != len(b) {
		return false
	}
	for y := range a {
		for x := range a[y] {
			if a[y][x] != b[y][x] {
				return false
			}
		}
	}
	return true
}

// picture paints modules, eight pixels each, so that a scanner can look at them.
func picture(t testing.TB, g grid) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, len(g[0])*8, len(g)*8))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if !g[y/8][x/8] {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zbar reads a picture with a scanner that is not ours.
func zbar(t *testing.T, picture []byte, want string) {
	t.Helper()
	tool := testenv.Tool(t, "zbarimg")
	file := filepath.Join(t.TempDir(), "qr.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "--quiet", "--raw", "--oneshot", "-Sdisable", "-Sqrcode.enable", file).Output()
	if err != nil {
		t.Fatalf("zbarimg finds no code: %v", err)
	}
	if got := strings.TrimSuffix(string(out), "\n"); got != want {
		t.Errorf("zbarimg reads %q, want %q", got, want)
	}
}

func TestTooLongIsTyped(t *testing.T) {
	t.Parallel()
	if _, err := qrcode.Encode(strings.Repeat("a", 2953)); err != nil {
		t.Errorf("2953 bytes fit: %v", err)
	}
	for _, n := range []int{2954, 1 << 20} {
		secret := strings.Repeat("s", n)
		if code, err := qrcode.Encode(secret); !errors.Is(err, qrcode.ErrTooLong) || code != nil || strings.Contains(err.Error(), "ss") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, err := qrcode.Encode(text)
		if (err == nil) != (len(text) <= 2953) {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		if err != nil {
			return
		}
		want := modules(t, text)
		if got := read(t, code.Terminal()); !same(got[:len(want)], want) {
			t.Error("the terminal shows another code")
		}
		m := regexp.MustCompile(` d="([^"]*)"`).FindStringSubmatch(code.SVG(text))
		if m == nil || !same(draw(t, m[1], len(want)), want) {
			t.Error("the SVG draws another code")
		}
	})
}
