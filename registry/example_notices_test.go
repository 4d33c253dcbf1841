package registry_test

import (
	"context"
	"fmt"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A program that mails its users at the address of their account, which is no factor, and lets nobody attach a factor from the guests' network.
func ExampleConfig_notices() {
	keys, err := keyset.Ephemeral()
	if err != nil {
		panic(err)
	}
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional(),
		Notify: func(_ context.Context, n registry.Notice) error {
			fmt.Printf("mail to %s: %s %q from %s\n", n.User, n.Op, n.Label, n.Address)
			return nil
		},
		Before: func(_ context.Context, e registry.Event) error {
			if e.Op == "begin_setup" && e.Address == "203.0.113.9" {
				return fmt.Errorf("no set-ups from the guests' network")
			}
			return nil
		},
	}, newSecret("pin"))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	who := registry.Who{User: provider.User{ID: "u-17"}, Binding: "a random value of the session", Client: registry.Client{Address: "203.0.113.9"}}
	login, err := reg.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}})
	if err != nil {
		panic(err)
	}
	_, err = reg.BeginSetup(ctx, registry.Enrol{Who: who, Pending: login.Pending, Kind: "pin"})
	fmt.Println(err)

	who.Client.Address = "198.51.100.4"
	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: who, Pending: login.Pending, Kind: "pin", Label: "Work phone"})
	if err != nil {
		panic(err)
	}
	if _, err := reg.FinishSetup(ctx, registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: yes}); err != nil {
		panic(err)
	}
	_ = reg.Flush(ctx) // notices are delivered beside calls; a program that ends waits for them
	// Output:
	// cofactor: begin_setup "pin": policy_forbids
	// mail to u-17: factor_added "Work phone" from 198.51.100.4
}

// A whole pass over all rows, after a rotation of the keys.
func ExampleAdmin_Rewrap() {
	keys, err := keyset.Ephemeral()
	if err != nil {
		panic(err)
	}
	reg, err := registry.New(registry.Config{AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional()}, newSecret("pin"))
	if err != nil {
		panic(err)
	}
	var sum registry.Progress
	step := registry.Rewrap{Rate: 500, Actor: "ops", Reason: "yearly rotation"}
	for {
		done, err := reg.Admin().Rewrap(context.Background(), step)
		if err != nil {
			panic(err) // begin again with step.After
		}
		sum.Add(done)
		if step.After = done.Next; step.After == "" {
			break
		}
	}
	fmt.Println(sum.Rows, "rows,", sum.Rewrapped, "sealed again,", len(sum.Unopened), "do not open")
	// Output: 0 rows, 0 sealed again, 0 do not open
}
