package web

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file asks for a method and goes on with the answer: in a sign-in, and to confirm something. What is typed without anything being sent or shown before is
// begun together with its answer, so the page that asks for it costs nothing and can be loaded any number of times.

// asked is what a page of a sign-in or of a confirmation is about.
func (v *visit) asked(p purpose) flight {
	f := v.f
	if v.handle == "" || f.Purpose != p {
		v.handle = ""
		f = flight{Purpose: p, Back: v.given()}
		if p == confirm && v.ActionProof == "" { // what a route of the application wants to be confirmed
			f.Wants.Action = v.Action
		}
	}
	v.f = f
	return f
}

// deedParam is the parameter of a confirmation's forms that says which deed their page has shown.
const deedParam = "deed"

// deed is the mark of what a page asks to be confirmed; "" if that is nothing in particular. The text itself belongs into no address.
func (v *visit) deed(action string) string {
	if action == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(v.mac("the deed", []byte(action))[:12])
}

// superseded says that the session has come to want something else than what the page of this form has shown: another tab was here, or somebody else with the same
// session. What nobody has read, nobody confirms. // attack: A-74
func (v *visit) superseded(f flight) bool {
	return f.Purpose == confirm && v.handle == "" && !hmac.Equal([]byte(v.r.Form.Get(deedParam)), []byte(v.deed(f.Wants.Action)))
}

// asking is the address of a form of the page that asks.
func (v *visit) asking(f flight, under string) string {
	to := v.path(f.Purpose.page() + under)
	if mark := v.deed(f.Wants.Action); mark != "" && v.handle == "" {
		to = with(to, deedParam, mark)
	}
	return to
}

// purpose is what the visit's path is about.
func (v *visit) purpose() purpose {
	if strings.HasPrefix(v.r.URL.Path, v.p.prefix+"/confirm") {
		return confirm
	}
	return asksLogin
}

func (p purpose) page() string {
	return map[purpose]string{asksLogin: "/challenge", confirm: "/confirm", setUp: "/setup"}[p]
}

func (v *visit) challengePage() {
	if v.SignedIn { // another tab was quicker
		v.see(v.onward())
		return
	}
	v.showAsking(v.asked(asksLogin), http.StatusOK, nil)
}

func (v *visit) confirmPage() { v.showAsking(v.asked(confirm), http.StatusOK, nil) }

// begin begins a challenge for the method that a button names: the message is sent now. The script of a passkey's page gets the options as JSON.
func (v *visit) begin() {
	f := v.asked(v.purpose())
	var ch registry.Challenge
	err := error(&registry.Error{Code: registry.ErrChallengeGone})
	if !v.superseded(f) {
		if named := v.posted("factor"); named != f.Factor { // another method is another page, and the back button leads to the one before
			f.Factor, v.handle = named, ""
		}
		ch, err = v.challenge(f)
	}
	f.Challenge, f.Kind = ch.ID, ch.Kind
	if ch.ID != "" {
		v.handle, v.f = v.depart(f), f
	}
	switch {
	case v.r.Header.Get("Accept") == "application/json":
		v.options(v.handle, ch, err)
	case err != nil:
		v.refused(f, err)
	default:
		v.see(v.path(f.Purpose.page()))
	}
}

// challenge begins one. With an error there may be one all the same: its message can be sent again.
func (v *visit) challenge(f flight) (registry.Challenge, error) {
	if f.Purpose == asksLogin {
		return v.BeginLogin(f.Factor, "")
	}
	return v.BeginStepUp(f.Factor, "", f.Wants.Action)
}

// options are for a script: what its answer carries as "c", and what the browser is to be given.
func (v *visit) options(c string, ch registry.Challenge, err error) {
	v.w.Header().Set("Content-Type", "application/json")
	reply := map[string]any{"c": c, "public": ch.Public}
	if err != nil {
		wait(v.w, err)
		v.w.WriteHeader(status(err))
		reply = map[string]any{"error": bare(v.l.sentence(err, v.p.now()))}
	}
	_ = json.NewEncoder(v.w).Encode(reply) // Whoever has gone does not need it.
}

