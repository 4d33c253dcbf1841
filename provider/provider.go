// Package provider is the contract between cofactor and one kind of authentication factor.
//
// A provider is the cryptography of its kind and nothing else. It decides what to show and whether an answer is right. It keeps
// no state, counts nothing, expires nothing and sends nothing by itself: the registry seals, stores, expires, counts, binds and
// delivers, for every provider alike. Info and four methods are a provider; [MultiFactorProvider] says what each must do, and the
// conformance suite in provider/providertest checks it.
package provider

import (
	"context"
	"encoding/json"
	"time"
)

// MultiFactorProvider is one kind of factor. The hooks begin a ceremony, the verifies end it.
//
// Methods must be safe for concurrent use, must not keep or change the slices they are given, and must honour ctx. They must
// take the time from the request and never from a clock. Hooks may use randomness. A verify returns a nil error only if the answer is right;
// LoginVerify is called again for the same answer only if the factor's Data changed in the meantime.
type MultiFactorProvider interface {
	// Info describes the kind. It must return the same value for the life of the program.
	Info() Info
	// SetupHook begins an enrolment. With req.Previous set, it must show the same prompt again.
	SetupHook(ctx context.Context, req SetupRequest) (Prompt, error)
	// SetupVerify proves that the user holds what SetupHook offered, and returns what to keep.
	SetupVerify(ctx context.Context, req SetupRequest, ans Answer) (Enrollment, error)
	// LoginHook begins a login with the factors of req. With req.Previous set, it must show, or deliver, the same prompt again.
	LoginHook(ctx context.Context, req LoginRequest) (Prompt, error)
	// LoginVerify checks an answer against the factors of req.
	LoginVerify(ctx context.Context, req LoginRequest, ans Answer) (Match, error)
}

// Locator is a provider that can log in a user nobody has named yet: passkeys. LoginHook is then called with a User that has
// only Tenant, and no Factors.
type Locator interface {
	// Locate reads the Handle of the factor that an answer claims to come from. It is a claim only; LoginVerify follows.
	Locate(ctx context.Context, ans Answer) (handle string, err error)
}

// Forgetter is a Locator that can tell a client that nobody has the factor which it answered with: a passkey whose account is gone, and which its
// owner's device goes on offering.
type Forgetter interface {
	// Forget is asked only about a handle that no factor of this kind has, in any tenant.
	Forget(ctx context.Context, handle string) (any, error)
}

// Notifier is a provider that can carry a notice to its factor's address: e-mail, text message.
type Notifier interface {
	Notify(ctx context.Context, f Factor, n Notice) error
}

// Signaler is a provider that has something to tell the client after a sign-in, a rename or a removal: the WebAuthn Signal API.
type Signaler interface {
	Signal(ctx context.Context, u User, fs []Factor) (any, error)
}

// Issuer is a Recovery provider whose factors are made for a user who is not there: what an administrator hands to somebody who has lost the others. A registry
// takes one at most. A factor that it has issued is removed when it has been used.
type Issuer interface {
	// Issue makes a factor. What the administrator passes on is in Once, and nowhere else.
	Issue(ctx context.Context, req SetupRequest) (Enrollment, error)
}

// Unprompted is a provider whose answers can be typed beside a password, before anything was shown or sent: authenticator apps, backup codes. There is
// no challenge that such an answer could end with, so LoginVerify must burn every right one in Match.Data; the registry refuses one that is not burnt.
type Unprompted interface {
	// Decoy makes the Data of a factor that nobody has. Checking an answer against it must cost what it costs against a real one, because that is done where there is
	// no real one, or where nobody may use it; the verdict is not looked at.
	Decoy() ([]byte, error)
}

// User is the person of a ceremony, as the application knows them.
type User struct {
	Tenant      string // "" in a single-tenant program
	ID          string // opaque and stable; compared byte for byte, so never a login name
	Name        string // what the user signs in with: "alice@example.com"
	DisplayName string // what people call them: "Alice"
	Locale      string // BCP 47: "de-AT"
	Handle      []byte // 32 random bytes, one value per account for life, set by the registry
}

// SetupRequest is what a provider knows while a factor is being enrolled.
type SetupRequest struct {
	User     User
	Existing []Factor        // the user's active factors of this kind
	Input    json.RawMessage // what the client sent to begin with, such as a phone number; first SetupHook only
	Previous []byte          // Prompt.Private of the live challenge, when its prompt must be shown or sent again
	Now      time.Time
}

