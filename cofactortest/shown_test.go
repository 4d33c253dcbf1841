package cofactortest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// The test that docs/how-to/test-your-integration.md begins with.
func TestSignInWithACodeFromTheOutbox(t *testing.T) {
	kit := cofactortest.New(t, cofactortest.Config{})
	alice := registry.Who{User: provider.User{ID: "u-4711", Name: "alice"}, Binding: "of her session"}
	kit.AddEmail(alice.User, "alice@example.test")

	login, err := kit.Registry.StartLogin(t.Context(), registry.Start{Who: alice, Primary: []string{"pwd"}, Begin: true})
	if err != nil || login.Satisfied {
		t.Fatalf("with the password alone: signed in: %v, %v", login.Satisfied, err)
	}
	code := kit.Outbox.LastCode("alice@example.test")
	login, err = kit.Registry.FinishLogin(t.Context(), registry.Finish{
		Who: alice, Pending: login.Pending, Challenge: login.Challenge.ID, Response: cofactortest.Typed(code),
	})
	if err != nil || !login.Satisfied {
		t.Errorf("with the code: signed in: %v, %v", login.Satisfied, err)
	}
}

func TestTheGuideShowsATestThatPasses(t *testing.T) {
	t.Parallel()
	here, err := os.ReadFile("shown_test.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../docs/how-to/test-your-integration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, test, _ := strings.Cut(string(here), "func TestSignInWithACodeFromTheOutbox")
	test, _, _ = strings.Cut(test, "\n}\n")
	if !strings.Contains(string(guide), test) {
		t.Error("the test in docs/how-to/test-your-integration.md is not the one above")
	}
	if n := strings.Count(test, "\n"); n > 15 {
		t.Errorf("the test has %d lines between its braces; a person copies 15", n)
	}
}
