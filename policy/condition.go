package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Risk is how risky the application thinks a login is. Higher is riskier.
type Risk uint8

// The risks. An unrated login is treated as the riskiest: an engine that is down must not make it easier to sign in.
const (
	Unrated Risk = iota
	LowRisk
	MediumRisk
	HighRisk
)

func (r Risk) String() string {
	if r > HighRisk {
		return fmt.Sprintf("risk %d", r)
	}
	return [...]string{"unrated", "low", "medium", "high"}[r]
}

// Condition is a question about the circumstances of a login. It cannot ask what the user has attached or proved: a policy that asked for less
// from those who have more would be no use.
type Condition struct {
	// Text is the condition in words: "the role is admin".
	Text string
	// Holds must be a pure function.
	Holds func(Circumstances) bool

	always bool // does not depend on what the application states
}

// InTenant holds for the users of these tenants.
func InTenant(tenants ...string) Condition {
	tenants = slices.Clone(tenants)
	return Condition{
		Text: "the tenant is " + quoted(tenants), always: true,
		Holds: func(c Circumstances) bool { return slices.Contains(tenants, c.Tenant) },
	}
}

// HasRole holds for users who have one of these roles.
func HasRole(roles ...string) Condition {
	roles = slices.Clone(roles)
	return Condition{
		Text: "a role is " + quoted(roles),
		Holds: func(c Circumstances) bool {
			return slices.ContainsFunc(c.Roles, func(r string) bool { return slices.Contains(roles, r) })
		},
	}
}

// HasAttribute holds for logins of which the application has said this.
func HasAttribute(name, value string) Condition {
	return Condition{
		Text:  fmt.Sprintf("%s is %q", name, value),
		Holds: func(c Circumstances) bool { return slices.Contains(c.Attributes, Attribute{name, value}) },
	}
}

// RiskAtLeast holds for logins of this risk or a higher one, and for those that nobody has rated.
func RiskAtLeast(r Risk) Condition {
	return Condition{
		Text:  "the risk is " + r.String() + " or more",
		Holds: func(c Circumstances) bool { return c.Risk == Unrated || c.Risk >= r },
	}
}

// SignedInBy holds if the first factor was proved by one of these methods (RFC 8176): "fed", "pwd".
func SignedInBy(methods ...string) Condition {
	methods = slices.Clone(methods)
	return Condition{
		Text: "the first factor is " + quoted(methods),
		Holds: func(c Circumstances) bool {
			return slices.ContainsFunc(c.Primary, func(m string) bool { return slices.Contains(methods, m) })
		},
	}
}

func quoted(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, " or ")
}

// When asks for what then asks for if the condition holds, and otherwise for what otherwise asks for. If nobody has said what the
// condition depends on, because a passkey has named the user, both must be satisfied. A Condition without Holds is such a one always.
func When(c Condition, then, otherwise Policy) Policy {
	return Policy{when{c, ruleOf(then), ruleOf(otherwise)}}
}

type when struct {
	Condition
	then, otherwise rule
}

// known says whether it can be told if the condition holds.
func (w when) known(c Circumstances) bool { return w.Holds != nil && (w.always || !c.Unstated) }

func (w when) chosen(c Circumstances) rule {
	if w.Holds(c) {
		return w.then
	}
	return w.otherwise
}

func (w when) decide(v view) Decision {
	if w.known(v.Circumstances) {
		return w.chosen(v.Circumstances).decide(v)
	}
	return allOf{w.then, w.otherwise}.decide(v)
}

func (w when) check(kinds []Kind) error { return allOf{w.then, w.otherwise}.check(kinds) }

func (w when) asks(v view) string {
	switch {
	case !w.known(v.Circumstances):
		return "both of, because nobody has said whether " + w.Text
	case w.Holds(v.Circumstances):
		return "because " + w.Text
	}
	return "as it does not hold that " + w.Text
}

func (w when) parts(v view) []part {
	if w.known(v.Circumstances) {
		return []part{{w.chosen(v.Circumstances), v}}
	}
	return partsOf(allOf{w.then, w.otherwise}, v)
}
