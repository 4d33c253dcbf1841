package smtp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	server "github.com/emersion/go-smtp"

	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
)

const (
	username = "acme"
	password = "correct horse battery"
)

// mailServer is a real SMTP server in this process, which can be as bad as servers are.
type mailServer struct {
	host  string
	port  int
	roots *x509.CertPool

	mu       sync.Mutex
	sessions int
	logins   int
	mail     []received
	helos    []string
	on       func(step string, c *server.Conn) error // asked at "mail", "rcpt", "data" before and "end" after the text; its error is the answer
	release  chan struct{}                           // closed when the test ends, for what hangs
}

// received is a message as it came.
type received struct {
	from string
	to   []string
	tls  bool
	text string
}

// serverKind is what a server offers.
type serverKind struct {
	noTLS, implicitTLS, noAuth bool
	certificateFor             string // instead of localhost
}

func startServer(tb testing.TB, k serverKind) *mailServer {
	tb.Helper()
	m := &mailServer{host: "localhost", release: make(chan struct{})}
	name := "localhost"
	if k.certificateFor != "" {
		name = k.certificateFor
	}
	config := m.certificate(tb, name)
	s := server.NewServer(server.BackendFunc(func(c *server.Conn) (server.Session, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.sessions++
		m.helos = append(m.helos, c.Hostname())
		_, secure := c.TLSConnectionState()
		session := &session{m: m, conn: c, tls: secure}
		if k.noAuth {
			return session, nil
		}
		return authSession{session}, nil
	}))
	s.Domain, s.ReadTimeout, s.WriteTimeout = "mail.example", time.Minute, time.Minute
	s.ErrorLog = quiet{}
	if !k.noTLS {
		s.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	m.port = l.Addr().(*net.TCPAddr).Port
	if k.implicitTLS {
		l = tls.NewListener(l, config)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	tb.Cleanup(func() { close(m.release); _ = s.Close(); _ = l.Close(); <-done }) // Serve may not have begun yet
	return m
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (m *mailServer) certificate(tb testing.TB, name string) *tls.Config {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	m.roots = x509.NewCertPool()
	m.roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// answer says what the server does at a step, from now on.
func (m *mailServer) answer(on func(step string, c *server.Conn) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.on = on
}

func (m *mailServer) ask(step string, c *server.Conn) error {
	m.mu.Lock()
	on := m.on
	m.mu.Unlock()
	if on == nil {
		return nil
	}
	return on(step, c)
}

// inbox is what has arrived, and counts are the connections and the log-ins so far.
func (m *mailServer) inbox() []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]received(nil), m.mail...)
}

func (m *mailServer) counts() (sessions, logins int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions, m.logins
}

// config is what a Sender needs for this server.
func (m *mailServer) config() smtp.Config {
	return smtp.Config{Host: m.host, Port: m.port, Username: username, Password: password, RootCAs: m.roots, Timeout: 5 * time.Second}
}

func (m *mailServer) sender(tb testing.TB, edit ...func(*smtp.Config)) *smtp.Sender {
	tb.Helper()
	cfg := m.config()
	for _, e := range edit {
		e(&cfg)
	}
	s, err := smtp.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

type session struct {
	m    *mailServer
	conn *server.Conn
	tls  bool
	now  received
}

func (s *session) Reset()        { s.now = received{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *server.MailOptions) error {
	s.now = received{from: from, tls: s.tls}
	return s.m.ask("mail", s.conn)
}

func (s *session) Rcpt(to string, _ *server.RcptOptions) error {
	s.now.to = append(s.now.to, to)
	return s.m.ask("rcpt", s.conn)
}

func (s *session) Data(r io.Reader) error {
	if err := s.m.ask("data", s.conn); err != nil {
		return err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.m.ask("end", s.conn); err != nil {
		return err
	}
	s.now.text = string(b)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.mail = append(s.m.mail, s.now)
	return nil
}

type authSession struct{ *session }

func (authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != username || pass != password {
			return server.ErrAuthFailed
		}
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.logins++
		return nil
	}), nil
}

// says is an answer of the server.
func says(code int, enhanced server.EnhancedCode) error {
	return &server.SMTPError{Code: code, EnhancedCode: enhanced, Message: "about " + message().To}
}

var errHangUp = errors.New("hang up")

// at answers err at one step; at errHangUp the server closes the connection instead.
func at(step string, err error) func(string, *server.Conn) error {
	return func(s string, c *server.Conn) error {
		if s != step {
			return nil
		}
		if errors.Is(err, errHangUp) {
			_ = c.Conn().Close()
		}
		return err
	}
}

// message is one that a provider would send.
func message() email.Message {
	return email.Message{
		ID: "6H2K" + strconv.Itoa(1000) + "@acme.example", From: "no-reply@acme.example", FromName: "Acme", To: "alice@example.com",
		Subject: "Your Acme sign-in code", Text: "Your Acme sign-in code is:\n\n012345\n", HTML: "<p>Your Acme sign-in code is:</p><p>012345</p>", Language: "en",
	}
}
