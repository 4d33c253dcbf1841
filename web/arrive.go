package web

import (
	"encoding/json"
	"time"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is what follows a right answer.

// recoveryFor is how long a backup code, or a method attached on the strength of it, is a reason to change things.
const recoveryFor = 5 * time.Minute

// proved finishes a sign-in, or one step of it.
func (v *visit) proved(f flight, a httpapi.Answer) {
	login, err := v.FinishLogin(a)
	if err != nil {
		v.refused(f, err)
		return
	}
	back := v.given()
	v.land()
	v.f = flight{Back: back}
	v.remember(f)
	switch {
	case !login.Satisfied && len(login.Choices) > 0:
		v.see(v.path("/challenge"))
		return
	case !login.Satisfied:
		v.see(v.path("/choose"))
		return
	}
	if recovery(f.Kind) {
		v.recovered(f, login)
		return
	}
	v.say(flight{Said: "", Note: note{Signal: signal(login.Signal)}}, v.onward())
}

// confirmed finishes a confirmation, and goes on with what it was for.
func (v *visit) confirmed(f flight, a httpapi.Answer) {
	if _, err := v.FinishStepUp(a); err != nil {
		v.refused(f, err)
		return
	}
	if f.Wants.Op == "" {
		v.land()
		v.see(v.onward())
		return
	}
	v.carryOut(f.Wants)
}

// say leads to a page that says once what was done, and tells the passkey manager of the browser what it should know.
func (v *visit) say(f flight, to string) {
	if to == v.p.prefix+"/" && (f.Said != "" || len(f.Note.Signal) > 0) {
		f.Purpose = over
		v.handle = ""
		to += "?c=" + v.depart(f)
	}
	v.see(to)
}

// signal is what the browser's passkey manager should know, in JSON. It has ids of passkeys and no secret; one that is too long for a cookie is left out, for it is
// only a help.
func signal(payload any) json.RawMessage {
	if payload == nil {
		return nil
	}
	b, err := json.Marshal(payload)
	if err != nil || len(b) > 1500 {
		return nil
	}
	return b
}

// recovered leads to what should be done after a sign-in by backup code, before the application: the codes run out, and whoever has lost their phone has a
// few minutes in which they can set up a new one without it.
func (v *visit) recovered(f flight, login registry.Login) {
	n := note{Kind: f.Kind, Until: v.p.now().Add(recoveryFor).Unix()}
	if used, ok := login.Once.(backup.Used); ok {
		n.Left = used.Remaining
	}
	back := v.given()
	v.handle = ""
	v.handle = v.depart(flight{Purpose: over, Back: back, Note: n})
	v.see(v.p.prefix + "/recovered?c=" + v.handle)
}
