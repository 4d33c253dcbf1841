package message

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxApp    = 64
	maxAction = 80
	maxLabel  = 64
	maxAgent  = 120
)

// Facts are what a message may tell. What users, or their browsers, have a say in is clean: one line, of limited length.
type Facts struct {
	Name         string // of the message: SignIn, a provider.Notice constant
	App, Account string // of Config

	Code    string // of a code's message, with the rest of these; a secret
	Action  string // that it confirms; "" if there is none, or it does not fit
	Minutes int    // the code works for
	Expires time.Time

	Kind                        string // of a notice, with the rest of these: the factor's kind, or "" if it is about none
	Label, Hint, Address, Agent string // "" if not known
	At                          time.Time
}

// Format keeps the code out of whatever prints facts.
func (Facts) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "message.Facts (not printed)") }

// LogValue does the same for logs.
func (f Facts) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }

// bare leaves out what users, or their browsers, have a say in.
func (f Facts) bare() Facts {
	f.Label, f.Hint, f.Address, f.Agent = "", "", "", ""
	return f
}

// clean makes one line of a text that somebody else wrote: nothing that breaks a line or a header, hides, or turns the direction of what follows, and
// not more than limit characters. // attack
func clean(s string, limit int) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c == utf8.RuneError, unicode.Is(unicode.Zl, c), unicode.Is(unicode.Zp, c), unicode.In(c, unicode.C):
			return -1
		}
		return c
	}, s)
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// linked is what mail programs make a link of: an address of a page, and a name with a dot in it.
var linked = regexp.MustCompile(`://|[\pL\pN-]\.\pL{2}`)

// unlinked leaves out a text that would be a link. Who is told of a change often has not made it, and whoever has, with a stolen password and a User-Agent of their
// own, must not have our message lead to their page. // attack: A-135
func unlinked(s string) string {
	if linked.MatchString(s) {
		return ""
	}
	return s
}

func checkApp(app string) error {
	if app == "" || app != clean(app, maxApp) { // attack: A-136
		return errors.New("message: Config.App is required: one line of at most 64 characters")
	}
	return nil
}

func checkAccount(account string) error {
	if account == "" {
		return nil
	}
	u, err := url.Parse(account)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(account, "#") ||
		account != clean(account, 256) || strings.Contains(account, " ") {
		return errors.New("message: Config.Account must be the plain https address of a page, without user name, query and fragment")
	}
	return nil
}
