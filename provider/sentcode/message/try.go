package message

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A code of a trial must not be a part of anything else in the message.
var trialCodes = []string{"735194", "73519462"}

// try writes every message of a language in every form, the longest too, and checks what comes out.
func (c *Catalog) try(l locale) error {
	at := time.Date(2028, time.December, 30, 23, 58, 0, 0, time.UTC)
	var faults []error
	for _, name := range []string{SignIn, SetUp, Confirm} {
		for i, minutes := range []int{1, 2, 3, 5, 10, 10} { // one, two, few, many, in languages that have a form for each
			d := codeData{App: c.cfg.App, Account: c.cfg.Account, Code: trialCodes[i%2], Minutes: minutes, Expires: at}
			text, err := c.write(l, name, d)
			if err == nil {
				err = once(text)
			}
			d.Action = "Pay 5 EUR"
			faults = append(faults, err, c.longer(l, name, d))
		}
	}
	for _, name := range append([]string{General}, notices...) {
		for _, kind := range []string{"", "totp", "email", "sms", "webauthn", "backup", "device", "another"} {
			d := noticeData{App: c.cfg.App, Account: c.cfg.Account, Kind: kind, At: at}
			text, err := c.write(l, name, d)
			if err == nil {
				err = once(text)
			}
			faults = append(faults, err)
			if kind != "another" {
				continue
			}
			d.Label, d.Hint, d.Address, d.Agent = strings.Repeat("W", maxLabel), "3 left", "2001:db8::1", "Firefox on Windows"
			faults = append(faults, c.longer(l, name, d))
		}
	}
	return firstOfEach(faults)
}

// longer writes a message with what may be left out if it does not fit. That it can be written, and has the code once, is required; that the channel carries
// it is not.
func (c *Catalog) longer(l locale, name string, data any) error {
	unchecked := &Catalog{cfg: Config{Check: func(Text) error { return nil }}}
	text, err := unchecked.write(l, name, data)
	if err != nil {
		return err
	}
	return once(text)
}

func once(t Text) error {
	switch {
	case t.Body == "":
		return fmt.Errorf("%s is empty", t.Name)
	case t.Code != "" && strings.Count(t.Body, t.Code) != 1:
		return fmt.Errorf("%s does not have the code once", t.Name)
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
