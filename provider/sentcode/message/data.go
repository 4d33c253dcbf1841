package message

import (
	"errors"
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

// codeData is what the block of a code may name.
type codeData struct {
	App, Account, Code, Action string
	Minutes                    int
	Expires                    time.Time
}

// noticeData is what the block of a notice may name.
type noticeData struct {
	App, Account, Kind, Label, Hint, Address, Agent string
	At                                              time.Time
}

// bare leaves out what users, or their browsers, have a say in.
func (d noticeData) bare() noticeData {
	d.Label, d.Hint, d.Address, d.Agent = "", "", "", ""
	return d
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

// isolate keeps the direction of a text apart from that of its surroundings (Unicode UAX #9, FSI and PDI). Never for what people copy.
func isolate(s string) string {
	if s == "" {
		return ""
	}
	return "\u2068" + s + "\u2069"
}
