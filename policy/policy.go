// Package policy decides what a login still needs. It is pure: facts in, decision out; no I/O, no clock. The registry gathers the facts
// and enforces the decision.
//
// [Optional], [Required], [AtLeast] and [Assurance] ask for proofs. [AllOf], [OneOf], [When] and [Grace] put policies together; [Only],
// [Forbid], [NotOnly], [StrictRecovery] and the like narrow what counts for the policy they hold. [Standard], [NISTAAL2] and [ASVSL2] are made of
// the same blocks. Explain says why a policy decides as it does, and Check whether the configured kinds can satisfy it at all.
//
// These hold for every policy made of them, except where SingleSignOn says otherwise: nothing proved satisfies nobody who has a factor
// attached; a proof more takes nothing away; a factor counts as attached while it exists, whether it can be used or not.
package policy

import (
	"errors"
	"time"
)

// Class is what a factor proves about the user: something they have, know, or are.
type Class uint8

// The classes. The zero value is none.
const (
	Possession Class = iota + 1
	Knowledge
	Inherence
)

// Kind is a kind of factor that the deployment has configured.
type Kind struct {
	Name, Channel     string // Channel is what answers travel over: "email", "phone"; "" if they stay with the user
	Class             Class
	PhishingResistant bool
	StandIn           bool          // recovery codes
	Trusted           bool          // trusted browsers
	Lifetime          time.Duration // how long an answer is accepted that outlives its challenge
}

// Strength orders kinds by what it takes to steal one: 3 cannot be phished, 2 stays with the user, 1 travels.
func (k Kind) Strength() int {
	switch {
	case k.PhishingResistant:
		return 3
	case k.Channel == "":
		return 2
	}
	return 1
}

func (k Kind) ordinary() bool { return !k.StandIn && !k.Trusted }

// Factor is one factor of the account that could count. Recovery codes and trusted browsers are not among them.
type Factor struct {
	ID, Kind, Channel string
	Class             Class
	PhishingResistant bool
	Usable            bool // its provider is configured and it is not disabled. An unusable factor still makes its owner a user of MFA
	Created           time.Time
}

func (f Factor) kind() Kind {
	return Kind{Name: f.Kind, Channel: f.Channel, Class: f.Class, PhishingResistant: f.PhishingResistant}
}

// Step is one proof that a login has given.
type Step struct {
	Factor            string // its id
	Kind, Channel     string
	Class             Class
	AMR               []string
	At                time.Time
	Verified          bool // the factor itself verified the user
	PhishingResistant bool
	StandIn           bool // a recovery code: stands for one factor and proves none
	Trusted           bool // a trusted browser: satisfies, and proves nothing
}

func (s Step) kind() Kind {
	return Kind{Name: s.Kind, Channel: s.Channel, Class: s.Class, PhishingResistant: s.PhishingResistant, StandIn: s.StandIn, Trusted: s.Trusted}
}

func (s Step) proves() bool { return !s.StandIn && !s.Trusted }

// Circumstances are what is known of a login beside its proofs. Roles, attributes and risk are the application's word.
type Circumstances struct {
	Tenant     string
	Roles      []string
	Attributes []Attribute
	Risk       Risk
	// Unstated says that nobody has said which roles and attributes the user has, nor how risky the login is: a passkey has named the user. Whatever depends on
	// it is then decided both ways, and both must be satisfied.
	Unstated bool
	// Primary is how the first factor was proved, as RFC 8176 values. A value that is the name of a channel, such as "email", says that it travelled over
	// that channel; so do "sms" and "tel", over "phone". Empty if a passkey was the first factor.
	Primary    []string
	PrimaryAt  time.Time
	GraceUntil time.Time // when the user's grace ends, or has ended; zero if it has never begun
	Now        time.Time
}

// Attribute is something the application knows of the user, or of the login.
type Attribute struct{ Name, Value string }

// Facts are what a policy decides by.
type Facts struct {
	Circumstances
	Kinds   []Kind   // what the deployment has configured
	Factors []Factor // what the user has attached
	Steps   []Step   // what this login has proved
}

// Decision is what a policy says of a login. Its zero value allows nothing.
type Decision struct {
	Satisfied bool
	// Next are the attached factors whose proof would help: places in Facts.Factors.
	Next Set
	// Enroll are the kinds of which a factor may be attached within this login: places in Facts.Kinds. If the login is not Satisfied, one must be.
	Enroll Set
	// Allowed are the kinds that this user may attach and sign in with at all: places in Facts.Kinds.
	Allowed Set
	// GraceUntil is when the user's grace ends, if the policy grants one; fixed by whoever asks for the first time.
	GraceUntil time.Time
	// InGrace says that the login is Satisfied only because GraceUntil has not come.
	InGrace bool
	// Reason says why, for the log: one of a fixed set of texts.
	Reason string

	able      bool // what is attached would satisfy, were all of it proved
	recovered bool // a recovery code has opened the way to a new factor
}

// MayEnroll says that a factor may be attached within this login.
func (d Decision) MayEnroll() bool { return d.Enroll != Set{} }

// MustEnroll says that a factor has to be attached before this login can be satisfied.
func (d Decision) MustEnroll() bool { return !d.Satisfied && d.MayEnroll() }

// Policy is a rule, made by the functions of this package. It is immutable. Its zero value satisfies nobody.
type Policy struct{ rule rule }

// rule is one block of a policy.
type rule interface {
	decide(v view) Decision
	check(kinds []Kind) error // why these kinds can never satisfy it
	asks(v view) string       // what it asks for, in words
	parts(v view) []part      // the rules it rests on, as it asks them
}

// part is a rule within another.
type part struct {
	rule
	view
}

// IsZero says that there is no policy.
func (p Policy) IsZero() bool { return p.rule == nil }

// Decide says what a login needs that these are the facts of. It allocates nothing.
func (p Policy) Decide(f Facts) Decision {
	if p.rule == nil {
		return Decision{Reason: "no policy"}
	}
	v := f.view()
	d := p.rule.decide(v)
	if len(f.Primary) == 0 && v.steps == (Set{}) { // attack: A-62
		return Decision{Allowed: d.Allowed, Reason: "nobody has proved anything"}
	}
	return d
}

// Check says why a deployment with these kinds must not start: because no user could ever satisfy the policy, or because it promises something
// that these kinds do not keep. All faults are joined. What a Custom policy needs is not known.
func (p Policy) Check(kinds []Kind) error {
	if p.rule == nil {
		return errors.New("policy: there is none")
	}
	return p.rule.check(kinds)
}

// BestCase is the facts as they would be if everything attached were proved that can be used and is allowed, beside the steps in f. What is decided
// of them tells who would be locked out, and whether a factor may be removed.
func (p Policy) BestCase(f Facts) Facts {
	allowed := p.Decide(f).Allowed
	steps := append([]Step(nil), f.Steps...)
	for _, a := range f.Factors {
		if !a.Usable || !f.allows(allowed, a.Kind) {
			continue
		}
		s := Step{
			Factor: a.ID, Kind: a.Kind, Channel: a.Channel, Class: a.Class, At: f.Now,
			PhishingResistant: a.PhishingResistant, Verified: a.PhishingResistant,
		}
		if a.PhishingResistant {
			s.AMR = []string{"hwk"}
		}
		steps = append(steps, s)
	}
	f.Steps = steps
	return f
}

// allows says whether a set of kinds has one of this name.
func (f Facts) allows(kinds Set, name string) bool {
	for i := range f.Kinds {
		if f.Kinds[i].Name == name {
			return kinds.Has(i)
		}
	}
	return false
}
