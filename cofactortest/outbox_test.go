package cofactortest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// A test of a program that sends codes by e-mail.
func ExampleOutbox() {
	var outbox cofactortest.Outbox
	p, err := email.New(email.Config{Sender: outbox.Email(), App: "Acme", From: "no-reply@acme.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Your program hands the provider to a registry, and the registry does this when somebody signs in:
	ctx := context.Background()
	prompt, err := p.SetupHook(ctx, provider.SetupRequest{Input: json.RawMessage(`{"email":"alice@example.com"}`), Now: time.Unix(1e9, 0)})
	if err == nil {
		err = prompt.Deliver.Send(ctx)
	}
	fmt.Println(outbox.Messages()[0].Subject, err)
	fmt.Println("digits of the code:", len(outbox.LastCode("alice@example.com")))
	// Output:
	// Confirm your e-mail address for Acme <nil>
	// digits of the code: 6
}

func TestOutboxFindsTheCode(t *testing.T) {
	t.Parallel()
	var o cofactortest.Outbox
	mail, err := email.New(email.Config{Sender: o.Email(), App: "Acme", From: "no-reply@acme.example", Digits: 8})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := sms.New(sms.Config{Sender: o.SMS(), App: "Acme", Host: "acme.example", Numbers: sms.Numbers{Reach: sms.Everywhere}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	for to, c := range map[string]struct {
		p      *sentcode.Provider
		input  string
		digits int
	}{
		"alice@example.com": {mail, `{"email":"alice@example.com"}`, 8},
		"+447911123456":     {texts, `{"phone":"+447911123456"}`, 6},
	} {
		if got := o.LastCode(to); got != "" {
			t.Errorf("before there is a message to %s its code is %q", to, got)
		}
		req := provider.SetupRequest{Input: json.RawMessage(c.input), Now: now}
		prompt, err := c.p.SetupHook(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if err := prompt.Deliver.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		code := o.LastCode(to)
		e, err := c.p.SetupVerify(t.Context(), req, provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"code":"` + code + `"}`)})
		if err != nil || len(code) != c.digits {
			t.Errorf("the code to %s is said to be %q, and is not (%v)", to, code, err)
		}
		if err := c.p.Notify(t.Context(), provider.Factor{Data: e.Data}, provider.Notice{Op: provider.NoticeAdded, At: now}); err != nil {
			t.Error(err)
		}
		if got := o.LastCode(to); got != code {
			t.Errorf("after a notice the last code to %s is %q, want %q", to, got, code)
		}
		o.Fail(sentcode.ErrTemporary)
		before := len(o.Messages())
		if err := prompt.Deliver.Send(t.Context()); !errors.Is(err, sentcode.ErrTemporary) || len(o.Messages()) != before {
			t.Errorf("a message to %s that should fail: %v", to, err)
		}
		o.Fail(nil)
	}
}
