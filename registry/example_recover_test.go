package registry_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Alice has lost her phone. Bob, an administrator, confirms with his own, and hands her a code.
func ExampleAdmin_IssueRecovery() {
	ctx := context.Background()
	site := newShop(backup.Issued{})
	site.enrol()
	bob := registry.Who{User: provider.User{ID: "u-1", Name: "bob@example.com"}, Binding: "kept in bob's session"}
	bobs := site.attach(bob)

	const action = "Recovery code for alice@example.com"
	issued, err := site.reg.Admin().IssueRecovery(ctx, registry.Recovery{
		Deed: registry.Deed{User: site.alice.User.ID, Reason: "lost her phone, ticket 4711"},
		By:   bob, Proof: site.confirm(bob, bobs, action), Action: action,
	})
	check(err)
	code := issued.Once.(backup.Shown).Codes[0] // read to her, once
	fmt.Println("until:", issued.Expires.Format("2 January 15:04"))

	// She signs in with her password and the code, and must not stop there.
	login, err := site.reg.StartLogin(ctx, registry.Start{Who: site.alice, Primary: []string{"pwd"}})
	check(err)
	ch, err := site.reg.BeginLogin(ctx, registry.Begin{Who: site.alice, Pending: login.Pending, Kind: backup.KindIssued})
	check(err)
	finish := registry.Finish{Who: site.alice, Pending: login.Pending, Challenge: ch.ID, Response: typed(code)}
	login, err = site.reg.FinishLogin(ctx, finish)
	check(err)
	fmt.Println("signed in:", login.Satisfied, "may attach a factor:", login.MayEnroll)
	fmt.Println("good for anything else:", site.reg.Check(ctx, login.Proof, registry.Need{Who: site.alice}) == nil)

	lost := site.login.Factor
	secret, login := site.attachOn(site.alice, login.Pending)
	site.secret = secret
	_, err = site.reg.Remove(ctx, registry.Manage{Who: site.alice, Proof: login.Proof, Factor: lost})
	check(err)
	list, err := site.reg.Factors(ctx, site.alice)
	check(err)
	fmt.Println("she has:", len(list), list[0].Kind == totp.Kind)

	_, err = site.reg.FinishLogin(ctx, finish)
	fmt.Println("the code again:", errors.Is(err, registry.ErrChallengeGone))
	// Output:
	// until: 2 November 12:02
	// signed in: true may attach a factor: true
	// good for anything else: false
	// she has: 1 true
	// the code again: true
}