// again sends the message of a challenge once more, with the same code.
func (v *visit) again() {
	f := v.asked(v.purpose())
	if f.Challenge == "" {
		v.gone()
		return
	}
	if _, err := v.Resend(f.Challenge); err != nil {
		v.refused(f, err)
		return
	}
	f.Said = "sent.again"
	v.depart(f)
	v.see(v.path(f.Purpose.page()))
}

// answer passes what was typed, or what a script has brought, on to the registry.
func (v *visit) answer() {
	f := v.asked(v.purpose())
	if f.Purpose == asksLogin && v.SignedIn {
		v.see(v.onward())
		return
	}
	if v.superseded(f) {
		v.refused(f, &registry.Error{Code: registry.ErrChallengeGone})
		return
	}
	f.Said = ""
	if named := v.posted("factor"); named != "" && named != f.Factor {
		f.Factor, f.Challenge = named, ""
	}
	if f.Challenge == "" { // nothing had to be begun for this one before its answer
		kind, err := v.kindOf(f)
		if k := v.p.kinds.of(kind); err == nil && !k.typed() && k.Field != Script {
			err = &registry.Error{Code: registry.ErrChallengeGone}
		}
		if err != nil {
			v.refused(f, err)
			return
		}
		f.Kind = kind
	}
	response, slip := v.response(f.Kind)
	if slip != "" {
		v.showAsking(f, http.StatusUnprocessableEntity, &fault{text: escaped(slip), typed: true})
		return
	}
	if f.Challenge == "" {
		ch, err := v.challenge(f)
		if err != nil {
			v.refused(f, err)
			return
		}
		f.Challenge = ch.ID
		v.handle = v.depart(f)
		v.f = f
	}
	a := httpapi.Answer{Challenge: f.Challenge, Response: response}
	if f.Purpose == confirm {
		v.confirmed(f, a)
		return
	}
	a.Trust, a.Label = v.posted("trust") == "yes" && !recovery(f.Kind), v.l.browser(v.r.UserAgent())
	v.proved(f, a)
}

// kindOf is the kind of the method that a form without a challenge names.
func (v *visit) kindOf(f flight) (string, error) {
	choices, _, err := v.choices(f)
	for _, c := range choices {
		if c.Factor == f.Factor {
			return c.Kind, nil
		}
	}
	return "", cmp.Or(err, error(&registry.Error{Code: registry.ErrNoFactor}))
}

// response is what a form answers, as the provider of its kind takes it; or what is wrong with the form.
func (v *visit) response(kind string) (answer json.RawMessage, slip string) {
	k := v.p.kinds.of(kind)
	if k.Field == Script {
		if v.posted("response") == "" {
			return nil, v.l.text("error.no-script", nil)
		}
		return json.RawMessage(v.posted("response")), ""
	}
	code := plain(v.posted("code"))
	return coded(code), v.l.slip(k, code)
}

// refused shows the page again, with what is wrong. Where that is the sign-in itself, there is nothing to show it on.
func (v *visit) refused(f flight, err error) {
	switch {
	case errors.Is(err, registry.ErrLoginRequired):
		v.expired()
	case f.Purpose == asksLogin && errors.Is(err, registry.ErrNoEligibleFactor), errors.Is(err, registry.ErrUnknownKind):
		v.failed(err)
	default:
		if ended(err) && v.handle != "" { // the next answer begins another
			f.Challenge = ""
			v.depart(f)
		}
		wait(v.w, err)
		v.showAsking(f, status(err), &fault{text: v.l.sentence(err, v.p.now()), typed: errors.Is(err, registry.ErrRejected), err: err})
	}
}

// ended says that a challenge is over: nothing that is typed into its page can be right.
func ended(err error) bool {
	e := problem(err)
	return e.Code == registry.ErrChallengeGone || e.Code == registry.ErrRejected && e.AttemptsLeft == 0 && e.Kind != webauthn.Kind
}
