package policy

import (
	"errors"
	"fmt"
	"slices"
)

// Only lets no factor count for p, nor be attached for it, but those of these kinds. Recovery codes and trusted browsers are not concerned.
func Only(p Policy, kinds ...string) Policy {
	kinds = slices.Clone(kinds)
	return Policy{narrowed{
		ruleOf(p), "only by " + quoted(kinds),
		func(k Kind) bool { return k.ordinary() && !slices.Contains(kinds, k.Name) },
	}}
}

// Forbid lets no factor of these kinds count for p, nor be attached for it. Recovery codes and trusted browsers are kinds like any other here.
func Forbid(p Policy, kinds ...string) Policy {
	kinds = slices.Clone(kinds)
	return Policy{narrowed{ruleOf(p), "not by " + quoted(kinds), func(k Kind) bool { return slices.Contains(kinds, k.Name) }}}
}

// ForbidChannel lets nothing count for p that travels over one of these channels: "email", "phone". Recovery codes may travel as before.
func ForbidChannel(p Policy, channels ...string) Policy {
	channels = slices.Clone(channels)
	return Policy{narrowed{
		ruleOf(p), "not over " + quoted(channels),
		func(k Kind) bool { return k.ordinary() && slices.Contains(channels, k.Channel) },
	}}
}

// PhishingResistant lets nothing count for p that can be phished (NIST SP 800-63B-4 section 3.2.5).
func PhishingResistant(p Policy) Policy {
	return Policy{narrowed{ruleOf(p), "only by what cannot be phished", func(k Kind) bool { return k.ordinary() && !k.PhishingResistant }}}
}

// NoTrustedBrowser lets no trusted browser count for p, nor be added for it.
func NoTrustedBrowser(p Policy) Policy {
	return Policy{narrowed{ruleOf(p), "by no trusted browser", func(k Kind) bool { return k.Trusted }}}
}

// narrowed is a rule for which some kinds do not count.
type narrowed struct {
	rule
	text string
	drop func(Kind) bool
}

func (n narrowed) decide(v view) Decision { return n.rule.decide(v.without(n.drop)) }
func (n narrowed) asks(view) string       { return n.text }
func (n narrowed) parts(v view) []part    { return []part{{n.rule, v.without(n.drop)}} }

func (n narrowed) check(kinds []Kind) error {
	if err := n.rule.check(slices.DeleteFunc(slices.Clone(kinds), n.drop)); err != nil {
		return fmt.Errorf("policy: %s: %w", n.text, err)
	}
	return nil
}

// PasskeySatisfies lets a passkey that has verified the user, in this login, count as two factors for p, beside a first factor. (On its own
// it counts as the first factor and another under every policy.)
func PasskeySatisfies(p Policy) Policy { return Policy{twice{ruleOf(p)}} }

type twice struct{ rule }

func (t twice) decide(v view) Decision {
	v.twice = true
	return t.rule.decide(v)
}

func (twice) asks(view) string { return "with a passkey that verifies the user for two" }

func (t twice) parts(v view) []part {
	v.twice = true
	return []part{{t.rule, v}}
}

// StrictRecovery lets a recovery code open the way to a new factor, and to nothing else: where it would have satisfied p, a factor has to be attached before
// the login is satisfied. (NIST SP 800-63B-4 section 4.2.2.2, OWASP ASVS 5.0 V6.4.4)
func StrictRecovery(p Policy) Policy { return Policy{strict{ruleOf(p)}} }

type strict struct{ rule }

func (s strict) decide(v view) Decision {
	d := s.rule.decide(v.withoutSteps(Step.standsIn))
	if d.Satisfied || !v.standIn() {
		return d
	}
	v.recovering = true
	if s.rule.decide(v).Satisfied {
		d.recovered, d.Next, d.Enroll, d.Reason = true, Set{}, v.among(d.Allowed, Kind.ordinary), reasonRecovery
	}
	return d
}

