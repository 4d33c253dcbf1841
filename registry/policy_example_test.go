package registry_test

import (
	"context"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	cototp "github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// deployment is a registry in memory, and the time it is there.
func deployment() (*registry.Registry, time.Time) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	app, err := cototp.New(cototp.Config{Issuer: "Acme"})
	check(err)
	codes, err := backup.New(backup.Config{})
	check(err)
	keys, err := keyset.Ephemeral()
	check(err)
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Now: func() time.Time { return now },
		Policy: policy.When(policy.HasRole("admin"), policy.Required(), policy.Grace(30*24*time.Hour, policy.Required())),
	}, app, codes)
	check(err)
	return reg, now
}

// What a role demands is demanded during sign-in: the login goes on once a factor of a kind that policy asks for is attached.
func Example_enrolDuringLogin() {
	ctx := context.Background()
	reg, now := deployment()

	clerk := registry.Start{Who: person("bob"), Primary: []string{"pwd"}, About: registry.About{Roles: []string{"clerk"}}}
	login, err := reg.StartLogin(ctx, clerk)
	check(err)
	fmt.Println("clerk: signed in:", login.Satisfied, "until", login.GraceUntil.Format(time.DateOnly), "may attach:", login.Enroll)

	admin := registry.Start{Who: person("alice"), Primary: []string{"pwd"}, About: registry.About{Roles: []string{"admin"}}}
	login, err = reg.StartLogin(ctx, admin)
	check(err)
	fmt.Println("admin: signed in:", login.Satisfied, "must attach:", login.Enroll)

	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: admin.Who, Pending: login.Pending, Kind: "totp"})
	check(err)
	secret := ch.Public.(cototp.SetupPrompt).Secret
	login, err = reg.FinishSetup(ctx, registry.Finish{Who: admin.Who, Pending: login.Pending, Challenge: ch.ID, Response: appCode(secret, now)})
	check(err)
	fmt.Println("admin: signed in:", login.Satisfied)
	for _, p := range login.Proved {
		fmt.Println("  proved", p.Kind, p.AMR, "at", p.At.Format(time.TimeOnly))
	}
	// Output:
	// clerk: signed in: true until 2026-12-01 may attach: [totp]
	// admin: signed in: false must attach: [totp]
	// admin: signed in: true
	//   proved  [pwd] at 12:00:00
	//   proved totp [otp] at 12:00:00
}
