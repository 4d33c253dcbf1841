package message_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/message"
)

var now = time.Date(2030, time.March, 3, 14, 22, 0, 0, time.UTC)

// blocks is a complete language of one-line messages, each beginning with the language's name.
func blocks(language string) map[string]string {
	b := map[string]string{
		message.SignIn:  language + " {{.App}}: {{.Code}}",
		message.SetUp:   language + " set up {{.App}}: {{.Code}}",
		message.Confirm: language + ` {{if .Action}}confirm “{{.Action}}”{{else}}confirm{{end}}: {{.Code}}`,
		message.General: language + " something happened",
	}
	for _, op := range []string{
		provider.NoticeAdded, provider.NoticeRemoved, provider.NoticeReplaced, provider.NoticeDisabled, provider.NoticeRecoveryUsed,
		provider.NoticeRecoveryLastUsed, provider.NoticeRecoveryIssued, provider.NoticeReset, provider.NoticeTrusted, provider.NoticeLocked,
		provider.NoticeAfterFailures,
	} {
		b[op] = language + " " + op + `{{if .Label}} “{{.Label}}”{{end}}`
	}
	return b
}

func file(b map[string]string) *fstest.MapFile {
	var s strings.Builder
	for _, name := range slices.Sorted(maps.Keys(b)) {
		fmt.Fprintf(&s, "{{define %q}}%s{{end}}\n", name, b[name])
	}
	return &fstest.MapFile{Data: []byte(s.String())}
}

// folder is a complete folder of these languages.
func folder(languages ...string) fstest.MapFS {
	f := fstest.MapFS{}
	for _, l := range languages {
		f[l+".tmpl"] = file(blocks(l))
	}
	return f
}

func newCatalog(tb testing.TB, cfg message.Config) *message.Catalog {
	tb.Helper()
	if cfg.App == "" {
		cfg.App = "Acme"
	}
	c, err := message.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return c
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

func TestLanguages(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("ar", "de", "en", "en-XA", "pt-BR")}})
	if got := c.Locales()[0]; got != "en" || len(c.Locales()) != 5 {
		t.Errorf("languages are %q, the default first", c.Locales())
	}
	for asked, want := range map[string]string{
		"": "en", "en": "en", "en-GB": "en", "EN-us": "en", "en-XA": "en-XA", "de-AT": "de", "de-CH-1901": "de", "ar-EG": "ar", "pt": "pt-BR", "pt-BR": "pt-BR",
		"fr": "en", "zh-Hant-TW": "en", "und": "en", "x-private": "en", "not a tag": "en", "../de": "en", "en-XB": "en", strings.Repeat("de-", 1000): "en",
	} {
		text, err := c.Code(code(asked))
		if err != nil || text.Locale != want || !strings.HasPrefix(text.Body, want+" ") {
			t.Errorf("who asks for %.20q is written to in %q, want %q (%v)", asked, text.Locale, want, err)
		}
		if text.RTL != (want == "ar") {
			t.Errorf("%s is written from right to left: %v", want, text.RTL)
		}
	}
	d := newCatalog(t, message.Config{Files: []fs.FS{folder("de", "en")}, Default: "de"})
	if text, err := d.Code(code("fr")); err != nil || text.Locale != "de" {
		t.Errorf("the default is %q, want de (%v)", text.Locale, err)
	}
}

