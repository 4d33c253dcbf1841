package smtp_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	server "github.com/emersion/go-smtp"

	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	ok := smtp.Config{Host: "mail.acme.example", Username: username, Password: password}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k crypto.Signer) func(*smtp.Config) {
		return func(c *smtp.Config) { c.DKIM = &smtp.DKIM{Domain: "acme.example", Selector: "s1", Key: k} }
	}
	for name, c := range map[string]struct {
		edit  func(*smtp.Config)
		valid bool
	}{
		"as it is":                      {func(*smtp.Config) {}, true},
		"no host":                       {func(c *smtp.Config) { c.Host = "" }, false},
		"a socket":                      {func(c *smtp.Config) { c.Host = "unix:///run/smtp" }, false},
		"no user name":                  {func(c *smtp.Config) { c.Username, c.Password = "", "" }, false},
		"no password":                   {func(c *smtp.Config) { c.Password = "" }, false},
		"no user name, by name":         {func(c *smtp.Config) { c.Username, c.Password, c.Open = "", "", true }, true},
		"a user name at an open server": {func(c *smtp.Config) { c.Open = true }, false},
		"plain text":                    {func(c *smtp.Config) { c.Username, c.Password, c.Open, c.Security = "", "", true, smtp.Plaintext }, false},
		"plain text in development": {func(c *smtp.Config) {
			c.Username, c.Password, c.Open, c.Security, c.Development = "", "", true, smtp.Plaintext, true
		}, true},
		"a password in plain text":         {func(c *smtp.Config) { c.Security, c.Development = smtp.Plaintext, true }, false},
		"development with TLS":             {func(c *smtp.Config) { c.Development = true }, true},
		"TLS from the first byte":          {func(c *smtp.Config) { c.Security = smtp.TLS }, true},
		"unknown security":                 {func(c *smtp.Config) { c.Security = 3 }, false},
		"a port that is none":              {func(c *smtp.Config) { c.Port = 65536 }, false},
		"no connection":                    {func(c *smtp.Config) { c.Connections = -1 }, false},
		"64 connections":                   {func(c *smtp.Config) { c.Connections = 64 }, true},
		"65 connections":                   {func(c *smtp.Config) { c.Connections = 65 }, false},
		"half a second":                    {func(c *smtp.Config) { c.Timeout = time.Second / 2 }, false},
		"two minutes":                      {func(c *smtp.Config) { c.Timeout = 2 * time.Minute }, false},
		"DKIM without a key":               {sign(nil), false},
		"DKIM with a short key":            {sign(weak), false},
		"DKIM with a key nobody can check": {sign(curve), false},
		"DKIM":                             {sign(edwards), true},
		"DKIM without a selector":          {func(c *smtp.Config) { sign(edwards)(c); c.DKIM.Selector = "" }, false},
	} {
		cfg := ok
		c.edit(&cfg)
		s, err := smtp.New(cfg)
		if (err == nil) != c.valid || (s != nil) != c.valid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = smtp.New(smtp.Config{Timeout: time.Hour, Connections: 100})
	for _, field := range []string{"Host", "Username", "Timeout", "Connections"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("all faults are to be told at once; %s is missing in %v", field, err)
		}
	}
	if out := fmt.Sprintf("%v %+v %#v", ok, ok, &ok); strings.Contains(out, password) {
		t.Errorf("the password is printed: %s", out)
	}
}

// A message arrives once, at one recipient, over TLS, and with the headers that it should have and no others.
//
// attack
func TestMessageArrives(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]serverKind{"STARTTLS": {}, "TLS": {implicitTLS: true}} {
		srv := startServer(t, k)
		s := srv.sender(t, func(c *smtp.Config) {
			if k.implicitTLS {
				c.Security = smtp.TLS
			}
		})
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("%s: Check: %v", name, err)
		}
		if err := s.Send(t.Context(), message()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		inbox := srv.inbox()
		if len(inbox) != 1 || !inbox[0].tls || inbox[0].from != "no-reply@acme.example" || !slices.Equal(inbox[0].to, []string{"alice@example.com"}) {
			t.Fatalf("%s: what arrived is %d messages, %+v", name, len(inbox), inbox)
		}
		checkMessage(t, inbox[0].text)
		if got := srv.helos[len(srv.helos)-1]; got != "acme.example" {
			t.Errorf("%s: the sender calls itself %q", name, got)
		}
	}
}

