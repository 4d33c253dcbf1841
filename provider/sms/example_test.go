package sms_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// terminal is a Sender for development: it shows what it would send.
type terminal struct{}

func (terminal) Send(_ context.Context, m sms.Message) error {
	fmt.Println("to", m.To+":", strings.ReplaceAll(m.Text, "\n", "|"))
	return nil
}

func Example() {
	p, err := sms.New(sms.Config{
		Sender:  terminal{}, // provider/sms/twilio and provider/sms/webhook have real ones
		App:     "Acme",
		Host:    "login.acme.example",
		Numbers: sms.Numbers{Countries: []string{"+44", "+49"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Info().Kind, p.Info().AMR, p.Info().TTL)
	// Output: sms [sms] 5m0s
}

func ExampleNumbers_Parse() {
	numbers := sms.Numbers{Countries: []string{"+44", "+1"}}
	for _, typed := range []string{"+44 (0)7911 123456", "+44 7911-123456", "07911 123456", "+49 151 12345678", "+44 909 879 0000"} {
		n, err := numbers.Parse(typed)
		fmt.Println(n.E164(), err)
	}
	// Output:
	// +447911123456 <nil>
	// +447911123456 <nil>
	//  provider: unusable input: Check the number. Include the country code, for example +44 7700 900123.
	//  provider: unusable input: We can't send text messages to this number. Use another method.
	//  provider: unusable input: We can't send text messages to this number. Use another method.
}
