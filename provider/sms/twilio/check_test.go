package twilio_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

func TestACheckSendsNothing(t *testing.T) {
	t.Parallel()
	s := twiliotest.New(t, twiliotest.Deletes)
	if err := at(t, s, nil).Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := s.Requests()
	if len(made) != 1 || len(made[0].Form) != 0 || !strings.HasSuffix(made[0].Path, "/IncomingPhoneNumbers.json") {
		t.Errorf("the check made %+v", made)
	}
}

func TestACheckTellsWrongCredentialsFromSilence(t *testing.T) {
	t.Parallel()
	for status, reply := range map[int]twiliotest.Reply{401: {Code: 20003}, 403: {Status: 403}, 500: {Status: 500}, 307: {To: "/elsewhere"}, 204: {Status: 204}} {
		s := twiliotest.New(t, twiliotest.Deletes)
		s.Next(reply)
		err := at(t, s, nil).Check(t.Context())
		if fault := (*twilio.Error)(nil); !errors.As(err, &fault) || fault.Status != status {
			t.Errorf("for status %d: %v", status, err)
		}
	}
	wrong := at(t, twiliotest.New(t, twiliotest.Deletes), func(c *twilio.Config) { c.Account.Secret = "another-secret" })
	err := wrong.Check(t.Context())
	if err == nil || strings.Contains(err.Error(), "another-secret") || strings.Contains(err.Error(), twiliotest.AccountSID) {
		t.Errorf("with a wrong secret: %v", err)
	}
	nobody := at(t, &twiliotest.Server{URL: "http://127.0.0.1:1"}, nil)
	if fault := (*twilio.Error)(nil); !errors.As(nobody.Check(t.Context()), &fault) || fault.Status != 0 || fault.Note == "" {
		t.Error("nobody answers, and it is not said")
	}
}
