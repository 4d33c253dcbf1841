package backup_test

import (
	"encoding/json"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

func TestProvider(t *testing.T) { // attack
	t.Parallel()
	providertest.Run(t, providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return backup.New(backup.Config{Count: 20}) },
		Device: func(int) providertest.Device {
			var list struct{ Codes []string } // what the user has on paper
			return func(s providertest.Shown) any {
				switch s.Step {
				case providertest.Enrol:
					if err := json.Unmarshal(s.Public, &list); err != nil {
						t.Error(err)
					}
					return map[string]bool{"saved": true}
				case providertest.Login:
					next := list.Codes[0]
					list.Codes = append(list.Codes[1:], next)
					return map[string]string{"code": next}
				}
				return nil
			}
		},
	})
}
