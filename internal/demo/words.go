package demo

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// fewTries is from when on people are told how many they have left.
const fewTries = 3

// sentence says what happened, and what to do now.
func (d *Demo) sentence(err error) string {
	e := (*registry.Error)(nil)
	if !errors.As(err, &e) {
		return registry.ErrInternal.Meaning().Text
	}
	switch e.Code {
	case registry.ErrRejected:
		return rejected(e)
	case registry.ErrLocked:
		return "Too many wrong codes. You can try again at " + clockTime(d.now().Add(e.RetryAfter)) + "."
	case registry.ErrResendWait:
		text := "You can ask for a new code " + d.in(e.RetryAfter) + "."
		if e.Op == "resend" { // otherwise nothing was sent for this page yet
			text += " A code that you have still works."
		}
		return text
	case registry.ErrInvalid:
		if e.Text != "" {
			return e.Text
		}
	case registry.ErrFactorExists:
		return "You already have a method with this name. Choose another name."
	case registry.ErrNoFactor:
		return "You don't have this method any more."
	}
	return e.Code.Meaning().Text
}

func rejected(e *registry.Error) string {
	if e.Text != "" {
		return e.Text
	}
	text := "That code isn't right. Check it, and try again."
	switch e.Kind {
	case totp.Kind:
		text = "That code isn't right. Enter the newest code from your app."
	case webauthn.Kind:
		text = "That passkey wasn't accepted. Try again, or use another method."
	case backup.Kind:
		text = "That backup code isn't right, or it was used before. Check it, or use another one."
	case backup.KindIssued:
		text = "That code isn't right, or it was used before. Check it, or ask for a new one."
	}
	switch n := e.AttemptsLeft; {
	case n == 0:
		text = "That code isn't right, and that was the last try. Start again."
	case n == 1:
		text += " 1 try left."
	case n <= fewTries:
		text += fmt.Sprintf(" %d tries left.", n)
	}
	return text
}

// in says when something can be done: soon in seconds, later by the clock.
func (d *Demo) in(wait time.Duration) string {
	if n := seconds(wait); n <= 120 {
		return fmt.Sprintf("in %d seconds", n)
	}
	return "at " + clockTime(d.now().Add(wait))
}

// clockTime is a time of day, rounded up, so that whoever comes at that minute does not come too early.
func clockTime(t time.Time) string {
	return t.Add(time.Minute - time.Nanosecond).Local().Format("15:04")
}

// wait tells programs what sentence tells people.
func (d *Demo) wait(w http.ResponseWriter, err error) {
	if e := (*registry.Error)(nil); errors.As(err, &e) && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(e.RetryAfter)))
	}
}

// statusOf is what an error means in HTTP.
func statusOf(err error) int {
	if e := (*registry.Error)(nil); errors.As(err, &e) {
		return e.Code.Meaning().Status
	}
	return http.StatusInternalServerError
}

// done says what a change has done. It is looked up by words in the URL, so a link can make a page say one of these and nothing else.
func done(words url.Values) string {
	m, _ := methodOf(words.Get("kind"))
	switch op := words.Get("done"); {
	case op == add && m.Kind == backup.Kind:
		return "Your backup codes are saved. Keep them where you find them without your phone."
	case op == add && words.Get("moved") != "":
		return m.Moved
	case op == add:
		return m.Added
	case op == rename:
		return "The name is changed."
	case op == remove:
		return "The method is removed."
	case op == forget:
		return "We'll ask for a code again on that browser."
	case op == forgetAll:
		return "We'll ask for a code again on every browser."
	case op == makeDefault:
		return "We'll ask for this method first."
	}
	return ""
}

// asks says what a change is, after "Confirm it's you".
func asks(c change) string {
	m, _ := methodOf(c.kind)
	switch {
	case c.op == add && m.Kind == backup.Kind:
		return "to get new backup codes"
	case c.op == add && c.factor != "":
		return "to " + lowerFirst(m.Move)
	case c.op == add:
		return "to " + lowerFirst(m.Add)
	case c.op == rename:
		return "to rename this method"
	case c.op == remove:
		return "to remove this method"
	case c.op == forget, c.op == forgetAll:
		return "to forget a trusted browser"
	case c.op == makeDefault:
		return "to change which method is asked for first"
	}
	return "to continue"
}

func lowerFirst(s string) string {
	if s == "" {
		return "continue"
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// use says, on a button, that a method is to be used instead.
func use(c registry.Choice) string {
	m, _ := methodOf(c.Kind)
	switch {
	case c.Kind == backup.Kind:
		return "Use a backup code"
	case c.Kind == backup.KindIssued:
		return "Use the code from an administrator"
	case c.Kind == webauthn.Kind:
		return "Use a passkey"
	case m.Use != "":
		return m.Use + " " + c.Hint
	}
	return "Use ‘" + c.Label + "’"
}

// fieldFor says what to type into the field for a method's code.
func fieldFor(c registry.Choice) (label, hint string) {
	m, _ := methodOf(c.Kind)
	switch {
	case c.Kind == backup.Kind:
		return "Backup code", "Enter any of your codes that you have not used."
	case c.Kind == backup.KindIssued:
		return "Recovery code", "Enter the code that an administrator has given you."
	case m.Asks != nil:
		return "Code", "Enter its 6-digit code."
	}
	return "Code", "Open ‘" + c.Label + "’ and enter its 6-digit code for " + Name + "."
}

// seconds is a time to wait, rounded up.
func seconds(d time.Duration) int { return max(0, int(math.Ceil(d.Seconds()))) }
