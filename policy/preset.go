package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Standard asks everybody for one factor of any kind beside the first one, and lets recovery codes and trusted browsers stand in for it. It is what most
// programs want, and better than no second factor by any measure; it follows no standard to the letter.
//
//   - OWASP MFA cheat sheet: MFA is required of everybody, and whoever loses their only factor is not locked out, so a deployment needs a kind of
//     recovery codes or two kinds of factors.
//   - E-mail counts, if the first factor was not e-mail as well.
func Standard() Policy { return Configured(Required(), wayBack) }

// NISTAAL2 asks for what NIST SP 800-63B-4 asks of a login at authenticator assurance level 2, as far as a policy can.
//
//   - Section 2.2: two classes are proved, as AAL counts them, by at least one factor that resists replay; every kind here does.
//   - Section 2.2: at least one kind that resists phishing is on offer, or the registry does not start. A code that is typed never counts as one (3.2.5).
//   - Sections 3.1.3.3 and 3.2.9: what travels over the telephone is never all that a user has, nor all that is on offer.
//   - Section 3.1.3.1: e-mail does not count, and is not attached.
//   - Section 4.2.2.2: a recovery code opens the way to a new factor, and to nothing else.
//   - Section 5.1: no trusted browser stands in for a proof.
//
// How long a session may last is the application's: see the maxima beside registry.Need.
func NISTAAL2() Policy {
	p := NotOnly("phone", AllOf(Required(), Assurance(2)))
	return Configured(NoTrustedBrowser(StrictRecovery(ForbidChannel(p, "email"))), phishingResistantOffered)
}

// ASVSL2 asks for what OWASP ASVS 5.0 asks of a login at level 2, as far as a policy can.
//
//   - V6.3.3: everybody proves a factor beside the first one. V6.3.4: by every way in; so no trusted browser is a weaker one.
//   - V6.4.4: a lost factor is replaced on as much proof as it was attached on: a recovery code attaches a new factor, and does nothing else.
//   - V6.5.5: no code is accepted for over 30 seconds unless it was sent, nor for over 10 minutes if it was: an authenticator app has no skew,
//     or the registry does not start.
//   - V6.6.1: something stronger than the telephone is on offer, or the registry does not start.
func ASVSL2() Policy {
	p := NoTrustedBrowser(StrictRecovery(Required()))
	return Configured(p, func(kinds []Kind) error { return errors.Join(shortLived(kinds), besidesTelephone(kinds)) })
}

// Preset is the preset of this name: "standard", "nist-aal2" or "asvs-l2".
func Preset(name string) (Policy, error) {
	switch name {
	case "standard":
		return Standard(), nil
	case "nist-aal2":
		return NISTAAL2(), nil
	case "asvs-l2":
		return ASVSL2(), nil
	}
	return Policy{}, fmt.Errorf("policy: there is no preset %.40q; there are standard, nist-aal2 and asvs-l2", name)
}

func wayBack(kinds []Kind) error {
	counting := 0
	for _, k := range kinds {
		if k.StandIn {
			return nil
		}
		if k.ordinary() {
			counting++
		}
	}
	if counting < 2 {
		return errors.New("policy: whoever loses their only factor is locked out; add recovery codes, or a second kind")
	}
	return nil
}

func phishingResistantOffered(kinds []Kind) error {
	if !slices.ContainsFunc(kinds, func(k Kind) bool { return k.ordinary() && k.PhishingResistant }) {
		return errors.New("policy: no kind that resists phishing is configured (NIST SP 800-63B-4 section 2.2)")
	}
	return nil
}

func shortLived(kinds []Kind) error {
	var faults []error
	for _, k := range kinds {
		if !k.Trusted && k.Lifetime > 30*time.Second { // a trusted browser has no code; and this preset trusts none
			faults = append(faults, fmt.Errorf("policy: a code of kind %q is accepted for %v, which is over 30s (OWASP ASVS 5.0 V6.5.5); allow no skew", k.Name, k.Lifetime))
		}
	}
	return errors.Join(faults...)
}

func besidesTelephone(kinds []Kind) error {
	if !slices.ContainsFunc(kinds, func(k Kind) bool { return k.ordinary() && k.Channel != "phone" }) {
		return errors.New("policy: nothing stronger than the telephone is configured (OWASP ASVS 5.0 V6.6.1)")
	}
	return nil
}
