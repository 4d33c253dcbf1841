package policy_test

import (
	"testing"

	"github.com/cofactor-mfa/cofactor/policy"
)

// A step that stands in for a proof, or is a trusted browser, is no hardware key, whatever it claims.
func TestStandInIsNoHardware(t *testing.T) {
	t.Parallel()
	for _, s := range []policy.Step{{StandIn: true}, {Trusted: true}} {
		s.Factor, s.Kind, s.Class, s.AMR, s.PhishingResistant = "f", "k", policy.Possession, []string{"hwk"}, true
		if got := policy.AAL([]string{"pwd", "otp"}, []policy.Step{s}); got != 2 {
			t.Errorf("AAL is %d with a step that proves nothing (%+v); want the first factor's 2", got, s)
		}
	}
}
