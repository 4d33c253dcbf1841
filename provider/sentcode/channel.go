package sentcode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Channel is a way to reach people: what an address is there, and how a message gets to it. Everything else is the same for all of them.
//
// Methods must be safe for concurrent use. A Channel sends when it is told to, once; it neither waits nor counts.
type Channel interface {
	// Info describes the kind. Channel and Class are required; TTL is set by Config.
	Info() provider.Info
	// Address reads the address from what the client sent, or takes the one that the application knows of the user. It returns it normalised: every
	// spelling of an address is one, of at most 320 bytes. What cannot be used is provider.Invalid, with a sentence that does not quote it.
	Address(req provider.SetupRequest) (string, error)
	// Label is the name that is proposed for a factor: "E-mail".
	Label() string
	// Hint masks an address for pickers: enough to recognise one's own, never the address itself.
	Hint(address string) string
	// Uses names what a message to this address takes from, the narrowest first: "address" always, then what the channel knows of a "prefix" and
	// a "country". Tenant and deployment are added to it.
	Uses(address string) []provider.Use
	// SendCode sends a code. Errors wrap ErrAddress, ErrTemporary or ErrPermanent, and contain no address and no code; a
	// provider.SendError adds a note for the event, a provider.Invalid the sentence for a user whose address is bad.
	SendCode(ctx context.Context, c Code) error
	// SendNotice sends a notice: neither a code nor a link that acts. Errors are those of SendCode.
	SendNotice(ctx context.Context, n Notice) error
}

// Why a message was not sent. Senders return errors that wrap one of these; any other error counts as ErrPermanent.
var (
	// ErrAddress says that no message will ever reach this address: there is no such mailbox, the number is not in service or has opted out.
	ErrAddress = errors.New("sentcode: nothing can be sent to this address")
	// ErrTemporary says that nothing can be sent now, and that trying again later may help.
	ErrTemporary = errors.New("sentcode: nothing can be sent now")
	// ErrPermanent says that nothing can be sent until somebody mends something: the password of the account at the mail server, for example.
	ErrPermanent = errors.New("sentcode: nothing can be sent until this is mended")
)

// Code is a code on its way to its user. It does not print.
type Code struct {
	To      string // the address, as Channel.Address returned it
	Locale  string // BCP 47, of this ceremony or else of the enrolment; "" if nobody said
	Digits  string // the code
	Purpose Purpose
	// Action is what a step-up confirms, "" otherwise. It comes from the application, often with a user's words in it. A channel whose alphabet or length
	// it does not fit leaves it out whole: half of it could say something else. The page names it in any case.
	Action  string
	Sent    time.Time // now
	Expires time.Time // also of a message that is sent again
}

// Purpose is what a code is for. A message says it, so that nobody can be talked into reading out one code as if it were another.
type Purpose uint8

// The purposes.
const (
	SignIn  Purpose = iota + 1 // or a step-up that names no action
	SetUp                      // to prove that the address is the user's
	Confirm                    // of an action
)

// Minutes is how many minutes are left, at least 1: rounded down, so that the message does not promise what is not there.
func (c Code) Minutes() int { return max(1, int(c.Expires.Sub(c.Sent)/time.Minute)) }

// Notice is a notice on its way to its user.
type Notice struct {
	To     string
	Locale string // of the enrolment
	provider.Notice
}

const hidden = "(not printed)"

// Format prints a placeholder.
func (Code) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue logs a placeholder.
func (Code) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format prints a placeholder.
func (Notice) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue logs a placeholder.
func (Notice) LogValue() slog.Value { return slog.StringValue(hidden) }
