package email_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
)

// Programs give the provider to a registry, which calls it as this example does.
func Example() {
	ctx, now := context.Background(), time.Date(2030, time.March, 3, 14, 22, 0, 0, time.UTC)
	var outbox cofactortest.Outbox // in a program: smtp.New
	p, err := email.New(email.Config{Sender: outbox.Email(), App: "Acme", From: "no-reply@acme.example", Account: "https://acme.example/account"})
	if err != nil {
		fmt.Println(err)
		return
	}
	req := provider.SetupRequest{User: provider.User{Locale: "de-AT"}, Input: json.RawMessage(`{"email":"alice@example.com"}`), Now: now}
	prompt, err := p.SetupHook(ctx, req)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+v\n", prompt.Public)
	if err := prompt.Deliver.Send(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(outbox.Messages()[0].Subject)

	answer := provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"code":"` + outbox.LastCode("alice@example.com") + `"}`)}
	enrolled, err := p.SetupVerify(ctx, req, answer)
	fmt.Println(enrolled.Label, enrolled.Hint, err)
	// Output:
	// {SentTo:a•••e@example.com Digits:6}
	// Bestätigen Sie Ihre E-Mail-Adresse für Acme
	// E-mail a•••e@example.com <nil>
}
