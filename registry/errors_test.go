package registry_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// TestErrorsPage compares the page about errors with the table that programs use, so that neither can run ahead. COFACTOR_UPDATE=1 writes the page.
func TestErrorsPage(t *testing.T) {
	const page = "../docs/reference/errors.md"
	var b strings.Builder
	b.WriteString("# Errors\n\nFor programmers who call the registry, or its HTTP interface: every code there is, and what to do about it. ")
	b.WriteString("A method returns `*registry.Error`; match it with `errors.Is(err, registry.ErrRejected)`. Codes are added, never removed or renamed.\n")
	for _, m := range registry.Meanings() {
		fmt.Fprintf(&b, "\n## %s\n\n%s. HTTP %d. The program: %s\n\nShown to the person: “%s”\n", m.Code, m.Title, m.Status, lowerFirst(m.Client), m.Text)
	}
	if os.Getenv("COFACTOR_UPDATE") != "" {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Error("docs/reference/errors.md is not what the table says; run the tests with COFACTOR_UPDATE=1 and read the difference")
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func TestErrorIs(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("wrapped: %w", &registry.Error{Code: registry.ErrLocked, Op: "finish_login", Kind: "totp\r\n"})
	if !errors.Is(err, registry.ErrLocked) {
		t.Error("an error does not match its own code")
	}
	if errors.Is(err, registry.ErrRejected) || errors.Is(err, errors.New("cofactor: locked")) {
		t.Error("an error matches what is not its code")
	}
	if strings.ContainsAny(err.Error(), "\r\n") {
		t.Error("an error's text breaks the line: // attack: A-124")
	}
	seen := map[registry.Code]bool{}
	for _, m := range registry.Meanings() {
		if seen[m.Code] || m.Status < 400 || m.Title == "" || m.Text == "" || m.Client == "" {
			t.Errorf("%s: twice, or without status, title, text or client", m.Code)
		}
		seen[m.Code] = true
	}
	if registry.Code("made up").Meaning().Code != registry.ErrInternal {
		t.Error("an unknown code must mean that something is wrong on our side")
	}
}
