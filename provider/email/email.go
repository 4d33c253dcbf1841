// Package email is the factor of people who read their e-mail: a code goes to an address, and they type it in.
//
// Whoever reads somebody's e-mail usually gets their password reset as well, so NIST SP 800-63B-4 section 3.1.3.1 does not count e-mail
// as an authenticator: the kind earns no AMR value, and policies may keep it for recovery. A code still keeps out those who have a password and nothing else.
package email

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/message"
)

// Kind is the wire name, and the channel's.
const Kind = "email"

// Sender sends messages: provider/email/smtp, or the service of your choice.
type Sender interface {
	// Send sends a message to its one recipient. It returns when the message is accepted or refused, and no later than ctx ends. Errors wrap
	// sentcode.ErrAddress, ErrTemporary or ErrPermanent, and contain neither the address nor any of the text.
	Send(ctx context.Context, m Message) error
}

// Message is one e-mail. Every field is fit for a header or a body as it is: there are no line breaks outside of Text and HTML. It does not print.
type Message struct {
	ID       string // of the message, for its Message-ID: random, then @ and the domain of From
	From     string // an address
	FromName string
	To       string // an address: the one recipient
	Subject  string // without the code, which mail servers would log with it
	Text     string // lines end in \n
	HTML     string // the same text
	Language string // BCP 47
}

// Format prints a placeholder.
func (Message) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "email.Message (not printed)") }

// LogValue logs a placeholder.
func (m Message) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(m)) }

// Readable is the message for the terminal of a developer, with its code: never for a log.
func (m Message) Readable() string {
	return "To: " + m.To + "\nSubject: " + m.Subject + "\n\n" + m.Text
}

// Config is what a provider is made from.
type Config struct {
	Sender Sender // required
	// App is what users call the service: "Acme". Required.
	App string
	// From is the address that messages come from. Required. FromName stands beside it; the default is App.
	From, FromName string
	// Account is the plain https address of the page where users see their factors and change their password; "" leaves it out of the messages.
	Account string
	// Catalogue has the words, below "mail.": by default those that are embedded.
	Catalogue *catalogue.Catalogue
	// Layout is a folder with layout.html, which replaces ours; see docs/how-to/send-email.md.
	Layout fs.FS
	// Digits and TTL are those of sentcode.Config: 6 or 8, and 1 to 10 minutes.
	Digits int
	TTL    time.Duration
}

// New makes a provider. It reads and checks every message.
func New(cfg Config) (*sentcode.Provider, error) {
	var faults []error
	if cfg.Sender == nil {
		faults = append(faults, errors.New("email: Config.Sender is required"))
	}
	from, err := parse(cfg.From)
	if err != nil || from != cfg.From {
		faults = append(faults, errors.New("email: Config.From is required: an address, such as no-reply@acme.example, with its domain in small letters"))
	}
	if cfg.FromName == "" {
		cfg.FromName = cfg.App
	}
	if len(cfg.FromName) > 256 || !line(cfg.FromName) {
		faults = append(faults, errors.New("email: Config.FromName is not a line of at most 256 bytes"))
	}
	html, err := newLayout(cfg.Layout)
	faults = append(faults, err)
	words, err := message.New(message.Config{App: cfg.App, Account: cfg.Account, Catalogue: cfg.Catalogue, ID: "mail.", Words: text, Check: check})
	faults = append(faults, err)
	c := &channel{cfg: cfg, words: words, html: html}
	p, err := sentcode.New(sentcode.Config{Channel: c, Digits: cfg.Digits, TTL: cfg.TTL})
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	return p, nil
}

// channel is e-mail, as sentcode wants to know it.
type channel struct {
	cfg   Config
	words *message.Writer
	html  *layout
}

var _ sentcode.Channel = (*channel)(nil)

func (*channel) Info() provider.Info {
	return provider.Info{Kind: Kind, Class: provider.Possession, Channel: Kind}
}

// Address is the one in the input, or else the name that the user signs in with, if that is one. Neither is believed: it gets a code.
func (*channel) Address(req provider.SetupRequest) (string, error) {
	asked, err := readInput(req.Input)
	if err != nil {
		return "", err
	}
	if asked == "" {
		asked = req.User.Name
	}
	return parse(asked)
}

func (*channel) Label() string { return "E-mail" }

func (*channel) Hint(address string) string { return mask(address) }

// Uses has no prefix: half the world has its mail at the same few domains.
func (*channel) Uses(address string) []provider.Use {
	return []provider.Use{{Budget: "address", Of: mailbox(address)}}
}

func (c *channel) SendCode(ctx context.Context, code sentcode.Code) error {
	text, err := c.words.Code(code)
	if err != nil {
		return err
	}
	return c.send(ctx, code.To, text)
}

func (c *channel) SendNotice(ctx context.Context, n sentcode.Notice) error {
	text, err := c.words.Notice(n)
	if err != nil {
		return err
	}
	return c.send(ctx, n.To, text)
}

func (c *channel) send(ctx context.Context, to string, text message.Text) error {
	m, err := c.message(to, text)
	if err != nil {
		return err
	}
	err = c.cfg.Sender.Send(ctx, m)
	if errors.Is(err, sentcode.ErrAddress) {
		return errors.Join(err, provider.Invalid("We can't send e-mail to this address. Check it, or use another one."))
	}
	return err
}

func (c *channel) message(to string, text message.Text) (Message, error) {
	html, err := c.html.render(text)
	if err != nil {
		return Message{}, err
	}
	subject, body := split(text)
	return Message{
		ID:   rand.Text() + c.cfg.From[strings.LastIndexByte(c.cfg.From, '@'):],
		From: c.cfg.From, FromName: c.cfg.FromName, To: to,
		Subject: subject, Text: body + "\n", HTML: html, Language: text.Locale,
	}, nil
}

// split is the subject, which is the first line, and the rest.
func split(t message.Text) (subject, body string) {
	subject, body, _ = strings.Cut(t.Body, "\n")
	return subject, strings.TrimLeft(body, "\n")
}
