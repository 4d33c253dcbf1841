package message_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/message"
)

var now = time.Date(2030, time.March, 3, 14, 22, 0, 0, time.UTC)

// words are messages of one line, each beginning with the language's name.
func words(l catalogue.Locale, f message.Facts) string {
	s := l.Tag() + " " + f.Name
	switch {
	case f.Label != "":
		s += " “" + f.Label + "”"
	case f.Action != "":
		s += " “" + f.Action + "”"
	}
	if f.Code != "" {
		s += ": " + f.Code
	}
	return s
}

func newWriter(tb testing.TB, cfg message.Config) *message.Writer {
	tb.Helper()
	if cfg.App == "" {
		cfg.App = "Acme"
	}
	if cfg.Words == nil {
		cfg.Words = words
	}
	w, err := message.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func code(locale string) sentcode.Code {
	return sentcode.Code{Locale: locale, Digits: "012345", Purpose: sentcode.SignIn, Sent: now, Expires: now.Add(5 * time.Minute)}
}

func written(tb testing.TB) func(message.Text, error) string {
	return func(t message.Text, err error) string {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return t.Body
	}
}

func TestEverybodyIsWrittenToInTheirLanguage(t *testing.T) {
	t.Parallel()
	w := newWriter(t, message.Config{})
	for asked, want := range map[string]string{"": "en", "de-AT": "de", "ar": "ar", "fr": "en", "en-GB": "en", "en-XA": "en-XA"} {
		text, err := w.Code(code(asked))
		if err != nil || text.Locale != want || text.RTL != (want == "ar") || text.Body != want+" sign-in: 012345" || text.Code != "012345" {
			t.Errorf("who asks for %q is written to in %q, from right to left %v: %q (%v)", asked, text.Locale, text.RTL, text.Body, err)
		}
	}
}

// What is wrong with a message fails the start, and is told with the place of its words. // attack: A-135
func TestEveryMessageIsTriedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		words func(l catalogue.Locale, f message.Facts) string
		want  string // in the error
	}{
		"no words":                   {nil, "Config.Words"},
		"a code that is missing":     {func(catalogue.Locale, message.Facts) string { return "hello" }, "en.yaml:"},
		"a code that is there twice": {func(l catalogue.Locale, f message.Facts) string { return words(l, f) + f.Code }, "does not have the code once"},
		"a code beside an action": {func(l catalogue.Locale, f message.Facts) string {
			return words(l, f) + map[bool]string{true: f.Code}[f.Action != ""]
		}, "sms.confirm in de"},
		"a code without an action": {func(l catalogue.Locale, f message.Facts) string {
			return words(l, f) + map[bool]string{true: f.Code}[f.Minutes == 2]
		}, "does not have"},
		"a notice that is empty": {func(l catalogue.Locale, f message.Facts) string {
			return map[bool]string{true: words(l, f)}[f.Code != "" || f.Label != ""]
		}, "sms.locked in ar: it is empty"},
		"a notice of a kind is empty": {func(l catalogue.Locale, f message.Facts) string {
			return map[bool]string{true: words(l, f)}[f.Kind != "device"]
		}, "it is empty"},
	} {
		w, err := message.New(message.Config{App: "Acme", Words: c.words, ID: "sms."})
		if err == nil || w != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	ok := message.Config{App: "Acme", Words: words}
	for name, edit := range map[string]func(*message.Config){
		"no app":               func(c *message.Config) { c.App = "" },
		"an app of two lines":  func(c *message.Config) { c.App = "Acme\n@evil.example #1" }, // attack: A-136
		"an app that turns":    func(c *message.Config) { c.App = "Acme\u202e" },
		"a long app":           func(c *message.Config) { c.App = strings.Repeat("A", 65) },
		"space around the app": func(c *message.Config) { c.App = " Acme" },
		"a plain http account": func(c *message.Config) { c.Account = "http://acme.example" },
		"a link that acts":     func(c *message.Config) { c.Account = "https://acme.example/?token=1" },
		"a fragment":           func(c *message.Config) { c.Account = "https://acme.example/#t" },
		"a user name":          func(c *message.Config) { c.Account = "https://a@acme.example/" },
		"no host":              func(c *message.Config) { c.Account = "https:///x" },
		"two lines":            func(c *message.Config) { c.Account = "https://acme.example/\nx" },
		"text after it":        func(c *message.Config) { c.Account = "https://acme.example/ or call 1" },
	} {
		cfg := ok
		edit(&cfg)
		if c, err := message.New(cfg); err == nil || c != nil {
			t.Errorf("%s is accepted", name)
		}
	}
	ok.Account = "https://acme.example/account"
	newWriter(t, ok)
}

