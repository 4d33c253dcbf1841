package smtp_test

import (
	"bufio"
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
	"net"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	server "github.com/emersion/go-smtp"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
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

// Without TLS, with a certificate of somebody else, or with the wrong password, nothing is sent, and the password is not told either.
func TestServersThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind serverKind
		edit func(*smtp.Config)
		note string
	}{
		"no STARTTLS":                 {serverKind{noTLS: true}, func(*smtp.Config) {}, "smtp: the server has no STARTTLS"},
		"a certificate of nobody":     {serverKind{}, func(c *smtp.Config) { c.RootCAs = nil }, "smtp: the server's certificate is not trusted"},
		"a certificate of another":    {serverKind{certificateFor: "evil.example"}, func(*smtp.Config) {}, "smtp: the server's certificate is not trusted"},
		"another, TLS at once":        {serverKind{certificateFor: "evil.example", implicitTLS: true}, func(c *smtp.Config) { c.Security = smtp.TLS }, "smtp: the server's certificate is not trusted"},
		"a wrong password":            {serverKind{}, func(c *smtp.Config) { c.Password = "guess" }, "smtp 535 when connecting"},
		"no way to sign in":           {serverKind{noAuth: true}, func(*smtp.Config) {}, "smtp: the server has no way to sign in that is safe"},
		"STARTTLS where TLS is":       {serverKind{implicitTLS: true}, func(c *smtp.Config) { c.Timeout = time.Second }, "smtp: no connection in time"},
		"TLS at once where it is not": {serverKind{}, func(c *smtp.Config) { c.Security = smtp.TLS }, "smtp: no connection that is fit for use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startServer(t, c.kind)
			s := srv.sender(t, c.edit)
			for what, err := range map[string]error{"Send": s.Send(t.Context(), message()), "Check": s.Check(t.Context())} {
				want := sentcode.ErrPermanent
				if strings.Contains(c.note, "in time") {
					want = sentcode.ErrTemporary
				}
				checkFailure(t, what, err, want, c.note)
			}
			if _, logins := srv.counts(); len(srv.inbox()) != 0 || logins != 0 {
				t.Errorf("%d messages and %d log-ins", len(srv.inbox()), logins)
			}
		})
	}
}

func TestPlaintextByName(t *testing.T) {
	t.Parallel()
	srv := startServer(t, serverKind{noTLS: true, noAuth: true})
	s := srv.sender(t, func(c *smtp.Config) {
		c.Username, c.Password, c.Open, c.Security, c.Development = "", "", true, smtp.Plaintext, true
	})
	if err := s.Send(t.Context(), message()); err != nil || len(srv.inbox()) != 1 || srv.inbox()[0].tls {
		t.Errorf("%v, %d messages", err, len(srv.inbox()))
	}
}

// checkFailure compares an error with what it should say, and with what it must not: who the message was to, and what the server said about them.
func checkFailure(t *testing.T, what string, err, want error, note string) {
	t.Helper()
	noted := (*provider.SendError)(nil)
	if !errors.Is(err, want) || !errors.As(err, &noted) || noted.Note != note {
		t.Errorf("%s: %v, want %v with the note %q", what, err, want, note)
	}
	for _, other := range []error{sentcode.ErrAddress, sentcode.ErrTemporary, sentcode.ErrPermanent} {
		if !errors.Is(want, other) && errors.Is(err, other) {
			t.Errorf("%s: %v is %v as well", what, err, other)
		}
	}
	for _, secret := range []string{"alice", "012345", password, username, "about"} {
		if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("%s: the error says %q: %v", what, secret, err)
		}
	}
}

