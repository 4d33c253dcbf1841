package web

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is what the application's own sign-in page needs: the way on after its password, and the button for a passkey.

// SignIn is the last line of the application's password handler: it begins the login, and sends the browser to where it goes on. Where a message is what the
// user is going to be asked for, by their own choice or because there is nothing else, it is sent now, so that nobody has to press a button for it. Whom policy
// leaves time to set something up is told until when, and may go on.
// A program that asks for JSON gets what httpapi.Handler.SignIn answers.
func (p *Pages) SignIn(w http.ResponseWriter, r *http.Request, f httpapi.First) {
	if !httpapi.WantsPage(r) {
		p.api.SignIn(w, r, f)
		return
	}
	w.Header().Add("Vary", "Accept")
	p.protected(func(v *visit) {
		f.Begin = false // the page knows better which method to begin with
		login, err := p.api.Start(w, r, f)
		if err == nil {
			v.Visit, err = p.api.Visit(w, r)
		}
		switch {
		case err != nil:
			v.failed(err)
		case login.Satisfied && login.MayEnroll && !login.GraceUntil.IsZero(): // for now: they are told until when, and may go on
			v.see(v.path("/choose"))
		case login.Satisfied || !v.sends(login):
			v.see(p.api.After(r, login))
		}
	}).ServeHTTP(w, r)
}

// notSent is the id of the sentence for a message that failed while its user was on the way to the page.
const notSent = "sent.failed"

// sends begins the method that the page would open on, if that is a message, and leads to its page.
func (v *visit) sends(login registry.Login) bool {
	f := flight{Purpose: asksLogin, Back: v.given()}
	if len(login.Choices) == 0 || v.State() != httpapi.Pending {
		return false
	}
	best := v.best(f, login.Choices)
	if !v.p.kinds.of(best.Kind).Sends {
		return false
	}
	f.Factor = best.Factor
	ch, err := v.challenge(f)
	if ch.ID == "" {
		return false // the page has a button for it, and says why it does not work
	}
	f.Challenge, f.Kind = ch.ID, ch.Kind
	if err != nil {
		f.Said = notSent
	}
	v.handle, v.f = v.depart(f), f
	v.see(v.path("/challenge"))
	return true
}

// PasskeyButton is for the application's own sign-in page: a form with a button to sign in with a passkey, and the script that it needs, in the language of the
// request. It shows itself where the browser knows passkeys. A field with autocomplete="username webauthn" on the page offers them under it as well.
// It needs nothing of a content security policy but script-src 'self' and connect-src 'self'.
func (p *Pages) PasskeyButton(r *http.Request) template.HTML {
	v := &visit{p: p, r: r, l: p.lang.of(r, "")}
	_ = r.ParseForm() // what cannot be read has no way back in it
	markup, err := p.looks.passkeyButton(v.l, passkeyButton{
		Action: p.prefix + "/passkey", Return: v.given(), Script: p.looks.assets.script.url,
		Passkey: Passkey{Ceremony: "get", Load: p.prefix + "/passkey/begin", Module: p.looks.assets.passkeys.url, Button: v.l.text("passkey.sign-in", nil)},
	})
	if err != nil { // It was drawn at the start.
		return ""
	}
	return markup
}

// passkeyButton is what the template "passkey-button" of the layout gets.
type passkeyButton struct {
	Action, Return, Script string
	Passkey                Passkey
}

// beginPasskey answers the script of the sign-in page, which asks again whenever a challenge gets old. Nobody has said who they are, so nothing is kept of it.
func (v *visit) beginPasskey() {
	ch, err := v.BeginPasskey("")
	v.options(ch.ID, ch, err)
}

// signInByPasskey signs in whoever the passkey says it is.
func (v *visit) signInByPasskey() {
	login, err := v.FinishPasskey(httpapi.Answer{Challenge: v.posted("c"), Response: json.RawMessage(v.posted("response"))})
	switch {
	case err != nil:
		v.noPasskey(err)
	case !login.Satisfied && len(login.Choices) == 0 && !login.MayEnroll:
		v.failed(&registry.Error{Code: registry.ErrNoEligibleFactor})
	case !login.Satisfied:
		v.see(v.path("/challenge"))
	default:
		v.say(flight{Note: note{Signal: signal(login.Signal)}}, v.onward())
	}
}

// noPasskey is the page for a passkey that was refused. If it exists nowhere, the user's device is told to forget it.
func (v *visit) noPasskey(err error) {
	p := Page{Name: "problem", Title: v.l.text("problem.title", nil), Error: v.l.sentence(err, v.p.now()), Body: &Problem{Link: v.signIn(), Text: v.l.text("passkey.otherwise", nil)}}
	if e := problem(err); errors.Is(err, registry.ErrRejected) {
		p.Error, p.Signal = v.l.html("passkey.unknown", nil), asJSON(e.Signal)
	}
	wait(v.w, err)
	v.show(status(err), p)
}

// signIn is the application's page for the first factor, with where to go afterwards.
func (v *visit) signIn() string {
	if back := v.given(); back != "" {
		return with(v.p.signIn, httpapi.Param, back)
	}
	return v.p.signIn
}