// What users write is data: it is not parsed, it breaks no line, and it turns nothing around.
//
// attack
func TestTextsOfUsersAreInert(t *testing.T) {
	t.Parallel()
	c := newWriter(t, message.Config{})
	body := written(t)
	for label, want := range map[string]string{
		"{{.Code}}":                            "en factor_added “{{.Code}}”",
		`{{template "sign_in" .}}`:             `en factor_added “{{template "sign_in" .}}”`,
		"Bob\r\nBcc: eve":                      "en factor_added “BobBcc: eve”",
		"a\u2028@evil #1\u0085":                "en factor_added “a@evil #1”",
		"Locked! https://127.0.0.1":            "en factor_added", // What mail programs make a link of, they would in our name.
		"Call us: evil.example/unlock":         "en factor_added",
		"eve@evil.example":                     "en factor_added",
		"evil.\u200bexample":                   "en factor_added",
		"Dr. No's Pixel 8.1":                   "en factor_added “Dr. No's Pixel 8.1”",
		"\u202eleft\u202c \u2067x\u2069\u200b": "en factor_added “left x”",
		"\xff\xfe\x00":                         "en factor_added",
		strings.Repeat("é", 70):                "en factor_added “" + strings.Repeat("é", 63) + "…”",
		"שלום":                                 "en factor_added “שלום”",
	} {
		if got := body(c.Notice(sentcode.Notice{Notice: provider.Notice{Op: provider.NoticeAdded, Label: label, At: now}})); got != want {
			t.Errorf("a factor called %q is told as %q", label, got)
		}
	}
	for action, want := range map[string]string{
		"Pay 5 EUR to {{.Code}}": "en confirm “Pay 5 EUR to {{.Code}}”: 012345",
		"Pay\n@evil.example #1":  "en confirm: 012345",
		"Pay \u202e5":            "en confirm: 012345",
		strings.Repeat("x", 81):  "en confirm: 012345",
	} {
		m := code("en")
		m.Purpose, m.Action = sentcode.Confirm, action
		if got := body(c.Code(m)); got != want {
			t.Errorf("action %q reads %q, want %q", action, got, want)
		}
	}
}

// A channel says what it can carry: in a message of its own words that is checked at once, and what users add is left out when it does not fit.
func TestWhatDoesNotFitIsLeftOut(t *testing.T) {
	t.Parallel()
	errLong := errors.New("over 40 bytes")
	short := func(text message.Text) error {
		if len(text.Body) > 40 {
			return errLong
		}
		return nil
	}
	c := newWriter(t, message.Config{Check: short})
	body := written(t)
	m := code("en")
	m.Purpose, m.Action = sentcode.Confirm, "Pay 5 EUR"
	if got := body(c.Code(m)); got != "en confirm “Pay 5 EUR”: 012345" {
		t.Errorf("an action that fits: %q", got)
	}
	m.Action = "Pay 5 EUR to somebody else"
	if got := body(c.Code(m)); got != "en confirm: 012345" {
		t.Errorf("an action that does not fit: %q", got)
	}
	for label, want := range map[string]string{"Phone": "en factor_added “Phone”", strings.Repeat("W", 30): "en factor_added"} {
		if got := body(c.Notice(sentcode.Notice{Notice: provider.Notice{Op: provider.NoticeAdded, Label: label}})); got != want {
			t.Errorf("label %q: %q", label, got)
		}
	}
	long := func(l catalogue.Locale, f message.Facts) string {
		if l.Tag() == "de" && f.Name == provider.NoticeLocked {
			return strings.Repeat("zu lang ", 8)
		}
		return words(l, f)
	}
	if _, err := message.New(message.Config{App: "Acme", Words: long, ID: "mail.", Check: short}); !errors.Is(err, errLong) ||
		!strings.Contains(err.Error(), "mail.locked in de") || !strings.Contains(err.Error(), "de.yaml:") || strings.Contains(err.Error(), "in en") {
		t.Errorf("a message that never fits: %v", err)
	}
}

func TestNoticesOfLaterVersions(t *testing.T) {
	t.Parallel()
	c := newWriter(t, message.Config{})
	for _, op := range []string{"", "quantum_resistance_lost", "sign_in", "confirm"} {
		text, err := c.Notice(sentcode.Notice{Notice: provider.Notice{Op: op}})
		if err != nil || text.Body != "en notice" || text.Code != "" {
			t.Errorf("notice %q: %q, %v", op, text.Body, err)
		}
	}
}

func TestNothingPrinted(t *testing.T) { // attack: A-124
	t.Parallel()
	c := newWriter(t, message.Config{})
	text, err := c.Code(code("en"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%v %+v %#v %s", text, text, text, &text)
	slog.New(slog.NewTextHandler(&out, nil)).Info("sending", "text", text)
	if strings.Contains(out.String(), "012345") {
		t.Errorf("the code is printed: %s", out.String())
	}
}

func TestAllocations(t *testing.T) {
	c := newWriter(t, message.Config{})
	m := code("de-AT")
	if got := testing.AllocsPerRun(100, func() { _, _ = c.Code(m) }); got > 60 {
		t.Errorf("writing a message makes %v allocations, more than 60", got)
	} else {
		t.Logf("%v allocations", got)
	}
}

func FuzzTextsOfUsers(f *testing.F) {
	c := newWriter(f, message.Config{})
	f.Add("Pixel 8", "en", "Pay")
	f.Add("{{.Code}}\r\nBcc: x", "ar", "\u202e")
	f.Fuzz(func(t *testing.T, label, locale, action string) {
		n, err := c.Notice(sentcode.Notice{Locale: locale, Notice: provider.Notice{Op: provider.NoticeAdded, Label: label}})
		if err != nil || strings.ContainsAny(n.Body, "\r\n\u2028\u2029\u202e\u202d\x00") {
			t.Errorf("a factor called %q is told as %q, %v", label, n.Body, err)
		}
		m := code(locale)
		m.Purpose, m.Action = sentcode.Confirm, action
		text, err := c.Code(m)
		if err != nil || strings.Contains(text.Body, "\n") || !strings.HasSuffix(text.Body, ": 012345") {
			t.Errorf("action %q reads %q, %v", action, text.Body, err)
		}
	})
}
