package provider

import (
	"errors"
	"fmt"
	"time"
)

// Info describes a kind of factor to the registry, to the policy and to pickers.
type Info struct {
	// Kind is the wire name: "totp". It matches ^[a-z][a-z0-9-]{0,31}$ and must not change once factors exist.
	Kind string
	// AMR are the authentication method references (RFC 8176) that a login with this kind earns.
	AMR []string
	// Class is what the kind proves.
	Class Class
	// Channel is what an answer travels over: "email", "phone", or "" if it stays with the user. Two factors of one channel count once.
	Channel string
	// TTL is how long a user may need to answer; 0 means the registry's default. Codes that are sent may live at most
	// 10 minutes (NIST SP 800-63B-4 section 3.1.3.2).
	TTL time.Duration
	// Lifetime is how long one answer is accepted, of a kind whose answers outlive a challenge: a code of an authenticator app, from the clock that is
	// fastest to the one that is slowest. 0 if an answer ends with its challenge (OWASP ASVS 5.0 V6.5.5). Of a Transient kind it is how long a browser is trusted.
	Lifetime time.Duration
	// Role is what the kind is for. The zero value is an ordinary factor.
	Role Role
	// PhishingResistant says that an answer given to another site is worthless here (NIST SP 800-63B-4 section 3.2.5).
	PhishingResistant bool
	// Unguessable says that answers carry at least 64 bits and name their factor. Such a kind gets all of the user's factors in one
	// ceremony, and its failures neither spend the user's budget nor lock nor disable. Every other kind gets exactly one factor.
	Unguessable bool
}

// Class is what a factor proves about the user (NIST SP 800-63-4: something you have, know, are).
type Class uint8

// The classes. The zero value is no class, which New refuses.
const (
	Possession Class = iota + 1
	Knowledge
	Inherence
)

// Role is what a kind is for.
type Role uint8

// The roles.
const (
	// Ordinary factors count.
	Ordinary Role = iota
	// Recovery stands in for a lost factor: backup codes. A user has at most one of the kind, renewing replaces it, it never
	// exists alone, and what it opens is the way to a new factor.
	Recovery
	// Transient satisfies a login without proving a factor again: trusted browsers. It dies when the account's epoch moves.
	Transient
)

// Validate reports every fault of an Info, joined.
func (i Info) Validate() error {
	var faults []error
	if !validKind(i.Kind) {
		faults = append(faults, fmt.Errorf("provider: kind %.40q must match ^[a-z][a-z0-9-]{0,31}$", i.Kind))
	}
	if i.Class < Possession || i.Class > Inherence {
		faults = append(faults, fmt.Errorf("provider: %s: class %d is none of Possession, Knowledge, Inherence", i.Kind, i.Class))
	}
	if i.Role > Transient {
		faults = append(faults, fmt.Errorf("provider: %s: role %d is none of Ordinary, Recovery, Transient", i.Kind, i.Role))
	}
	if i.TTL < 0 || (i.Channel != "" && i.TTL > 10*time.Minute) {
		faults = append(faults, fmt.Errorf("provider: %s: TTL %v must not be negative, nor over 10m for what is sent", i.Kind, i.TTL))
	}
	if i.Lifetime < 0 {
		faults = append(faults, fmt.Errorf("provider: %s: Lifetime %v is negative", i.Kind, i.Lifetime))
	}
	if i.Role == Transient && !i.Unguessable {
		faults = append(faults, fmt.Errorf("provider: %s: a transient kind is presented without a challenge, so it must be unguessable", i.Kind))
	}
	return errors.Join(faults...)
}

func validKind(s string) bool {
	if s == "" || len(s) > 32 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
