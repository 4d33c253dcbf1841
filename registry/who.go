package registry

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// NoBinding is the Binding of a program that has no session to bind to, such as a command on a terminal. It has to be written out: an
// empty Binding is refused. What is begun without a binding can be finished by anyone who has its id.
const NoBinding = "none"

// Who is on whose behalf a call is made. User and Binding are compared with what is sealed in every challenge and
// token.
type Who struct {
	// User as the first factor established them. Tenant and ID are at most 256 bytes of UTF-8 without control characters, and are compared byte for byte;
	// Handle is set by the registry and ignored here. An ID is opaque and stable, never a login name. // attack: A-36
	User provider.User
	// Binding is a digest, or the whole, of a random value kept in the session: at most 256 bytes. It survives the rotation of
	// the session's id and dies with the session.
	Binding string
	// Client is where the call came from, for events and notices; it is not compared.
	Client Client
}

// Start begins a login after a first factor that the application has checked.
type Start struct {
	Who
	About               // what policy may decide by
	Primary   []string  // what the first factor was, as RFC 8176 values: "pwd"; at least one
	PrimaryAt time.Time // when; zero is now
	Device    string    // what a transient factor gave the client, such as a trusted browser's token, if it has one; its provider gets it as a JSON string
	Begin     bool      // begin the user's default factor at once, if one is needed
}

// Peek asks what is left of a login.
type Peek struct {
	Who
	Pending string
}

// Begin begins a login with one factor.
type Begin struct {
	Who
	Pending string // required, unless nobody is named
	Kind    string // may be left out if Factor is given
	Factor  string // may be left out if the user has one factor of the kind
}

// StepUp begins a fresh proof of a factor, outside a login.
type StepUp struct {
	Who
	Kind, Factor string
	// Proof is the session's, if it has one: the new proof then says all that the two have proved, and whose it is. Without it nothing is known of the user's roles,
	// unless Config.About says: a kind is then allowed if any of them allows it.
	Proof string
	// Action is what the proof is for, and for nothing else, in words that the user is shown: "Send 500 EUR to ACME". 1 to 80 characters of
	// one line; "" for a proof of presence.
	Action string
}

// Enrol begins the attachment of a factor, on the authority of a login or of a proof.
type Enrol struct {
	Who
	Pending  string // of a login; or
	Proof    string // of a login that is over
	Kind     string
	Input    json.RawMessage // for the provider: a phone number, say
	Label    string          // the user's name for it, up to 64 characters; "" for one made up
	Replaces string          // a factor of the user that the new one takes the place of, without a moment in which neither works
}

// Finish answers a challenge.
type Finish struct {
	Who
	Pending   string          // the login's, if the challenge was begun with one
	Challenge string          // its id
	Response  json.RawMessage // whatever the client sent
}

// Again shows or sends the prompt of a live challenge once more.
type Again struct {
	Who
	Challenge string
}

// Login is the result of every step: what was proved, and what is left. Its zero value means that nothing was.
type Login struct {
	User provider.User
	// Satisfied says that nothing more is asked for. Of StartLogin, FinishLogin, and FinishSetup with a Pending, it is what signs a user in, and
	// nothing else does; of a step-up, or of a change by a signed-in user, it says that it was done.
	Satisfied bool
	Factor    string   // the factor that this step proved, or attached
	AMR       []string // all that was proved (RFC 8176)
	AAL       int      // NIST SP 800-63B-4
	Once      any      // for this client, once: from the provider
	Signal    any      // for the client, if it can make use of it: from the provider
	Proved    []Proved // what the login rests on: the first factor, and then each step in the order in which it was taken
	Proof     string   // what Check, Consume and life-cycle calls take; only if Satisfied, and not by a trusted browser
	Action    string   // what Proof is for, and for nothing else; of a step-up that was begun for an action
	// Trust is how long the browser may be trusted that this login is done in, once it is done; 0 if policy has none trusted, or no kind is configured for it.
	Trust time.Duration

	Pending   string // what the next step takes, if there may be one
	Choices   []Choice
	MayEnroll bool // a factor may be attached within this login; if the login is not Satisfied and has no Choices, one must be
	// Enroll are the kinds that policy lets a factor be attached of within this login.
	Enroll []string
	// GraceUntil is set if the login is Satisfied only because it has not come: a factor has to be attached by then.
	GraceUntil time.Time
	Expires    time.Time // of Pending
	Challenge  *Challenge
}

// Proved is one proof that a login rests on.
type Proved struct {
	Factor, Kind      string // empty of the first factor, which is the application's
	AMR               []string
	At                time.Time
	Role              provider.Role // recovery codes and trusted browsers stand in, and prove nothing
	Verified          bool          // the factor itself verified the user
	PhishingResistant bool
}

// Choice is a factor that would help.
type Choice struct {
	Factor, Kind, Label, Hint string
	LastUsed                  time.Time
	Default                   bool
}

// Challenge is a begun ceremony, for the client.
type Challenge struct {
	ID, Kind string
	Expires  time.Time
	// ResendAt is when the message may be sent again; zero if there is none.
	ResendAt     time.Time
	AttemptsLeft int    // 0 for a challenge that is not counted, because its answers cannot be guessed or it names nobody
	Action       string // what a step-up is for, to be shown beside the prompt; "" otherwise
	Public       any    // from the provider, to be sent as JSON
}

// check reports whether a named user's identity can be used at all, before anything is done with it.
func (w Who) check() bool {
	return validID(w.User.Tenant) && w.User.ID != "" && validID(w.User.ID) && w.validBinding()
}

func (w Who) validBinding() bool { return w.Binding != "" && len(w.Binding) <= maxIDBytes }

// digest is what is sealed of the binding, so that a token does not carry the session's value.
func (w Who) digest() []byte {
	sum := sha256.Sum256([]byte("binding\x00" + w.Binding))
	return sum[:16]
}

// user is what a provider is told of the user.
func (w Who) user(a factor.Account) provider.User {
	u := w.User
	u.Handle = slices.Clone(a.Handle)
	return u
}

// validID accepts what every store keeps byte for byte. // attack
func validID(s string) bool {
	return len(s) <= maxIDBytes && printable(s)
}

// printable says that s is UTF-8 without control, line or direction-changing characters: it cannot break a log line, a header or a
// sentence it is put into. // attack: A-124
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' || unicode.Is(unicode.Bidi_Control, c) {
			return false
		}
	}
	return true
}

// tag is the user's place in the challenge store.
func tag(a factor.Account) string { return challenge.Tag(a.Handle) }
