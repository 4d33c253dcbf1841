package smtp_test

import (
	"bufio"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	netmail "net/mail"

	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// Addresses and texts that would become another command, header or recipient are refused before there is a connection.
//
// attack
func TestInjection(t *testing.T) {
	t.Parallel()
	srv := startServer(t, serverKind{})
	s := srv.sender(t)
	for name, edit := range map[string]func(*email.Message){
		"a line break in To":       func(m *email.Message) { m.To = "a@example.com\r\nRCPT TO:<eve@example.com>" },
		"a bracket in To":          func(m *email.Message) { m.To = "a@example.com> NOTIFY=SUCCESS,DELAY <b@example.com" },
		"two in To":                func(m *email.Message) { m.To = "a@example.com, eve@example.com" },
		"a quoted local part":      func(m *email.Message) { m.To = `"a@evil.example> "@example.com` },
		"a literal":                func(m *email.Message) { m.To = "a@[127.0.0.1]" },
		"a name in To":             func(m *email.Message) { m.To = "Eve <eve@example.com>" },
		"nobody":                   func(m *email.Message) { m.To = "" },
		"two ats":                  func(m *email.Message) { m.To = "a@b@example.com" },
		"another alphabet":         func(m *email.Message) { m.To = "аlice@example.com" },
		"a long one":               func(m *email.Message) { m.To = strings.Repeat("a", 250) + "@example.com" },
		"a line break in From":     func(m *email.Message) { m.From = "a@acme.example\r\nBcc: eve@example.com" },
		"a line break in FromName": func(m *email.Message) { m.FromName = "Acme\r\nBcc: eve@example.com" },
		"a line break in Subject":  func(m *email.Message) { m.Subject = "Hello\nBcc: eve@example.com" },
		"a line break in ID":       func(m *email.Message) { m.ID = "x@acme.example>\r\nBcc: eve@example.com" },
		"a bracket in ID":          func(m *email.Message) { m.ID = "x@acme.example> <y@acme.example" },
		"a line break in Language": func(m *email.Message) { m.Language = "en\r\nBcc: eve@example.com" },
	} {
		m := message()
		edit(&m)
		if err := s.Send(t.Context(), m); !errors.Is(err, sentcode.ErrPermanent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if sessions, _ := srv.counts(); sessions != 0 || len(srv.inbox()) != 0 {
		t.Errorf("%d connections and %d messages for what cannot be sent", sessions, len(srv.inbox()))
	}
}

// Whatever the fields are, at most one message leaves, to at most one recipient, with the headers of a message and no others.
func FuzzMessage(f *testing.F) {
	srv := startServer(f, serverKind{})
	s := srv.sender(f, func(c *smtp.Config) { c.Timeout = time.Minute })
	f.Add("alice@example.com", "Acme", "Your code", "012345\n", "<p>012345</p>")
	f.Add("a@b.c", "A\u0085\u2028cme", "=?utf-8?q?x?=\u2029", ".\r\n.\r\nQUIT\r\n", "\r\n\r\n--x\r\nBcc: y\r\n")
	f.Add("a@b.c> SIZE=1", `"Acme" <eve@example.com>,`, "Sub\u0000ject", "\r.\r", "\xff")
	f.Add("x@y.z", strings.Repeat("Ä", 300), strings.Repeat("long ", 100), strings.Repeat("x", 3000), "")
	allowed := []string{
		"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "Content-Type",
		"Content-Transfer-Encoding",
	}
	f.Fuzz(func(t *testing.T, to, name, subject, text, html string) {
		before := len(srv.inbox())
		m := message()
		m.To, m.FromName, m.Subject, m.Text, m.HTML = to, name, subject, text, html
		err := s.Send(context.Background(), m)
		arrived := srv.inbox()[before:]
		if err != nil && len(arrived) == 0 {
			return
		}
		if err != nil || len(arrived) != 1 || !slices.Equal(arrived[0].to, []string{to}) {
			t.Fatalf("%v; %d messages, %+v", err, len(arrived), arrived)
		}
		parsed, err := netmail.ReadMessage(bufio.NewReader(strings.NewReader(arrived[0].text)))
		if err != nil {
			t.Fatalf("%v in %q", err, arrived[0].text)
		}
		for header, values := range parsed.Header {
			if !slices.Contains(allowed, header) || len(values) != 1 {
				t.Errorf("the message has %s: %q", header, values)
			}
		}
		if list, err := parsed.Header.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != to {
			t.Errorf("To is %q (%v)", parsed.Header.Get("To"), err)
		}
	})
}
