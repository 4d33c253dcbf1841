package demo

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file sets methods up, of every kind: by people who are signed in, and within a sign-in that asks for it.

// beginSetup begins to attach a method: within the login, if that had nothing to ask for or asks for just this, and otherwise on the strength of the last proof. If
// the same set-up is open already, it goes on: an app that has scanned its code must not find another one, and nobody needs a second message.
func (d *Demo) beginSetup(w http.ResponseWriter, r *http.Request, s *session, c change) {
	m, known := methodOf(c.kind)
	switch {
	case !known:
		d.problem(w, s, http.StatusBadRequest, "There is no such change.")
		return
	case m.Asks != nil && c.input == "":
		d.showInput(w, r, s, c, http.StatusUnprocessableEntity, "Enter "+m.Asks.Wanted+".")
		return
	}
	p := s.settingUp()
	if b, ok := s.newest(p); ok && b.wants == c {
		if ch, err := d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge}); err == nil && ch.AttemptsLeft > 0 {
			seeOther(w, r, p.page())
			return
		}
	}
	e := c.enrolment()
	e.Who, e.Pending = s.who(), s.pending
	if s.pending == "" {
		e.Proof = s.proof
	}
	ch, err := d.reg.BeginSetup(r.Context(), e)
	if err != nil && ch.ID == "" {
		d.notBegun(w, r, s, c, err)
		return
	}
	b := begun{purpose: p, challenge: ch.ID, kind: ch.Kind, pending: e.Pending, wants: c}
	if prompt, ok := ch.Public.(totp.SetupPrompt); ok {
		b.secret = prompt.Secret
	}
	s.remember(b)
	if err != nil { // It was not sent, and can be tried again.
		d.wait(w, err)
		d.showSetup(w, r, s, b, statusOf(err), d.sentence(err))
		return
	}
	seeOther(w, r, p.page())
}

// notBegun says why a set-up did not begin: where it belongs, if something is wrong with what was typed.
func (d *Demo) notBegun(w http.ResponseWriter, r *http.Request, s *session, c change, err error) {
	m, _ := methodOf(c.kind)
	switch {
	case m.Asks != nil && (errors.Is(err, registry.ErrInvalid) || errors.Is(err, registry.ErrResendWait)):
		d.wait(w, err)
		d.showInput(w, r, s, c, statusOf(err), d.sentence(err))
	case errors.Is(err, registry.ErrLoginRequired) && !s.signedIn:
		d.startAgain(w, statusOf(err), d.sentence(err))
	default:
		d.notDone(w, r, s, c, err)
	}
}

// setupAnswer is what a form says, as the provider of its kind takes it; or what is wrong with the form.
func setupAnswer(r *http.Request, kind string) (answer json.RawMessage, slip string) {
	if kind == backup.Kind {
		if r.PostForm.Get("saved") != "yes" {
			return nil, "Save your backup codes, and tick the box when you have."
		}
		return json.RawMessage(`{"saved":true}`), ""
	}
	return answerOf(r, kind)
}

// finishSetup passes the proof of a new method on to the registry. After the first method come backup codes, because a phone gets lost.
func (d *Demo) finishSetup(w http.ResponseWriter, r *http.Request, s *session) {
	b, ok := s.find(s.settingUp(), r.PostForm.Get("challenge"))
	if !ok {
		seeOther(w, r, "/")
		return
	}
	answer, text := setupAnswer(r, b.kind)
	if text != "" {
		d.showSetup(w, r, s, b, http.StatusUnprocessableEntity, text)
		return
	}
	login, err := d.reg.FinishSetup(r.Context(), registry.Finish{Who: s.who(), Pending: b.pending, Challenge: b.challenge, Response: answer})
	switch {
	case errors.Is(err, registry.ErrStepUpRequired):
		s.forget(b.challenge)
		d.notDone(w, r, s, b.wants, err)
	case errors.Is(err, registry.ErrRejected), errors.Is(err, registry.ErrLocked), errors.Is(err, registry.ErrChallengeGone):
		d.wait(w, err)
		d.showSetup(w, r, s, b, statusOf(err), d.sentence(err))
	case errors.Is(err, registry.ErrLoginRequired) && !s.signedIn:
		d.startAgain(w, statusOf(err), d.sentence(err))
	case err != nil:
		d.failed(w, s, err)
	default:
		d.attached(w, r, s, b, login)
	}
}

// attached goes on after a set-up: a sign-in that had asked for it may be over now, and whoever has no backup codes yet is shown some.
func (d *Demo) attached(w http.ResponseWriter, r *http.Request, s *session, b begun, login registry.Login) {
	s.forget(b.challenge)
	if b.purpose == enrol && !login.Satisfied { // Policy may ask for more than one.
		s.pending = login.Pending
		seeOther(w, r, "/sign-in/methods")
		return
	}
	s.proof, s.pending = login.Proof, ""
	s.keep(login.Signal)
	if b.purpose == enrol {
		d.letIn(w, s)
	}
	d.sessions.endOthers(s)
	if b.kind == backup.Kind {
		s.recovery = recovery{} // The number of codes that are left is no longer true.
		seeOther(w, r, b.wants.done())
		return
	}
	if !s.recovery.until.IsZero() {
		s.recovery.added, s.recovery.until = true, d.now().Add(recoveryFor)
	}
	if b.kind == totp.Kind {
		d.phone.accepted(login.Factor, b.secret, plain(r.PostForm.Get("code")))
	}
	if d.needsCodes(r, s) {
		d.carryOut(w, r, s, newCodes())
		return
	}
	seeOther(w, r, b.wants.done())
}

// letIn signs somebody in.
func (d *Demo) letIn(w http.ResponseWriter, s *session) {
	s.signedIn = true
	d.sessions.rotate(s)
	setCookie(w, s.id)
}

func (d *Demo) needsCodes(r *http.Request, s *session) bool {
	attached, err := d.reg.Factors(r.Context(), s.who())
	for _, f := range attached {
		if f.Kind == backup.Kind {
			return false
		}
	}
	return err == nil
}

// cancelSetup gives a set-up up. Nobody remembers its challenge then, so its secret is of no use to anybody.
func (d *Demo) cancelSetup(w http.ResponseWriter, r *http.Request, s *session) {
	s.forget(r.PostForm.Get("challenge"))
	seeOther(w, r, s.addPaths().Methods)
}
