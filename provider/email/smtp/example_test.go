package smtp_test

import (
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
)

func Example() {
	sender, err := smtp.New(smtp.Config{
		Host: "smtp.acme.example", Username: "acme", Password: "from the environment or a secret store",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sender.Close() }()
	// When the program starts: err = sender.Check(ctx)

	mail, err := email.New(email.Config{Sender: sender, App: "Acme", From: "no-reply@acme.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mail.Info().Kind) // and then registry.New(cfg, mail, ...)
	// Output: email
}
