package policy

import "slices"

// AMR is what a login has proved, as authentication method references (RFC 8176): sorted, each once, with "mfa" when two classes
// were proved. Recovery codes and trusted browsers prove nothing.
func AMR(primary []string, steps []Step) []string {
	amr := slices.Clone(primary)
	for _, s := range steps {
		if !s.StandIn && !s.Trusted {
			amr = append(amr, s.AMR...)
		}
	}
	amr = slices.DeleteFunc(amr, func(v string) bool { return v == "" || v == "mfa" })
	if twoClasses(primary, steps) {
		amr = append(amr, "mfa")
	}
	slices.Sort(amr)
	return slices.Compact(amr)
}

// AAL is the authenticator assurance level (NIST SP 800-63B-4 section 2) that a login has reached: 0 for nothing, 1 for one class, 2 for
// two, 3 for two of which one is a phishing-resistant key that cannot leave its hardware. A later proof never lowers it.
func AAL(primary []string, steps []Step) int {
	if !twoClasses(primary, steps) {
		if classes(primary, steps) > 0 || len(primary) > 0 {
			return 1
		}
		return 0
	}
	for _, s := range steps {
		if !s.StandIn && !s.Trusted && s.PhishingResistant && slices.Contains(s.AMR, "hwk") {
			return 3
		}
	}
	return 2
}

func twoClasses(primary []string, steps []Step) bool {
	if classes(primary, steps) > 1 {
		return true
	}
	return slices.ContainsFunc(steps, func(s Step) bool { return s.Verified && !s.StandIn && !s.Trusted })
}

// classes is how many different ones were proved.
func classes(primary []string, steps []Step) (n int) {
	var found [256]bool
	add := func(c Class) {
		if c != 0 && !found[c] {
			found[c] = true
			n++
		}
	}
	for _, v := range primary {
		add(classOf(v))
	}
	for _, s := range steps {
		if !s.StandIn && !s.Trusted {
			add(s.Class)
		}
	}
	return n
}

// classOf is the class that a first factor's method proves. Methods that say how, but not what, have none: "fed", "mca", "geo".
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
