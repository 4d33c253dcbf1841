package pager_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Alice attaches her pager while she signs in: the registry counts, seals, expires and limits, the provider pages and compares.
func Example() {
	ctx := context.Background()
	var display string // of Alice's pager
	pages := pager.Provider(func(_ context.Context, number, text string) error {
		display = text
		fmt.Println("pager", number, "beeps")
		return nil
	})

	keys, err := keyset.Ephemeral()
	if err != nil {
		fmt.Println(err)
		return
	}
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Required(), Pepper: make([]byte, 32),
	}, pages)
	if err != nil {
		fmt.Println(err)
		return
	}

	who := registry.Who{User: provider.User{ID: "alice"}, Binding: registry.NoBinding}
	login, err := reg.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}})
	fmt.Println("signed in with the password alone:", login.Satisfied, err)

	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: who, Pending: login.Pending, Kind: "pager", Input: json.RawMessage(`{"number":"4471"}`)})
	fmt.Println("attempts:", ch.AttemptsLeft, err)

	code, _, _ := strings.Cut(display, " ")
	login, err = reg.FinishSetup(ctx, registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: json.RawMessage(`{"code":"` + code + `"}`)})
	fmt.Println("signed in:", login.Satisfied, err)
	// Output:
	// signed in with the password alone: false <nil>
	// pager 4471 beeps
	// attempts: 5 <nil>
	// signed in: true <nil>
}
