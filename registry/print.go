package registry

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "(not printed)"

// Format keeps bindings, tokens and answers out of whatever prints a Who, or any request, for each has one in it. // attack
func (Who) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue keeps them out of logs.
func (Who) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format keeps Proof, Pending and Once out of whatever prints a result.
func (l Login) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "login: satisfied %v, AAL %d, AMR %q", l.Satisfied, l.AAL, l.AMR)
}

// LogValue keeps them out of logs.
func (l Login) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }

// Format keeps Public, which may be a secret that is being set up, out of whatever prints a challenge.
func (c Challenge) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "challenge: kind %q, %d attempts left, until %v", c.Kind, c.AttemptsLeft, c.Expires)
}

// LogValue keeps it out of logs.
func (c Challenge) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }
