package telemetry_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

const (
	address = "alice@" + marker + ".example"
	number  = "+447911123456"
)

// everything makes every call that a registry has, well and badly.
func (w *world) everything() {
	alice, admin := w.who("alice"), w.who("admin")
	w.secret("an address", address)
	w.secret("a number", number)
	app := w.AddApp(alice.User)
	for _, c := range w.AddBackupCodes(alice.User) {
		w.secret("a backup code", c)
	}
	w.AddEmail(alice.User, address)
	w.AddPhone(alice.User, number)
	key := w.AddPasskey(alice.User)
	adminApp := w.AddApp(admin.User)
	w.Clock.Advance(time.Hour)

	w.signsIn(alice, totp.Kind, app.Answer)
	w.signsIn(alice, email.Kind, func() json.RawMessage { return cofactortest.Typed(w.code(address)) })
	w.signsIn(alice, sms.Kind, func() json.RawMessage { return cofactortest.Typed(w.code(number)) })
	w.Clock.Advance(time.Minute)
	in := w.signsIn(alice, totp.Kind, app.Answer)
	w.trusts(alice, in)
	w.manages(alice, w.withKey(alice, key))
	w.stepsUp(alice, app, in)
	w.together(alice, app)
	w.messagesFail(alice)
	w.administers(alice, admin, adminApp)
	w.asksForNothing(alice)
	w.guesses(w.who("bob"))
	_ = w.Registry.Flush(w.t.Context())
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) code(to string) string { return w.secret("a code", w.Outbox.LastCode(to)) }

// keep notes what a login has handed out.
func (w *world) keep(l registry.Login) registry.Login {
	w.secret("a proof", l.Proof)
	w.secret("a pending login", l.Pending)
	w.secret("a factor", l.Factor)
	for _, c := range l.Choices {
		w.secret("a factor", c.Factor)
	}
	return l
}

func (w *world) starts(who registry.Who) registry.Login {
	w.t.Helper()
	l, err := w.Registry.StartLogin(w.t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
	w.must(err)
	return w.keep(l)
}

func (w *world) begins(who registry.Who, l registry.Login, kind string) registry.Challenge {
	w.t.Helper()
	ch, err := w.Registry.BeginLogin(w.t.Context(), registry.Begin{Who: who, Pending: l.Pending, Kind: kind})
	w.must(err)
	w.secret("a challenge", ch.ID)
	return ch
}

func (w *world) signsIn(who registry.Who, kind string, answer func() json.RawMessage) registry.Login {
	w.t.Helper()
	ctx := w.t.Context()
	l := w.starts(who)
	ch := w.begins(who, l, kind)
	_, err := w.Registry.Look(ctx, registry.Peek{Who: who, Pending: l.Pending})
	w.must(err)
	_, err = w.Registry.Resume(ctx, registry.Again{Who: who, Challenge: ch.ID})
	w.must(err)
	f := registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: cofactortest.Typed("000000")}
	if _, err := w.Registry.FinishLogin(ctx, f); err == nil {
		w.t.Fatal("a wrong answer was right")
	}
	f.Response = answer()
	in, err := w.Registry.FinishLogin(ctx, f)
	w.must(err)
	_, _ = w.Registry.FinishLogin(ctx, f) // again
	w.must(w.Registry.Stands(ctx, registry.Standing{Who: who, Proof: in.Proof}))
	w.Clock.Advance(time.Minute)
	return w.keep(in)
}

// withKey signs in with a passkey alone.
func (w *world) withKey(who registry.Who, key *cofactortest.Authenticator) registry.Login {
	w.t.Helper()
	ctx := w.t.Context()
	nobody := who
	nobody.User.ID = ""
	ch, err := w.Registry.BeginLogin(ctx, registry.Begin{Who: nobody, Kind: webauthn.Kind})
	w.must(err)
	w.secret("a challenge", ch.ID)
	public, err := json.Marshal(ch.Public)
	w.must(err)
	var options struct{ PublicKey json.RawMessage }
	w.must(json.Unmarshal(public, &options))
	response, err := key.Get(options.PublicKey)
	if err != nil {
		response, err = key.Get(public)
	}
	w.must(err)
	in, err := w.Registry.FinishLogin(ctx, registry.Finish{Who: nobody, Challenge: ch.ID, Response: response})
	w.must(err)
	return w.keep(in)
}

