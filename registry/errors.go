package registry

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Code says what happened, for programs. A Code is an error, to be matched: errors.Is(err, registry.ErrRejected). Codes are added,
// never removed or renamed.
type Code string

// The codes. Meaning tells what each one is.
const (
	ErrInvalid          Code = "invalid"
	ErrUnknownKind      Code = "unknown_kind"
	ErrNoFactor         Code = "no_factor"
	ErrChooseFactor     Code = "choose_factor"
	ErrChallengeGone    Code = "challenge_gone"
	ErrRejected         Code = "rejected"
	ErrLocked           Code = "locked"
	ErrResendWait       Code = "resend_wait"
	ErrStepUpRequired   Code = "step_up_required"
	ErrLoginRequired    Code = "login_required"
	ErrNoEligibleFactor Code = "no_eligible_factor"
	ErrPolicyForbids    Code = "policy_forbids"
	ErrFactorExists     Code = "factor_exists"
	ErrFactorLimit      Code = "factor_limit"
	ErrSendFailed       Code = "send_failed"
	ErrUnavailable      Code = "unavailable"
	ErrInternal         Code = "internal"
)

// Meaning is what a code means: the one source for HTTP status, titles, sentences and documentation.
type Meaning struct {
	Code   Code
	Status int    // HTTP
	Title  string // constant per code (RFC 9457 section 3.1.4)
	Text   string // for the person who signs in: what happened, and what to do now
	Client string // for the program: what to do
}

// meanings is every code there is. docs/reference/errors.md is its rendering, and a test compares the two.
var meanings = [...]Meaning{
	{ErrInvalid, http.StatusBadRequest, "Unusable input", "Check what you entered, and try again.", "Show the error's text."},
	{ErrUnknownKind, http.StatusNotFound, "Unknown kind of factor", "This method is not available here. Use another one.", "A mistake in the program, or a provider was removed."},
	{ErrNoFactor, http.StatusNotFound, "No such factor", "You have not set this method up. Use another one.", "Offer to set one up."},
	{ErrChooseFactor, http.StatusConflict, "Several factors fit", "Choose which of your methods to use.", "Ask, and name the factor."},
	{ErrChallengeGone, http.StatusGone, "Challenge gone", "This took too long, or was used before. Start again.", "Begin again."},
	{ErrRejected, http.StatusUnprocessableEntity, "Answer rejected", "That isn't right. Check it and try again.", "Let the user try again; attempts_left says how often."},
	{ErrLocked, http.StatusTooManyRequests, "Too many attempts", "Too many attempts. Wait, or use another method.", "Wait for retry_after, or use a passkey."},
	{ErrResendWait, http.StatusTooManyRequests, "Too soon", "You can ask for a new code shortly.", "Wait for retry_after."},
	{ErrStepUpRequired, http.StatusUnauthorized, "Fresh proof required", "Confirm it's you to continue.", "Step up, and try again (RFC 9470)."},
	{ErrLoginRequired, http.StatusUnauthorized, "Login required", "Sign in again to continue.", "First factor again."},
	{ErrNoEligibleFactor, http.StatusForbidden, "No eligible factor", "None of your methods can be used for this.", "Show the reason; do not loop."},
	{ErrPolicyForbids, http.StatusConflict, "Policy forbids this", "Your organisation's rules do not allow this.", "Show the reason."},
	{ErrFactorExists, http.StatusConflict, "Factor exists", "You already added this.", "Tell the user."},
	{ErrFactorLimit, http.StatusConflict, "Too many factors", "You have as many methods as you can have. Remove one first.", "Tell the user."},
	{ErrSendFailed, http.StatusBadGateway, "Sending failed", "We couldn't send it. Try again, or use another method.", "Try again, or use another method."},
	{ErrUnavailable, http.StatusServiceUnavailable, "Unavailable", "We can't check this right now. Try again in a minute.", "Retry later. Nobody gets in meanwhile."},
	{ErrInternal, http.StatusInternalServerError, "Internal error", "Something went wrong on our side. Try again.", "Retry later; look at the events."},
}

// Meanings returns every code with its meaning, in a fixed order.
func Meanings() []Meaning { return append([]Meaning(nil), meanings[:]...) }

// Meaning tells what a code means. An unknown code means what ErrInternal means.
func (c Code) Meaning() Meaning {
	for _, m := range meanings {
		if m.Code == c {
			return m
		}
	}
	return ErrInternal.Meaning()
}

func (c Code) Error() string { return "cofactor: " + string(c) }

// Error is what every method of a Registry returns when it fails. It says what a user may know, and nothing else: the cause goes
// to the events, never into an answer.
type Error struct {
	Code         Code
	Op           string        // "finish_login"
	Kind         string        // of the factor, if one was named
	AttemptsLeft int           // with ErrRejected: how often this challenge may still be tried
	RetryAfter   time.Duration // with ErrLocked and ErrResendWait
	Text         string        // a sentence for the user, if the provider has one: with ErrInvalid, and with ErrRejected of a set-up
	// Signal is for the client, if it can make use of it: from the provider. It is there only with the ErrRejected of a login that named nobody, if no account
	// at all has the factor that the answer came from.
	Signal any
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("cofactor: ")
	b.WriteString(e.Op)
	if e.Kind != "" {
		fmt.Fprintf(&b, " %s", strconv.QuoteToASCII(e.Kind))
	}
	b.WriteString(": ")
	b.WriteString(string(e.Code))
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", retry after %v", e.RetryAfter)
	}
	return b.String()
}

// Is matches the error's Code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}
