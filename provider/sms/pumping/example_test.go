package pumping_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
)

// silent is a Sender that sends nothing.
type silent struct{}

func (silent) Send(context.Context, sms.Message) error { return nil }

func Example() {
	texts, err := sms.New(sms.Config{Sender: silent{}, App: "Acme", Host: "acme.example", Numbers: sms.Numbers{Countries: []string{"+44"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := pumping.New(pumping.Config{
		Provider: texts,
		Counter:  pumping.NewMemory(), // package rediscounter, if there are several replicas
		Mode:     pumping.Deny,
		Observe: func(_ context.Context, d pumping.Decision) {
			fmt.Println(d.Country, d.SentHour, "sent,", d.VerifiedHour, "answered, limit", d.HourLimit, "denied:", d.Denied)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 4 { // Nobody types these codes in.
		prompt, err := guard.SetupHook(context.Background(), provider.SetupRequest{
			Input: json.RawMessage(fmt.Sprintf(`{"phone":"+44 7911 12345%d"}`, i)), Now: time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = prompt.Deliver.Send(context.Background())
	}
	// Output:
	// +44 1 sent, 0 answered, limit 3 denied: false
	// +44 2 sent, 0 answered, limit 3 denied: false
	// +44 3 sent, 0 answered, limit 3 denied: false
	// +44 4 sent, 0 answered, limit 3 denied: true
}
