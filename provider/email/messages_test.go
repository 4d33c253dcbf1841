package email_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

var update = flag.Bool("update", false, "write the golden messages again")

var (
	languages = []string{"en", "de", "ar", "en-XA"}
	codes     = []sentcode.Code{
		{Purpose: sentcode.SignIn}, {Purpose: sentcode.SetUp}, {Purpose: sentcode.Confirm}, {Purpose: sentcode.Confirm, Action: "Pay 5 EUR to Bob & Sons"},
	}
	notices = []string{
		provider.NoticeAdded, provider.NoticeRemoved, provider.NoticeReplaced, provider.NoticeDisabled, provider.NoticeRecoveryUsed,
		provider.NoticeRecoveryLastUsed, provider.NoticeRecoveryIssued, provider.NoticeReset, provider.NoticeTrusted, provider.NoticeLocked,
		provider.NoticeAfterFailures, "something_new",
	}
)

// each has every message of a language sent, and shows it.
func each(t *testing.T, language string, show func(name string, m email.Message, code string)) {
	t.Helper()
	b := &box{}
	p := newProvider(t, config(b))
	u := provider.User{Locale: language}
	f := enrol(t, p, b, u)
	for _, c := range codes {
		var previous []byte
		req := provider.LoginRequest{User: u, Factors: []provider.Factor{f}, Action: c.Action, Now: now}
		name := "code"
		if c.Purpose == sentcode.SetUp {
			sent(t)(p.SetupHook(t.Context(), provider.SetupRequest{User: u, Input: input(alice), Previous: previous, Now: now}))
			name = "code for a set-up"
		} else {
			sent(t)(p.LoginHook(t.Context(), req))
			name += " " + c.Action
		}
		m := b.last(alice)
		show(name, m, codeIn(m))
	}
	for i, op := range notices {
		kind := []string{"totp", "email", "sms", "webauthn", "backup", "device", "another", ""}[i%8]
		n := provider.Notice{Op: op, Kind: kind, Label: "Pixel 8", Hint: "3 left", At: now, Address: "2001:db8::1", Agent: "Firefox on Windows"}
		if i%3 == 0 {
			n.Label, n.Hint, n.Agent, n.Address = "", "", "", ""
		}
		if err := p.Notify(t.Context(), f, n); err != nil {
			t.Fatal(err)
		}
		show(op, b.last(alice), "")
	}
}

// The golden files are every message as its reader sees it, to be read in a review.
func TestGoldenMessages(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		var all strings.Builder
		each(t, language, func(name string, m email.Message, code string) {
			text := m.Text
			if code != "" {
				text = strings.Replace(text, code, "······", 1)
			}
			fmt.Fprintf(&all, "=== %s\nSubject: %s\n\n%s\n", strings.TrimSpace(name), m.Subject, text)
		})
		file := "testdata/messages." + language + ".txt"
		if *update {
			if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != all.String() {
			t.Errorf("messages differ from %s; look at what go test ./provider/email -run Golden -update changes (%v)", file, err)
		}
	}
}

