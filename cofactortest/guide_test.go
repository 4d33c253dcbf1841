package cofactortest_test

import (
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

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
