package registry_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A form with three fields: user name, password, code. Whatever is wrong, the answer is the same.
func ExampleRegistry_VerifyTogether() {
	ctx := context.Background()
	site := newShop()
	site.enrol()

	attempt := func(user provider.User, passwordOK bool, code string) error {
		_, err := site.reg.VerifyTogether(ctx, registry.Together{
			Who: registry.Who{User: user, Binding: "kept in the session"}, PrimaryOK: passwordOK, Kind: totp.Kind, Response: typed(code),
		})
		return err
	}
	right := site.code()
	fmt.Println("a wrong password:", errors.Is(attempt(site.alice.User, false, right), registry.ErrRejected))
	fmt.Println("a wrong code:", errors.Is(attempt(site.alice.User, true, "000000"), registry.ErrRejected))
	fmt.Println("nobody:", errors.Is(attempt(provider.User{}, false, right), registry.ErrRejected))
	fmt.Println("alice:", attempt(site.alice.User, true, right))
	// Output:
	// a wrong password: true
	// a wrong code: true
	// nobody: true
	// alice: <nil>
}
