package policy

import (
	"errors"
	"fmt"
	"slices"
)

// AMR is what a login has proved, as authentication method references (RFC 8176): sorted, each once, with "mfa" when two classes
// were proved. Recovery codes and trusted browsers prove nothing.
func AMR(primary []string, steps []Step) []string {
	amr := slices.Clone(primary)
	for _, s := range steps {
		if s.proves() {
			amr = append(amr, s.AMR...)
		}
	}
	amr = slices.DeleteFunc(amr, func(v string) bool { return v == "" || v == "mfa" })
	if all(primary, steps).twoClasses() {
		amr = append(amr, "mfa")
	}
	slices.Sort(amr)
	return slices.Compact(amr)
}

// AAL is the authenticator assurance level (NIST SP 800-63B-4 section 2) that a login has reached: 0 for nothing, 1 for one class, 2 for
// two, 3 for two of which one is a phishing-resistant key that cannot leave its hardware. A later proof never lowers it.
func AAL(primary []string, steps []Step) int { return all(primary, steps).level() }

// all is the assurance of everything that was proved.
func all(primary []string, steps []Step) assured {
	a := assured{something: len(primary) > 0}
	for _, m := range primary {
		a.add(classOf(m))
	}
	for i := range steps {
		a.step(&steps[i])
	}
	return a
}

// assured is what proofs amount to.
type assured struct {
	classes   [Inherence + 1]bool
	something bool
	verified  bool // by the factor itself, which is two classes in one
	hardware  bool // a phishing-resistant key that cannot leave its hardware
}

func (a *assured) add(c Class) {
	if c > 0 && c <= Inherence {
		a.classes[c], a.something = true, true
	}
}

func (a *assured) step(s *Step) {
	if s.proves() {
		a.add(classThat(s.Class, s.Channel))
		a.something = true
		a.verified = a.verified || s.Verified
		a.hardware = a.hardware || s.PhishingResistant && slices.Contains(s.AMR, "hwk")
	}
}

func (a assured) twoClasses() bool {
	n := 0
	for _, has := range a.classes {
		if has {
			n++
		}
	}
	return n > 1 || a.verified
}

func (a assured) level() int {
	switch {
	case a.twoClasses() && a.hardware:
		return 3
	case a.twoClasses():
		return 2
	case a.something:
		return 1
	}
	return 0
}

// helps says whether a factor of this kind could raise the level that was reached. What cannot be phished may verify the user, and be hardware.
func (a assured) helps(k Kind) bool {
	if k.PhishingResistant {
		return true
	}
	c := classThat(k.Class, k.Channel)
	return c > 0 && c <= Inherence && !a.classes[c] && !a.twoClasses()
}

// hope is the assurance if a factor of this kind were proved as well.
func (a assured) hope(k Kind) assured {
	a.add(classThat(k.Class, k.Channel))
	a.something = true
	a.verified, a.hardware = a.verified || k.PhishingResistant, a.hardware || k.PhishingResistant
	return a
}

// classThat is the class that a factor proves. A code by e-mail proves that somebody can read the mailbox, from anywhere, and so has none
// (NIST SP 800-63B-4 section 3.1.3.1).
func classThat(c Class, channel string) Class {
	if channel == "email" {
		return 0
	}
	return c
}

// classOf is the class that a first factor's method proves. Methods that say how, but not what, have none: "fed", "mca", "geo"; nor has
// e-mail.
func classOf(method string) Class {
	switch method {
	case "pwd", "pin", "kba":
		return Knowledge
	case "otp", "hwk", "swk", "pop", "sc", "sms", "tel":
		return Possession
	case "face", "fpt", "iris", "retina", "vbm":
		return Inherence
	}
	return 0
}

// Assurance asks for an authenticator assurance level, 2 or 3, as AAL counts it (NIST SP 800-63B-4 section 2): recovery codes and trusted browsers, which
// prove nothing, do not reach it, so this is best held by StrictRecovery.
func Assurance(level int) Policy { return Policy{assurance(level)} }

type assurance int

func (l assurance) decide(v view) Decision {
	if l < 2 || l > 3 {
		return Decision{Reason: reasonMistake}
	}
	now := assured{something: len(v.Primary) > 0}
	for i := range v.Primary {
		now.add(classOf(v.Primary[i]))
	}
	proved := false // here, and not by the application's word for its first factor
	for i := range v.Steps {
		if v.steps.Has(i) {
			now.step(&v.Steps[i])
			proved = proved || v.Steps[i].proves()
		}
	}
	d := Decision{Satisfied: proved && now.level() >= int(l), Allowed: v.kinds, Reason: reasonLevel}
	if v.recovering && v.standIn() && now.something {
		d.Satisfied = true
	}
	hoped := now
	for i := range v.Factors {
		if f := v.Factors[i].kind(); v.factors.Has(i) && !v.provedFactor(i) {
			hoped = hoped.hope(f)
			if !d.Satisfied && v.open(i) && now.helps(f) {
				d.Next.Add(i)
			}
		}
	}
	d.able = hoped.level() >= int(l)
	if d.Satisfied {
		return d
	}
	if !d.able && v.mayAttach() && d.Next == (Set{}) {
		for i := range v.Kinds {
			if k := v.Kinds[i]; v.kinds.Has(i) && k.ordinary() && now.helps(k) {
				d.Enroll.Add(i)
			}
		}
	}
	d.Reason = d.unmet()
	return d
}

func (v view) provedFactor(i int) bool {
	for j := range v.Steps {
		if s := &v.Steps[j]; v.steps.Has(j) && s.proves() && s.Factor == v.Factors[i].ID {
			return true
		}
	}
	return false
}

func (l assurance) check(kinds []Kind) error {
	if l < 2 || l > 3 {
		return fmt.Errorf("policy: the assurance level %d is not 2 or 3", int(l))
	}
	fits := func(k Kind) bool {
		return k.ordinary() && (k.PhishingResistant || l == 2 && k.Class != Knowledge && k.Channel != "email")
	}
	if !slices.ContainsFunc(kinds, fits) {
		return errors.New("policy: " + l.asks(view{}) + ": no kind that counts here reaches it with a password")
	}
	return nil
}

func (l assurance) asks(view) string { return fmt.Sprintf("assurance level %d", int(l)) }
func (assurance) parts(view) []part  { return nil }
