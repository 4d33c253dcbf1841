package sms_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

var world = sms.Numbers{Countries: []string{"+1", "+1876", "+44", "+49", "+54", "+39", "+33", "+46", "+43", "+972", "+881", "+979"}}

// All spellings of a number are one, so one budget. // attack: A-138
func TestEverySpellingOfANumberIsOne(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"+447911123456": {
			"+447911123456", "+44 7911 123456", " +44 7911 123456 ", "+44 (0)7911 123456", "+44 07911 123456", "+44-7911-123-456", "+44.7911.123456",
			"+44 (7911) 123/456", "+ 44 7911 123456",
		},
		"+12025550123":   {"+12025550123", "+1 (202) 555-0123", "+1-202-555-0123", "+1.202.555.0123"},
		"+4915112345678": {"+49 151 12345678", "+49 (0) 1511 2345678"},
		"+5491123456789": {"+54 9 11 2345-6789", "+54 11 15 2345-6789"},
	} {
		for _, s := range spellings {
			n, err := world.Parse(s)
			if err != nil || n.E164() != want {
				t.Errorf("%q is %v (%v), not %s", s, n.E164(), err, want)
			}
			again, err := world.Parse(n.E164())
			if err != nil || again != n {
				t.Errorf("the one spelling of %q is read as another number: %v (%v)", s, again.E164(), err)
			}
		}
	}
}

func TestWhatIsNoNumberIsRefusedWithASentence(t *testing.T) { // attack
	t.Parallel()
	for _, s := range []string{
		"", " ", "+", "7911 123456", "07911 123456", "0044 7911 123456", "447911123456", "++447911123456", "+44", "+44 7911", "+999123456789",
		"+44 ७९११ १२३४५६", "+44٧911123456", "+１２０２５５５０１２３", "＋12025550123", "+1 800 FLOWERS", "+12025550123 ext 5", "+12025550123x5", "+12025550123;ext=5",
		"tel:+12025550123", "+447911123456\n", "+447911123456\r\n+1", "+44\u00a07911123456", "+44\u200b7911123456", "\u202a+447911123456", "+447911123456,+12025550123",
		"+447700900123", "+15550100000", "+44" + strings.Repeat("-", 40) + "7911123456", "+44 7911 123456 0000 0000", "+447911123456" + strings.Repeat(" ", 64<<10) + "1", strings.Repeat("+4", 128<<10),
	} {
		_, err := world.Parse(s)
		invalid := (*provider.InvalidError)(nil)
		if !errors.As(err, &invalid) || !strings.Contains(invalid.Text, "+44 7700 900123") {
			t.Errorf("%.40q: %v; want the sentence with an example", s, err)
		}
		if len(s) > 4 && err != nil && strings.Contains(err.Error(), s) && !strings.Contains("+44 7700 900123", s) {
			t.Errorf("%.40q is quoted in the error: %v", s, err)
		}
	}
}

// What costs the caller more, or belongs to no one person, gets no messages. // attack: A-130
func TestOnlyNumbersOfPeopleGetMessages(t *testing.T) {
	t.Parallel()
	for number, why := range map[string]string{
		"+449012345678": "premium rate", "+448457123456": "premium rate", "+19002345678": "premium rate", "+979123456789": "premium rate, international",
		"+498001234567890": "toll-free", "+18002345678": "toll-free", "+4918012345": "shared cost", "+33884012345": "shared cost", "+39848123456": "shared cost",
		"+447640123456": "a pager", "+4916412345": "a pager", "+445512345678": "company-wide", "+33806123456": "company-wide",
		"+49177991234567": "voicemail", "+3933101234501": "voicemail", "+97215112340000": "voicemail",
		"+441212345678": "a fixed line", "+4930123456": "a fixed line", "+447012345678": "personal, dear to call", "+4970012345678": "personal, dear to call",
	} {
		_, err := world.Parse(number)
		invalid := (*provider.InvalidError)(nil)
		if !errors.As(err, &invalid) || !strings.Contains(invalid.Text, "another method") {
			t.Errorf("%s, %s: %v; want the sentence that no text messages go there", number, why, err)
		}
	}
	for number, why := range map[string]string{
		"+447911123456": "a mobile", "+12025550123": "fixed or mobile, nobody knows which", "+445612345678": "internet telephony", "+15005550006": "personal, under +1",
	} {
		if _, err := world.Parse(number); err != nil {
			t.Errorf("%s, %s: %v; people have such numbers", number, why, err)
		}
	}
}

