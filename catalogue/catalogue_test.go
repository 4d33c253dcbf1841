package catalogue_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/registry"
)

func newCatalogue(tb testing.TB, cfg catalogue.Config) *catalogue.Catalogue {
	tb.Helper()
	c, err := catalogue.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func folder(files ...string) fs.FS {
	f := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		f[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return f
}

func TestTheAnswersOfTheRegistryAreHere(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{})
	en := c.Match("en")
	for _, m := range registry.Meanings() {
		id := "error." + string(m.Code)
		if title, text := en.Text(id+".title", nil), en.Text(id+".text", nil); title != m.Title || text != m.Text {
			t.Errorf("%s says %q and %q; the registry's table has %q and %q", id, title, text, m.Title, m.Text)
		}
	}
}

func TestALanguageIsChosen(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{})
	if got := strings.Join(c.Languages(), " "); got != "en ar de en-XA" {
		t.Errorf("the languages are %s", got)
	}
	for asked, want := range map[string]string{
		"": "en", "en": "en", "en-GB": "en", "EN-us": "en", "en-XA": "en-XA", "EN-xa": "en-XA", "de-AT": "de", "de-CH-1901": "de", "ar-EG": "ar", "fr": "en",
		"zh-Hant-TW": "en", "und": "en", "*": "en", "x-private": "en", "not a tag": "en", "../de": "en", "en-XB": "en", strings.Repeat("de-", 1000): "en",
		"fr;q=0.9, de;q=0.8, en;q=0.7": "de", "de;q=0.1, ar;q=0.9": "ar", "de;q=0, fr": "en", "en-XA,en;q=0.9": "en-XA", "en-GB,en-XA;q=0.9": "en", "de,,": "de",
		"de" + strings.Repeat(", fr", 200): "en", // longer than any browser's: not read
	} {
		if l := c.Match(asked); l.Tag() != want || (l.Dir() == "rtl") != (want == "ar") {
			t.Errorf("who asks for %.20q gets %s %s, want %s", asked, l.Tag(), l.Dir(), want)
		}
	}
	if l := c.Match("fr", "sv", "de-AT,en"); l.Tag() != "de" {
		t.Errorf("a setting that there is nothing for hides the browser's: %s", l.Tag())
	}
	if l := c.Match("ar", "de"); l.Tag() != "ar" {
		t.Errorf("the browser's language is before the user's own: %s", l.Tag())
	}
}

func TestTextsAreWrittenForTheirLanguage(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{})
	at := time.Date(2026, time.March, 3, 14, 5, 0, 0, time.UTC)
	for _, e := range []struct {
		locale, id, want string
		args             catalogue.Args
	}{
		{"en", "mail.expiry", "It works once, until 14:05 UTC (1 minute from when we sent this).", catalogue.Args{"n": 1, "time": catalogue.Clock(at)}},
		{"en", "mail.expiry", "It works once, until 14:05 UTC (1,000 minutes from when we sent this).", catalogue.Args{"n": 1000, "time": catalogue.Clock(at)}},
		{"de", "mail.expiry", "Er gilt einmal, bis 14:05 Uhr UTC (1.000 Minuten ab dem Versand).", catalogue.Args{"n": 1000, "time": catalogue.Clock(at)}},
		{"ar", "mail.expiry", "يعمل مرة واحدة فقط، حتى الساعة 14:05 بالتوقيت العالمي (خلال دقيقتين من إرسالنا له).", catalogue.Args{"n": 2, "time": catalogue.Clock(at)}},
		{"ar", "mail.expiry", "يعمل مرة واحدة فقط، حتى الساعة 14:05 بالتوقيت العالمي (خلال 5 دقائق من إرسالنا له).", catalogue.Args{"n": 5, "time": catalogue.Clock(at)}},
		{"en", "mail.when", "When: 3 March 2026, 14:05 UTC", catalogue.Args{"date": catalogue.Date(at), "time": catalogue.Clock(at)}},
		{"de", "mail.when", "Wann: 03.03.2026, 14:05 Uhr (UTC)", catalogue.Args{"date": catalogue.Date(at), "time": catalogue.Clock(at)}},
		{"en", "mail.named", "passkey, “Pixel {hint} <b>”", catalogue.Args{"method": catalogue.Words("passkey"), "label": "Pixel {hint} <b>"}},
		{"en", "mail.named", "passkey, “\u2068هاتف\u2069”", catalogue.Args{"method": catalogue.Words("passkey"), "label": "هاتف"}},
		{"ar", "mail.named", "مفتاح مرور، «\u2068Pixel\u2069»", catalogue.Args{"method": catalogue.Words("مفتاح مرور"), "label": "Pixel"}},
		{"en", "mail.named", "{method}, “”", catalogue.Args{"label": ""}},
		{"en", "no.such.text", "no.such.text", nil},
	} {
		if got := c.Match(e.locale).Text(e.id, e.args); got != e.want {
			t.Errorf("%s of %s is\n%q, want\n%q", e.id, e.locale, got, e.want)
		}
	}
}

func TestNumbersGoFromLeftToRight(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"": "ltr", "+44 ···· 17": "ltr", "a•••e@example.com": "ltr", "هاتف Pixel": "rtl", "8 שלום": "rtl", "Pixel هاتف": "ltr"} {
		if got := catalogue.Direction(s); got != want {
			t.Errorf("%q goes %s, want %s", s, got, want)
		}
	}
}
