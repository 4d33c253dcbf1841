package demo

import (
	"errors"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file asks for a code, or for whatever a method takes, and goes on with the answer: in a login, and to confirm a change.

// ask begins to ask for the code of b.factor, and leads to the page that does.
func (d *Demo) ask(w http.ResponseWriter, r *http.Request, s *session, b begun) {
	var ch registry.Challenge
	var err error
	if b.purpose == confirm {
		ch, err = d.reg.BeginStepUp(r.Context(), registry.StepUp{Who: s.who(), Factor: b.factor, Action: b.wants.action})
	} else {
		ch, err = d.reg.BeginLogin(r.Context(), registry.Begin{Who: s.who(), Pending: b.pending, Factor: b.factor})
	}
	b.challenge, b.kind, b.unsent = ch.ID, ch.Kind, false
	switch {
	case err == nil:
		s.remember(b)
		seeOther(w, r, b.purpose.page())
	case errors.Is(err, registry.ErrLoginRequired):
		d.startAgain(w, http.StatusUnauthorized, d.sentence(err))
	case errors.Is(err, registry.ErrResendWait), ch.ID != "": // too soon for another message, or it was not sent: others can be used meanwhile
		if ch.ID == "" {
			b.challenge, b.unsent = random(), true
		}
		s.remember(b)
		d.refused(w, r, s, b, err)
	case b.wants.op == pay && errors.Is(err, registry.ErrInvalid):
		d.notPaid(w, s, b.wants, err)
	default:
		d.failed(w, s, err)
	}
}

// resend sends the message of a challenge again, with the same code.
func (d *Demo) resend(w http.ResponseWriter, r *http.Request, s *session) {
	for _, p := range []purpose{signIn, enrol, setUp, confirm} {
		b, ok := s.find(p, r.PostForm.Get("challenge"))
		if !ok {
			continue
		}
		_, err := d.reg.Resend(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge})
		switch {
		case err == nil:
			s.forget(b.challenge)
			s.remember(b)
			seeOther(w, r, p.page()+"?sent=again")
		case p == enrol || p == setUp:
			d.wait(w, err)
			d.showSetup(w, r, s, b, statusOf(err), d.sentence(err))
		default:
			d.refused(w, r, s, b, err)
		}
		return
	}
	seeOther(w, r, "/")
}

// codePage shows the newest challenge, so that a reload shows it again.
func (d *Demo) codePage(p purpose) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		b, ok := s.newest(p)
		if !ok {
			seeOther(w, r, "/")
			return
		}
		d.showCode(w, r, s, b, http.StatusOK, "")
	}
}

// chooseMethod asks for the code of another method, or of the same one again.
func (d *Demo) chooseMethod(p purpose) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		b, ok := s.find(p, r.PostForm.Get("challenge"))
		if !ok {
			seeOther(w, r, "/")
			return
		}
		b.factor = r.PostForm.Get("factor")
		d.ask(w, r, s, b)
	}
}

// checkCode passes an answer on to the registry.
func (d *Demo) checkCode(p purpose) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		b, ok := s.find(p, r.PostForm.Get("challenge"))
		if !ok {
			seeOther(w, r, "/")
			return
		}
		answer, text := answerOf(r, b.kind)
		if text != "" {
			d.showCode(w, r, s, b, http.StatusUnprocessableEntity, text)
			return
		}
		finish := registry.Finish{Who: s.who(), Pending: b.pending, Challenge: b.challenge, Response: answer}
		if p == confirm {
			d.confirmed(w, r, s, b, finish)
		} else {
			d.loggedIn(w, r, s, b, finish)
		}
	}
}

// loggedIn finishes a login. A tab that comes second finds the person signed in already.
func (d *Demo) loggedIn(w http.ResponseWriter, r *http.Request, s *session, b begun, f registry.Finish) {
	login, err := d.reg.FinishLogin(r.Context(), f)
	switch {
	case errors.Is(err, registry.ErrChallengeGone) && s.signedIn:
		seeOther(w, r, "/security")
		return
	case err != nil:
		d.refused(w, r, s, b, err)
		return
	case !login.Satisfied: // Policy may ask for more than one method.
		d.further(w, r, s, login)
		return
	}
	d.phone.spent(login.Factor, plain(r.PostForm.Get("code")))
	s.forget(b.challenge)
	s.proof, s.pending, s.recovery = login.Proof, "", recovery{}
	if isRecovery(b.kind) {
		used, _ := login.Once.(backup.Used)
		s.recovery = recovery{until: d.now().Add(recoveryFor), left: used.Remaining, issued: b.kind == backup.KindIssued}
	}
	s.keep(login.Signal)
	if r.PostForm.Get("trust") == "yes" && !isRecovery(b.kind) {
		d.trust(w, r, s)
	}
	d.letIn(w, s)
	seeOther(w, r, "/security")
}

// further is the way on of a login that asks for more: by another method that the person has, or by setting one up.
func (d *Demo) further(w http.ResponseWriter, r *http.Request, s *session, login registry.Login) {
	s.pending = login.Pending
	switch {
	case len(login.Choices) > 0:
		d.ask(w, r, s, begun{purpose: signIn, pending: login.Pending, factor: login.Choices[0].Factor})
	case login.MayEnroll:
		seeOther(w, r, "/sign-in/methods")
	default:
		d.problem(w, s, http.StatusForbidden, "None of your methods can be used any more. On a real site you would now turn to its support.")
	}
}

// confirmed finishes a step-up, and goes on with what it was for.
func (d *Demo) confirmed(w http.ResponseWriter, r *http.Request, s *session, b begun, f registry.Finish) {
	login, err := d.reg.FinishStepUp(r.Context(), f)
	if err != nil {
		d.refused(w, r, s, b, err)
		return
	}
	d.phone.spent(login.Factor, plain(r.PostForm.Get("code")))
	s.forget(b.challenge)
	switch b.wants.op { // A proof that is good for one thing is not kept for others.
	case pay:
		d.carryOutPayment(w, r, s, b.wants, login.Proof)
		return
	case help:
		d.carryOutHelp(w, r, s, b.wants, login.Proof)
		return
	}
	s.proof, s.pending = login.Proof, ""
	d.carryOut(w, r, s, b.wants)
}

func (d *Demo) refused(w http.ResponseWriter, r *http.Request, s *session, b begun, err error) {
	if errors.Is(err, registry.ErrLoginRequired) {
		d.startAgain(w, http.StatusUnauthorized, d.sentence(err))
		return
	}
	d.wait(w, err)
	d.showCode(w, r, s, b, statusOf(err), d.sentence(err))
}

// recoveryFor is how long a backup code, or a method attached on the strength of it, is a reason to change things.
const recoveryFor = 5 * time.Minute
