package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file sets methods up, of every kind: by people who are signed in, and within a sign-in that asks for it.

// beginSetup is where the buttons go that add a method.
func (v *visit) beginSetup() {
	v.attach(change{Op: add, Kind: v.posted("kind"), Factor: v.posted("replaces"), Input: strings.TrimSpace(v.posted("input"))})
}

// attach begins to attach a method: within the sign-in, if that had nothing to ask for or asks for just this, and otherwise on the strength of the last proof. If
// the same set-up is open already, it goes on: an app that has scanned its code must not find another one, and nobody needs a second message.
func (v *visit) attach(c change) {
	info, known := v.info(c.Kind)
	k := v.p.kinds.of(c.Kind)
	back := v.given()
	switch {
	case !known || info.Role == provider.Transient:
		v.failed(&registry.Error{Code: registry.ErrUnknownKind})
		return
	case k.Input != nil && c.Input == "":
		v.showInput(c, http.StatusUnprocessableEntity, v.l.html(v.l.kindID(k.Name, "wanted"), nil))
		return
	case v.goesOn(c):
		return
	}
	ch, err := v.BeginSetup(httpapi.Setup{Kind: c.Kind, Input: v.input(c), Replaces: c.Factor})
	if ch.ID == "" {
		v.notBegun(c, err)
		return
	}
	f := flight{Purpose: setUp, Challenge: ch.ID, Kind: ch.Kind, Wants: c, Back: back}
	if v.f.Purpose != confirm {
		v.handle = ""
	}
	v.handle, v.f = v.depart(f), f
	if err != nil { // It was not sent, and can be tried again.
		wait(v.w, err)
		v.showSetup(f, status(err), &fault{text: v.l.sentence(err, v.p.now()), err: err})
		return
	}
	v.see(v.path("/setup"))
}

// goesOn leads to a set-up of the same that is open already.
func (v *visit) goesOn(c change) bool {
	for handle, f := range v.flights() {
		if f.Purpose != setUp || f.Wants != c || c.Kind == backup.Kind {
			continue
		}
		ch, err := v.Resume(f.Challenge)
		if err == nil && (ch.AttemptsLeft > 0 || v.p.kinds.of(f.Kind).Field == Script) {
			v.see(v.p.prefix + "/setup?c=" + handle)
			return true
		}
	}
	return false
}

// notBegun says why a set-up did not begin: where it belongs, if something is wrong with what was typed.
func (v *visit) notBegun(c change, err error) {
	k := v.p.kinds.of(c.Kind)
	if k.Input != nil && (errors.Is(err, registry.ErrInvalid) || errors.Is(err, registry.ErrResendWait)) {
		wait(v.w, err)
		v.showInput(c, status(err), v.l.sentence(err, v.p.now()))
		return
	}
	v.notDone(c, err)
}

func (v *visit) setupPage() {
	if v.f.Purpose != setUp {
		v.gone()
		return
	}
	v.showSetup(v.f, http.StatusOK, nil)
}

func (v *visit) setupAgain() {
	f := v.f
	if f.Purpose != setUp {
		v.gone()
		return
	}
	if _, err := v.Resend(f.Challenge); err != nil {
		wait(v.w, err)
		v.showSetup(f, status(err), &fault{text: v.l.sentence(err, v.p.now()), err: err})
		return
	}
	f.Said = "sent.again"
	v.depart(f)
	v.see(v.path("/setup"))
}

// cancelSetup gives a set-up up. Nobody remembers its challenge then, so its secret is of no use to anybody.
func (v *visit) cancelSetup() {
	back := v.given()
	code := v.f.Kind == backup.Kind
	v.land()
	v.f = flight{Back: back}
	switch {
	case v.SignedIn && code && back != "":
		v.see(back)
	case v.SignedIn:
		v.see(v.p.prefix + "/")
	default:
		v.see(v.path("/choose"))
	}
}

