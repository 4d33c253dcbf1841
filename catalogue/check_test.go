package catalogue_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// A language is a whole file; this one says its own name before each text of another.
func whole(tb testing.TB, from, prefix string, edit func(string) string) string {
	tb.Helper()
	source, err := os.ReadFile(from + ".yaml")
	if err != nil {
		tb.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(document.Content[0].Content); i += 2 {
		if document.Content[0].Content[i].Value != "format" {
			mark(document.Content[0].Content[i+1], prefix)
		}
	}
	out, err := yaml.Marshal(&document)
	if err != nil {
		tb.Fatal(err)
	}
	if edit == nil {
		return string(out)
	}
	edited := edit(string(out))
	if edited == string(out) {
		tb.Fatal("the edit changes nothing")
	}
	return edited
}

func mark(n *yaml.Node, prefix string) {
	for i := 1; i < len(n.Content); i += 2 {
		if v := n.Content[i]; v.Kind == yaml.ScalarNode {
			v.Value, v.Style = prefix+v.Value, yaml.DoubleQuotedStyle
		} else {
			mark(v, prefix)
		}
	}
}

func TestFaultsAreFoundAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files fs.FS
		want  string // in the error; "": it is fine
	}{
		"a text that is changed":                 {folder("de.yaml", "mail:\n  never: '{app} fragt nie.'"), ""},
		"a whole language":                       {folder("fr.yaml", whole(t, "en", "fr ", nil)), ""},
		"a language without a text":              {folder("fr.yaml", "mail:\n  never: 'Jamais, {app}.'"), "fr.yaml: sms.locked is missing; English has it at en.yaml:"},
		"an unknown id":                          {folder("de.yaml", "\nmail:\n  nevr: '{app}'"), "Files[0]/de.yaml:3: mail.nevr is no id"},
		"an unknown id in English":               {folder("en.yaml", "mail:\n  nevr: '{app}'"), "Files[0]/en.yaml:2: mail.nevr is no id"},
		"what is put in is left out":             {folder("de.yaml", "mail:\n  never: nie"), "Files[0]/de.yaml:2: mail.never names {}; English names {app}"},
		"the same in English":                    {folder("en.yaml", "mail:\n  never: never"), "Files[0]/en.yaml:2: mail.never names {}; English names {app}"},
		"another is put in":                      {folder("de.yaml", "mail:\n  never: '{app} {user}'"), "names {app}, {user}"},
		"a form is missing":                      {folder("ar.yaml", "mail:\n  expiry: {one: '{time} {n}', other: '{time} {n}'}"), `Files[0]/ar.yaml:2: mail.expiry has no form "zero"`},
		"a form that the language lacks":         {folder("de.yaml", "mail:\n  expiry: {one: '{time}', few: '{time}', other: '{time} {n}'}"), `has the form "few", and de has the forms one, other`},
		"a form is there twice":                  {folder("de.yaml", "mail:\n  expiry: {one: '{time}', one: '{time}', other: '{time} {n}'}"), `has the form "one" twice`},
		"one form leaves something out":          {folder("de.yaml", "mail:\n  expiry: {one: bald, other: '{time} {n}'}"), "names {}; English names {time}"},
		"no number":                              {folder("de.yaml", "mail:\n  expiry: {one: '{time}', other: '{time}'}"), "must name {n}"},
		"no plural":                              {folder("de.yaml", "mail:\n  expiry: '{time} {n}'"), "needs the forms one, other"},
		"a plural of nothing":                    {folder("de.yaml", "mail:\n  never: {one: '{app}', other: '{app}'}"), "English names no {n}"},
		"markup":                                 {folder("de.yaml", "mail:\n  never: '<b>{app}</b>'"), "has markup"},
		"a lonely brace":                         {folder("de.yaml", "mail:\n  never: '{app} }'"), "has a brace"},
		"a template":                             {folder("de.yaml", "mail:\n  never: '{{.App}} {app}'"), "has a brace"},
		"an empty text":                          {folder("de.yaml", "mail:\n  never: ''"), "is empty"},
		"space at the end":                       {folder("de.yaml", "mail:\n  never: '{app} '"), "ends with space"},
		"two lines":                              {folder("de.yaml", "mail:\n  never: |-\n    {app}\n    two"), "cannot be seen"},
		"a hidden character":                     {folder("de.yaml", "mail:\n  never: \"{app} \\u202e\""), "cannot be seen"},
		"a number":                               {folder("de.yaml", "mail:\n  never: 7"), "put it in quotes"},
		"no text":                                {folder("de.yaml", "mail:\n  never:"), "put it in quotes"},
		"a list":                                 {folder("de.yaml", "mail: [never]"), "must have keys"},
		"an alias":                               {folder("de.yaml", "mail: &m\n  never: '{app}'\nsms: *m"), "must have keys"},
		"a key twice":                            {folder("de.yaml", "mail:\n  never: '{app}'\n  never: '{app}'"), "Files[0]/de.yaml:3: mail.never is there twice"},
		"a key that is no id":                    {folder("de.yaml", "Mail:\n  never: '{app}'"), "is no id"},
		"no YAML":                                {folder("de.yaml", "mail: ["), "Files[0]/de.yaml"},
		"a name that is no language":             {folder("german.yaml", "mail:\n  never: '{app}'"), "language tag"},
		"another spelling":                       {folder("DE.yaml", "mail:\n  never: '{app}'"), "language tag"},
		"a file for the pseudo-locale":           {folder("en-XA.yaml", "mail:\n  never: '{app}'"), "made from English"},
		"no file":                                {folder("readme.txt", ""), "no *.yaml"},
		"a layout that is none":                  {folder("de.yaml", "format:\n  date: TT.MM.JJJJ"), "format.date is no layout"},
		"a layout of half a day":                 {folder("de.yaml", "format:\n  date: 2 January"), "format.date is no layout"},
		"a layout with an English word":          {folder("de.yaml", "format:\n  date: Jan 2, 2006"), "format.date is no layout"},
		"a clock of twelve hours":                {folder("de.yaml", "format:\n  clock: '3:04'"), "format.clock is no layout"},
		"eleven months":                          {folder("de.yaml", "format:\n  months: a b c d e f g h i j k"), "twelve months"},
		"nothing":                                {nil, "Config.Files[0] is nil"},
		"an id of one's own":                     {folder("en.yaml", "own: {pin: PIN}", "de.yaml", "own: {pin: PIN}", "ar.yaml", "own: {pin: رقم}"), ""},
		"an id of one's own, without a language": {folder("en.yaml", "own: {pin: PIN}", "de.yaml", "own: {pin: PIN}"), "ar.yaml: own.pin is missing"},
		"an id of one's own that names more":     {folder("en.yaml", "own: {pin: PIN}", "de.yaml", "own: {pin: '{x}'}", "ar.yaml", "own: {pin: رقم}"), "own.pin names {x}"},
		"an id of one's own that English lacks":  {folder("de.yaml", "own: {pin: PIN}"), "own.pin is no id"},
	} {
		_, err := catalogue.New(catalogue.Config{Files: []fs.FS{c.files}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := catalogue.New(catalogue.Config{
		Files:     []fs.FS{folder("de.yaml", "mail:\n  never: nie\n  nevr: nie"), folder("ar.yaml", "sms: {locked: '{app'}")},
		Languages: []string{"en", "de", "ar", "fr"},
	})
	for _, want := range []string{"Files[0]/de.yaml:2: mail.never", "Files[0]/de.yaml:3: mail.nevr", "Files[1]/ar.yaml:1: sms.locked", `no "fr"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if _, err := catalogue.New(catalogue.Config{Languages: []string{"de"}}); err == nil {
		t.Error("the default, en, is not among the languages to use, and nobody is told")
	}
}

func TestLanguagesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{Languages: []string{"de", "ar"}, Default: "de", Files: []fs.FS{folder("de.yaml", "mail: {never: '{app} nie'}"), folder("de.yaml", "mail: {never: '{app} nie und nimmer'}")}})
	if got := strings.Join(c.Languages(), " "); got != "de ar" || c.Match("en").Tag() != "de" || c.Match("ar").Tag() != "ar" {
		t.Errorf("the languages are %s", got)
	}
	if got := c.Match("").Text("mail.never", catalogue.Args{"app": "A"}); got != "A nie und nimmer" {
		t.Errorf("a later file does not win: %q", got)
	}
	only, err := c.Only("de")
	if err != nil || only.Match("ar").Tag() != "de" {
		t.Errorf("a language that was left out is used: %v", err)
	}
	if _, err := c.Only("ar"); err == nil {
		t.Error("the default is left out")
	}
}

// Each id that a provider may say is found by its English words, and each sentence that a provider may say has one.
func TestWhatProvidersSayIsTranslated(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{Files: []fs.FS{folder("en.yaml", "own: {said: {pin: Enter four digits.}}\nsaid: {phone: 'Another number, dear customer.'}", "de.yaml", "own: {said: {pin: Vier Ziffern.}}", "ar.yaml", "own: {said: {pin: أربعة}}")}})
	de := c.Match("de")
	for english, want := range map[string]string{
		"Enter four digits.": "Vier Ziffern.", "Say that you trust this browser.": "Geben Sie an, dass Sie diesem Browser vertrauen.",
		"Something else.": "Something else.", "": "",
	} {
		if got := de.Said(english); got != want {
			t.Errorf("%q is %q in German, want %q", english, got, want)
		}
	}
	if got := c.Match("en").Said("Check the number. Include the country code, for example +44 7700 900123."); got != "Another number, dear customer." {
		t.Errorf("what a deployment says instead is not found: %q", got)
	}
	source := sources(t)
	sentences := regexp.MustCompile(`(?:Invalid\(|(?m:^\s*(?:clockHelp|notAccepted|notANumber|unsupported)\s+=|const notAccepted =) )"([^"]+)"`).FindAllStringSubmatch(source, -1)
	if len(sentences) < 12 {
		t.Fatalf("%d sentences of providers were found: the test looks in the wrong place", len(sentences))
	}
	for _, s := range sentences {
		if de.Said(s[1]) == s[1] {
			t.Errorf("what a provider says has no id below said: %q", s[1])
		}
	}
	if named := regexp.MustCompile(`Invalid\([^")t]`).FindAllString(source, -1); len(named) != 7 {
		t.Errorf("%d sentences of providers have a name instead of words, which this test does not know: %q", len(named), named)
	}
}

// sources are all providers' files.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("../provider", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		all.Write(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestThePseudoLocaleIsEnglishThatLooksForeign(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{Files: []fs.FS{folder("en.yaml", "mail: {never: '{app} does not ask, whoever it may be that asks.'}")}})
	en, xa := c.Match("en"), c.Match("en-XA")
	args := catalogue.Args{"app": "Acme"}
	plain, foreign := en.Text("mail.never", args), xa.Text("mail.never", args)
	if n, m := utf8.RuneCountInString(plain), utf8.RuneCountInString(foreign); m < n*130/100 || m > n*150/100 {
		t.Errorf("%d characters become %d, which is not about a third more", n, m)
	}
	if !strings.HasPrefix(foreign, "[Acme döés ") || !strings.HasSuffix(foreign, "~~~]") {
		t.Errorf("the pseudo-locale says %q", foreign)
	}
	if got := xa.Text("mail.expiry", catalogue.Args{"n": 1, "time": "12"}); !strings.Contains(got, "1 mìñùté ") {
		t.Errorf("its plurals are %q", got)
	}
}

func FuzzMatch(f *testing.F) {
	c := newCatalogue(f, catalogue.Config{})
	f.Add("de", "fr;q=0.9, ar;q=0.8")
	f.Add("x-", strings.Repeat("a-", 200))
	f.Add("en-XA", "*;q=0")
	f.Add("und-u-rg-dezzzz", "de-u-co-phonebk,;;q")
	f.Fuzz(func(t *testing.T, setting, header string) {
		l := c.Match(setting, header)
		if got := l.Tag(); !strings.Contains(" en de ar en-XA ", " "+got+" ") {
			t.Errorf("%q and %q are answered in %q", setting, header, got)
		}
		if l.Tag() == "en-XA" && !strings.Contains(strings.ToLower(setting+header), "en-xa") && !strings.Contains(strings.ToLower(setting+header), "en_xa") {
			t.Errorf("%q and %q are answered in the pseudo-locale", setting, header)
		}
	})
}

func FuzzText(f *testing.F) {
	c := newCatalogue(f, catalogue.Config{})
	f.Add("{app} {{.Code}}", "ar", 5)
	f.Add("\u202e</b>", "de", -1)
	f.Fuzz(func(t *testing.T, value, locale string, n int) {
		l := c.Match(locale)
		if got := l.Text("mail.named", catalogue.Args{"method": catalogue.Words("m"), "label": value}); !strings.Contains(got, value) || strings.Contains(got, "{method}") {
			t.Errorf("%q reads %q", value, got)
		}
		if got := l.Text("mail.expiry", catalogue.Args{"n": n, "time": catalogue.Words("12:00")}); got == "" || strings.Contains(got, "{") {
			t.Errorf("%d reads %q", n, got)
		}
	})
}
