// Package message has the words of codes and notices, in every language there is: for channels, which send them.
//
// A language is one file of text/template blocks, named by its BCP 47 tag: de.tmpl. A channel brings its own files, and a deployment may add to them or
// redefine single messages. Everything is checked when the program starts, so that a message that cannot be written fails a deployment and not a login:
// the code occurs exactly once, every field is known, and every message is there.
//
// What users have put into a message (an action, the name of a factor) is data and is never parsed; control and formatting characters are taken out.
package message

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// The blocks of a file, beside one for each of the provider.Notice constants.
const (
	SignIn  = "sign_in" // a code: App, Account, Code, Minutes, Expires
	SetUp   = "set_up"  // the same
	Confirm = "confirm" // the same, and Action, which is "" if it does not fit
	General = "notice"  // a notice that this version does not know: App, At, Address, Agent, Account, and Kind, Label, Hint
)

// Config is what a Catalog is made from.
type Config struct {
	// App is what users call the service: "Acme". Required; one line of at most 64 characters.
	App string
	// Account is the plain address of the page where users see their factors and change their password: https, without user name, query and fragment. "" leaves it out.
	Account string
	// Files are folders of LOCALE.tmpl. The blocks of a later one redefine those of an earlier one in the same language. At least one is required.
	Files []fs.FS
	// Default is the language for those whose own there is not: "en" if nothing is said.
	Default string
	// Check says whether the channel can carry a finished message, and if not why. Nil accepts everything.
	Check func(Text) error
}

// Text is a finished message.
type Text struct {
	Name   string // of the block: "sign_in"
	Locale string // it is written in
	RTL    bool   // it is written from right to left
	Body   string // lines without space at their ends; never two empty ones in a row
	Code   string // that is in Body once; "" in a notice. A secret.

	Address, Agent, Account string // as they are in Body, for channels that mark them up
}

// Format keeps the code out of whatever prints a message.
func (Text) Format(s fmt.State, _ rune) { fmt.Fprint(s, "message.Text (not printed)") }

// Catalog writes messages. It does not change, and is safe for concurrent use.
type Catalog struct {
	cfg     Config
	locales []locale // the default first
	matcher language.Matcher
	matched []int // what the matcher's tags are in locales
}

// locale is one language.
type locale struct {
	tag    language.Tag
	name   string
	rtl    bool
	blocks *template.Template
}

// New reads and checks all messages. It reports every fault, joined.
func New(cfg Config) (*Catalog, error) {
	if cfg.Default == "" {
		cfg.Default = "en"
	}
	if cfg.Check == nil {
		cfg.Check = func(Text) error { return nil }
	}
	faults := []error{checkApp(cfg.App), checkAccount(cfg.Account)}
	c := &Catalog{cfg: cfg}
	locales, err := load(cfg.Files)
	faults = append(faults, err)
	for _, l := range locales {
		if err := lint(l.blocks); err != nil {
			faults = append(faults, fmt.Errorf("message: %s.tmpl: %w", l.name, err))
			continue
		}
		if err := c.try(l); err != nil {
			faults = append(faults, fmt.Errorf("message: %s.tmpl: %w", l.name, err))
		}
	}
	first := slices.IndexFunc(locales, func(l locale) bool { return strings.EqualFold(l.name, cfg.Default) })
	if first < 0 {
		faults = append(faults, fmt.Errorf("message: there is no %.40q.tmpl, which is the default", cfg.Default))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	locales[0], locales[first] = locales[first], locales[0]
	c.locales = locales
	c.match()
	return c, nil
}

// Locales are the languages there are, the default first.
func (c *Catalog) Locales() []string {
	names := make([]string, len(c.locales))
	for i, l := range c.locales {
		names[i] = l.name
	}
	return names
}

// Code writes the message of a code. An action that does not fit, by Check or because of a character in it, is left out whole.
func (c *Catalog) Code(m sentcode.Code) (Text, error) {
	name, d := SignIn, codeData{App: c.cfg.App, Account: c.cfg.Account, Code: m.Digits, Minutes: m.Minutes(), Expires: m.Expires.UTC()}
	switch m.Purpose {
	case sentcode.SetUp:
		name = SetUp
	case sentcode.Confirm:
		name = Confirm
		if m.Action == clean(m.Action, maxAction) {
			d.Action = m.Action
		}
	}
	l := c.locale(m.Locale)
	text, err := c.write(l, name, d)
	if err != nil && d.Action != "" {
		d.Action = ""
		text, err = c.write(l, name, d)
	}
	return text, err
}

// Notice writes a notice. What would be a link in the name of a factor, the client's address or its agent is left out, and all of it if it does not fit.
func (c *Catalog) Notice(m sentcode.Notice) (Text, error) {
	name := m.Op
	if !slices.Contains(notices, name) {
		name = General
	}
	d := noticeData{
		App: c.cfg.App, Account: c.cfg.Account, Kind: m.Kind, At: m.At.UTC(),
		Hint: clean(m.Hint, maxLabel), Label: unlinked(clean(m.Label, maxLabel)), Address: unlinked(clean(m.Address, maxLabel)),
		Agent: unlinked(clean(m.Agent, maxAgent)),
	}
	l := c.locale(m.Locale)
	text, err := c.write(l, name, d)
	if err != nil {
		text, err = c.write(l, name, d.bare())
	}
	return text, err
}

// notices are the blocks of notices that have a name.
var notices = []string{
	provider.NoticeAdded, provider.NoticeRemoved, provider.NoticeReplaced, provider.NoticeDisabled, provider.NoticeRecoveryUsed,
	provider.NoticeRecoveryLastUsed, provider.NoticeRecoveryIssued, provider.NoticeReset, provider.NoticeTrusted, provider.NoticeLocked,
	provider.NoticeAfterFailures,
}

// write executes a block and checks the result. An error names neither the code nor what users have written.
func (c *Catalog) write(l locale, name string, data any) (Text, error) {
	var b strings.Builder
	if err := l.blocks.ExecuteTemplate(&b, name, data); err != nil {
		return Text{}, fmt.Errorf("message: %s of %s cannot be written", name, l.name)
	}
	text := Text{Name: name, Locale: l.name, RTL: l.rtl, Body: tidy(b.String())}
	switch d := data.(type) {
	case codeData:
		text.Code, text.Account = d.Code, d.Account
	case noticeData:
		text.Address, text.Agent, text.Account = d.Address, d.Agent, d.Account
	}
	if err := c.cfg.Check(text); err != nil {
		return Text{}, fmt.Errorf("message: %s of %s: %w", name, l.name, err)
	}
	return text, nil
}

// tidy takes away the white space that blocks have around what they leave out.
func tidy(s string) string {
	var kept []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line != "" || len(kept) > 0 && kept[len(kept)-1] != "" {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
