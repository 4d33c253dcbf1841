package message

import (
	"errors"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// A code of a trial must not be a part of anything else in the message.
var trialCodes = []string{"735194", "73519462"}

// try writes every message of a language in every form, the longest too, and checks what comes out.
func (w *Writer) try(l catalogue.Locale) error {
	at := time.Date(2028, time.December, 30, 23, 58, 0, 0, time.UTC)
	var faults []error
	for _, name := range []string{SignIn, SetUp, Confirm} {
		for i, minutes := range []int{1, 2, 3, 5, 10, 10} { // one, two, few, many, in languages that have a form for each
			f := Facts{Name: name, App: w.cfg.App, Account: w.cfg.Account, Code: trialCodes[i%2], Minutes: minutes, Expires: at}
			faults = append(faults, w.tryOne(l, f))
			if name == Confirm {
				f.Action = "Pay 5 EUR"
				faults = append(faults, w.tryLonger(l, f))
			}
		}
	}
	for _, name := range append([]string{General}, notices...) {
		for _, kind := range []string{"", "totp", "email", "sms", "webauthn", "backup", "device", "another"} {
			f := Facts{Name: name, App: w.cfg.App, Account: w.cfg.Account, Kind: kind, At: at}
			faults = append(faults, w.tryOne(l, f))
			f.Label, f.Hint, f.Address, f.Agent = strings.Repeat("W", maxLabel), "3 left", "2001:db8::1", "Firefox on Windows"
			faults = append(faults, w.tryLonger(l, f))
		}
	}
	return firstOfEach(faults)
}

func (w *Writer) tryOne(l catalogue.Locale, f Facts) error {
	text, err := w.write(l, f)
	if err != nil {
		return err
	}
	return w.once(l, f, text)
}

// tryLonger writes a message with what may be left out if it does not fit. That it has the code once is required; that the channel carries it is not.
func (w *Writer) tryLonger(l catalogue.Locale, f Facts) error {
	return w.once(l, f, Text{Body: w.cfg.Words(l, f), Code: f.Code})
}

func (w *Writer) once(l catalogue.Locale, f Facts, t Text) error {
	switch {
	case t.Body == "":
		return w.fault(l, f, errors.New("it is empty"))
	case t.Code != "" && strings.Count(t.Body, t.Code) != 1:
		return w.fault(l, f, errors.New("it does not have the code once"))
	}
	return nil
}

// firstOfEach leaves out faults that read the same.
func firstOfEach(faults []error) error {
	seen := map[string]bool{}
	var first []error
	for _, f := range faults {
		if f != nil && !seen[f.Error()] {
			seen[f.Error()] = true
			first = append(first, f)
		}
	}
	return errors.Join(first...)
}
