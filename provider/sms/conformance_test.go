package sms_test

import (
	"fmt"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv/stores"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// harness is people with a telephone each.
func harness() providertest.Harness {
	phone := &phones{}
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return sms.New(config(phone)) },
		Device: func(n int) providertest.Device {
			to := fmt.Sprintf("+447911%06d", 100_000+n)
			return func(s providertest.Shown) any {
				if s.Step == providertest.Begin {
					return map[string]string{"phone": to}
				}
				_, code, _, _ := bound(phone.text(to)) // as the telephone itself would
				return map[string]string{"code": code}
			}
		},
	}
}

// attack
// nist: N08, N09, N10
func TestProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, harness())
}

func TestProviderOnRealStores(t *testing.T) {
	t.Parallel()
	h := harness()
	h.Stores = stores.Open(t)
	providertest.Run(t, h)
}
