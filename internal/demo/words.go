package demo

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/backup"
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
	text := "That code isn't right. Enter the newest code from your app."
	if e.Kind == backup.Kind {
		text = "That backup code isn't right, or it was used before. Check it, or use another one."
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

// clockTime is a time of day, rounded up, so that whoever comes at that minute does not come too early.
func clockTime(t time.Time) string {
	return t.Add(time.Minute - time.Nanosecond).Local().Format("15:04")
}

// wait tells programs what sentence tells people.
func (d *Demo) wait(w http.ResponseWriter, err error) {
	if e := (*registry.Error)(nil); errors.As(err, &e) && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// statusOf is what an error means in HTTP.
func statusOf(err error) int {
	if e := (*registry.Error)(nil); errors.As(err, &e) {
		return e.Code.Meaning().Status
	}
	return http.StatusInternalServerError
}

// done says what a change has done. It is looked up by a word in the URL, so a link can make a page say one of these and nothing else.
func done(op string) string {
	switch op {
	case addApp:
		return "Your authenticator app is set up."
	case moveApp:
		return "Your new app is set up. The old one no longer works."
	case newCodes:
		return "Your backup codes are saved. Keep them where you find them without your phone."
	case rename:
		return "The name is changed."
	case remove:
		return "The method is removed."
	case makeDefault:
		return "We'll ask for this method first."
	}
	return ""
}

// asks says what a change is, after "Confirm it's you".
func asks(op string) string {
	switch op {
	case addApp:
		return "to set up an authenticator app"
	case moveApp:
		return "to move to a new phone"
	case newCodes:
		return "to get new backup codes"
	case rename:
		return "to rename this method"
	case remove:
		return "to remove this method"
	case makeDefault:
		return "to change which method is asked for first"
	}
	return "to continue"
}
