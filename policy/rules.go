package policy

import (
	"errors"
	"fmt"
)

// The reasons of a decision. They are constants, so that a decision costs nothing.
const (
	reasonProved   = "enough factors proved"
	reasonNone     = "no factor attached, none required"
	reasonProve    = "a factor has to be proved"
	reasonAttach   = "a factor has to be attached"
	reasonStuck    = "what is attached cannot satisfy the policy, and nothing may be attached"
	reasonTrusted  = "trusted browser"
	reasonMistake  = "a policy that asks for no factor at all is a mistake"
	reasonGrace    = "in grace: a factor has to be attached before it ends"
	reasonSSO      = "the identity provider has asked for more than one factor"
	reasonRecovery = "a recovery code opens the way to a new factor, and to nothing else"
	reasonLevel    = "the assurance level is reached"
	reasonNotOnly  = "what may not be the only factor is the only one"
)

// unmet is why a decision that is not satisfied is not.
func (d Decision) unmet() string {
	switch {
	case d.Next != Set{}:
		return reasonProve
	case d.MayEnroll():
		return reasonAttach
	}
	return reasonStuck
}

// Optional asks for one factor from those who have attached any, and for nothing from those who have not. A factor counts as
// attached while it exists, even if its provider was removed from the configuration. // attack
func Optional() Policy { return Policy{optional{}} }

// Required asks everybody for one factor. Those who have none attach one during sign-in.
func Required() Policy { return AtLeast(1) }

// AtLeast asks everybody for k different factors beside the first one. Those who have fewer attach them during sign-in, after proving what they have.
// Two factors of one channel count once, and none that uses the first factor's channel counts. A k below 1 is never satisfied.
func AtLeast(k int) Policy { return Policy{atLeast(k)} }

type optional struct{}

func (optional) decide(v view) Decision {
	if len(v.Factors) == 0 {
		return Decision{Satisfied: true, able: true, Enroll: v.fresh(), Allowed: v.kinds, Reason: reasonNone}
	}
	return atLeast(1).decide(v)
}

func (optional) check(kinds []Kind) error { return atLeast(1).check(kinds) }
func (optional) asks(view) string         { return "a factor, if any is attached" }
func (optional) parts(view) []part        { return nil }

type atLeast int

func (k atLeast) decide(v view) Decision {
	if k < 1 {
		return Decision{Reason: reasonMistake}
	}
	proved, attached := v.proved(), v.attached()
	d := Decision{Satisfied: proved >= int(k), able: attached >= int(k), Allowed: v.kinds, Reason: reasonProved}
	if !d.Satisfied && d.able && v.trusted() {
		d.Satisfied, d.Reason = true, reasonTrusted
	}
	// What is attached must be proved before more is added; recovery codes stand in for what is lost.
	if (!d.Satisfied || v.standIn()) && !d.able && proved >= attached && v.mayAttach() {
		d.Enroll = v.fresh()
	}
	if !d.Satisfied {
		for i := range v.Factors {
			if v.open(i) {
				d.Next.Add(i)
			}
		}
		d.Reason = d.unmet()
	}
	return d
}

func (v view) trusted() bool {
	for i := range v.Steps {
		if v.steps.Has(i) && v.Steps[i].Trusted {
			return true
		}
	}
	return false
}

func (k atLeast) check(kinds []Kind) error {
	if k < 1 {
		return errors.New("policy: " + reasonMistake)
	}
	// A user may attach several factors of one kind, but what travels over one channel counts once.
	channels, endless := map[string]bool{}, false
	for _, c := range kinds {
		if c.ordinary() {
			channels[c.Channel] = true
			endless = endless || c.Channel == ""
		}
	}
	if !endless && len(channels) < int(k) {
		return fmt.Errorf("policy: %s: the kinds that count here make %d", k.asks(view{}), len(channels))
	}
	return nil
}

func (k atLeast) asks(view) string {
	if k == 1 {
		return "a factor beside the first one"
	}
	return fmt.Sprintf("%d factors beside the first one", int(k))
}

func (atLeast) parts(view) []part { return nil }

// Count is how many factors steps stand for: different ones, two of one channel once, and recovery codes once in all.
func Count(steps []Step) int {
	v := view{Facts: Facts{Steps: steps}, steps: first(len(steps))}
	n := 0
	for i := range steps {
		if v.steps.Has(i) && !steps[i].Trusted && !v.counted(i) {
			n++
		}
	}
	return n
}

// Custom makes a policy of a function, which must be pure: the registry asks it again whenever the facts may have changed. It sees only what counts
// where it stands, so places in the sets of its Decision are places in the Facts it was given. To start from one of the other policies, ask it for its Decision
// and change that. asks says what the function asks for, in words.
func Custom(asks string, decide func(Facts) Decision) Policy {
	return Policy{custom{asks, decide}}
}

type custom struct {
	text string
	f    func(Facts) Decision
}

func (c custom) decide(v view) Decision {
	if c.f == nil {
		return Decision{Reason: "no policy"}
	}
	facts := v.Facts
	facts.Factors, facts.Steps, facts.Kinds = kept(v.Factors, v.factors), kept(v.Steps, v.steps), kept(v.Kinds, v.kinds)
	d := c.f(facts)
	d.Next, d.Enroll, d.Allowed = placed(d.Next, v.factors), placed(d.Enroll, v.kinds), placed(d.Allowed, v.kinds)
	d.able, d.recovered = !d.MayEnroll(), false
	return d
}

func (custom) check([]Kind) error { return nil }
func (c custom) asks(view) string { return c.text }
func (custom) parts(view) []part  { return nil }

// kept is the part of a list that is in a set.
func kept[T any](list []T, s Set) []T {
	if s == first(len(list)) {
		return list
	}
	var out []T
	for i := range list {
		if s.Has(i) {
			out = append(out, list[i])
		}
	}
	return out
}

// placed turns places in what was kept back into places in the whole.
func placed(s, within Set) (out Set) {
	n := 0
	for i := range maxSet {
		if within.Has(i) {
			if s.Has(n) {
				out.Add(i)
			}
			n++
		}
	}
	return out
}