// checkMessage compares a message with what message() should have become.
func checkMessage(t *testing.T, text string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"From": `"Acme" <no-reply@acme.example>`, "To": "<alice@example.com>", "Subject": "Your Acme sign-in code", "Message-ID": "<6H2K1000@acme.example>",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": "en", "MIME-Version": "1.0", "User-Agent": "", "X-Mailer": "",
		"Bcc": "", "Cc": "", "References": "", "In-Reply-To": "", "Precedence": "",
	} {
		if got := m.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	for header, values := range m.Header {
		if len(values) != 1 && header != "Received" {
			t.Errorf("%s is there %d times", header, len(values))
		}
	}
	if _, err := m.Header.Date(); err != nil {
		t.Errorf("Date: %v", err)
	}
	if host, err := os.Hostname(); err == nil && strings.Contains(ownPart(text), host) {
		t.Error("the name of this host is in the message")
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %q (%v)", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, text string }{{"text/plain", message().Text}, {"text/html", message().HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		got, err := io.ReadAll(body)
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), want.kind) || strings.TrimSpace(strings.ReplaceAll(string(got), "\r\n", "\n")) != strings.TrimSpace(want.text) {
			t.Errorf("part %q is %q (%v)", p.Header.Get("Content-Type"), got, err)
		}
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("there is a third part, or no end: %v", err)
	}
}

// ownPart leaves out what servers on the way have put before it.
func ownPart(text string) string {
	if i := strings.Index(text, "Date: "); i >= 0 {
		return text[i:]
	}
	return text
}

// Connections are kept, and there are never more than allowed; one that the server has closed meanwhile is replaced without anybody noticing.
func TestConnectionsAreKeptAndBounded(t *testing.T) {
	t.Parallel()
	srv := startServer(t, serverKind{})
	s := srv.sender(t, func(c *smtp.Config) { c.Connections = 2 })
	for range 5 {
		if err := s.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	if _, logins := srv.counts(); logins != 1 {
		t.Errorf("5 messages, one after the other, took %d log-ins, want 1", logins)
	}
	var conn *server.Conn
	srv.answer(func(step string, c *server.Conn) error { conn = c; return nil })
	if err := s.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	srv.answer(nil)
	_ = conn.Conn().Close()
	if err := s.Send(t.Context(), message()); err != nil {
		t.Errorf("after the server has closed the connection: %v", err)
	}

	var now, most atomic.Int64
	srv.answer(func(step string, _ *server.Conn) error {
		switch step {
		case "mail":
			for n := now.Add(1); ; {
				if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
		case "end":
			now.Add(-1)
		}
		return nil
	})
	before := len(srv.inbox())
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := s.Send(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(srv.inbox()) - before; got != 20 || most.Load() > 2 {
		t.Errorf("%d of 20 messages arrived, %d at the same time; allowed are 2", got, most.Load())
	}
	_, logins := srv.counts()
	if logins > 4 {
		t.Errorf("20 messages at once took %d log-ins more", logins-2)
	}
}

// Whoever waits for a place gives up when their time is up, and those who have one are not disturbed.
func TestWaitingForAPlaceEnds(t *testing.T) {
	t.Parallel()
	srv := startServer(t, serverKind{})
	s := srv.sender(t, func(c *smtp.Config) { c.Connections, c.Timeout = 1, time.Minute })
	reached := make(chan struct{})
	var once sync.Once
	goOn := make(chan struct{})
	srv.answer(func(step string, _ *server.Conn) error {
		if step == "mail" {
			once.Do(func() { close(reached); <-goOn })
		}
		return nil
	})
	first := make(chan error, 1)
	go func() { first <- s.Send(t.Context(), message()) }()
	<-reached
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checkFailure(t, "the second", s.Send(ctx, message()), sentcode.ErrTemporary, "smtp: all connections are busy")
	close(goOn)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

func TestCloseEndsConnections(t *testing.T) {
	t.Parallel()
	srv := startServer(t, serverKind{})
	s := srv.sender(t)
	if err := s.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), message()); err != nil || len(srv.inbox()) != 2 {
		t.Errorf("after Close a message still goes, over a connection of its own: %v", err)
	}
	if _, logins := srv.counts(); logins != 2 {
		t.Errorf("%d log-ins, want 2", logins)
	}
}

// checkSubject decodes the subject of a message, and withSubject puts another in its place.
func checkSubject(t *testing.T, text, want string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != want {
		t.Errorf("the subject reads %q, want %q (%v)", got, want, err)
	}
}

func withSubject(text, subject string) string {
	before, rest, _ := strings.Cut(text, "\nSubject:")
	for {
		_, after, _ := strings.Cut(rest, "\n")
		if rest = after; !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "\t") {
			return before + "\nSubject: " + subject + "\n" + rest
		}
	}
}
