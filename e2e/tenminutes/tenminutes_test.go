package tenminutes_test

import (
	"strings"
	"testing"
)

func TestTheIntegratorsHalfOfTheFirstTenMinutes(t *testing.T) {
	folder := newFolder(t, publish(t))

	t.Run("17: a test that signs in with a code from the outbox", func(t *testing.T) {
		folder.Write(t, "signin_test.go", "package main\n\n"+folder.Block(t, "docs/how-to/test-your-integration.md", "go", "LastCode"))
		if out := folder.Run(t, "go", "test", "-v", "."); !strings.Contains(out, "--- PASS: TestSignInWithACodeFromTheOutbox") {
			t.Errorf("go test says\n%s", out)
		}
	})
}
