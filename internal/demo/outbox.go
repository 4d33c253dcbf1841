package demo

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider/email"
	terminalsender "github.com/cofactor-mfa/cofactor/provider/sentcode/terminal"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// This file is where messages end up: nothing is sent, and everything is shown, in the terminal and on a page. Codes are in them, so nothing but a demo has such a page.

// outbox is the newest messages.
type outbox struct {
	now  func() time.Time
	mu   sync.Mutex
	sent []message
}

// message is an e-mail, or a text message, which has no subject.
type message struct {
	At                time.Time
	To, Subject, Text string
}

const keptMessages = 20

func (o *outbox) add(m message) {
	m.At = o.now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append([]message{m}, o.sent...)
	o.sent = o.sent[:min(len(o.sent), keptMessages)]
}

// all is newest first.
func (o *outbox) all() []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}

// senders print messages in the terminal, and put them into the outbox.
func (d *Demo) senders() (sms.Sender, email.Sender, error) {
	texts, textFault := terminalsender.New[sms.Message](terminalsender.Config{Out: d.terminal, Development: true})
	mails, mailFault := terminalsender.New[email.Message](terminalsender.Config{Out: d.terminal, Development: true})
	return textsTo{texts, d.outbox}, mailsTo{mails, d.outbox}, errors.Join(textFault, mailFault)
}

type textsTo struct {
	sms.Sender
	outbox *outbox
}

// Send implements sms.Sender.
func (s textsTo) Send(ctx context.Context, m sms.Message) error {
	s.outbox.add(message{To: m.To, Text: m.Text})
	return s.Sender.Send(ctx, m)
}

type mailsTo struct {
	email.Sender
	outbox *outbox
}

// Send implements email.Sender.
func (s mailsTo) Send(ctx context.Context, m email.Message) error {
	s.outbox.add(message{To: m.To, Subject: m.Subject, Text: m.Text})
	return s.Sender.Send(ctx, m)
}

// outboxPage is for those who have given a password at least: they may be about to be asked for a code that is here.
func (d *Demo) outboxPage(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	if v.State() == httpapi.Anonymous {
		seeOther(w, r, "/sign-in?return=%2Foutbox")
		return
	}
	d.show(w, v, http.StatusOK, "outbox", page{Title: "Messages", Body: d.outbox.all()})
}
