package provider

import "errors"

// What a verify may say of an answer. Any other error means that there is no verdict: the store behind a remote verifier was down, say.
// The user's attempt is then not held against them, and nobody gets in.
var (
	// ErrRejected says that the answer is wrong, or was right before and is used up. The two must not be told apart.
	ErrRejected = errors.New("provider: answer rejected")
	// ErrInvalid says that input cannot be used at all. A hook that wants its reason shown to the user returns Invalid.
	ErrInvalid = errors.New("provider: unusable input")
	// ErrCompromised says that the answer is rejected and that the factor named in Match.FactorID must be disabled: a cloned key, or one whose
	// model is known to be broken.
	ErrCompromised = errors.New("provider: factor compromised")
)

// InvalidError is an ErrInvalid with a sentence for the user.
type InvalidError struct{ Text string }

// Invalid makes an ErrInvalid whose text is shown to the user: what was wrong and what to do, without quoting the input.
func Invalid(text string) error { return &InvalidError{Text: text} }

func (e *InvalidError) Error() string { return ErrInvalid.Error() + ": " + e.Text }

// Is matches ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// SendError is what Delivery.Send returns if it knows more than that it failed. A Send that was told that there is no such address
// returns an Err that wraps Invalid: during a set-up the user then sees its text, and can name another address.
type SendError struct {
	Note string // for the internal event only: "smtp 550 5.1.1"; it names nobody
	Err  error
}

func (e *SendError) Error() string { return e.Err.Error() + " (" + e.Note + ")" }

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }
