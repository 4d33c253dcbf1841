// A program that is no test, and tries what is for tests only.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

func main() {
	var clock cofactortest.Clock
	var outbox cofactortest.Outbox
	for name, try := range map[string]func() error{
		"Clock.Now":     func() error { clock.Now(); return nil },
		"Clock.Set":     func() error { clock.Set(time.Time{}); return nil },
		"Clock.Advance": func() error { clock.Advance(time.Hour); return nil },
		"New":           func() error { cofactortest.New(nil, cofactortest.Config{}); return nil },
		"NewServer":     func() error { cofactortest.NewServer(nil, cofactortest.Config{}); return nil },
		"NewBrowser":    func() error { cofactortest.NewBrowser(nil, cofactortest.Origin, nil); return nil },
		"Email":         func() error { return outbox.Email().Send(context.Background(), email.Message{}) },
		"SMS":           func() error { return outbox.SMS().Send(context.Background(), sms.Message{}) },
	} {
		if allowed(try) {
			fmt.Println(name)
		}
	}
}

func allowed(try func() error) (yes bool) {
	defer func() {
		if cause := recover(); cause != nil && fmt.Sprint(cause) != "cofactortest: this is for tests, and this program is none" {
			panic(cause)
		}
	}()
	return try() == nil
}
