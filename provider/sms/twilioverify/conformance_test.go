package twilioverify_test

import (
	"fmt"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv/stores"
	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilioverify"
)

func config(s *twiliotest.Server) twilioverify.Config {
	return twilioverify.Config{
		Account: twilio.Account{SID: twiliotest.AccountSID, Secret: twiliotest.Secret, BaseURL: s.URL},
		Service: twiliotest.ServiceSID,
		Numbers: sms.Numbers{Countries: []string{"+44"}},
	}
}

func harness(t *testing.T) providertest.Harness {
	s := twiliotest.New(t, twiliotest.Keeps)
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return twilioverify.New(config(s)) },
		Device: func(n int) providertest.Device {
			to := fmt.Sprintf("+447911%06d", 100_000+n)
			return func(shown providertest.Shown) any {
				if shown.Step == providertest.Begin {
					return map[string]string{"phone": to}
				}
				return map[string]string{"code": s.Code(to)}
			}
		},
	}
}

// The suite runs against a Twilio that approves a code as often as it comes: what holds against that one does not depend on Twilio's memory.
//
// attack
func TestProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, harness(t))
}

func TestProviderOnRealStores(t *testing.T) {
	t.Parallel()
	h := harness(t)
	h.Stores = stores.Open(t)
	providertest.Run(t, h)
}
