package email

import (
	"encoding/json"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	maxInput  = 2 << 10
	maxWhole  = 254 // RFC 5321 section 4.5.3.1.3: a path has 256 octets, with its angle brackets
	maxLocal  = 64  // RFC 5321 section 4.5.3.1.1
	maxDomain = 253
	maxLabel  = 63 // RFC 1035 section 2.3.4
)

var errAddress = provider.Invalid("Enter one e-mail address, such as name@example.org.")

// readInput is the address in {"email":"..."}; "" if the client named none.
func readInput(raw json.RawMessage) (string, error) {
	if len(raw) > maxInput { // attack: A-133
		return "", errAddress
	}
	if len(raw) == 0 {
		return "", nil
	}
	var in struct {
		Email *string `json:"email"`
	}
	if err := json.Unmarshal(raw, &in); err != nil || in.Email != nil && *in.Email == "" {
		return "", errAddress
	}
	if in.Email == nil {
		return "", nil
	}
	return *in.Email, nil
}

// parse reads an address as this package sends to it: letters, digits and a few signs, an @, a domain name with a dot, in ASCII (RFC 5321 section 4.1.2,
// without quoted local parts and address literals). It is the only reader there is: what it returns is what is stored and sent to, so that no second one
// can see another recipient in it. The domain is in small letters; the local part is as its owner spells it. // attack
func parse(s string) (string, error) {
	if len(s) > maxWhole+64 { // some space around it, but nothing to be busy with
		return "", errAddress
	}
	s = strings.Trim(s, " \t")
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > maxWhole || !validLocal(local) || !validDomain(domain) {
		return "", errAddress
	}
	return local + "@" + strings.ToLower(domain), nil
}

// validLocal says whether s is a dot-string: atoms with single dots between them.
func validLocal(s string) bool {
	if s == "" || len(s) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(c rune) bool { return !letterOrDigit(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", c) }) {
			return false
		}
	}
	return true
}

// validDomain wants at least two labels, and in the last one a letter: 127.0.0.1 is no domain.
func validDomain(s string) bool {
	if len(s) > maxDomain || !strings.Contains(s, ".") {
		return false
	}
	last := ""
	for last = range strings.SplitSeq(s, ".") {
		if last == "" || len(last) > maxLabel || last[0] == '-' || last[len(last)-1] == '-' ||
			strings.ContainsFunc(last, func(c rune) bool { return !letterOrDigit(c) && c != '-' }) {
			return false
		}
	}
	return strings.Trim(last, "0123456789-") != ""
}

func letterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// mask shows the ends of the local part, and the domain: a•••e@example.com. How long the rest is stays hidden.
func mask(address string) string {
	at := strings.LastIndexByte(address, '@')
	local := address[:at]
	if len(local) < 4 {
		return "•••" + address[at:]
	}
	return local[:1] + "•••" + local[len(local)-1:] + address[at:]
}

// mailbox names the budget of an address, so that every spelling that is likely to end up in the same mailbox has the same one: capitals, and what
// follows a plus sign. The message itself goes to the address as it is. // attack: A-130
func mailbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	local, _, _ := strings.Cut(address[:at], "+")
	if local == "" {
		local = address[:at]
	}
	return strings.ToLower(local) + address[at:]
}