// LoginRequest is what a provider knows while a factor is being used.
type LoginRequest struct {
	User     User
	Factors  []Factor // exactly one; all of the user's for an Unguessable kind; none if nobody has been named
	Action   string   // what a step-up confirms, to be shown to the user; "" in a login
	Previous []byte   // as in SetupRequest
	Now      time.Time
}

// Factor is one enrolled factor, opened.
type Factor struct {
	ID   string
	Data []byte // what the provider returned; its first byte is the provider's own format version
}

// Prompt is what a hook wants shown, remembered and sent.
type Prompt struct {
	Public  any       // goes to the client as JSON, so it must not help an attacker
	Private []byte    // comes back in Answer.Private; sealed before it leaves the process; at most 4 KiB
	Deliver *Delivery // carried out once, after the challenge is stored and the budgets allow it
}

// Delivery is a message that a prompt needs sent.
type Delivery struct {
	Uses []Use                       // what sending uses up
	Send func(context.Context) error // sends it; called at most once
}

// Use names what a delivery takes from: Use{"address", "+447700900123"}, Use{"country", "+44"}. Of must be normalised, so
// that every spelling of an address is one. A budget the deployment does not know denies the delivery.
type Use struct{ Budget, Of string }

// Answer is what came back from the user, with what the hook had put by.
type Answer struct {
	Private  []byte          // Prompt.Private of the challenge
	Response json.RawMessage // any bytes at all; see Code
}

// Enrollment is a proven factor, to be kept.
type Enrollment struct {
	Data   []byte // required; sealed before it is stored; at most 16 KiB
	Handle string // not secret; unique among all factors of this kind in all tenants; at most 2 KiB of text; "" for none
	Label  string // proposed name: "Authenticator app"
	Hint   string // shown in pickers: "+44 ···· 123"; never enough to use
	Once   any    // shown to this client once, and never again
	// GoodFor is how long the factor lives from now on; 0 for ever. The registry ends it. A kind that is Ordinary must leave it 0, or MFA would
	// become optional by waiting.
	GoodFor time.Duration
}

// Match is a right answer.
type Match struct {
	FactorID string   // required: which of the request's factors it was; with ErrCompromised, the factor to disable
	Hint     string   // replaces the Enrollment's; "" keeps it: how many codes are left
	Data     []byte   // replaces Factor.Data; nil keeps it. An answer that could be right in another challenge must be burnt here
	AMR      []string // nil means Info.AMR; otherwise used instead of it
	Verified bool     // the factor itself verified the user in this ceremony (WebAuthn UV), so it may count as two classes
	Note     string   // for the internal event only: "counter went back"
	Once     any      // shown to this client once, and never again: a rotated browser token
	Last     bool     // of a recovery kind: nothing is left of the factor, so its user must be told to make a new one
}

// Notice is something a user should learn about their factors at another address. It carries neither a code nor a link that acts.
type Notice struct {
	Op      string // what happened: one of the Notice constants
	Kind    string // of the factor it happened to; "" if it concerns the account
	Label   string // the user's name for that factor
	Hint    string // what its provider shows of it; how many backup codes are left
	At      time.Time
	Sent    time.Time // now: long after At, if the notice could not be delivered before
	Address string    // where from, if the application said so: an IP address
	Agent   string    // and with what: "Firefox on Windows"
}

// What a Notice may tell. A Notifier must know them all, and say something general about one that it does not know.
const (
	NoticeAdded            = "factor_added"
	NoticeRemoved          = "factor_removed"
	NoticeReplaced         = "factor_replaced"
	NoticeDisabled         = "factor_disabled"      // cloned, worn out by guessing, or by an administrator
	NoticeRecoveryUsed     = "recovery_used"        // a backup code, or a code that an administrator issued
	NoticeRecoveryLastUsed = "recovery_last_used"   // and it was the last
	NoticeRecoveryIssued   = "recovery_issued"      // an administrator has issued a recovery code
	NoticeReset            = "reset"                // an administrator has removed every factor
	NoticeTrusted          = "browser_trusted"      // a browser need not be asked for a while
	NoticeLocked           = "locked"               // too many wrong answers
	NoticeAfterFailures    = "login_after_failures" // somebody has signed in after many wrong answers
)
