// Package policy decides what a login still needs. It is pure: facts in, decision out; no I/O, no clock. The registry gathers the facts
// and enforces the decision.
package policy

import "time"

// Class is what a factor proves about the user: something they have, know, or are.
type Class uint8

// The classes. The zero value is none.
const (
	Possession Class = iota + 1
	Knowledge
	Inherence
)

// Factor is one factor of the account that could count. Recovery codes and trusted browsers are not among them.
type Factor struct {
	ID, Kind, Channel string
	Class             Class
	PhishingResistant bool
	Usable            bool // its provider is configured and it is not disabled. An unusable factor still makes its owner a user of MFA
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

// Facts are what a policy may decide by.
type Facts struct {
	Primary []string // AMR of the first factor
	Factors []Factor
	Steps   []Step
}

// Decision is what a policy says of a login.
type Decision struct {
	Satisfied bool
	// MayEnroll says that a factor may be added within this login, because fewer are attached than policy asks for.
	MayEnroll bool
	// Reason says why, in words for the log: "one of 2 factors proved".
	Reason string
}

// Policy is a rule. It must be a pure function: the registry asks it again whenever the facts may have changed.
type Policy func(Facts) Decision
