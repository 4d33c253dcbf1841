package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

func TestAMessageIsOneRequestAsPublished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*twilio.Config)
		want   url.Values
	}{
		"from a number": {nil, url.Values{"From": {"+15005550006"}, "ValidityPeriod": {"300"}}},
		"from a service, with everything": {
			func(c *twilio.Config) {
				c.From, c.MessagingService, c.StatusCallback = "", service, "https://acme.example/sms"
				c.ValidityPeriod, c.ContentRetention, c.AddressRetention, c.Encoding = time.Minute, "discard", "obfuscate", twilio.Exact
			},
			url.Values{
				"MessagingServiceSid": {service}, "StatusCallback": {"https://acme.example/sms"}, "ValidityPeriod": {"60"},
				"ContentRetention": {"discard"}, "AddressRetention": {"obfuscate"}, "SmartEncoded": {"false"},
			},
		},
		"smart encoding": {
			func(c *twilio.Config) { c.Encoding = twilio.Smart },
			url.Values{"From": {"+15005550006"}, "ValidityPeriod": {"300"}, "SmartEncoded": {"true"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := twiliotest.New(t, twiliotest.Deletes)
			if err := at(t, s, c.change).Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			made := s.Requests()
			if len(made) != 1 || made[0].Path != "/2010-04-01/Accounts/"+twiliotest.AccountSID+"/Messages.json" {
				t.Fatalf("one message made %d requests, the first to %q", len(made), made[0].Path)
			}
			c.want["To"], c.want["Body"] = []string{number}, []string{text}
			if got := made[0].Form; got.Encode() != c.want.Encode() {
				t.Errorf("the form is %q, not %q", got.Encode(), c.want.Encode())
			}
		})
	}
}

// What Twilio says is told to the user only if the user can mend it, and its own sentences, which quote the number, to nobody. // attack
func TestAnErrorSaysWhatItIsAndNamesNobody(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]error{
		21211: sms.BadNumber, 21408: sms.BadNumber, 21612: sms.BadNumber, 21614: sms.BadNumber, 21635: sms.BadNumber, 30004: sms.BadNumber,
		30005: sms.BadNumber, 30006: sms.BadNumber, 21610: sms.OptedOut,
		20429: sentcode.ErrTemporary, 20500: sentcode.ErrTemporary, 30003: sentcode.ErrTemporary, 30008: sentcode.ErrTemporary,
		20003: sentcode.ErrPermanent, 30007: sentcode.ErrPermanent,
	} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			s := twiliotest.New(t, twiliotest.Deletes)
			s.Next(twiliotest.Reply{Code: code})
			err := at(t, s, nil).Send(t.Context(), message)
			if err == nil {
				t.Fatal("a message that was refused counts as sent")
			}
			if !errors.Is(err, want) {
				t.Errorf("it is told as %v, not as %v", err, want)
			}
			if blamed := errors.Is(err, provider.ErrInvalid); blamed != errors.Is(want, sentcode.ErrAddress) {
				t.Errorf("the user is told to mend what only the deployment can, or not told: %v", err)
			}
			noted := (*provider.SendError)(nil)
			if !errors.As(err, &noted) || noted.Note != fmt.Sprintf("twilio %d", code) {
				t.Errorf("the event does not have Twilio's code: %v", err)
			}
			secretless(t, err)
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests were made for one message", n)
			}
		})
	}
}

func secretless(t *testing.T, err error) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		said := fmt.Sprintf(verb, err)
		for _, secret := range []string{number, number[3:], "471102", twiliotest.Secret, twiliotest.AccountSID} {
			if strings.Contains(said, secret) {
				t.Errorf("an error tells %q: %s", secret, said)
			}
		}
	}
}

// A request that may have been accepted is not made again. Nor is a reply that cannot be read a success.
func TestWhatWentWrongIsNotRepeated(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]twiliotest.Reply{
		"a server error":            {Status: http.StatusInternalServerError, Body: "<html>" + number + "</html>"},
		"a gateway's page":          {Status: http.StatusBadGateway, Body: "bad gateway"},
		"an error that is no JSON":  {Status: http.StatusBadRequest, Body: `{"code":"21211","message":`},
		"an error cut off":          {Status: http.StatusBadRequest, Body: `{"code":2121`, Cut: true},
		"a success cut off":         {Status: http.StatusCreated, Body: `{"sid":"SM1","status":"que`, Cut: true},
		"a success without a body":  {Status: http.StatusCreated},
		"an empty success":          {Status: http.StatusCreated, Body: `{}`},
		"a message without an id":   {Status: http.StatusCreated, Body: `{"status":"queued"}`},
		"a message that has failed": {Status: http.StatusCreated, Body: `{"sid":"SM1","status":"failed"}`},
		"an unheard-of status":      {Status: http.StatusCreated, Body: `{"sid":"SM1","status":"melted"}`},
		"an error with a success":   {Status: http.StatusCreated, Body: `{"sid":"SM1","status":"queued","error_code":30007}`},
		"a redirect":                {To: "/elsewhere"},
		"an endless reply":          {Status: http.StatusCreated, Body: `{"sid":"` + strings.Repeat("x", 1<<20) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := twiliotest.New(t, twiliotest.Deletes)
			s.Next(reply)
			err := at(t, s, nil).Send(t.Context(), message)
			if err == nil {
				t.Fatal("it counts as sent")
			}
			if errors.Is(err, provider.ErrInvalid) {
				t.Errorf("the number is blamed: %v", err)
			}
			secretless(t, err)
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests were made for one message", n)
			}
		})
	}
}