// The list is of calling codes and not of regions, of which the metadata knows wrong ones; but what shares +1 is not all one country. // attack: A-130
func TestOnlyListedCountriesGetMessages(t *testing.T) {
	t.Parallel()
	for number, country := range map[string]string{
		"+447911123456": "+44", "+447624300123": "+44", "+12025550123": "+1", "+14165550123": "+1", "+18762101234": "+1876", "+12423591234": "+1242",
		"+33612345678": "+33", "+8816 3145 1234": "+881",
	} {
		n, err := sms.Numbers{Countries: []string{country}}.Parse(number)
		if err != nil || n.Country() != country {
			t.Errorf("%s is in %q (%v), not %s", number, n.Country(), err, country)
		}
		for _, other := range []string{"+1", "+44", "+33", "+881", "+1876"} {
			if _, err := (sms.Numbers{Countries: []string{other}}).Parse(number); other != country && !errors.Is(err, provider.ErrInvalid) {
				t.Errorf("%s gets messages although only %s is listed", number, other)
			}
		}
	}
}

func TestCountriesAreRequired(t *testing.T) {
	t.Parallel()
	if err := (sms.Numbers{}).Validate(); err == nil || !strings.Contains(err.Error(), "Countries is required") {
		t.Errorf("messages may go anywhere: %v", err)
	}
	if _, err := (sms.Numbers{}).Parse("+447911123456"); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("without a list a number is accepted: %v", err)
	}
	if err := (sms.Numbers{Reach: sms.Everywhere}).Validate(); err != nil {
		t.Errorf("who says Everywhere means it: %v", err)
	}
	if err := (sms.Numbers{Countries: []string{"+44"}, Reach: sms.Everywhere}).Validate(); err == nil {
		t.Error("a list that says nothing is accepted")
	}
	if err := (sms.Numbers{Countries: []string{"+44"}, Reach: 2}).Validate(); err == nil {
		t.Error("a reach that there is not is accepted")
	}
	for _, c := range []string{"", "44", "+", "+0", "+044", "+4a", "GB", "+999", "+1234567", "+18", "+12025", "+44 ", "+٤٤"} {
		if err := (sms.Numbers{Countries: []string{"+44", c}}).Validate(); err == nil {
			t.Errorf("%q counts as a country", c)
		}
	}
	for _, c := range []string{"+1", "+1876", "+44", "+7", "+972", "+881"} {
		if err := (sms.Numbers{Countries: []string{c}}).Validate(); err != nil {
			t.Errorf("%s is none: %v", c, err)
		}
	}
}

func TestFilmNumbersAreNumbersInDevelopment(t *testing.T) {
	t.Parallel()
	n, err := sms.Numbers{Reach: sms.Everywhere}.Parse("+44 7700 900123")
	if err != nil || n.E164() != "+447700900123" || n.Country() != "+44" {
		t.Errorf("the example that users are shown is %v (%v)", n.E164(), err)
	}
}

func TestANumberPrintsWithoutItsDigits(t *testing.T) { // attack: A-124
	t.Parallel()
	n, err := world.Parse("+447911123456")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("sent", "to", n)
	said := fmt.Sprintf("%v %+v %#v %s %q %d", n, n, n, n, n, n) + log.String()
	if strings.Contains(said, "7911") || strings.Contains(said, "3456") || !strings.Contains(said, "+44") {
		t.Errorf("it prints as %s", said)
	}
	for digits, want := range map[int]string{0: "+44 ····", 2: "+44 ···· 56", 4: "+44 ···· 3456", 99: "+44 ···· 3456", -1: "+44 ····"} {
		if got := n.Masked(digits); got != want {
			t.Errorf("with %d digits it shows as %q, not %q", digits, got, want)
		}
	}
}

func TestTheInputIsOneNumber(t *testing.T) {
	t.Parallel()
	for input, good := range map[string]bool{
		`{"phone":"+44 7911 123456"}`: true, `{"phone":"+447911123456","code":"000000"}`: true,
		"": false, "null": false, "{}": false, `{"phone":447911123456}`: false, `{"phone":["+447911123456"]}`: false, `"+447911123456"`: false,
		`{"phone":"+447911123456"`: false, `{"phone":"` + strings.Repeat(" ", 1000) + `+447911123456"}`: false,
	} {
		if _, err := world.FromInput(json.RawMessage(input)); (err == nil) != good || err != nil && !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%.60s: %v", input, err)
		}
	}
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"+44 (0)7911 123456", "+1 202 555 0123", "+54 11 15 2345-6789", "+1", "+0", "+39 06 1234"} {
		f.Add(s)
	}
	everywhere := sms.Numbers{Reach: sms.Everywhere}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range []sms.Numbers{world, everywhere} {
			n, err := r.Parse(s)
			if err != nil {
				if !errors.Is(err, provider.ErrInvalid) {
					t.Errorf("%q ends in %v", s, err)
				}
				continue
			}
			e := n.E164()
			if len(e) > 18 || e[0] != '+' || strings.Trim(e[1:], "0123456789") != "" || !strings.HasPrefix(e, n.Prefix()) || !strings.HasPrefix(e, n.Country()) {
				t.Errorf("%q is read as %q of %q", s, e, n.Country())
			}
		}
		if n, err := world.Parse(s); err == nil {
			if again, err := world.Parse(n.E164()); err != nil || again != n {
				t.Errorf("%q is %q, and that is %q (%v)", s, n.E164(), again.E164(), err)
			}
		}
	})
}
