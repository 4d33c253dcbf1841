package demo

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the page that asks for a code, and what becomes of the answer: in a login, and to confirm a change.

// asking is what the page shows.
type asking struct {
	Path   string // where its forms go
	Lead   string
	Field  codeField
	Live   bool // the challenge can still be answered
	Factor string
	Others []registry.Choice
	// Stuck says that people who have none of their methods at hand are told to sign in by backup code.
	Stuck bool
}

// codeField is the field for a code, on every page that has one.
type codeField struct {
	Challenge, Label, Hint, Error string
	Letters                       bool // what is typed has letters, so the keys for digits would not do
	Focus                         bool // it is what the page is about: where there is more to see, the page would scroll past that
}

// page is where the newest challenge is shown, and where its answer goes.
func (p purpose) page() string {
	if p == confirm {
		return "/security/confirm"
	}
	return "/sign-in/code"
}

// ask begins to ask for the code of b.factor, and leads to the page that does.
func (d *Demo) ask(w http.ResponseWriter, r *http.Request, s *session, b begun) {
	var ch registry.Challenge
	var err error
	if b.purpose == confirm {
		ch, err = d.reg.BeginStepUp(r.Context(), registry.StepUp{Who: s.who(), Factor: b.factor})
	} else {
		ch, err = d.reg.BeginLogin(r.Context(), registry.Begin{Who: s.who(), Pending: b.pending, Factor: b.factor})
	}
	switch {
	case errors.Is(err, registry.ErrLoginRequired):
		d.startAgain(w, http.StatusUnauthorized, d.sentence(err))
		return
	case err != nil:
		d.failed(w, s, err)
		return
	}
	b.challenge, b.kind = ch.ID, ch.Kind
	s.remember(b)
	seeOther(w, r, b.purpose.page())
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
		code := plain(r.PostForm.Get("code"))
		if text := slip(b.kind, code); text != "" {
			d.showCode(w, r, s, b, http.StatusUnprocessableEntity, text)
			return
		}
		finish := registry.Finish{Who: s.who(), Pending: b.pending, Challenge: b.challenge, Response: response(code)}
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
	case !login.Satisfied: // Policy may ask for more than one factor.
		b.pending, b.factor = login.Pending, login.Choices[0].Factor
		d.ask(w, r, s, b)
		return
	}
	d.phone.spent(login.Factor, plain(r.PostForm.Get("code")))
	s.forget(b.challenge)
	s.signedIn, s.proof, s.pending, s.recovery = true, login.Proof, "", recovery{}
	if used, ok := login.Once.(backup.Used); ok {
		s.recovery = recovery{until: d.now().Add(recoveryFor), left: used.Remaining}
	}
	d.sessions.rotate(s)
	setCookie(w, s.id)
	seeOther(w, r, "/security")
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

// showCode shows the page for a challenge, or that it is over.
func (d *Demo) showCode(w http.ResponseWriter, r *http.Request, s *session, b begun, status int, problem string) {
	choices, err := d.choices(r.Context(), s, b)
	if err != nil {
		d.startAgain(w, statusOf(err), d.sentence(err))
		return
	}
	ch, err := d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge})
	if err != nil && problem == "" {
		status, problem = statusOf(err), d.sentence(err)
	}
	body := asking{Path: b.purpose.page(), Live: err == nil && ch.AttemptsLeft > 0, Factor: b.factor, Stuck: b.purpose == confirm}
	body.Field = codeField{Challenge: b.challenge, Error: problem, Letters: b.kind == backup.Kind, Focus: true}
	for _, c := range choices {
		if c.Factor != b.factor {
			body.Others = append(body.Others, c)
			continue
		}
		body.Field.Label, body.Field.Hint = "Code", "Open ‘"+c.Label+"’ and enter its 6-digit code for "+Name+"."
		if b.kind == backup.Kind {
			body.Field.Label, body.Field.Hint = "Backup code", "Enter any of your codes that you have not used."
		}
	}
	title := "Enter your code"
	if b.purpose == confirm {
		title, body.Lead = "Confirm it's you", "Enter a code "+asks(b.wants.op)+"."
	}
	if body.Live && b.kind == totp.Kind {
		d.phone.ask(s.user.Name, b.factor)
	}
	d.show(w, s, status, "code", page{Title: title, Error: problem, Body: body})
}

// recoveryFor is how long a backup code, or an app attached on the strength of it, is a reason to change things.
const recoveryFor = 5 * time.Minute

// choices are the methods that would do: all that help a login on, or those that can confirm a change.
func (d *Demo) choices(ctx context.Context, s *session, b begun) ([]registry.Choice, error) {
	if b.purpose == signIn {
		login, err := d.reg.Look(ctx, registry.Peek{Who: s.who(), Pending: b.pending})
		return login.Choices, err
	}
	attached, err := d.reg.Factors(ctx, s.who())
	var list []registry.Choice
	for _, f := range attached {
		if f.Role == provider.Ordinary && f.Usable {
			list = append(list, registry.Choice{Factor: f.ID, Kind: f.Kind, Label: f.Label, LastUsed: f.LastUsed, Default: f.Default})
		}
	}
	return list, err
}
