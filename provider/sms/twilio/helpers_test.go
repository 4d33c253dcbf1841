package twilio_test

import (
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

const (
	number  = "+447911123456"
	text    = "471102 is your Acme sign-in code. Don't share it.\n\n@acme.example #471102"
	service = "MG00000000000000000000000000000001"
)

var (
	now     = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)
	message = sms.Message{To: number, Text: text, Sent: now, Expires: now.Add(5 * time.Minute)}
)

func account(s *twiliotest.Server) twilio.Account {
	return twilio.Account{SID: twiliotest.AccountSID, Secret: twiliotest.Secret, BaseURL: s.URL}
}

// at makes a sender for a Twilio on this machine.
func at(t *testing.T, s *twiliotest.Server, change func(*twilio.Config)) *twilio.Sender {
	t.Helper()
	cfg := twilio.Config{Account: account(s), From: "+15005550006"}
	if change != nil {
		change(&cfg)
	}
	sender, err := twilio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}
