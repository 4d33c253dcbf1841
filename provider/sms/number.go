package sms

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/cofactor-mfa/cofactor/provider"
)

// What a user is told of a number that cannot be used. Why is in the documentation, not in the answer.
const (
	notANumber  = "Check the number. Include the country code, for example +44 7700 900123."
	unsupported = "We can't send text messages to this number. Use another method."
)

const (
	maxTyped    = 40 // bytes of a number as it is typed, with everything between the digits
	maxInput    = 256
	maxShown    = 4 // digits of a masked number
	blockDigits = 4 // at the end of a number: a range of 10,000 numbers is one prefix
)

// Number is a telephone number that may get messages, in its one spelling. It prints without its digits.
type Number struct{ e164, country string }

// E164 is the number's one spelling: a plus sign and at most 15 digits (ITU-T E.164).
func (n Number) E164() string { return n.e164 }

// Country is the plus sign and the calling code: "+44". The countries that share +1 with the United States and Canada cost ten times as
// much and are popular with fraudsters, so those have the area code as well: "+1876".
func (n Number) Country() string { return n.country }

// Prefix is the number without its last four digits, which whoever rents a range of numbers can vary for nothing.
func (n Number) Prefix() string { return n.e164[:max(len(n.country), len(n.e164)-blockDigits)] }

// Masked shows the country and the last digits: "+44 ···· 23". A number shows at most four.
func (n Number) Masked(digits int) string {
	shown := n.country + " ····"
	if digits > 0 {
		shown += " " + n.e164[len(n.e164)-min(digits, maxShown):]
	}
	return shown
}

// Uses are the budgets of the number itself, the narrowest first, so that whoever may not send to it does not use up what belongs to
// more. // attack: A-130
func (n Number) Uses() []provider.Use {
	return []provider.Use{{Budget: "address", Of: n.e164}, {Budget: "prefix", Of: n.Prefix()}, {Budget: "country", Of: n.country}}
}

// Format prints the country alone.
func (n Number) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, n.Masked(0)) }

// LogValue logs the country alone.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.Masked(0)) }

// Reach says where messages may go.
type Reach uint8

const (
	// Listed countries only. It is the zero value.
	Listed Reach = iota
	// Everywhere is for development, with a sender that sends nothing; numbers from films, such as +44 7700 900123, are numbers then. In
	// production it is an invitation to have messages sent, at the deployment's expense, to whoever shares in the fees.
	Everywhere
)

// Numbers says which telephone numbers get messages.
type Numbers struct {
	// Countries are the calling codes that may be sent to: "+44". Required, because without it anybody can have messages sent to any place at any
	// price. "+1" is the United States and Canada; each other area of +1 has to be named: "+1787". Several countries can share a code:
	// +44 is also Jersey, Guernsey and the Isle of Man, +7 is Russia and Kazakhstan. // attack: A-130
	Countries []string
	// Reach is Listed unless this is development.
	Reach Reach
}

// Validate reports every fault, joined.
func (r Numbers) Validate() error {
	var faults []error
	if r.Reach > Everywhere {
		faults = append(faults, fmt.Errorf("sms: Numbers.Reach is %d, neither Listed nor Everywhere", r.Reach))
	}
	if len(r.Countries) == 0 && r.Reach == Listed {
		faults = append(faults, errors.New("sms: Numbers.Countries is required: the calling codes that messages may go to, such as +44"))
	}
	if len(r.Countries) > 0 && r.Reach == Everywhere {
		faults = append(faults, errors.New("sms: Numbers.Countries and Numbers.Reach Everywhere exclude each other"))
	}
	for _, c := range r.Countries {
		if !isCountry(c) {
			faults = append(faults, fmt.Errorf("sms: Numbers.Countries: %.20q is neither a calling code, such as +44, nor an area of +1, such as +1787", c))
		}
	}
	return errors.Join(faults...)
}

func isCountry(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	if !plus || digits == "" || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	if area, shared := strings.CutPrefix(digits, "1"); shared && area != "" {
		return len(area) == 3
	}
	code := 0
	for _, d := range []byte(digits[:min(len(digits), 4)]) {
		code = code*10 + int(d-'0')
	}
	return len(digits) <= 3 && phonenumbers.GetSupportedCallingCodes()[code]
}

// Parse reads a number as a person types it, and returns its one spelling: "+44 7911 123456", "+44 (0)7911-123456" and
// "+447911123456" are one number, and one budget. Only ASCII is read, and the country is never guessed. Its errors are for the user
// (provider.ErrInvalid) and do not quote the number. // attack: A-138
func (r Numbers) Parse(typed string) (Number, error) {
	typed = strings.Trim(typed, " ")
	if len(typed) > maxTyped || !strings.HasPrefix(typed, "+") || strings.Trim(typed[1:], "0123456789 -.()/") != "" {
		return Number{}, provider.Invalid(notANumber)
	}
	parsed, err := phonenumbers.Parse(typed, "ZZ")
	if err != nil || !r.exists(parsed) {
		return Number{}, provider.Invalid(notANumber)
	}
	n := Number{e164: phonenumbers.Format(parsed, phonenumbers.E164), country: countryOf(parsed)}
	if r.Reach == Listed && !(slices.Contains(r.Countries, n.country) && textable(parsed)) {
		return Number{}, provider.Invalid(unsupported)
	}
	return n, nil
}

// FromInput reads the number of a set-up's input: {"phone":"+44 7911 123456"}.
func (r Numbers) FromInput(input json.RawMessage) (Number, error) {
	var in struct{ Phone string }
	if len(input) > maxInput || json.Unmarshal(input, &in) != nil {
		return Number{}, provider.Invalid(notANumber)
	}
	return r.Parse(in.Phone)
}

// Stored is a number that Parse returned before, whether or not it would today: for providers that keep one.
func Stored(e164 string) Number {
	parsed, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return Number{e164: e164, country: "+"}
	}
	return Number{e164: e164, country: countryOf(parsed)}
}

func (r Numbers) exists(n *phonenumbers.PhoneNumber) bool {
	if r.Reach == Everywhere {
		return phonenumbers.IsPossibleNumber(n)
	}
	return phonenumbers.IsValidNumber(n)
}

// countryOf goes by calling code and not by region: the metadata takes many British mobiles for numbers of Guernsey.
func countryOf(n *phonenumbers.PhoneNumber) string {
	code := n.GetCountryCode()
	if code != 1 {
		return fmt.Sprintf("+%d", code)
	}
	switch phonenumbers.GetRegionCodeForNumber(n) {
	case "US", "CA":
		return "+1"
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	return "+1" + national[:min(3, len(national))]
}

// textable says whether numbers of a kind are texted. Not those that cost the caller more (premium rate, shared cost), nor those that no
// one person holds (toll-free, company-wide, voicemail, pagers, plain fixed lines), nor what the metadata does not know. Personal
// numbers are texted under +1, where they are ordinary (Twilio's test numbers are among them); elsewhere, as under 070 in the United
// Kingdom, a call to them is dear. Internet telephony is texted: NIST SP 800-63B-4 no longer forbids it.
func textable(n *phonenumbers.PhoneNumber) bool {
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP:
		return true
	case phonenumbers.PERSONAL_NUMBER:
		return n.GetCountryCode() == 1
	}
	return false
}
