package device_test

import (
	"encoding/json"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return device.New(device.Config{}) },
		Device: func(int) providertest.Device {
			return func(s providertest.Shown) any {
				switch s.Step {
				case providertest.Enrol:
					return map[string]bool{"trust": true}
				case providertest.Login:
					var cookie device.Trusted
					_ = json.Unmarshal(s.Once, &cookie) // a browser that was given nothing sends nothing
					return cookie.Token
				}
				return nil
			}
		},
	})
}