func (w *world) setsUp(e registry.Enrol, answer func(registry.Challenge) json.RawMessage) registry.Login {
	w.t.Helper()
	ch, err := w.Registry.BeginSetup(w.t.Context(), e)
	w.must(err)
	w.secret("a challenge", ch.ID)
	f := registry.Finish{Who: e.Who, Challenge: ch.ID, Response: json.RawMessage(`{}`)}
	_, _ = w.Registry.FinishSetup(w.t.Context(), f)
	f.Response = answer(ch)
	l, err := w.Registry.FinishSetup(w.t.Context(), f)
	w.must(err)
	return w.keep(l)
}

func (w *world) trusts(who registry.Who, in registry.Login) {
	w.t.Helper()
	l := w.setsUp(registry.Enrol{Who: who, Proof: in.Proof, Kind: device.Kind, Label: "Browser of " + marker}, func(registry.Challenge) json.RawMessage {
		return json.RawMessage(`{"trust":true}`)
	})
	start := registry.Start{Who: who, Primary: []string{"pwd"}, Device: l.Once.(device.Trusted).Token}
	w.secret("a token", start.Device)
	again, err := w.Registry.StartLogin(w.t.Context(), start)
	w.must(err)
	w.secret("a token", again.Once.(device.Trusted).Token)
	_, err = w.Registry.RemoveTrusted(w.t.Context(), registry.Manage{Who: who, Proof: in.Proof})
	w.must(err)
}

func (w *world) manages(who registry.Who, in registry.Login) {
	w.t.Helper()
	ctx, r := w.t.Context(), w.Registry
	have, err := r.Factors(ctx, who)
	w.must(err)
	mail := ""
	for _, f := range have {
		w.secret("a factor", f.ID)
		if f.Kind == email.Kind {
			mail = f.ID
		}
	}
	_, err = r.Rename(ctx, registry.Manage{Who: who, Proof: in.Proof, Factor: mail, Label: "Post of " + marker})
	w.must(err)
	_, err = r.SetDefault(ctx, registry.Manage{Who: who, Proof: in.Proof, Factor: mail})
	w.must(err)
	in, err = r.Remove(ctx, registry.Manage{Who: who, Proof: in.Proof, Factor: mail})
	w.must(err)
	w.keep(in)
}

func (w *world) stepsUp(who registry.Who, app *cofactortest.App, in registry.Login) {
	w.t.Helper()
	ctx, r, action := w.t.Context(), w.Registry, "Send 500 to "+marker
	ch, err := r.BeginStepUp(ctx, registry.StepUp{Who: who, Kind: totp.Kind, Action: action})
	w.must(err)
	w.secret("a challenge", ch.ID)
	w.Clock.Advance(time.Minute)
	up, err := r.FinishStepUp(ctx, registry.Finish{Who: who, Challenge: ch.ID, Response: app.Answer()})
	w.must(err)
	w.keep(up)
	need := registry.Need{Who: who, Action: action}
	w.must(r.Consume(ctx, up.Proof, need))
	_ = r.Consume(ctx, up.Proof, need)
	_ = r.Check(ctx, in.Proof, registry.Need{Who: who})
}

func (w *world) together(who registry.Who, app *cofactortest.App) {
	w.t.Helper()
	w.Clock.Advance(time.Minute)
	in, err := w.Registry.VerifyTogether(w.t.Context(), registry.Together{Who: who, PrimaryOK: true, Kind: totp.Kind, Response: app.Answer()})
	w.must(err)
	w.keep(in)
	_, _ = w.Registry.VerifyTogether(w.t.Context(), registry.Together{Who: who, Kind: backup.Kind, Response: cofactortest.Typed(marker)})
}

// messagesFail sends again, too soon and then in vain, with an error that quotes the number.
func (w *world) messagesFail(who registry.Who) {
	w.t.Helper()
	ctx, r := w.t.Context(), w.Registry
	w.Clock.Advance(time.Hour)
	l := w.starts(who)
	ch := w.begins(who, l, sms.Kind)
	again := registry.Again{Who: who, Challenge: ch.ID}
	_, _ = r.Resend(ctx, again)
	w.Clock.Advance(time.Minute)
	w.Outbox.Fail(fmt.Errorf("%w: 550 %s is not %s", sentcode.ErrTemporary, number, marker))
	_, _ = r.Resend(ctx, again)
	w.Outbox.Fail(nil)
	*w.stores.on = true
	_, _ = r.BeginLogin(ctx, registry.Begin{Who: who, Pending: l.Pending, Kind: totp.Kind})
	*w.stores.on = false
}

