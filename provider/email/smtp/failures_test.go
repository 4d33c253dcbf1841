package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	server "github.com/emersion/go-smtp"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

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
		case <-time.After(15 * time.Second): // a quarter of what the configuration allows
			return errors.New("the call goes on")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	checkFailure(t, "a silent server", cancelled(func() {}, func() error { return quiet.Send(ctx, message()) }), sentcode.ErrTemporary, "smtp: no connection in time")

	for _, step := range []string{"mail", "rcpt", "data", "end"} {
		if t.Failed() {
			return
		}
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
	err = s.Send(t.Context(), message())
	noted := (*provider.SendError)(nil)
	if !errors.As(err, &noted) || !strings.HasPrefix(noted.Note, "smtp: no connection: dial tcp") || !strings.HasSuffix(noted.Note, "refused") {
		t.Fatalf("Send: %v; the note is to say what is wrong with the network", err)
	}
	checkFailure(t, "Send", err, sentcode.ErrTemporary, noted.Note)
}