func TestFilesAreChecked(t *testing.T) { // attack: A-135
	t.Parallel()
	in := func(name, text string) fstest.MapFS {
		b := blocks("en")
		b[name] = text
		return fstest.MapFS{"en.tmpl": file(b)}
	}
	without := blocks("en")
	delete(without, provider.NoticeLocked)
	for name, c := range map[string]struct {
		files fs.FS
		want  string // in the error; "": it is fine
	}{
		"complete":                      {folder("en"), ""},
		"none":                          {fstest.MapFS{"en.txt": file(blocks("en"))}, "no *.tmpl"},
		"a missing message":             {fstest.MapFS{"en.tmpl": file(without)}, `there is no message "locked"`},
		"a misspelt message":            {in("lokced", "x"), `"lokced" is no message`},
		"a name that is no language":    {fstest.MapFS{"en.tmpl": file(blocks("en")), "english.tmpl": file(blocks("x"))}, "english.tmpl: its name"},
		"a language in another case":    {fstest.MapFS{"en.tmpl": file(blocks("en")), "de-at.tmpl": file(blocks("x"))}, "de-at.tmpl: its name"},
		"no default":                    {folder("de"), `no "en".tmpl`},
		"no template":                   {in(message.SignIn, "{{.Code"), "en.tmpl"},
		"text outside":                  {fstest.MapFS{"en.tmpl": {Data: append([]byte("hello"), file(blocks("en")).Data...)}}, "text outside"},
		"no code":                       {in(message.SignIn, "hello"), "it has it 0 times there"},
		"two codes":                     {in(message.SetUp, "{{.Code}} {{.Code}}"), "it has it 2 times there"},
		"a code on a condition":         {in(message.SignIn, "{{if .App}}{{.Code}}{{end}}"), "it has it 0 times there"},
		"a code in a branch too":        {in(message.SignIn, "{{.Code}} {{if eq .Minutes 77}}{{.Code}}{{end}}"), "and 1 inside"},
		"a code compared":               {in(message.SignIn, `{{.Code}}{{if eq .Code "000000"}}!{{end}}`), "stands by itself"},
		"a code in a function":          {in(message.SignIn, `{{.Code}}{{isolate .Code}}`), "stands by itself"},
		"a code in a notice":            {in(provider.NoticeAdded, `{{.Code}}`), "no {{.Code}}"},
		"an unknown field":              {in(message.SignIn, `{{.Code}} {{.Name}}`), "no {{.Name}}"},
		"an unknown field in a branch":  {in(message.SignIn, `{{.Code}}{{if eq .Minutes 77}}{{.Name}}{{end}}`), "no {{.Name}}"},
		"a field of a field":            {in(message.SignIn, `{{.Code}} {{.App.Name}}`), "no {{.App.Name}}"},
		"a method of a time":            {in(message.SignIn, `{{.Code}} {{.Expires.Unix}}`), "no {{.Expires.Unix}}"},
		"a time without a format":       {in(message.SignIn, `{{.Code}} {{.Expires}}`), "no {{.Expires}}"},
		"a time":                        {in(message.SignIn, `{{.Code}} {{.Expires.Format "15:04"}}`), ""},
		"a field of another message":    {in(message.SignIn, `{{.Code}} {{.Agent}}`), "no {{.Agent}}"},
		"a loop":                        {in(message.SignIn, `{{.Code}}{{range 3}}x{{end}}`), "not for messages"},
		"another dot":                   {in(message.SignIn, `{{.Code}}{{with .App}}{{.}}{{end}}`), "not for messages"},
		"a variable":                    {in(message.SignIn, `{{.Code}}{{$x := .App}}{{$x}}`), "not for messages"},
		"a pipeline":                    {in(message.SignIn, `{{.Code}}{{.App | isolate}}`), "not for messages"},
		"another function":              {in(message.SignIn, `{{.Code}}{{printf "%s" .App}}`), `function "printf"`},
		"an unknown function":           {in(message.SignIn, `{{.Code}}{{exec "id"}}`), "exec"},
		"a comparison":                  {in(message.SignIn, `{{.Code}} {{if and (ge .Minutes 2) (not .Action)}}now{{else if eq .App "x"}}{{.App}}{{end}}`), ""},
		"a block":                       {withBlock(`{{.Code}} {{template "extra" .}}`, `{{.App}}`), ""},
		"a block without a dot":         {withBlock(`{{.Code}} {{template "extra"}}`, `{{.App}}`), "pass it the dot"},
		"a block with another dot":      {withBlock(`{{.Code}} {{template "extra" .App}}`, `{{.}}`), "pass it the dot"},
		"a block that is not there":     {in(message.SignIn, `{{.Code}} {{template "none" .}}`), "must name a block"},
		"a block with a code":           {withBlock(`{{.Code}} {{template "extra" .}}`, `{{.Code}}`), "and 1 inside"},
		"a block with an unknown field": {withBlock(`{{.Code}} {{template "extra" .}}`, `{{if .Action}}{{.Nope}}{{end}}`), "no {{.Nope}}"},
		"a block in itself":             {withBlock(`{{.Code}} {{template "extra" .}}`, `{{template "extra" .}}`), "too deeply"},
		"an empty notice":               {in(provider.NoticeLocked, "{{if .Label}}{{.Label}}{{end}}"), "locked is empty"},
		"a comment":                     {in(message.SignIn, "{{/* for translators */}}{{.Code}}"), ""},
		"wrong types compared":          {in(message.SignIn, `{{.Code}}{{if gt .App 3}}x{{end}}`), "sign_in of en cannot be written"},
	} {
		_, err := message.New(message.Config{App: "Acme", Files: []fs.FS{c.files}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func withBlock(signIn, extra string) fstest.MapFS {
	b := blocks("en")
	b[message.SignIn], b["extra"] = signIn, extra
	return fstest.MapFS{"en.tmpl": file(b)}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	ok := message.Config{App: "Acme", Files: []fs.FS{folder("en")}}
	for name, edit := range map[string]func(*message.Config){
		"no app":               func(c *message.Config) { c.App = "" },
		"an app of two lines":  func(c *message.Config) { c.App = "Acme\n@evil.example #1" }, // attack: A-136
		"an app that turns":    func(c *message.Config) { c.App = "Acme\u202e" },
		"a long app":           func(c *message.Config) { c.App = strings.Repeat("A", 65) },
		"space around the app": func(c *message.Config) { c.App = " Acme" },
		"no files":             func(c *message.Config) { c.Files = nil },
		"nil files":            func(c *message.Config) { c.Files = []fs.FS{nil} },
		"an unknown default":   func(c *message.Config) { c.Default = "fr" },
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
	newCatalog(t, ok)
}

// A deployment redefines one message of a language, or adds a language; what it leaves out stays.
func TestFilesOfADeployment(t *testing.T) {
	t.Parallel()
	own := fstest.MapFS{
		"en.tmpl": {Data: []byte(`{{define "sign_in"}}Dear customer: {{.Code}}{{end}}`)},
		"fr.tmpl": file(blocks("fr")),
	}
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("en", "de"), own}})
	body := written(t)
	if got := body(c.Code(code("en"))); got != "Dear customer: 012345" {
		t.Errorf("the redefined message is %q", got)
	}
	setUp := code("en")
	setUp.Purpose = sentcode.SetUp
	if got := body(c.Code(setUp)); got != "en set up Acme: 012345" {
		t.Errorf("a message that was not redefined is %q", got)
	}
	if got := body(c.Code(code("fr-CA"))); got != "fr Acme: 012345" {
		t.Errorf("the added language has %q", got)
	}
	for name, f := range map[string]string{
		"a message that is not there": `{{define "sign_on"}}{{.Code}}{{end}}`,
		"a message that is broken":    `{{define "sign_in"}}hello{{end}}`,
	} {
		if _, err := message.New(message.Config{App: "Acme", Files: []fs.FS{folder("en"), fstest.MapFS{"en.tmpl": {Data: []byte(f)}}}}); err == nil {
			t.Errorf("%s: a deployment may redefine it so", name)
		}
	}
	if _, err := message.New(message.Config{App: "Acme", Files: []fs.FS{folder("en"), fstest.MapFS{"de.tmpl": {Data: []byte(`{{define "sign_in"}}{{.Code}}{{end}}`)}}}}); err == nil {
		t.Error("a language with one message is complete")
	}
}

// What users write is data: it is not parsed, it breaks no line, and it turns nothing around.
//
// attack
func TestTextsOfUsersAreInert(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("en")}})
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
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("en")}, Check: short})
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
	long := folder("en")
	b := blocks("de")
	b[provider.NoticeLocked] = strings.Repeat("zu lang ", 8)
	long["de.tmpl"] = file(b)
	if _, err := message.New(message.Config{App: "Acme", Files: []fs.FS{long}, Check: short}); !errors.Is(err, errLong) || !strings.Contains(err.Error(), "locked of de") {
		t.Errorf("a message that never fits: %v", err)
	}
	if _, err := message.New(message.Config{App: strings.Repeat("Acme", 10), Files: []fs.FS{folder("en")}, Check: short}); !errors.Is(err, errLong) {
		t.Errorf("a name with which no message fits: %v", err)
	}
}

