package cofactortest

import (
	"encoding/json"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// account is a user of some tenant.
type account struct{ tenant, id string }

// AddApp attaches an authenticator app to a user, and returns it.
func (k *Kit) AddApp(u provider.User) *App {
	k.t.Helper()
	var app *App
	k.Attach(u, totp.Kind, nil, func(public any) json.RawMessage {
		k.t.Helper()
		app = NewApp(k.t, shown[totp.SetupPrompt](k, public).URI, k.now)
		return app.Answer()
	})
	return app
}

// AddEmail attaches an e-mail address to a user: Outbox has the codes that go to it.
func (k *Kit) AddEmail(u provider.User, address string) {
	k.t.Helper()
	k.Attach(u, email.Kind, map[string]string{"email": address}, func(any) json.RawMessage { return Typed(k.Outbox.LastCode(address)) })
}

// AddPhone attaches a telephone number to a user, as messages have it, "+447700900123": Outbox has the codes that go to it.
func (k *Kit) AddPhone(u provider.User, number string) {
	k.t.Helper()
	k.Attach(u, sms.Kind, map[string]string{"phone": number}, func(any) json.RawMessage { return Typed(k.Outbox.LastCode(number)) })
}

// AddPasskey attaches a passkey to a user, and returns what it is on.
func (k *Kit) AddPasskey(u provider.User) *Authenticator {
	k.t.Helper()
	phone := NewAuthenticator(Origin)
	k.Attach(u, webauthn.Kind, nil, func(public any) json.RawMessage {
		k.t.Helper()
		return k.answer(public, phone.Create)
	})
	return phone
}

// AddBackupCodes gives a user backup codes, and returns them. They take a factor that they can stand in for.
func (k *Kit) AddBackupCodes(u provider.User) []string {
	k.t.Helper()
	var codes []string
	k.Attach(u, backup.Kind, nil, func(public any) json.RawMessage {
		codes = shown[backup.Shown](k, public).Codes
		return json.RawMessage(`{"saved":true}`)
	})
	return codes
}

// Attach attaches a factor of any kind to a user, who has signed in with the first factor just now, or has attached another factor with this Kit in the last
// minutes. input is what the provider wants to know, and answer makes the response to what it shows. Like people, the user needs a minute for it, by which the
// Clock is moved on. If the factor is not attached, the test fails.
func (k *Kit) Attach(u provider.User, kind string, input any, answer func(public any) json.RawMessage) {
	k.t.Helper()
	ctx := k.t.Context()
	who := registry.Who{User: u, Binding: "of the device on which factors are attached"}
	has, known := k.devices[account{u.Tenant, u.ID}]
	if !known {
		var err error
		if has, err = k.Registry.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}}); err != nil {
			k.t.Fatalf("Attach: the login of %q: %v", u.ID, err)
		}
	}
	enrol := registry.Enrol{Who: who, Pending: has.Pending, Kind: kind}
	if has.Proof != "" && known {
		enrol.Pending, enrol.Proof = "", has.Proof
	}
	if input != nil {
		enrol.Input = k.json(input)
	}
	ch, err := k.Registry.BeginSetup(ctx, enrol)
	if err != nil {
		k.t.Fatalf("Attach: a factor of kind %q for %q: %v", kind, u.ID, err)
	}
	has, err = k.Registry.FinishSetup(ctx, registry.Finish{Who: who, Pending: enrol.Pending, Challenge: ch.ID, Response: answer(ch.Public)})
	if err != nil {
		k.t.Fatalf("Attach: the answer of %q for a factor of kind %q: %v", u.ID, kind, err)
	}
	k.devices[account{u.Tenant, u.ID}] = has
	k.Clock.Advance(time.Minute)
}

// shown is what the built-in provider of a kind shows, which another one under its name does not.
func shown[T any](k *Kit, public any) T {
	k.t.Helper()
	is, ok := public.(T)
	if !ok {
		k.t.Fatalf("the provider shows a %T, not a %T; attach its factors with Attach", public, is)
	}
	return is
}

func (k *Kit) answer(public any, device func([]byte) ([]byte, error)) json.RawMessage {
	k.t.Helper()
	response, err := device(k.json(public))
	if err != nil {
		k.t.Fatalf("the passkey: %v", err)
	}
	return response
}

func (k *Kit) json(v any) []byte {
	k.t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}
