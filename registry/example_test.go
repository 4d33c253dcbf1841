package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	cototp "github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A user attaches an authenticator app, and signs in with it. The stores are in memory here; in production the challenges are in Redis and the
// factors in a database.
func Example() {
	ctx := context.Background()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

	app, err := cototp.New(cototp.Config{Issuer: "Acme"})
	check(err)
	codes, err := backup.New(backup.Config{})
	check(err)
	keys, err := keyset.Ephemeral()
	check(err)
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional(),
		Now: func() time.Time { return now },
	}, app, codes)
	check(err)

	// The application has checked alice's password, and keeps a random binding value in her session.
	alice := registry.Who{User: provider.User{ID: "u-4711", Name: "alice@example.com"}, Binding: "6Zq...random, kept in the session"}
	login, err := reg.StartLogin(ctx, registry.Start{Who: alice, Primary: []string{"pwd"}})
	check(err)
	fmt.Println("signed in:", login.Satisfied, "AAL:", login.AAL)

	// She attaches an app: it is shown a secret once, and proves that it has it.
	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: alice, Pending: login.Pending, Kind: "totp", Label: "Pixel 8"})
	check(err)
	secret := ch.Public.(cototp.SetupPrompt).Secret
	login, err = reg.FinishSetup(ctx, registry.Finish{Who: alice, Pending: login.Pending, Challenge: ch.ID, Response: appCode(secret, now)})
	check(err)
	fmt.Println("attached:", login.AMR)

	// The next day the password alone is not enough.
	now = now.Add(24 * time.Hour)
	login, err = reg.StartLogin(ctx, registry.Start{Who: alice, Primary: []string{"pwd"}, Begin: true})
	check(err)
	fmt.Println("signed in:", login.Satisfied, "asked for:", login.Choices[0].Label)

	finish := registry.Finish{Who: alice, Pending: login.Pending, Challenge: login.Challenge.ID, Response: appCode(secret, now)}
	login, err = reg.FinishLogin(ctx, finish)
	check(err)
	fmt.Println("signed in:", login.Satisfied, "AAL:", login.AAL)

	_, err = reg.FinishLogin(ctx, finish)
	fmt.Println("the same code again:", errors.Is(err, registry.ErrChallengeGone))
	// Output:
	// signed in: true AAL: 1
	// attached: [mfa otp pwd]
	// signed in: false asked for: Pixel 8
	// signed in: true AAL: 2
	// the same code again: true
}

// appCode is what the user's app shows, as the client sends it.
func appCode(secret string, at time.Time) json.RawMessage {
	c, err := totp.GenerateCode(secret, at)
	check(err)
	return json.RawMessage(fmt.Sprintf(`{"code":%q}`, c))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
