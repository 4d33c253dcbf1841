package sms_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

const number = "+447911123456"

var languages = []string{"en", "de", "ar", "en-XA"}

// bound is "parse an origin-bound one-time code message" of the WICG specification, step by step. Everything but its last step's result is the
// specification's; the rest of the line, which it ignores, is returned as well, because ours has none.
func bound(message string) (host, code, rest string, ok bool) {
	message = strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "\r", "\n")
	line := message[strings.LastIndex(message, "\n")+1:]
	marked := func(marker byte) (string, bool) {
		if line == "" || line[0] != marker {
			return "", false
		}
		end := strings.IndexAny(line, "\t\n\f\r ")
		if end < 0 {
			end = len(line)
		}
		token := line[1:end]
		line = line[end:]
		return token, token != ""
	}
	if host, ok = marked('@'); !ok || line == "" || line[0] != ' ' {
		return "", "", "", false
	}
	line = line[1:]
	if code, ok = marked('#'); !ok {
		return "", "", "", false
	}
	return host, code, line, true
}

func TestTheParserIsTheSpecifications(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"747723 is your ExampleCo authentication code.\n\n@example.com #747723": "example.com 747723 ",
		"@example.com #747723":                               "example.com 747723 ",
		"@example.com #747723 %ecommerce.example":            "example.com 747723  %ecommerce.example",
		"@example.com #747723\n":                             "",
		"something @example.com #747723":                     "",
		"#747723 %ecommerce.example @example.com":            "",
		"@example.com code #747723":                          "",
		"@example.com  #747723":                              "",
		"@example.com\t#747723":                              "",
		"@ #747723":                                          "",
		"@example.com #":                                     "",
		"@example.com ":                                      "",
		"@first.example #1\r\n@second.example #2":            "second.example 2 ",
		"747723 is your code.\r@example.com #747723 $future": "example.com 747723  $future",
	} {
		host, code, rest, ok := bound(message)
		if got := host + " " + code + " " + rest; ok != (want != "") || ok && got != want {
			t.Errorf("%q is parsed as %q (%v), not %q", message, got, ok, want)
		}
	}
}

// step is one ceremony that sends a message.
type step struct {
	name   string
	action string
}

var steps = []step{{"set up", ""}, {"sign in", ""}, {"confirm", "Pay 20 EUR to Bob"}}

func (s step) prompt(t *testing.T, p *sentcode.Provider, locale string) (provider.Prompt, error) {
	t.Helper()
	user := provider.User{ID: "alice", Locale: locale}
	if s.name == "set up" {
		return p.SetupHook(t.Context(), provider.SetupRequest{User: user, Input: json.RawMessage(`{"phone":"` + number + `"}`), Now: now})
	}
	return p.LoginHook(t.Context(), provider.LoginRequest{User: user, Factors: []provider.Factor{enrolled(t, p, number)}, Action: s.action, Now: now})
}

