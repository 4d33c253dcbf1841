// Package message is what all channels have in common that write codes and notices in words of the catalogue: which language, what the words may name, and a
// trial of every message in every language when the program starts, so that one that the channel cannot carry fails a deployment and not a login.
//
// What users have put into a message (an action, the name of a factor) is data and is never parsed; control and formatting characters are taken out.
package message

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// The names of messages, beside the provider.Notice constants.
const (
	SignIn  = "sign-in"
	SetUp   = "set-up"
	Confirm = "confirm"
	General = "notice" // a notice that this version does not know
)

// Config is what a Writer is made from.
type Config struct {
	// App is what users call the service: "Acme". Required; one line of at most 64 characters.
	App string
	// Account is the plain address of the page where users see their factors and change their password: https, without user name, query and fragment. "" leaves it out.
	Account string
	// Catalogue has the words: by default those that are embedded.
	Catalogue *catalogue.Catalogue
	// Words writes a message: a code's has Facts.Code once, and a notice's has none. Required.
	Words func(catalogue.Locale, Facts) string
	// ID is what the ids of the words begin with, for errors that say where they stand: "mail."
	ID string
	// Check says whether the channel can carry a finished message, and if not why. Nil accepts everything.
	Check func(Text) error
}

// Text is a finished message.
type Text struct {
	Name   string // of the message: "sign-in"
	Locale string // it is written in
	RTL    bool   // it is written from right to left
	Body   string
	Code   string // that is in Body once; "" in a notice. A secret.

	Address, Agent, Account string // as they are in Body, for channels that mark them up
}

// Format keeps the code out of whatever prints a message.
func (Text) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "message.Text (not printed)") }

// LogValue does the same for logs.
func (t Text) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// Writer writes messages. It does not change, and is safe for concurrent use.
type Writer struct{ cfg Config }

// New tries every message in every language. It reports every fault, joined.
func New(cfg Config) (*Writer, error) {
	faults := []error{checkApp(cfg.App), checkAccount(cfg.Account)}
	if cfg.Check == nil {
		cfg.Check = func(Text) error { return nil }
	}
	if cfg.Words == nil {
		return nil, errors.Join(append(faults, errors.New("message: Config.Words is required"))...)
	}
	if cfg.Catalogue == nil {
		var err error
		if cfg.Catalogue, err = catalogue.New(catalogue.Config{}); err != nil {
			return nil, err
		}
	}
	w := &Writer{cfg}
	for _, l := range cfg.Catalogue.Locales() {
		faults = append(faults, w.try(l))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return w, nil
}

// Code writes the message of a code. An action that does not fit, by Check or because of a character in it, is left out whole.
func (w *Writer) Code(m sentcode.Code) (Text, error) {
	f := Facts{Name: SignIn, App: w.cfg.App, Account: w.cfg.Account, Code: m.Digits, Minutes: m.Minutes(), Expires: m.Expires.UTC()}
	switch m.Purpose {
	case sentcode.SetUp:
		f.Name = SetUp
	case sentcode.Confirm:
		f.Name = Confirm
		if m.Action == clean(m.Action, maxAction) {
			f.Action = m.Action
		}
	}
	l := w.cfg.Catalogue.Match(m.Locale)
	text, err := w.write(l, f)
	if err != nil && f.Action != "" {
		f.Action = ""
		text, err = w.write(l, f)
	}
	return text, err
}

// Notice writes a notice. What would be a link in the name of a factor, the client's address or its agent is left out, and all of it if it does not fit.
func (w *Writer) Notice(m sentcode.Notice) (Text, error) {
	name := m.Op
	if !slices.Contains(notices, name) {
		name = General
	}
	f := Facts{
		Name: name, App: w.cfg.App, Account: w.cfg.Account, Kind: m.Kind, At: m.At.UTC(),
		Hint: clean(m.Hint, maxLabel), Label: unlinked(clean(m.Label, maxLabel)), Address: unlinked(clean(m.Address, maxLabel)),
		Agent: unlinked(clean(m.Agent, maxAgent)),
	}
	l := w.cfg.Catalogue.Match(m.Locale)
	text, err := w.write(l, f)
	if err != nil {
		text, err = w.write(l, f.bare())
	}
	return text, err
}

// notices are those that have a name.
var notices = []string{
	provider.NoticeAdded, provider.NoticeRemoved, provider.NoticeReplaced, provider.NoticeDisabled, provider.NoticeRecoveryUsed,
	provider.NoticeRecoveryLastUsed, provider.NoticeRecoveryIssued, provider.NoticeReset, provider.NoticeTrusted, provider.NoticeLocked,
	provider.NoticeAfterFailures,
}

// write writes a message and checks the result. An error names neither the code nor what users have written.
func (w *Writer) write(l catalogue.Locale, f Facts) (Text, error) {
	text := Text{
		Name: f.Name, Locale: l.Tag(), RTL: l.Dir() == "rtl", Body: w.cfg.Words(l, f), Code: f.Code, Address: f.Address, Agent: f.Agent, Account: f.Account,
	}
	if err := w.cfg.Check(text); err != nil {
		return Text{}, w.fault(l, f, err)
	}
	return text, nil
}

func (w *Writer) fault(l catalogue.Locale, f Facts, err error) error {
	id := w.cfg.ID + f.Name
	return fmt.Errorf("message: %s: %s in %s: %w", l.Where(id), id, l.Tag(), err)
}
