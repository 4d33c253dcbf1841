package demo

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// appSetup is the page that gives a secret to an authenticator app.
type appSetup struct {
	QR         template.HTML
	URI        template.URL
	Key        string
	Field      codeField
	Moving     bool // from another phone
	First      bool // backup codes come next
	Live       bool
	Op, Factor string // to start again
}

// codesSetup is the page that shows backup codes, once.
type codesSetup struct {
	Challenge, Error string
	Codes            []string
	Renewing, Live   bool
}

// beginSetup begins to attach a method: within the login, if that had nothing to ask for, and otherwise on the strength of the last proof. If the same set-up is
// open already, it goes on: an app that has scanned its code must not find another one.
func (d *Demo) beginSetup(w http.ResponseWriter, r *http.Request, s *session, c change, e registry.Enrol) {
	if b, ok := s.newest(setUp); ok && b.wants == c {
		if ch, err := d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge}); err == nil && ch.AttemptsLeft > 0 {
			seeOther(w, r, "/security/setup")
			return
		}
	}
	e.Who, e.Pending, e.Proof = s.who(), s.pending, s.proof
	if s.pending != "" {
		e.Proof = ""
	}
	ch, err := d.reg.BeginSetup(r.Context(), e)
	if err != nil {
		d.notDone(w, r, s, c, err)
		return
	}
	b := begun{purpose: setUp, challenge: ch.ID, kind: ch.Kind, pending: e.Pending, wants: c}
	if prompt, ok := ch.Public.(totp.SetupPrompt); ok {
		b.secret = prompt.Secret
	}
	s.remember(b)
	seeOther(w, r, "/security/setup")
}

func (d *Demo) setupPage(w http.ResponseWriter, r *http.Request, s *session) {
	b, ok := s.newest(setUp)
	if !ok {
		seeOther(w, r, "/security")
		return
	}
	d.showSetup(w, r, s, b, http.StatusOK, "")
}

// showSetup shows a set-up that is open, from what the registry has kept of it: the same code after a reload as before.
func (d *Demo) showSetup(w http.ResponseWriter, r *http.Request, s *session, b begun, status int, problem string) {
	ch, err := d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge})
	live := err == nil && ch.AttemptsLeft > 0
	if err != nil && problem == "" {
		status, problem = statusOf(err), d.sentence(err)
	}
	attached, err := d.reg.Factors(r.Context(), s.who())
	if err != nil {
		d.failed(w, s, err)
		return
	}
	hasCodes := false
	for _, f := range attached {
		hasCodes = hasCodes || f.Kind == backup.Kind
	}
	if b.kind == backup.Kind {
		body := codesSetup{Challenge: b.challenge, Error: problem, Renewing: hasCodes, Live: live}
		if shown, ok := ch.Public.(backup.Shown); ok {
			body.Codes = shown.Codes
		}
		d.show(w, s, status, "codes", page{Title: "Save your backup codes", Error: problem, Body: body})
		return
	}
	body := appSetup{Moving: b.wants.op == moveApp, First: !hasCodes, Live: live, Op: b.wants.op, Factor: b.wants.factor}
	body.Field = codeField{Challenge: b.challenge, Error: problem, Label: "Code", Hint: "Enter the 6-digit code that your app shows now.", Focus: problem != ""}
	if prompt, ok := ch.Public.(totp.SetupPrompt); ok {
		body.QR = template.HTML(prompt.QR)  //nolint:gosec // an <svg> that the provider has drawn; there is nothing of the user's in it but black squares
		body.URI = template.URL(prompt.URI) //nolint:gosec // made by the provider, with every name in it escaped
		body.Key = prompt.SecretGrouped
		d.phone.offer(s.user.Name, prompt.Secret)
	}
	title := "Set up an authenticator app"
	if body.Moving {
		title = "Move to a new phone"
	}
	d.show(w, s, status, "app", page{Title: title, Error: problem, Body: body})
}

// finishSetup passes the proof of a new method on to the registry. After the first app come backup codes, because a phone gets lost.
func (d *Demo) finishSetup(w http.ResponseWriter, r *http.Request, s *session) {
	b, ok := s.find(setUp, r.PostForm.Get("challenge"))
	if !ok {
		seeOther(w, r, "/security")
		return
	}
	code := plain(r.PostForm.Get("code"))
	answer, text := response(code), slip(b.kind, code)
	if b.kind == backup.Kind {
		answer, text = json.RawMessage(`{"saved":true}`), ""
		if r.PostForm.Get("saved") != "yes" {
			text = "Save your backup codes, and tick the box when you have."
		}
	}
	if text != "" {
		d.showSetup(w, r, s, b, http.StatusUnprocessableEntity, text)
		return
	}
	login, err := d.reg.FinishSetup(r.Context(), registry.Finish{Who: s.who(), Pending: b.pending, Challenge: b.challenge, Response: answer})
	switch {
	case errors.Is(err, registry.ErrStepUpRequired):
		s.forget(b.challenge)
		d.notDone(w, r, s, b.wants, err)
		return
	case errors.Is(err, registry.ErrRejected), errors.Is(err, registry.ErrLocked), errors.Is(err, registry.ErrChallengeGone):
		d.wait(w, err)
		d.showSetup(w, r, s, b, statusOf(err), d.sentence(err))
		return
	case err != nil:
		d.failed(w, s, err)
		return
	}
	s.proof, s.pending = login.Proof, ""
	s.forget(b.challenge)
	d.sessions.endOthers(s)
	if b.kind == totp.Kind {
		if !s.recovery.until.IsZero() {
			s.recovery.added, s.recovery.until = true, d.now().Add(recoveryFor)
		}
		d.phone.accepted(login.Factor, b.secret, code)
		if d.needsCodes(r, s) {
			d.carryOut(w, r, s, change{op: newCodes})
			return
		}
	} else {
		s.recovery = recovery{} // The number of codes that are left is no longer true.
	}
	seeOther(w, r, "/security?done="+b.wants.op)
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
	seeOther(w, r, "/security")
}