// setupResponse is what a form says, as the provider of its kind takes it; or what is wrong with the form.
func (v *visit) setupResponse(kind string) (answer json.RawMessage, slip string) {
	if kind == backup.Kind {
		if v.posted("saved") != "yes" {
			return nil, v.l.text("codes.not-saved", nil)
		}
		return json.RawMessage(`{"saved":true}`), ""
	}
	return v.response(kind)
}

// finishSetup passes the proof of a new method on to the registry.
func (v *visit) finishSetup() {
	f := v.f
	if f.Purpose != setUp {
		v.gone()
		return
	}
	f.Said = ""
	response, slip := v.setupResponse(f.Kind)
	if slip != "" {
		v.showSetup(f, http.StatusUnprocessableEntity, &fault{text: escaped(slip), typed: true})
		return
	}
	within := !v.SignedIn
	login, err := v.FinishSetup(httpapi.Answer{Challenge: f.Challenge, Response: response})
	switch {
	case errors.Is(err, registry.ErrStepUpRequired):
		v.notDone(f.Wants, err)
	case errors.Is(err, registry.ErrRejected), errors.Is(err, registry.ErrLocked), errors.Is(err, registry.ErrChallengeGone), errors.Is(err, registry.ErrInvalid):
		wait(v.w, err)
		v.showSetup(f, status(err), &fault{text: v.l.sentence(err, v.p.now()), typed: errors.Is(err, registry.ErrRejected), err: err})
	case errors.Is(err, registry.ErrFactorExists):
		v.showSetup(f, status(err), &fault{text: v.l.html("error.exists", nil), err: err})
	case err != nil:
		v.failed(err)
	default:
		v.enrolled(f, login, within)
	}
}

// enrolled goes on after a set-up: a sign-in that had asked for it may be over now, and whoever has no backup codes yet is shown some, because a phone gets lost.
func (v *visit) enrolled(f flight, login registry.Login, within bool) {
	back := v.given()
	v.land()
	v.f = flight{Back: back}
	if !v.SignedIn { // Policy may ask for more than one.
		if len(login.Choices) > 0 {
			v.see(v.path("/challenge"))
			return
		}
		v.see(v.path("/choose"))
		return
	}
	v.name(f, login)
	first := within || f.Wants.Factor == "" && f.Kind != backup.Kind && v.single()
	switch {
	case f.Kind != backup.Kind && v.needsCodes():
		if first && back == "" {
			back = v.p.prefix + "/"
		}
		v.f = flight{Back: back}
		v.attach(change{Op: add, Kind: backup.Kind})
	case f.Kind == backup.Kind && back != "" && back != v.p.prefix+"/", within:
		v.handle = ""
		v.handle = v.depart(flight{Purpose: over, Said: f.Wants.done(), Back: back, Note: note{Kind: f.Kind, Signal: signal(login.Signal)}})
		v.see(v.p.prefix + "/finished?c=" + v.handle)
	default:
		v.say(flight{Said: f.Wants.done(), Note: note{Kind: f.Kind, Signal: signal(login.Signal)}}, v.p.prefix+"/")
	}
}

// name gives the new method the name that was typed for it. One that cannot be had leaves the proposed one, which the settings change.
func (v *visit) name(f flight, login registry.Login) {
	label := strings.TrimSpace(v.posted("name"))
	if label == "" || label == v.l.kind(f.Kind, "name") {
		return
	}
	_, _ = v.Rename(login.Factor, label)
}

// single says that the user has one method that counts.
func (v *visit) single() bool {
	all, err := v.Registry.Factors(v.r.Context(), v.Who)
	n := 0
	for _, f := range all {
		if f.Role == provider.Ordinary {
			n++
		}
	}
	return err == nil && n == 1
}

// needsCodes says that the user has no backup codes, and could have some.
func (v *visit) needsCodes() bool {
	if _, offered := v.info(backup.Kind); !offered {
		return false
	}
	all, err := v.Registry.Factors(v.r.Context(), v.Who)
	for _, f := range all {
		if f.Kind == backup.Kind {
			return false
		}
	}
	return err == nil
}