// What a server answers is told apart: the address, not now, or something to mend. Only "not now" is tried again.
//
// attack: A-137
func TestAnswers(t *testing.T) {
	t.Parallel()
	none := server.NoEnhancedCode
	for name, c := range map[string]struct {
		step  string
		err   error
		want  error
		note  string
		tries int
	}{
		"unknown mailbox":             {"rcpt", says(550, server.EnhancedCode{5, 1, 1}), sentcode.ErrAddress, "smtp 550 5.1.1", 1},
		"unknown domain":              {"rcpt", says(550, server.EnhancedCode{5, 1, 2}), sentcode.ErrAddress, "smtp 550 5.1.2", 1},
		"full mailbox":                {"rcpt", says(552, server.EnhancedCode{5, 2, 2}), sentcode.ErrAddress, "smtp 552 5.2.2", 1},
		"unknown, said late":          {"end", says(550, server.EnhancedCode{5, 1, 1}), sentcode.ErrAddress, "smtp 550 5.1.1", 1},
		"unknown, without a code":     {"rcpt", says(550, none), sentcode.ErrAddress, "smtp 550", 1},
		"no relaying":                 {"rcpt", says(554, server.EnhancedCode{5, 7, 1}), sentcode.ErrPermanent, "smtp 554 5.7.1", 1},
		"no relaying, by 550":         {"rcpt", says(550, server.EnhancedCode{5, 7, 1}), sentcode.ErrPermanent, "smtp 550 5.7.1", 1},
		"unknown sender":              {"rcpt", says(550, server.EnhancedCode{5, 1, 8}), sentcode.ErrPermanent, "smtp 550 5.1.8", 1},
		"sender refused":              {"mail", says(550, server.EnhancedCode{5, 1, 1}), sentcode.ErrPermanent, "smtp 550 5.1.1", 1},
		"spam":                        {"end", says(554, server.EnhancedCode{5, 7, 1}), sentcode.ErrPermanent, "smtp 554 5.7.1", 1},
		"refused without a code":      {"end", says(550, none), sentcode.ErrPermanent, "smtp 550", 1},
		"not now, sender":             {"mail", says(451, server.EnhancedCode{4, 3, 0}), sentcode.ErrTemporary, "smtp 451 4.3.0", 3},
		"not now, recipient":          {"rcpt", says(450, server.EnhancedCode{4, 2, 0}), sentcode.ErrTemporary, "smtp 450 4.2.0", 3},
		"not now, at the end":         {"end", says(451, server.EnhancedCode{4, 7, 1}), sentcode.ErrTemporary, "smtp 451 4.7.1", 3},
		"hangs up at the sender":      {"mail", errHangUp, sentcode.ErrTemporary, "smtp: the connection broke off", 1},
		"hangs up at the recipient":   {"rcpt", errHangUp, sentcode.ErrTemporary, "smtp: the connection broke off", 1},
		"hangs up within the message": {"data", errHangUp, sentcode.ErrTemporary, "smtp: the connection broke off", 1},
		"hangs up instead of a yes":   {"end", errHangUp, sentcode.ErrTemporary, "smtp: the connection broke off", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startServer(t, serverKind{})
			s := srv.sender(t)
			var asked atomic.Int64
			on := at(c.step, c.err)
			srv.answer(func(step string, conn *server.Conn) error {
				if step == c.step {
					asked.Add(1)
				}
				return on(step, conn)
			})
			checkFailure(t, "Send", s.Send(t.Context(), message()), c.want, c.note)
			if n := int(asked.Load()); n != c.tries {
				t.Errorf("the server was asked %d times, want %d", n, c.tries)
			}
			srv.answer(nil)
			if err := s.Send(t.Context(), message()); err != nil || len(srv.inbox()) != 1 {
				t.Errorf("the next message: %v; %d have arrived", err, len(srv.inbox()))
			}
		})
	}
}

func TestNotNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	srv := startServer(t, serverKind{})
	var asked atomic.Int64
	srv.answer(func(step string, _ *server.Conn) error {
		if step == "rcpt" && asked.Add(1) == 1 {
			return says(450, server.EnhancedCode{4, 2, 0})
		}
		return nil
	})
	if err := srv.sender(t).Send(t.Context(), message()); err != nil || len(srv.inbox()) != 1 {
		t.Errorf("%v, %d messages", err, len(srv.inbox()))
	}
}

// Nobody listens, or somebody who says nothing: the call ends when its context does, wherever it is, and not when the server likes.
//
// attack: A-149
func TestContextHoldsAfterConnecting(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	port := silent.Addr().(*net.TCPAddr).Port
	quiet, err := smtp.New(smtp.Config{Host: "localhost", Port: port, Username: "u", Password: "p", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	cancelled := func(cancel func(), send func() error) error {
		done := make(chan error, 1)
		go func() { done <- send() }()
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(30 * time.Second): // half of what the configuration allows
			return errors.New("the call goes on")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	checkFailure(t, "a silent server", cancelled(func() {}, func() error { return quiet.Send(ctx, message()) }), sentcode.ErrTemporary, "smtp: no connection in time")

	for _, step := range []string{"mail", "rcpt", "data", "end"} {
		srv := startServer(t, serverKind{})
		reached := make(chan struct{})
		srv.answer(func(s string, _ *server.Conn) error {
			if s == step {
				close(reached)
				<-srv.release
			}
			return nil
		})
		s := srv.sender(t, func(c *smtp.Config) { c.Timeout = time.Minute })
		ctx, cancel := context.WithCancel(t.Context())
		err := cancelled(func() { <-reached; cancel() }, func() error { return s.Send(ctx, message()) })
		checkFailure(t, "hanging up at "+step, err, sentcode.ErrTemporary, "smtp: no answer in time")
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s, err := smtp.New(smtp.Config{Host: "localhost", Port: port, Username: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	checkFailure(t, "Send", s.Send(t.Context(), message()), sentcode.ErrTemporary, "smtp: no connection")
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
