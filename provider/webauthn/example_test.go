package webauthn_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// Programs give the provider to a registry, which calls it as this example does. The browser's part is played by cofactortest.
func Example() {
	ctx, now := context.Background(), time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)
	p, err := webauthn.New(webauthn.Config{RPID: "example.com", RPName: "Example", Origins: []string{"https://login.example.com"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	alice := provider.User{ID: "u-1", Name: "alice@example.com", DisplayName: "Alice", Handle: make([]byte, 32)}
	phone := cofactortest.NewAuthenticator("https://login.example.com")

	// The page calls navigator.credentials.create with the prompt, and sends what comes back.
	prompt, err := p.SetupHook(ctx, provider.SetupRequest{User: alice, Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	public, _ := json.Marshal(prompt.Public)
	response, _ := phone.Create(public)
	enrolled, err := p.SetupVerify(ctx, provider.SetupRequest{User: alice, Now: now}, provider.Answer{Private: prompt.Private, Response: response})
	fmt.Println(enrolled.Label, "-", enrolled.Hint, err)

	// And navigator.credentials.get to sign in.
	login := provider.LoginRequest{User: alice, Factors: []provider.Factor{{ID: "f1", Data: enrolled.Data}}, Now: now.Add(time.Hour)}
	prompt, err = p.LoginHook(ctx, login)
	if err != nil {
		fmt.Println(err)
		return
	}
	public, _ = json.Marshal(prompt.Public)
	response, _ = phone.Get(public)
	match, err := p.LoginVerify(ctx, login, provider.Answer{Private: prompt.Private, Response: response})
	fmt.Println(match.FactorID, match.AMR, match.Verified, err)
	// Output:
	// Passkey - only on this device <nil>
	// f1 [pop swk user] true <nil>
}
