package webauthn_test

import (
	"encoding/json"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// Security keys count their signatures, passkeys that are synced do not; the contract is the same.
func TestProvider(t *testing.T) { // attack
	for name, steps := range map[string]uint32{"counting": 1, "not counting": 0} {
		t.Run(name, func(t *testing.T) {
			providertest.Run(t, providertest.Harness{
				New:    func() (provider.MultiFactorProvider, error) { return webauthn.New(config()) },
				Device: func(int) providertest.Device { return device(t, steps) },
			})
		})
	}
}

// device is one of the conformance suite: for each new key another piece of hardware, because no piece makes a second one for the same user.
func device(t *testing.T, steps uint32) providertest.Device {
	var d *cofactortest.Authenticator
	return func(s providertest.Shown) any {
		var response []byte
		var err error
		switch s.Step {
		case providertest.Enrol:
			d = newDevice()
			d.CounterStep = steps
			response, err = d.Create(s.Public)
		case providertest.Login:
			response, err = d.Get(s.Public)
		default:
			return nil
		}
		if err != nil {
			t.Errorf("the device has no answer: %v", err)
		}
		return json.RawMessage(response)
	}
}
