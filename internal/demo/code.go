package demo

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the page that asks for a code, and what becomes of the answer: in a login, and to confirm a change.

// asking is what the page shows.
type asking struct {
	Path   string // where its forms go
	Lead   string
	Action string // what is being confirmed, in the words that the answer is good for
	Field  codeField
	Live   bool // the challenge can still be answered
	Again  string
	Factor string
	Sent   sent
	// Passkey is there instead of a field, if that is what is asked for.
	Passkey *passkeyForm
	Others  []other
	// Stuck says that people who have none of their methods at hand are told to sign in by backup code.
	Stuck bool
	Back  string
	Trust bool // the browser need not be asked again, if the person says so
}

// codeField is the field for a code, on every page that has one.
type codeField struct {
	Challenge, Label, Hint, Error string
	Letters                       bool // what is typed has letters, so the keys for digits would not do
	Focus                         bool // it is what the page is about: where there is more to see, the page would scroll past that
}

// other is another method that would do.
type other struct{ Factor, Use string }

// sent is what a page says of a message. Its zero value says that there is none.
type sent struct {
	Text  string
	Again int // in how many seconds another may be asked for
}

// sent says where the message of a challenge went.
func (d *Demo) sent(ch registry.Challenge) sent {
	to := sentTo(ch.Public)
	if to == "" {
		return sent{}
	}
	m, _ := methodOf(ch.Kind)
	return sent{Text: "We sent " + m.Message + " to " + to + ". It can take a minute.", Again: seconds(ch.ResendAt.Sub(d.now()))}
}

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

// sentAgain is what a page says after that.
func sentAgain(r *http.Request) string {
	if r.URL.Query().Get("sent") == "again" && r.Method == http.MethodGet {
		return "We sent the same code again. An earlier message is as good."
	}
	return ""
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
	if used, ok := login.Once.(backup.Used); ok {
		s.recovery = recovery{until: d.now().Add(recoveryFor), left: used.Remaining}
	}
	s.keep(login.Signal)
	if r.PostForm.Get("trust") == "yes" && s.recovery.until.IsZero() {
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
	if b.wants.op == pay { // Its proof is good for that and nothing else, and so is not kept.
		d.carryOutPayment(w, r, s, b.wants, login.Proof)
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

// showCode shows the page for a challenge, or that it is over.
func (d *Demo) showCode(w http.ResponseWriter, r *http.Request, s *session, b begun, status int, problem string) {
	choices, err := d.choices(r.Context(), s, b)
	if err != nil {
		d.startAgain(w, statusOf(err), d.sentence(err))
		return
	}
	var ch registry.Challenge
	if b.unsent {
		err = registry.ErrResendWait
	} else if ch, err = d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge}); err != nil && problem == "" {
		status, problem = statusOf(err), d.sentence(err)
	}
	body := asking{Path: b.purpose.page(), Live: err == nil && ch.AttemptsLeft > 0, Again: "Start again", Factor: b.factor, Sent: d.sent(ch)}
	body.Field = codeField{Challenge: b.challenge, Error: problem, Letters: b.kind == backup.Kind, Focus: true}
	if b.unsent {
		body.Again = "Send a code"
	}
	body.Trust = b.purpose == signIn && b.kind != backup.Kind
	title, what := "Enter your code", "Enter a code"
	if b.kind == webauthn.Kind {
		title, what = "Use your passkey", "Use your passkey"
		body.Passkey = &passkeyForm{body.Path, b.challenge, "get", asJSON(ch.Public), problem, "Use your passkey", body.Trust}
	}
	passkeys := b.kind == webauthn.Kind // Any of them answers the one question.
	for _, c := range choices {
		switch isPasskey := c.Kind == webauthn.Kind; {
		case c.Factor == b.factor:
			body.Field.Label, body.Field.Hint = fieldFor(c)
		case !isPasskey || !passkeys:
			passkeys = passkeys || isPasskey
			body.Others = append(body.Others, other{c.Factor, use(c)})
		}
	}
	if b.purpose == confirm {
		title, body.Stuck, body.Back = "Confirm it's you", true, "/security"
		body.Lead = what + " " + asks(b.wants) + "."
		if body.Action = b.wants.action; body.Action != "" {
			body.Lead, body.Back = what+" for this. It is good for nothing else:", "/pay"
		}
	}
	if body.Live && b.kind == totp.Kind {
		d.phone.ask(s.user.Name, b.factor)
	}
	d.show(w, s, status, "code", page{Title: title, Error: problem, Done: sentAgain(r), Script: body.Passkey != nil, Body: body})
}

// recoveryFor is how long a backup code, or an app attached on the strength of it, is a reason to change things.
const recoveryFor = 5 * time.Minute

// choices are the methods that would do: all that help a login on, in the registry's order; or those that can confirm a change, the strongest first, for it takes
// that to remove one.
func (d *Demo) choices(ctx context.Context, s *session, b begun) ([]registry.Choice, error) {
	if b.purpose == signIn {
		login, err := d.reg.Look(ctx, registry.Peek{Who: s.who(), Pending: b.pending})
		return login.Choices, err
	}
	attached, err := d.reg.Factors(ctx, s.who())
	var list []registry.Choice
	for _, f := range attached {
		if f.Role == provider.Ordinary && f.Usable {
			list = append(list, registry.Choice{Factor: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint, LastUsed: f.LastUsed, Default: f.Default})
		}
	}
	slices.SortStableFunc(list, func(a, b registry.Choice) int {
		if by := rank(a.Kind) - rank(b.Kind); by != 0 {
			return by
		}
		return b.LastUsed.Compare(a.LastUsed)
	})
	return list, err
}