func TestNoticesOfLaterVersions(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("en")}})
	for _, op := range []string{"", "quantum_resistance_lost", "sign_in", "confirm"} {
		text, err := c.Notice(sentcode.Notice{Notice: provider.Notice{Op: op}})
		if err != nil || text.Body != "en something happened" || text.Code != "" {
			t.Errorf("notice %q: %q, %v", op, text.Body, err)
		}
	}
}

func TestWhiteSpaceIsTidied(t *testing.T) {
	t.Parallel()
	b := blocks("en")
	b[message.SignIn] = "\n\n  Your code:  \n\n{{if .Action}}x{{end}}\n\n\n{{.Code}}\t\n\n"
	c := newCatalog(t, message.Config{Files: []fs.FS{fstest.MapFS{"en.tmpl": file(b)}}})
	if got := written(t)(c.Code(code("en"))); got != "Your code:\n\n012345" {
		t.Errorf("got %q", got)
	}
}

func TestNothingPrinted(t *testing.T) { // attack: A-124
	t.Parallel()
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("en")}})
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
	c := newCatalog(t, message.Config{Files: []fs.FS{folder("en", "de")}})
	m := code("de-AT")
	if got := testing.AllocsPerRun(100, func() { _, _ = c.Code(m) }); got > 60 {
		t.Errorf("writing a message makes %v allocations, more than 60", got)
	} else {
		t.Logf("%v allocations", got)
	}
}

func FuzzTextsOfUsers(f *testing.F) {
	c := newCatalog(f, message.Config{Files: []fs.FS{folder("en", "ar")}})
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
