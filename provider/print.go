package provider

import (
	"fmt"
	"io"
	"log/slog"
)

// What a provider is given and gives back holds secrets, so none of it prints, whatever the verb: not in the log of somebody else's provider
// either. // attack

const hidden = "(not printed)"

func hide(s fmt.State) { _, _ = io.WriteString(s, hidden) }

func hiddenValue() slog.Value { return slog.StringValue(hidden) }

// Format prints a placeholder.
func (Factor) Format(s fmt.State, _ rune) { hide(s) }

// Format prints a placeholder.
func (Answer) Format(s fmt.State, _ rune) { hide(s) }

// Format prints a placeholder.
func (Prompt) Format(s fmt.State, _ rune) { hide(s) }

// Format prints a placeholder.
func (Enrollment) Format(s fmt.State, _ rune) { hide(s) }

// Format prints a placeholder.
func (Match) Format(s fmt.State, _ rune) { hide(s) }

// Format prints a placeholder.
func (SetupRequest) Format(s fmt.State, _ rune) { hide(s) }

// Format prints a placeholder.
func (LoginRequest) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs a placeholder.
func (Factor) LogValue() slog.Value { return hiddenValue() }

// LogValue logs a placeholder.
func (Answer) LogValue() slog.Value { return hiddenValue() }

// LogValue logs a placeholder.
func (Prompt) LogValue() slog.Value { return hiddenValue() }

// LogValue logs a placeholder.
func (Enrollment) LogValue() slog.Value { return hiddenValue() }

// LogValue logs a placeholder.
func (Match) LogValue() slog.Value { return hiddenValue() }

// LogValue logs a placeholder.
func (SetupRequest) LogValue() slog.Value { return hiddenValue() }

// LogValue logs a placeholder.
func (LoginRequest) LogValue() slog.Value { return hiddenValue() }
