// Package smtp sends e-mail through a mail server: github.com/wneessen/go-mail, with connections that are kept, deadlines that hold, and errors that say
// whether the address or the server is to blame.
//
// TLS is required, and the server's certificate is checked. The message can be signed (DKIM).
package smtp

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"github.com/cofactor-mfa/cofactor/provider/email"
)

// Security is how the connection is protected.
type Security uint8

// The ways.
const (
	STARTTLS  Security = iota // begins in the clear and changes to TLS before anything is said (RFC 3207); a server that cannot is refused
	TLS                       // from the first byte (RFC 8314)
	Plaintext                 // not at all: for Development only
)

const (
	defaultConnections = 4
	maxConnections     = 64
	defaultTimeout     = 8 * time.Second // less than the registry waits, so that an event says what took so long
	idleTime           = 20 * time.Second
	minRSABits         = 2048
)

// Config is what a Sender is made from.
type Config struct {
	// Host is the name of the mail server, which its certificate has to have. Required.
	Host string
	// Port is 587 by default, and 465 with TLS.
	Port int
	// Security is STARTTLS by default.
	Security Security
	// Username and Password are those of the account. Required, unless Open says that the server takes mail without.
	Username, Password string
	// Open is for a server that knows its senders by their network.
	Open bool
	// RootCAs are who the server's certificate may be from; nil means the system's.
	RootCAs *x509.CertPool
	// DKIM signs the messages; nil leaves that to the server.
	DKIM *DKIM
	// Connections is how many messages are sent at the same time, and how many connections are kept: 1 to 64, by default 4.
	Connections int
	// Timeout is how long one message may take, with everything: 1 second to 1 minute, by default 8 seconds.
	Timeout time.Duration
	// Development allows Plaintext. Programs that serve people do not set it.
	Development bool
}

// Format keeps the password and the key out of whatever prints a configuration.
func (Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, "smtp.Config (not printed)") }

// DKIM is what messages are signed with (RFC 6376). The domain must be that of the addresses they come from, for DMARC.
type DKIM struct {
	Domain, Selector string
	// Key is an *rsa.PrivateKey of at least 2048 bits, which every receiver can check, or an ed25519.PrivateKey (RFC 8463), which some cannot yet.
	Key crypto.Signer
}

// Format keeps the key out of whatever prints it.
func (DKIM) Format(f fmt.State, _ rune) { fmt.Fprint(f, "smtp.DKIM (not printed)") }

// Sender sends messages through one mail server. It is safe for concurrent use.
type Sender struct {
	cfg  Config
	pool *pool
}

var _ email.Sender = (*Sender)(nil)

// New makes a Sender. It connects when there is something to send; Check connects at once.
func New(cfg Config) (*Sender, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	s := &Sender{cfg: cfg}
	s.pool = newPool(cfg.Connections)
	return s, nil
}

func (c *Config) fill() error {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("smtp: "+format, args...))
		}
	}
	if c.Port == 0 {
		c.Port = 587
		if c.Security == TLS {
			c.Port = 465
		}
	}
	if c.Connections == 0 {
		c.Connections = defaultConnections
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	need(c.Host != "" && !strings.ContainsAny(c.Host, "/ \t\r\n"), "Config.Host is required: the name of a server")
	need(c.Port > 0 && c.Port < 1<<16, "Config.Port is %d, not 1 to 65535", c.Port)
	need(c.Security <= Plaintext, "Config.Security is %d, none of STARTTLS, TLS, Plaintext", c.Security)
	need(c.Security != Plaintext || c.Development, "Config.Security is Plaintext, which sends codes for anybody to read; it is for Config.Development only")
	need(c.Security != Plaintext || c.Username == "", "Config.Username and Plaintext: the password would be sent for anybody to read")
	need((c.Username == "") == (c.Password == ""), "Config.Username and Config.Password go together")
	need(c.Open || c.Username != "", "Config.Username is required; if the server takes mail without, say so with Config.Open")
	need(!c.Open || c.Username == "", "Config.Open and Config.Username exclude each other")
	need(c.Connections >= 1 && c.Connections <= maxConnections, "Config.Connections is %d, not 1 to %d", c.Connections, maxConnections)
	need(c.Timeout >= time.Second && c.Timeout <= time.Minute, "Config.Timeout is %v, not 1s to 1m", c.Timeout)
	if c.DKIM != nil {
		need(c.DKIM.Domain != "" && c.DKIM.Selector != "", "Config.DKIM needs a Domain and a Selector")
		need(goodKey(c.DKIM.Key), "Config.DKIM.Key is neither RSA of at least %d bits nor Ed25519", minRSABits)
	}
	return errors.Join(faults...)
}

func goodKey(k crypto.Signer) bool {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return k != nil && k.N.BitLen() >= minRSABits
	case ed25519.PrivateKey:
		return len(k) == ed25519.PrivateKeySize
	}
	return false
}

// Pauses before a message is tried again to which the server said: not now (RFC 5321 section 4.2.1, 4yz). A user is waiting, so they are short.
var pauses = [...]time.Duration{250 * time.Millisecond, time.Second}

// Send sends a message to its one recipient. It returns when the server has accepted or refused it, or when ctx or Config.Timeout ends. What the server answers
// with "not now" is tried twice more; a message whose fate is unknown, because the connection broke off while it was being sent, is not.
func (s *Sender) Send(ctx context.Context, m email.Message) error {
	built, err := s.build(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	release, err := s.pool.enter(ctx)
	if err != nil {
		return err
	}
	defer release()
	for _, pause := range pauses {
		err = s.try(ctx, m.From, built)
		if !isLater(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
	return s.try(ctx, m.From, built)
}

// try sends over a connection that is kept, or over a new one.
func (s *Sender) try(ctx context.Context, from string, m *mail.Msg) error {
	c := s.pool.take()
	if c != nil && !c.alive(ctx) {
		if ctx.Err() == nil { // or whoever hangs up would take the connections of all with them
			s.pool.forget()
		}
		c = nil
	}
	if c == nil {
		var err error
		if c, err = s.dial(ctx, from); err != nil {
			return err
		}
	}
	if err := c.send(ctx, m); err != nil {
		c.drop()
		return err
	}
	s.pool.keep(c)
	return nil
}

// Check connects, proves the server's name and the password, and sends nothing: for when a program starts.
func (s *Sender) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	c, err := s.dial(ctx, "")
	if err != nil {
		return err
	}
	c.quit()
	return nil
}

// Close ends the connections that are kept. A message that is being sent is not cut off; its connection ends behind it.
func (s *Sender) Close() error {
	s.pool.close()
	return nil
}
