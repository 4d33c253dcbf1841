package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"
	wire "github.com/wneessen/go-mail/smtp"
)

const quitTime = 2 * time.Second

// conn is a connection to the server, ready for a message.
type conn struct {
	mailer *mail.Client
	client *wire.Client
	raw    net.Conn
	timer  *time.Timer // while it is kept
}

// dial connects, changes to TLS, and signs in. The name it gives itself is the domain of the sender, since the host's is nobody's business.
func (s *Sender) dial(ctx context.Context, from string) (*conn, error) {
	c := &conn{}
	stop := func() bool { return true }
	defer func() { stop() }()
	options := []mail.Option{
		mail.WithPort(s.cfg.Port), mail.WithTimeout(2 * s.cfg.Timeout), mail.WithoutNoop(), mail.WithoutRset(), mail.WithHELO(domainOf(from)),
		mail.WithoutSMTPUTF8(), // Addresses are ASCII, and a message marked so is returned by the next server that does not know the extension.
		mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			raw, err := s.connect(dialing, network, address)
			if err != nil {
				return nil, err
			}
			c.raw = raw
			// The library looks at a context until here, and no further. This is ours: its own ends when it has connected.
			stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
			return raw, nil
		}),
	}
	switch s.cfg.Security {
	case STARTTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(s.tls()))
	case TLS:
		options = append(options, mail.WithSSL())
	case Plaintext:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.cfg.Username != "" {
		options = append(options, mail.WithUsername(s.cfg.Username), mail.WithPassword(s.cfg.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	var err error
	if c.mailer, err = mail.NewClient(s.cfg.Host, options...); err != nil {
		return nil, dialFailed(ctx, err)
	}
	if c.client, err = c.mailer.DialToSMTPClientWithContext(ctx); err != nil {
		if c.raw != nil {
			_ = c.raw.Close()
		}
		return nil, dialFailed(ctx, err)
	}
	return c, nil
}

func (s *Sender) connect(ctx context.Context, network, address string) (net.Conn, error) {
	var plain net.Dialer
	if s.cfg.Security == TLS {
		return (&tls.Dialer{NetDialer: &plain, Config: s.tls()}).DialContext(ctx, network, address)
	}
	return plain.DialContext(ctx, network, address)
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.RootCAs, MinVersion: tls.VersionTLS12}
}

func domainOf(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return address[i+1:]
	}
	return "localhost"
}

// alive asks a connection that was kept whether the server still listens. One that does not is over.
func (c *conn) alive(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	err := c.client.UpdateDeadline(quitTime)
	if err == nil {
		err = c.client.Noop()
	}
	if !stop() || err != nil {
		c.drop()
		return false
	}
	return true
}

// send sends one message. When ctx ends, so does the connection, and with it whatever waits for the server. // attack: A-149
func (c *conn) send(ctx context.Context, m *mail.Msg) error {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	err := c.mailer.SendWithSMTPClient(c.client, m)
	if !stop() && err == nil && !m.IsDelivered() {
		err = ctx.Err()
	}
	if m.IsDelivered() { // What fails after the server has said yes is no reason to send it again.
		return nil
	}
	return sendFailed(ctx, err)
}

func (c *conn) drop() { _ = c.raw.Close() }

// quit says good-bye, and does not wait long for an answer.
func (c *conn) quit() {
	if c.client.UpdateDeadline(quitTime) == nil {
		_ = c.client.Quit()
	}
	c.drop()
}
