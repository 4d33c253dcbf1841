package registry_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// One action, confirmed by the user in the words that they are shown, and done once.
func ExampleRegistry_BeginStepUp() {
	ctx := context.Background()
	site := newShop()
	site.enrol()

	const action = "Send 500 EUR to ACME"
	ch, err := site.reg.BeginStepUp(ctx, registry.StepUp{Who: site.alice, Kind: totp.Kind, Action: action})
	check(err)
	fmt.Println("confirm:", ch.Action)
	step, err := site.reg.FinishStepUp(ctx, registry.Finish{Who: site.alice, Challenge: ch.ID, Response: typed(site.code())})
	check(err)

	other := site.reg.Consume(ctx, step.Proof, registry.Need{Who: site.alice, Action: "Send 5000 EUR to ACME"})
	fmt.Println("another amount:", errors.Is(other, registry.ErrStepUpRequired))
	fmt.Println("this one:", site.reg.Consume(ctx, step.Proof, registry.Need{Who: site.alice, Action: action}))
	again := site.reg.Consume(ctx, step.Proof, registry.Need{Who: site.alice, Action: action})
	fmt.Println("again:", errors.Is(again, registry.ErrStepUpRequired))
	// Output:
	// confirm: Send 500 EUR to ACME
	// another amount: true
	// this one: <nil>
	// again: true
}

// A back end has an operation of its own and no session: a call centre asks for the caller's code. It says that there is nothing to bind to, and has the same
// budgets and locks as everybody.
func ExampleRegistry_Consume() {
	ctx := context.Background()
	site := newShop()
	site.enrol()

	caller := registry.Who{User: site.alice.User, Binding: registry.NoBinding}
	const action = "Read out the balance, call 4711"
	ch, err := site.reg.BeginStepUp(ctx, registry.StepUp{Who: caller, Kind: totp.Kind, Action: action})
	check(err)
	step, err := site.reg.FinishStepUp(ctx, registry.Finish{Who: caller, Challenge: ch.ID, Response: typed(site.code())})
	check(err)
	fmt.Println("the caller is alice:", site.reg.Consume(ctx, step.Proof, registry.Need{Who: caller, Action: action}) == nil)
	// Output: the caller is alice: true
}
