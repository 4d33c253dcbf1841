package device_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Alice has just proved a factor, and ticks "Don't ask on this browser for 30 days".
func Example() {
	ctx := context.Background()
	reg, alice, proof := signedIn()

	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: alice, Proof: proof, Kind: device.Kind, Label: "Firefox on Linux"})
	check(err)
	fmt.Println("for", ch.Public.(device.Offer).Days, "days")
	done, err := reg.FinishSetup(ctx, registry.Finish{Who: alice, Challenge: ch.ID, Response: json.RawMessage(`{"trust":true}`)})
	check(err)
	response := httptest.NewRecorder()
	remember(response, done)

	// The next time her password is enough, and the cookie is replaced.
	login, err := reg.StartLogin(ctx, registry.Start{Who: alice, Primary: []string{"pwd"}, Device: cookie(response)})
	check(err)
	fmt.Println("signed in:", login.Satisfied, "AAL:", login.AAL, "proof:", login.Proof != "")
	response = httptest.NewRecorder()
	remember(response, login)

	// She forgets them all, and is asked again.
	_, err = reg.RemoveTrusted(ctx, registry.Manage{Who: alice, Proof: proof})
	check(err)
	login, err = reg.StartLogin(ctx, registry.Start{Who: alice, Primary: []string{"pwd"}, Device: cookie(response)})
	check(err)
	fmt.Println("signed in:", login.Satisfied)
	// Output:
	// for 30 days
	// signed in: true AAL: 1 proof: false
	// signed in: false
}

// remember keeps the token where no script and no other site gets at it.
//
// nist: N29
func remember(w http.ResponseWriter, l registry.Login) {
	if t, ok := l.Once.(device.Trusted); ok {
		http.SetCookie(w, &http.Cookie{
			Name: "__Host-trusted", Value: t.Token, Path: "/", MaxAge: t.MaxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
}

func cookie(r *httptest.ResponseRecorder) string { return r.Result().Cookies()[0].Value }

// signedIn is a registry, and a user who has proved an authenticator app.
func signedIn() (*registry.Registry, registry.Who, string) {
	ctx := context.Background()
	app, err := totp.New(totp.Config{Issuer: "Acme"})
	check(err)
	browsers, err := device.New(device.Config{})
	check(err)
	keys, err := keyset.Ephemeral()
	check(err)
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional(),
	}, app, browsers)
	check(err)
	alice := registry.Who{User: provider.User{ID: "u-4711", Name: "alice@example.com"}, Binding: "kept in the session"}
	login, err := reg.StartLogin(ctx, registry.Start{Who: alice, Primary: []string{"pwd"}})
	check(err)
	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: alice, Pending: login.Pending, Kind: totp.Kind})
	check(err)
	code := appCode(ch.Public.(totp.SetupPrompt).Secret)
	login, err = reg.FinishSetup(ctx, registry.Finish{Who: alice, Pending: login.Pending, Challenge: ch.ID, Response: code})
	check(err)
	return reg, alice, login.Proof
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
