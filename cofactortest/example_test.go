package cofactortest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A test plays the browser of a user who adds a passkey and signs in with nothing else; and then that of a phishing site.
func ExampleAuthenticator() {
	ctx := context.Background()
	passkeys, err := webauthn.New(webauthn.Config{RPID: "example.com", RPName: "Example", Origins: []string{"https://login.example.com"}})
	check(err)
	keys, err := keyset.Ephemeral()
	check(err)
	reg, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional(),
	}, passkeys)
	check(err)
	phone := cofactortest.NewAuthenticator("https://login.example.com")

	alice := registry.Who{User: provider.User{ID: "u-4711", Name: "alice@example.com"}, Binding: "of her session"}
	login, err := reg.StartLogin(ctx, registry.Start{Who: alice, Primary: []string{"pwd"}})
	check(err)
	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: alice, Pending: login.Pending, Kind: webauthn.Kind})
	check(err)
	response, err := phone.Create(shown(ch)) // what the page would post
	check(err)
	login, err = reg.FinishSetup(ctx, registry.Finish{Who: alice, Pending: login.Pending, Challenge: ch.ID, Response: response})
	check(err)
	fmt.Println("added:", login.AMR)

	// Nobody has said who this is.
	somebody := registry.Who{Binding: "of another session"}
	signIn := func() (registry.Login, error) {
		ch, err := reg.BeginLogin(ctx, registry.Begin{Who: somebody, Kind: webauthn.Kind})
		check(err)
		response, err := phone.Get(shown(ch))
		check(err)
		return reg.FinishLogin(ctx, registry.Finish{Who: somebody, Challenge: ch.ID, Response: response})
	}
	login, err = signIn()
	check(err)
	fmt.Println("signed in:", login.User.ID, login.Satisfied)

	phone.Fault = cofactortest.WrongOrigin
	_, err = signIn()
	fmt.Println("phished:", err == nil, errors.Is(err, registry.ErrRejected))
	// Output:
	// added: [mfa pop pwd swk user]
	// signed in: u-4711 true
	// phished: false true
}

// shown is a challenge as the page gets it.
func shown(ch registry.Challenge) []byte {
	options, err := json.Marshal(ch.Public)
	check(err)
	return options
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