func TestMessagesAreAsTheyShouldBe(t *testing.T) { // attack: O4
	t.Parallel()
	for _, language := range languages {
		each(t, language, func(name string, m email.Message, code string) {
			fault := func(what string) { t.Helper(); t.Errorf("%s, %s: %s", language, name, what) }
			if m.Language != language || m.From != "no-reply@acme.example" || m.FromName != "Acme" || m.To != alice {
				fault("its headers are those of another message")
			}
			if !regexp.MustCompile(`^[A-Z2-7]{26}@acme\.example$`).MatchString(m.ID) {
				fault("its ID is " + m.ID)
			}
			if strings.ContainsAny(m.Subject, "0123456789\r\n") {
				fault("its subject has digits, or two lines: " + m.Subject)
			}
			if code != "" && (len(code) != 6 || strings.Count(m.Text, code) != 1 || strings.Count(m.HTML, ">"+code+"</strong>") != 1 || strings.Count(m.HTML, code) != 1) {
				fault("the code is not once in each part, in one piece")
			}
			for _, tag := range []string{"<a", "<img", "<script", "<form", "<link", "<iframe", "src=", "href=", "url(", "http:", "@import"} {
				if strings.Contains(strings.ToLower(m.HTML), tag) {
					fault("its HTML has " + tag)
				}
			}
			for _, address := range regexp.MustCompile(`https?:\S+`).FindAllString(m.Text, -1) {
				if address != "https://acme.example/account" {
					fault("it has another address than that of the account: " + address)
				}
			}
			// What people copy has no invisible characters beside it, and stands from left to right in every language.
			for line := range strings.Lines(m.Text) {
				line = strings.TrimSuffix(line, "\n")
				if code != "" && strings.Contains(line, code) && line != code || strings.Contains(line, "https://") && line != "https://acme.example/account" ||
					strings.Contains(line, "2001:db8::1") && line != "2001:db8::1" {
					fault("something beside what people copy: " + line)
				}
			}
			for _, value := range []string{code, "2001:db8::1", "https://acme.example/account"} {
				if value != "" && strings.Contains(m.Text, value) && !regexp.MustCompile(`<(strong|span) dir="ltr" style="[^"]*">`+regexp.QuoteMeta(value)+`</`).MatchString(m.HTML) {
					fault(value + " is not marked as left to right")
				}
			}
			direction := "ltr"
			if language == "ar" {
				direction = "rtl"
			}
			if !strings.Contains(m.HTML, `<html lang="`+language+`" dir="`+direction+`">`) {
				fault("its HTML does not say its language and direction")
			}
			if strings.Contains(m.Text, "{{") || strings.Contains(m.HTML, "{{") || strings.Contains(m.Text, "<no value>") {
				fault("it has pieces of its template")
			}
		})
	}
}

// Each message is a message of its own: nothing ties it to those before it.
func TestMessagesAreNotThreaded(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	each(t, "en", func(_ string, m email.Message, _ string) {
		if seen[m.ID] {
			t.Errorf("two messages have the ID %s", m.ID)
		}
		seen[m.ID] = true
	})
}

// attack
func TestTextsOfUsersAreInert(t *testing.T) {
	t.Parallel()
	b := &box{}
	p := newProvider(t, config(b))
	f := enrol(t, p, b, provider.User{})
	for _, text := range []string{
		"{{.Code}}", `{{template "sign_in" .}}`, `<img src=//evil.example/x>`, `"><script>alert(1)</script>`, "Bob\r\nBcc: eve@example.com", "\u202egnp.exe",
		"a\r\n\r\n<h1>x", "</p></div><a href=\"https://evil.example\">",
	} {
		n := provider.Notice{Op: provider.NoticeAdded, Kind: "totp", Label: text, Hint: text, Address: text, Agent: text, At: now}
		if err := p.Notify(t.Context(), f, n); err != nil {
			t.Fatal(err)
		}
		checkInert(t, text, b.last(alice))
		sent(t)(p.LoginHook(t.Context(), provider.LoginRequest{Factors: []provider.Factor{f}, Action: text, Now: now}))
		checkInert(t, text, b.last(alice))
	}
}

func checkInert(t *testing.T, text string, m email.Message) {
	t.Helper()
	if tags := regexp.MustCompile(`(?i)<(img|script|h1|a)\b`).FindString(m.HTML); tags != "" {
		t.Errorf("%q is HTML: %s", text, tags)
	}
	if strings.Contains(m.Subject, "Bob") || strings.Contains(m.Text, "\nBcc") || strings.ContainsAny(m.Text+m.HTML, "\u202e\r") {
		t.Errorf("%q is in force in %q", text, m.Text)
	}
	if code := codeIn(m); code != "" && strings.Count(m.Text, code) != 1 {
		t.Errorf("%q shows the code", text)
	}
}