func (w *world) administers(who, admin registry.Who, app *cofactortest.App) {
	w.t.Helper()
	ctx, a := w.t.Context(), w.Registry.Admin()
	deed := registry.Deed{Tenant: who.User.Tenant, User: who.User.ID, Actor: admin.User.ID, Reason: "asked for by " + marker}
	listed, err := a.Account(ctx, deed)
	w.must(err)
	w.must(a.Unlock(ctx, deed))
	w.must(w.Registry.InvalidateUser(ctx, who.User.Tenant, who.User.ID))
	disable := deed
	disable.Factor = listed.Factors[0].ID
	w.must(a.Disable(ctx, disable))

	confirm := "Recovery code for " + address
	ch, err := w.Registry.BeginStepUp(ctx, registry.StepUp{Who: admin, Kind: totp.Kind, Action: confirm})
	w.must(err)
	w.Clock.Advance(time.Minute)
	up, err := w.Registry.FinishStepUp(ctx, registry.Finish{Who: admin, Challenge: ch.ID, Response: app.Answer()})
	w.must(err)
	_, err = a.IssueRecovery(ctx, registry.Recovery{Deed: deed, By: admin, Proof: up.Proof, Action: confirm})
	w.must(err)

	search := registry.Search{Actor: admin.User.ID, Reason: marker}
	_, err = a.Search(ctx, search)
	w.must(err)
	_, err = a.Report(ctx, search, registry.Report{})
	w.must(err)
	_, err = a.DryRun(ctx, registry.Trial{Actor: admin.User.ID, Reason: marker, Policy: w.strict})
	w.must(err)
	_, err = a.Keys(ctx, registry.Rewrap{Actor: admin.User.ID, Reason: marker})
	w.must(err)
	_, err = a.Rewrap(ctx, registry.Rewrap{Actor: admin.User.ID, Reason: marker})
	w.must(err)
	gone := deed
	gone.User = "nobody-" + marker
	_ = a.Unlock(ctx, gone)
	w.must(a.Reset(ctx, deed))
	w.must(a.Erase(ctx, deed))
}

// asksForNothing sends what no program should: kinds, ids and names that are a client's words.
func (w *world) asksForNothing(who registry.Who) {
	ctx, r := w.t.Context(), w.Registry
	l := w.starts(who)
	_, _ = r.BeginLogin(ctx, registry.Begin{Who: who, Pending: l.Pending, Kind: marker})
	_, _ = r.BeginLogin(ctx, registry.Begin{Who: registry.Who{User: registry.Who{}.User, Binding: marker}, Kind: marker})
	_, _ = r.BeginSetup(ctx, registry.Enrol{Who: who, Pending: l.Pending, Kind: marker, Label: marker})
	_, _ = r.BeginSetup(ctx, registry.Enrol{Who: who, Pending: l.Pending, Kind: sms.Kind, Input: json.RawMessage(`{"phone":"` + marker + `"}`)})
	_, _ = r.VerifyTogether(ctx, registry.Together{Who: who, Kind: marker})
	_, _ = r.FinishLogin(ctx, registry.Finish{Who: who, Pending: marker, Challenge: marker, Response: json.RawMessage(marker)})
	_, _ = r.StartLogin(ctx, registry.Start{Who: who, Primary: []string{marker}, Device: marker})
}

// guesses is somebody who knows a password, and tries codes until the user is locked.
func (w *world) guesses(who registry.Who) {
	w.t.Helper()
	w.AddApp(who.User)
	for range 3 {
		l := w.starts(who)
		ch, err := w.Registry.BeginLogin(w.t.Context(), registry.Begin{Who: who, Pending: l.Pending, Kind: totp.Kind})
		if err != nil {
			return
		}
		for range 5 {
			_, _ = w.Registry.FinishLogin(w.t.Context(), registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: cofactortest.Typed("000000")})
		}
	}
}
