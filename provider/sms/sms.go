// Package sms sends codes by text message.
//
// Text messages are a restricted authenticator (NIST SP 800-63B-4 section 3.2.9): numbers are taken over with the help of a shop assistant, and
// messages are read on their way. Offer every user something better as well, tell them of the risk, and let policy refuse text messages where they
// do not do.
//
// A message is one segment, in every language, or New fails. Its last line binds the code to Config.Host, so that a phone offers it there and
// nowhere else. Numbers have one spelling, and go where Config.Numbers says.
package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/message"
)

// Kind is the wire name.
const Kind = "sms"

// Config is what a Provider is made from.
type Config struct {
	// Sender sends the messages. Required.
	Sender Sender
	// App is what users call the service, in a message: "Acme". Required. A character outside the GSM alphabet more than halves what fits.
	App string
	// Host is the site that codes are for, as users see it: "login.example.com". Required. It is the deployment's, and never a request's.
	Host string
	// Numbers says which numbers get messages. Required.
	Numbers Numbers
	// Shown is how much of a number its owner is shown.
	Shown Shown
	// Digits and TTL are those of sentcode.Config: 6 or 8, and 1 to 10 minutes; by default 6, and 5 minutes.
	Digits int
	TTL    time.Duration
	// Catalogue has the words, below "sms.": by default those that are embedded.
	Catalogue *catalogue.Catalogue
	// Languages are those of the catalogue to use, its default among them: by default all. What is not used need not fit beside a long App and Host.
	Languages []string
}

// Shown is how much of a number is shown in pickers, to whoever knows the first factor.
type Shown uint8

// What may be shown. The zero value lets people tell their numbers apart.
const (
	LastTwo Shown = iota // "+44 ···· 23"
	Nothing              // "+44 ····"
)

// Digits is how many of a number's last digits are shown.
func (s Shown) Digits() int { return [...]int{LastTwo: 2, Nothing: 0}[s] }

// New makes a provider, or reports every fault of the configuration, among them every message that would not fit.
func New(cfg Config) (*sentcode.Provider, error) {
	ch := &channel{cfg: cfg}
	faults := []error{cfg.Numbers.Validate(), validHost(cfg.Host)}
	if cfg.Sender == nil {
		faults = append(faults, errors.New("sms: Config.Sender is required"))
	}
	if cfg.Shown > Nothing {
		faults = append(faults, fmt.Errorf("sms: Config.Shown is %d, neither LastTwo nor Nothing", cfg.Shown))
	}
	languages, err := words(cfg)
	faults = append(faults, err)
	ch.messages, err = message.New(message.Config{App: cfg.App, Catalogue: languages, ID: "sms.", Words: text, Check: ch.carries})
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	return sentcode.New(sentcode.Config{Channel: ch, Digits: cfg.Digits, TTL: cfg.TTL})
}

// channel is text messages, for package sentcode.
type channel struct {
	cfg      Config
	messages *message.Writer
}

var _ sentcode.Channel = (*channel)(nil)

// Info implements sentcode.Channel.
func (*channel) Info() provider.Info {
	return provider.Info{Kind: Kind, AMR: []string{"sms"}, Class: provider.Possession, Channel: "phone"}
}

// Address implements sentcode.Channel. The client sends {"phone":"+44 7700 900123"}.
func (c *channel) Address(req provider.SetupRequest) (string, error) {
	n, err := c.cfg.Numbers.FromInput(req.Input)
	return n.E164(), err
}

// Label implements sentcode.Channel.
func (*channel) Label() string { return "Text message" }

// Hint implements sentcode.Channel.
func (c *channel) Hint(address string) string { return Stored(address).Masked(c.cfg.Shown.Digits()) }

// Uses implements sentcode.Channel.
func (*channel) Uses(address string) []provider.Use { return Stored(address).Uses() }

// SendCode implements sentcode.Channel.
func (c *channel) SendCode(ctx context.Context, m sentcode.Code) error {
	text, err := c.messages.Code(m)
	if err != nil {
		return err
	}
	return c.send(ctx, Message{To: m.To, Text: c.whole(text), Sent: m.Sent, Expires: m.Expires})
}

// SendNotice implements sentcode.Channel.
func (c *channel) SendNotice(ctx context.Context, n sentcode.Notice) error {
	text, err := c.messages.Notice(n)
	if err != nil {
		return err
	}
	return c.send(ctx, Message{To: n.To, Text: c.whole(text), Sent: n.Sent})
}

// send looks at the number again: it was attached under the rules of its day, and a country may have been taken from the list since.
func (c *channel) send(ctx context.Context, m Message) error {
	if n, err := c.cfg.Numbers.Parse(m.To); err != nil || n.E164() != m.To {
		return &provider.SendError{Note: "the number is not sent to any more", Err: BadNumber}
	}
	return c.cfg.Sender.Send(ctx, m)
}

// whole puts the line that binds the code behind a message. Nothing follows it.
func (c *channel) whole(t message.Text) string {
	if t.Code == "" {
		return t.Body
	}
	return t.Body + "\n\n" + boundLine(c.cfg.Host, t.Code)
}

// carries checks a message as it would be sent: one segment, bound to our host or, if it is a notice, to none. A user's words that look like
// a bound line are no words for a message. // attack: A-136
func (c *channel) carries(t message.Text) error {
	whole := c.whole(t)
	if err := Fits(whole); err != nil {
		return err
	}
	first := boundAnywhere.FindStringSubmatch(whole)
	if t.Code == "" && first != nil || t.Code != "" && (first == nil || first[1] != c.cfg.Host || first[2] != t.Code) {
		return errors.New("sms: the text looks like a line that binds the code elsewhere")
	}
	return nil
}

// words are the catalogue, in the languages to use.
func words(cfg Config) (*catalogue.Catalogue, error) {
	all := cfg.Catalogue
	if all == nil {
		var err error
		if all, err = catalogue.New(catalogue.Config{}); err != nil {
			return nil, err
		}
	}
	if len(cfg.Languages) == 0 {
		return all, nil
	}
	only, err := all.Only(cfg.Languages...)
	if err != nil {
		return all, fmt.Errorf("sms: Config.Languages: %w", err)
	}
	return only, nil
}

// text is one sentence of the catalogue. Nothing is put around what it names: characters that set the direction of a text are not in the GSM alphabet.
func text(l catalogue.Locale, f message.Facts) string {
	id := "sms." + f.Name
	if f.Action != "" {
		id += "-action"
	}
	return l.Text(id, catalogue.Args{"app": catalogue.Words(f.App), "code": catalogue.Words(f.Code), "action": catalogue.Words(f.Action)})
}