func TestATwilioThatDoesNotAnswerIsGivenUpWithTheContext(t *testing.T) {
	t.Parallel()
	s := twiliotest.New(t, twiliotest.Deletes)
	s.Next(twiliotest.Reply{Wait: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error)
	go func() { sent <- at(t, s, nil).Send(ctx, message) }()
	for len(s.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	err := <-sent
	if err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("the message ended with %v", err)
	}
	secretless(t, err)
}

func TestATwilioThatCannotBeReached(t *testing.T) {
	t.Parallel()
	sender, err := twilio.New(twilio.Config{
		Account: twilio.Account{SID: twiliotest.AccountSID, Secret: twiliotest.Secret, BaseURL: "http://127.0.0.1:1"}, From: "Acme",
	})
	if err != nil {
		t.Fatal(err)
	}
	err = sender.Send(t.Context(), message)
	if err == nil || !strings.Contains(err.Error(), "no connection") {
		t.Errorf("the message ended with %v", err)
	}
	secretless(t, err)
}

func TestNoMessageWaitsLongerThanItsCodeLives(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]sms.Message{
		"600": {Sent: now},                                          // a notice
		"90":  {Sent: now, Expires: now.Add(90 * time.Second)},      // a code that is sent again
		"1":   {Sent: now, Expires: now.Add(time.Second / 2)},       // Twilio knows no less
		"599": {Sent: now, Expires: now.Add(599*time.Second + 999)}, // whole seconds, rounded down
	} {
		s := twiliotest.New(t, twiliotest.Deletes)
		m.To, m.Text = number, text
		if err := at(t, s, nil).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := s.Requests()[0].Form.Get("ValidityPeriod"); got != want {
			t.Errorf("a message may wait %s seconds, not %s", got, want)
		}
	}
}

func TestTheWrongCredentialsSendNothing(t *testing.T) {
	t.Parallel()
	s := twiliotest.New(t, twiliotest.Deletes)
	err := at(t, s, func(c *twilio.Config) { c.Account.Secret = "another" }).Send(t.Context(), message)
	if err == nil || !strings.Contains(err.Error(), "20003") {
		t.Errorf("the message ended with %v", err)
	}
}

func TestAnAPIKeySignsInByItself(t *testing.T) {
	t.Parallel()
	s := twiliotest.New(t, twiliotest.Deletes)
	err := at(t, s, func(c *twilio.Config) { c.Account.Key = "SK00000000000000000000000000000001" }).Send(t.Context(), message)
	if err == nil || !strings.Contains(err.Error(), "20003") { // which this Twilio does not know
		t.Errorf("with a key, the account's name was used: %v", err)
	}
}

func TestRegionAndEdgeAreInTheHost(t *testing.T) {
	t.Setenv("TWILIO_EDGE", "sydney") // What the environment says is not looked at.
	t.Setenv("TWILIO_REGION", "au1")
	for want, a := range map[string]twilio.Account{
		"https://api.twilio.com/x":            {},
		"https://api.dublin.ie1.twilio.com/x": {Region: "ie1", Edge: "dublin"},
	} {
		a.SID, a.Secret = twiliotest.AccountSID, twiliotest.Secret
		c, err := twilio.NewClient(a)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Requests(t.Context()).BuildUrl("https://api.twilio.com/x"); err != nil || got != want {
			t.Errorf("region %q and edge %q lead to %q, not %q (%v)", a.Region, a.Edge, got, want, err)
		}
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := twilio.New(twilio.Config{
		Account:        twilio.Account{SID: "AC1", Key: "SK1", Region: "a.b", BaseURL: "http://twilio.example"},
		StatusCallback: "http://acme.example", ValidityPeriod: time.Second, ContentRetention: "keep", AddressRetention: "hide", Encoding: 9,
	})
	if err == nil {
		t.Fatal("a configuration of faults is accepted")
	}
	for _, fault := range []string{
		"Account.SID", "Account.Key", "Account.Secret", "Account.Region", "Account.BaseURL", "MessagingService or", "StatusCallback", "ValidityPeriod",
		"ContentRetention", "AddressRetention", "Encoding",
	} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("the fault of %s is not reported: %v", fault, err)
		}
	}
	both := twilio.Config{Account: twilio.Account{SID: twiliotest.AccountSID, Secret: "s"}, From: "Acme", MessagingService: service}
	if _, err := twilio.New(both); err == nil {
		t.Error("two senders are accepted for one message")
	}
}

func TestOnlyThisMachineIsReachedWithoutTLS(t *testing.T) {
	t.Parallel()
	for base, allowed := range map[string]bool{
		"http://127.0.0.1:9": true, "http://[::1]:9": true, "http://localhost": true, "https://twilio.example": true,
		"http://twilio.example": false, "http://127.0.0.1.example": false, "http://10.0.0.1": false, "ftp://localhost": false, "localhost": false,
		"https://user@twilio.example": false, "https://twilio.example/path": false, "https://twilio.example?x": false,
	} {
		err := twilio.Account{SID: twiliotest.AccountSID, Secret: "s", BaseURL: base}.Validate()
		if (err == nil) != allowed {
			t.Errorf("BaseURL %s: allowed must be %v: %v", base, allowed, err)
		}
	}
}

func TestAnAccountDoesNotPrint(t *testing.T) {
	t.Parallel()
	a := twilio.Account{SID: twiliotest.AccountSID, Secret: twiliotest.Secret}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if said := fmt.Sprintf(verb, twilio.Config{Account: a}) + fmt.Sprintf(verb, a); strings.Contains(said, twiliotest.Secret) {
			t.Errorf("%s prints the secret: %s", verb, said)
		}
	}
}
