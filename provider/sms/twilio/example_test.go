package twilio_test

import (
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

func Example() {
	sender, err := twilio.New(twilio.Config{
		Account:          twilio.Account{SID: "AC00000000000000000000000000000001", Secret: "from your secret store"},
		MessagingService: "MG00000000000000000000000000000001",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sms.New(sms.Config{Sender: sender, App: "Acme", Host: "login.acme.example", Numbers: sms.Numbers{Countries: []string{"+44"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Info().Kind)
	// Output: sms
}