func (s Step) standsIn() bool { return s.StandIn }
func (s Step) trusts() bool   { return s.Trusted }

// withoutSteps masks steps, and no kinds: what is proved does not count, and may be attached all the same.
func (v view) withoutSteps(drop func(Step) bool) view {
	for i := range v.Steps {
		if drop(v.Steps[i]) {
			v.steps.drop(i)
		}
	}
	return v
}

// among is the part of a set of kinds of which keep is true.
func (v view) among(kinds Set, keep func(Kind) bool) Set {
	for i := range v.Kinds {
		if !keep(v.Kinds[i]) {
			kinds.drop(i)
		}
	}
	return kinds
}

func (strict) asks(view) string      { return "with recovery codes only for attaching a new factor" }
func (s strict) parts(v view) []part { return []part{{s.rule, v.withoutSteps(Step.standsIn)}} }

// NotOnly asks, beyond p, that what travels over the channel is not all that the user has: another factor has to be attached before a login
// is satisfied, and is attached first. (NIST SP 800-63B-4 section 3.2.9 of the telephone)
func NotOnly(channel string, p Policy) Policy { return Policy{notOnly{ruleOf(p), channel}} }

type notOnly struct {
	rule
	channel string
}

func (n notOnly) travels(k Kind) bool { return k.Channel == n.channel }

func (n notOnly) decide(v view) Decision {
	for i := range v.Factors {
		if v.factors.Has(i) && !n.travels(v.Factors[i].kind()) {
			return n.rule.decide(v)
		}
	}
	other := func(k Kind) bool { return !n.travels(k) }
	d := n.rule.decide(v.withoutSteps(Step.trusts)) // a browser that is trusted must not hide that a factor is missing
	d.Enroll = v.among(d.Enroll, other)
	if len(v.Factors) == 0 {
		return d
	}
	d.able = false
	if d.Satisfied {
		d.Satisfied, d.InGrace, d.Reason = false, false, reasonNotOnly
		if v.mayAttach() {
			d.Enroll = v.among(d.Allowed, func(k Kind) bool { return k.ordinary() && other(k) })
		}
	}
	return d
}

func (n notOnly) check(kinds []Kind) error {
	var fault error
	if !slices.ContainsFunc(kinds, func(k Kind) bool { return k.ordinary() && !n.travels(k) }) {
		fault = fmt.Errorf("policy: %s must not be all there is, and nothing else is configured", n.channel)
	}
	return errors.Join(fault, n.rule.check(kinds))
}

func (n notOnly) asks(view) string    { return "with another factor beside those over " + n.channel }
func (n notOnly) parts(v view) []part { return []part{{n.rule, v}} }

// SingleSignOn takes an identity provider's word: a first factor whose methods contain "mfa" satisfies p. Without it nobody's word is taken, and even with it
// the results of a login say only what was proved here. // attack: A-60
func SingleSignOn(p Policy) Policy { return Policy{singleSignOn{ruleOf(p)}} }

type singleSignOn struct{ rule }

func (s singleSignOn) decide(v view) Decision {
	d := s.rule.decide(v)
	if !d.Satisfied && slices.Contains(v.Primary, "mfa") {
		d.Satisfied, d.Next, d.Reason = true, Set{}, reasonSSO
	}
	return d
}

func (singleSignOn) asks(view) string {
	return "unless the identity provider has asked for more than one factor"
}
func (s singleSignOn) parts(v view) []part { return []part{{s.rule, v}} }

// Configured asks something of the deployment: a registry whose kinds the function finds fault with does not start. What counts for p is not changed.
func Configured(p Policy, check func(kinds []Kind) error) Policy {
	return Policy{configured{ruleOf(p), check}}
}

type configured struct {
	rule
	test func([]Kind) error
}

func (c configured) check(kinds []Kind) error {
	return errors.Join(c.test(slices.Clone(kinds)), c.rule.check(kinds))
}
