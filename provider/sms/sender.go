package sms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// Message is one text message. It holds a code and somebody's number, so it does not print.
type Message struct {
	To      string // E.164: "+447911123456"
	Text    string // fits one message; its last line binds the code, so nothing may be put behind it
	Sent    time.Time
	Expires time.Time // when the code is dead, and the message not worth sending any more; zero for a notice
}

// Format prints a placeholder.
func (Message) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "text message (not printed)") }

// LogValue logs a placeholder.
func (m Message) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(m)) }

// Readable is the message for the terminal of a developer, with its code: never for a log.
func (m Message) Readable() string { return "To: " + m.To + "\n\n" + m.Text }

// Sender sends text messages: Twilio, any HTTP gateway, or yours. Send returns nil if the message was accepted. It makes one request and repeats
// nothing that may have been accepted: a message that failed is sent again when its user asks for it, who waits and is counted. It must
// be safe for concurrent use and honour ctx, and an error must hold neither the number nor the text.
//
// An error wraps sentcode.ErrTemporary or ErrPermanent, or is BadNumber or OptedOut, by which a user who is setting up a number is told to name another
// one; in a provider.SendError it comes with a note for the event.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// What senders say of a number. Both are sentcode.ErrAddress, and provider.ErrInvalid with a sentence for the user.
var (
	// BadNumber says that the number gets no messages: it does not exist, is a fixed line, or lies where the account may not send.
	BadNumber = errors.Join(sentcode.ErrAddress, provider.Invalid(unsupported))
	// OptedOut says that whoever has the number has asked for no more messages.
	OptedOut = errors.Join(sentcode.ErrAddress,
		provider.Invalid("This number has asked us to send no more messages. Reply START to the last one, or use another method."))
)
