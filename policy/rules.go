package policy

import (
	"fmt"
	"slices"
)

// Optional asks for one factor from those who have attached any, and for nothing from those who have not. A factor counts as
// attached while it exists, even if its provider was removed from the configuration. // attack
func Optional() Policy {
	return func(f Facts) Decision {
		if len(f.Factors) == 0 {
			return Decision{Satisfied: true, MayEnroll: true, Reason: "no factor attached, none required"}
		}
		return atLeast(1, f)
	}
}

// Required asks everybody for one factor. Those who have none attach one during sign-in.
func Required() Policy { return AtLeast(1) }

// AtLeast asks everybody for k different factors. Those who have fewer attach them during sign-in, after proving what they have.
// A k below 1 is never satisfied.
func AtLeast(k int) Policy {
	return func(f Facts) Decision { return atLeast(k, f) }
}

func atLeast(k int, f Facts) Decision {
	if k < 1 {
		return Decision{Reason: "a policy that asks for no factor at all is a mistake"}
	}
	proved := beyondTheFirst(f)
	d := Decision{
		Satisfied: proved >= k,
		Reason:    fmt.Sprintf("%d of %d factors proved", proved, k),
	}
	// What is attached must be proved before more is added; recovery codes and trusted browsers stand in for what is lost.
	d.MayEnroll = len(f.Factors) < k && proved >= len(f.Factors)
	for _, s := range f.Steps {
		if s.Trusted && len(f.Factors) >= k {
			d.Satisfied, d.Reason = true, "trusted browser"
		}
	}
	return d
}

// beyondTheFirst is how many factors were proved besides the first one. Where no first factor was given - a passkey that
// named its user - one of the steps is the first factor, unless it verified the user itself and so is worth two.
func beyondTheFirst(f Facts) int {
	n := Count(f.Steps)
	verified := slices.ContainsFunc(f.Steps, func(s Step) bool { return s.Verified && !s.StandIn && !s.Trusted })
	if len(f.Primary) == 0 && !verified && n > 0 {
		n--
	}
	return n
}

// Count is how many factors steps stand for: different ones, two of one channel once, and recovery codes once in all.
func Count(steps []Step) int {
	n := 0
	for i, s := range steps {
		if !s.Trusted && !counted(steps[:i], s) {
			n++
		}
	}
	return n
}

func counted(before []Step, s Step) bool {
	for _, b := range before {
		switch {
		case b.Trusted:
		case b.StandIn && s.StandIn:
			return true
		case b.StandIn != s.StandIn:
		case b.Factor == s.Factor, b.Channel != "" && b.Channel == s.Channel:
			return true
		}
	}
	return false
}
