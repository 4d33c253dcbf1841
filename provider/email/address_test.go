package email_test

import (
	"encoding/json"
	"errors"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
)

// asked is where a code goes for an address that somebody typed: "" if it was refused.
func asked(tb testing.TB, p provider.MultiFactorProvider, b *box, typed string) (to string, prompt provider.Prompt) {
	tb.Helper()
	prompt, err := p.SetupHook(tb.Context(), provider.SetupRequest{Input: input(typed), Now: now})
	if err != nil {
		if !errors.As(err, new(*provider.InvalidError)) {
			tb.Errorf("%.60q: %v, want a text for the user", typed, err)
		}
		if typed != "" && strings.Contains(err.Error(), typed) {
			tb.Errorf("the text quotes the input: %v", err)
		}
		return "", provider.Prompt{}
	}
	before := len(b.all())
	if err := prompt.Deliver.Send(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	mail := b.all()
	if len(mail) != before+1 {
		tb.Fatalf("%.60q: %d messages", typed, len(mail)-before)
	}
	return mail[before].To, prompt
}

// attack
func TestAddresses(t *testing.T) {
	t.Parallel()
	b := &box{}
	p := newProvider(t, config(b))
	long := strings.Repeat("a", 64)
	domain := strings.Repeat(strings.Repeat("b", 61)+".", 3) + "bb" // 188
	for typed, want := range map[string]string{
		"alice@example.com":                     "alice@example.com",
		" alice@example.com\t":                  "alice@example.com",
		"Alice.Smith@EXAMPLE.Com":               "Alice.Smith@example.com",
		"o'brien+news@mail.example.co.uk":       "o'brien+news@mail.example.co.uk",
		"!#$%&'*+-/=?^_`{|}~@example.com":       "!#$%&'*+-/=?^_`{|}~@example.com",
		"1@xn--bcher-kva.example":               "1@xn--bcher-kva.example",
		long + "@" + domain:                     long + "@" + domain,
		"a@b.c":                                 "a@b.c",
		"":                                      "",
		"alice":                                 "",
		"@example.com":                          "",
		"alice@":                                "",
		"alice@example":                         "",
		"alice@localhost":                       "",
		"alice@127.0.0.1":                       "",
		"alice@[127.0.0.1]":                     "",
		"alice@[IPv6:::1]":                      "",
		"alice@example.com.":                    "",
		"alice@.example.com":                    "",
		"alice@exa..mple.com":                   "",
		"alice@-example.com":                    "",
		"alice@example-.com":                    "",
		"alice@exa_mple.com":                    "",
		".alice@example.com":                    "",
		"alice.@example.com":                    "",
		"al..ice@example.com":                   "",
		`"alice"@example.com`:                   "",
		`"a@evil.example> "@example.com`:        "",
		`alice\@example.com`:                    "",
		"alice@bob@example.com":                 "",
		"a@example.com, b@example.com":          "",
		"a@example.com;b@example.com":           "",
		"a@example.com b@example.com":           "",
		"Alice <alice@example.com>":             "",
		"<alice@example.com>":                   "",
		"mailto:alice@example.com":              "",
		"alice(comment)@example.com":            "",
		"alice@example.com (comment)":           "",
		"alice@example.com\r\nBcc: x@y.z":       "",
		"alice@example.com\n":                   "",
		"alice\x00@example.com":                 "",
		"alice@example.com\u2028":               "",
		"alicé@example.com":                     "",
		"alice@exämple.com":                     "",
		"аlice@example.com":                     "", // the first letter is Cyrillic
		"alice@example.com\uff0e":               "",
		"alice＠example.com":                     "",
		"team:a@example.com,b@example.com;":     "",
		long + "a@example.com":                  "",
		"a@" + strings.Repeat("b", 64) + ".com": "",
		long + "@" + domain + "bb":              "",
		strings.Repeat("a", 256<<10):            "",
		strings.Repeat("a@", 128<<10):           "",
	} {
		if got, _ := asked(t, p, b, typed); got != want {
			t.Errorf("%.60q goes to %q, want %q", typed, got, want)
		}
	}
}

// Spellings that end up in one mailbox have one budget. What is sent to is what was typed.
//
// attack: A-130
func TestSpellingsShareABudget(t *testing.T) {
	t.Parallel()
	b := &box{}
	p := newProvider(t, config(b))
	for _, typed := range []string{"alice@example.com", "ALICE@example.com", "Alice@EXAMPLE.com", "alice+1@example.com", "alice+2+3@example.com", "aLice+@example.com"} {
		_, prompt := asked(t, p, b, typed)
		if got := prompt.Deliver.Uses[0]; got != (provider.Use{Budget: "address", Of: "alice@example.com"}) {
			t.Errorf("a message to %q uses %v", typed, got)
		}
	}
	for _, typed := range []string{"alice@example.org", "bob@example.com", "ali.ce@example.com", "+alice@example.com"} {
		_, prompt := asked(t, p, b, typed)
		if got := prompt.Deliver.Uses[0]; got.Of == "alice@example.com" || got.Of == "@example.com" {
			t.Errorf("a message to %q uses %v", typed, got)
		}
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	b := &box{}
	p := newProvider(t, config(b))
	for address, want := range map[string]string{
		"alice@example.com": "a•••e@example.com", "alexandra.long.name@example.com": "a•••e@example.com", "anna@example.com": "a•••a@example.com",
		"bob@example.com": "•••@example.com", "a@example.com": "•••@example.com",
	} {
		_, prompt := asked(t, p, b, address)
		public, err := json.Marshal(prompt.Public)
		if err != nil || string(public) != `{"sent_to":"`+want+`","digits":6}` {
			t.Errorf("of %s the client is shown %s, want %s (%v)", address, public, want, err)
		}
	}
}

// What we take for an address, the standard library takes for the same one, and it needs no quotes.
//
// attack: A-134
func FuzzAddress(f *testing.F) {
	b := &box{}
	p, err := email.New(config(b))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"alice@example.com", `"a@b"@c.de`, "a@[1.2.3.4]", "a@b.c\r\nd", "a b@c.de", "A.B+c@D.e", "a@b.c,d@e.f", "ä@b.c", "a@b.1-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		to, prompt := asked(t, p, b, typed)
		if to == "" {
			return
		}
		parsed, err := netmail.ParseAddress(to)
		if err != nil || parsed.Name != "" || parsed.Address != to || parsed.String() != "<"+to+">" {
			t.Errorf("%q goes to %q, which reads as %v (%v)", typed, to, parsed, err)
		}
		if len(to) > 254 || strings.Count(to, "@") != 1 || !strings.EqualFold(strings.Trim(typed, " \t"), to) {
			t.Errorf("%q goes to %q", typed, to)
		}
		if again, _ := asked(t, p, b, to); again != to {
			t.Errorf("%q is not stable: %q", to, again)
		}
		if shown, err := json.Marshal(prompt.Public); err != nil || strings.Contains(string(shown), `"`+to) {
			t.Errorf("the client is shown %s of %s (%v)", shown, to, err)
		}
	})
}
