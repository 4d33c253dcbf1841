package cofactortest

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// Outbox keeps messages instead of sending them. Give Email and SMS to the providers, and read the codes with LastCode. The zero value is empty and ready
// for use, also concurrently. Outside of tests it refuses every message.
type Outbox struct {
	mu    sync.Mutex
	sent  []Sent
	fault error
}

// Sent is a message that an Outbox has kept.
type Sent struct {
	Channel string // "email" or "phone", as in provider.Info
	To      string
	Subject string // of an e-mail
	Text    string
	HTML    string // of an e-mail
}

// Email is a sender for email.Config.
func (o *Outbox) Email() email.Sender { return outboxEmail{o} }

// SMS is a sender for sms.Config.
func (o *Outbox) SMS() sms.Sender { return outboxSMS{o} }

// Messages are all messages, the oldest first.
func (o *Outbox) Messages() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}

// LastCode is the code of the newest message with one to this address; "" if there is none. An address is as messages have it: "+447700900123".
func (o *Outbox) LastCode(to string) string {
	for _, m := range slices.Backward(o.Messages()) {
		if code := codeIn(m); m.To == to && code != "" {
			return code
		}
	}
	return ""
}

// Fail makes every message fail with err, such as sentcode.ErrTemporary, until it is called with nil.
func (o *Outbox) Fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault = err
}

func (o *Outbox) keep(ctx context.Context, m Sent) error {
	if !testing.Testing() {
		return errors.New("cofactortest: an Outbox is for tests, and this is none")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault != nil {
		return o.fault
	}
	o.sent = append(o.sent, m)
	return nil
}

type outboxEmail struct{ o *Outbox }

func (s outboxEmail) Send(ctx context.Context, m email.Message) error {
	return s.o.keep(ctx, Sent{Channel: "email", To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
}

type outboxSMS struct{ o *Outbox }

func (s outboxSMS) Send(ctx context.Context, m sms.Message) error {
	return s.o.keep(ctx, Sent{Channel: "phone", To: m.To, Text: m.Text})
}

var (
	aloneOnItsLine = regexp.MustCompile(`^(\d{6}|\d{8})$`)
	boundToASite   = regexp.MustCompile(`^@\S+ #(\d+)$`)
)

// codeIn finds the code of a message: an e-mail has it alone on a line, a text message at the end of its last line.
func codeIn(m Sent) string {
	pattern := aloneOnItsLine
	if m.Channel == "phone" {
		pattern = boundToASite
	}
	for line := range strings.Lines(m.Text) {
		if found := pattern.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
			return found[1]
		}
	}
	return ""
}