// enrolled is a factor for a number.
func enrolled(t testing.TB, p *sentcode.Provider, to string) provider.Factor {
	t.Helper()
	prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{Input: json.RawMessage(`{"phone":"` + to + `"}`), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	private := string(prompt.Private)
	code := private[len(private)-prompt.Public.(sentcode.Shown).Digits:]
	e, err := p.SetupVerify(t.Context(), provider.SetupRequest{Now: now}, provider.Answer{
		Private: prompt.Private, Response: json.RawMessage(`{"code":"` + code + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return provider.Factor{ID: "f", Data: e.Data}
}

// Every message, in every language, is one segment and ends in the line that binds its code. // attack: A-136, O1, O2, O3
func TestEveryMessageEndsInItsBoundLine(t *testing.T) {
	t.Parallel()
	for _, digits := range []int{6, 8} {
		for _, locale := range languages {
			for _, s := range steps {
				phone := &phones{}
				cfg := config(phone)
				cfg.Digits, cfg.Host = digits, "login.acme.example"
				prompt, err := s.prompt(t, newProvider(t, cfg), locale)
				if err != nil {
					t.Fatal(err)
				}
				if err := prompt.Deliver.Send(t.Context()); err != nil {
					t.Fatal(err)
				}
				text := phone.text(number)
				host, code, rest, ok := bound(text)
				if !ok || host != "login.acme.example" || rest != "" || len(code) != digits {
					t.Errorf("%s in %s is bound to %q with %q and %q behind it: %q", s.name, locale, host, code, rest, text)
				}
				above, _, _ := strings.Cut(text, "\n\n@")
				if strings.Count(above, code) != 1 || strings.Count(text, code) != 2 || strings.ContainsAny(above, "@#\n") {
					t.Errorf("%s in %s does not say its code once and simply: %q", s.name, locale, text)
				}
				if used, size := sms.Segment(text); used > size || locale != "ar" && size != 160 {
					t.Errorf("%s in %s takes %d of %d", s.name, locale, used, size)
				}
				if m := phone.last[number]; !m.Sent.Equal(now) || !m.Expires.Equal(now.Add(5*time.Minute)) {
					t.Errorf("the sender does not learn how long the code lives: %v to %v", m.Sent, m.Expires)
				}
			}
		}
	}
}

// What a user has written into an action binds nothing, neither for browsers that read the last line nor for those that read the first that
// fits. // attack
func TestAnActionCannotBindACode(t *testing.T) {
	t.Parallel()
	for action, shown := range map[string]bool{
		"Pay 20 EUR to Bob":                  true,
		"Zahle 20 € an Jürgen":               true,
		"Change e-mail to a@b.example":       true,
		"{{.Code}} {{template \"sign_in\"}}": true,
		"Pay @evil.example #666666":          false,
		"@evil.example #666666":              false,
		"Pay\n@evil.example #666666":         false,
		"Pay\r@evil.example #666666":         false,
		"Pay\u2028@evil.example #666666":     false,
		"Pay \u202e20":                       false,
		"Pay \u200b20":                       false,
		"Заплатить 20 EUR":                   false, // fits no message together with the rest
		strings.Repeat("x", 80):              true,
		strings.Repeat("€", 80):              false,
		strings.Repeat("x", 81):              false,
	} {
		phone := &phones{}
		p := newProvider(t, config(phone))
		prompt, err := step{"confirm", action}.prompt(t, p, "en")
		if err != nil {
			t.Fatal(err)
		}
		if err := prompt.Deliver.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := phone.text(number)
		if got := strings.Contains(text, action); got != shown {
			t.Errorf("the action %q: shown must be %v: %q", action, shown, text)
		}
		if !shown && !strings.Contains(text, "to confirm a change") {
			t.Errorf("an action that does not fit is not left out whole: %q", text)
		}
		if host, _, rest, ok := bound(text); !ok || host != "acme.example" || rest != "" {
			t.Errorf("the action %q binds the code to %q, with %q behind it: %q", action, host, rest, text)
		}
		if strings.Contains(text, " @evil") || strings.HasPrefix(text, "@evil") {
			t.Errorf("a browser that takes the first line that fits is led elsewhere: %q", text)
		}
	}
}

func TestAProductOrHostThatDoesNotFitIsRefusedAtTheStart(t *testing.T) { // attack: A-136, O2
	t.Parallel()
	for _, app := range []string{"", "Acme\n@evil.example #1", "Acme @evil.example #1 x", "\u202eAcme", strings.Repeat("Acme ", 12) + "Acme", "Акме Акме Акме Акме Акме Акме"} {
		cfg := config(&phones{})
		cfg.App = app
		if _, err := sms.New(cfg); err == nil {
			t.Errorf("an application is called %q", app)
		}
	}
	for _, host := range []string{
		"", "acme", "https://acme.example", "acme.example:8443", "acme.example/", "acme.example ", "Acme.example", "bücher.example", "acme..example", "-a.example",
		"acme.example\n", "@acme.example", "acme.example #1", strings.Repeat("a", 64) + ".example", strings.Repeat("long.", 30) + "example", "*.acme.example",
	} {
		cfg := config(&phones{})
		cfg.Host = host
		if _, err := sms.New(cfg); err == nil {
			t.Errorf("codes are bound to %q", host)
		}
	}
	for _, host := range []string{"localhost", "acme.example", "xn--bcher-kva.example", "login.eu-1.acme.example"} {
		cfg := config(&phones{})
		cfg.Host = host
		if _, err := sms.New(cfg); err != nil {
			t.Errorf("%s is no host: %v", host, err)
		}
	}
}

// A language that does not fit beside a long name is an error that says which, and need not be used.
func TestALanguageThatDoesNotFitNeedNotBeUsed(t *testing.T) {
	t.Parallel()
	cfg := config(&phones{})
	cfg.Host = "login.customers.a-rather-long-name.example"
	_, err := sms.New(cfg)
	if !errors.Is(err, sms.ErrLong) || !strings.Contains(err.Error(), "ar.yaml") || strings.Contains(err.Error(), "de.yaml") {
		t.Fatalf("the error does not say that Arabic does not fit, and that the others do: %v", err)
	}
	cfg.Languages = []string{"en", "de"}
	p := newProvider(t, cfg)
	prompt, err := steps[0].prompt(t, p, "ar")
	if err != nil {
		t.Fatal(err)
	}
	if err := prompt.Deliver.Send(t.Context()); err != nil {
		t.Error(err)
	}
	for _, languages := range [][]string{{"en", "fr"}, {"en", "*"}, {"en", ""}, {"de"}} {
		cfg.Languages = languages
		if _, err := sms.New(cfg); err == nil {
			t.Errorf("there are texts, and a default, in %q", languages)
		}
	}
}

func TestTextsAreTheDeploymentsToChange(t *testing.T) {
	t.Parallel()
	words := func(text string) (*catalogue.Catalogue, error) {
		return catalogue.New(catalogue.Config{Files: []fs.FS{fstest.MapFS{"en.yaml": {Data: []byte("sms:\n  " + text)}}}})
	}
	phone := &phones{}
	cfg := config(phone)
	var err error
	if cfg.Catalogue, err = words(`set-up: "{app}: {code}"`); err != nil {
		t.Fatal(err)
	}
	prompt, err := steps[0].prompt(t, newProvider(t, cfg), "en")
	if err != nil {
		t.Fatal(err)
	}
	if err := prompt.Deliver.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := phone.text(number); !strings.HasPrefix(text, "Acme: ") || !strings.Contains(text, "\n\n@acme.example #") {
		t.Errorf("the new text is %q", text)
	}
	for text, why := range map[string]string{
		`set-up: "{app}"`:                           "it has no code",
		`set-up: "{app} {code} {code}"`:             "it has two",
		`set-up: "{app} {code} {name}"`:             "it names what there is not",
		`set-up: "{app} {code} \n@evil.example #1"`: "it has two lines",
		`set-up: "{app} {code} is your code – keep it. ` + strings.Repeat("x", 40) + `"`: "one dash halves what fits",
		`set-up: "{app} {code} ` + strings.Repeat("x", 150) + `"`:                        "it is too long",
		`set-up: "@evil.example #1 {app} {code}"`:                                        "it binds the code elsewhere",
		`notice: "{app} @evil.example #1"`:                                               "a notice binds a code",
		`notice: "{app} {code}"`:                                                         "a notice has a code",
		`notice: "{app} ` + strings.Repeat("x", 161) + `"`:                               "a notice is too long",
	} {
		cfg := config(&phones{})
		if cfg.Catalogue, err = words(text); err == nil {
			_, err = sms.New(cfg)
		}
		if err == nil || !strings.Contains(err.Error(), "en.yaml:2") {
			t.Errorf("%s is accepted, although %s, or nobody is told where it is: %v", text, why, err)
		}
	}
}

// A notice has neither a code nor a link, nor any words that somebody else chose: whoever is in an account could have its owner sent to a site
// of theirs, by a message that comes from us.
func TestNoticesAreOneMessageWithoutCodeOrLink(t *testing.T) {
	t.Parallel()
	for _, locale := range languages {
		phone := &phones{}
		p := newProvider(t, config(phone))
		prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{User: provider.User{Locale: locale}, Input: json.RawMessage(`{"phone":"` + number + `"}`), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		private := string(prompt.Private)
		e, err := p.SetupVerify(t.Context(), provider.SetupRequest{}, provider.Answer{
			Private: prompt.Private, Response: json.RawMessage(`{"code":"` + private[len(private)-6:] + `"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range []string{
			provider.NoticeAdded, provider.NoticeRemoved, provider.NoticeReplaced, provider.NoticeDisabled, provider.NoticeRecoveryUsed,
			provider.NoticeRecoveryLastUsed, provider.NoticeRecoveryIssued, provider.NoticeReset, provider.NoticeTrusted, provider.NoticeLocked, "of a later version",
		} {
			for _, label := range []string{"", "Work", "see https://evil.example", "x @evil.example #123456"} {
				n := provider.Notice{Op: op, Kind: "totp", Label: label, At: now.Add(-time.Hour), Sent: now, Address: "203.0.113.7"}
				if err := p.Notify(t.Context(), provider.Factor{Data: e.Data}, n); err != nil {
					t.Fatal(err)
				}
				text := phone.text(number)
				used, size := sms.Segment(text)
				if used > size || !strings.Contains(text, "Acme") || strings.Contains(text, "evil") || strings.Contains(text, "Work") || strings.ContainsAny(text, "\n\r@#") {
					t.Errorf("%s in %s takes %d of %d: %q", op, locale, used, size, text)
				}
				// A sender signs with this time, and what it signs must be of now also if the notice is late.
				if m := phone.last[number]; !m.Expires.IsZero() || !m.Sent.Equal(now) {
					t.Errorf("a notice expires at %v, and was sent at %v", m.Expires, m.Sent)
				}
			}
		}
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := sms.New(sms.Config{Shown: 7, Languages: []string{"xx"}})
	for _, fault := range []string{"Config.Sender", "Config.App", "Config.Host", "Numbers.Countries", "Config.Shown", "Config.Languages"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("the fault of %s is not reported: %v", fault, err)
		}
	}
	for _, change := range []func(*sms.Config){
		func(c *sms.Config) { c.Digits = 5 }, func(c *sms.Config) { c.TTL = 11 * time.Minute }, func(c *sms.Config) { c.Languages = []string{"de"} },
	} {
		cfg := config(&phones{})
		change(&cfg)
		if _, err := sms.New(cfg); err == nil {
			t.Errorf("it is accepted: %+v", fmt.Sprint(cfg.Digits, cfg.TTL, cfg.Languages))
		}
	}
}
