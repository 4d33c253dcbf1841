package registry_test

import (
	"context"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Who has no factor yet?
func ExampleAdmin_Search() {
	ctx := context.Background()
	site := newShop()
	site.enrol()
	site.start(registry.Who{User: provider.User{ID: "u-9", Name: "carol@example.com"}, Binding: "carol's session"})

	search := registry.Search{Actor: "u-1", Reason: "the quarter's review", State: registry.StateNoFactor}
	for more := true; more; more = search.After != "" {
		page, err := site.reg.Admin().Search(ctx, search)
		check(err)
		for _, a := range page.Accounts {
			fmt.Println(a.User, a.States)
		}
		search.After = page.Next
	}
	// Output: u-9 [no_factor]
}

// How many are there of each?
func ExampleAdmin_Report() {
	ctx := context.Background()
	site := newShop()
	site.enrol()
	site.start(registry.Who{User: provider.User{ID: "u-9", Name: "carol@example.com"}, Binding: "carol's session"})

	var sum registry.Report
	var err error
	for more := true; more; more = sum.Next != "" {
		sum, err = site.reg.Admin().Report(ctx, registry.Search{Actor: "u-1", Reason: "the quarter's review"}, sum)
		check(err)
	}
	fmt.Println(sum.Accounts, "accounts,", sum.States[registry.StateNoFactor], "without a factor,", sum.Kinds["totp"], "with an app")
	// Output: 2 accounts, 1 without a factor, 1 with an app
}
