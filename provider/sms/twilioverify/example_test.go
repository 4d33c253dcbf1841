package twilioverify_test

import (
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilioverify"
)

func Example() {
	p, err := twilioverify.New(twilioverify.Config{
		Account: twilio.Account{SID: "AC00000000000000000000000000000001", Secret: "from your secret store"},
		Service: "VA00000000000000000000000000000001",
		Numbers: sms.Numbers{Countries: []string{"+44", "+49"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Info().Kind, p.Info().AMR, p.Info().Channel)
	// Output: sms-verify [sms] phone
}
