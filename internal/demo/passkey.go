package demo

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the sign-in with nothing but a passkey, and what pages need for any passkey: its options go to a small script, which posts
// what the browser makes of them like every other answer.

// passkeyForm is the form that a script answers.
type passkeyForm struct {
	Path, Challenge string
	Ceremony        string // what the script does: create or get
	Options         string // JSON for it
	Error           string
	Button          string
	Trust           bool
}

// asJSON is for a script, in an attribute; nothing, if there is nothing.
func asJSON(v any) string {
	if v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// beginPasskey answers the script of the sign-in page, which asks again whenever a challenge gets old. Nobody has said who they are, so nothing
// is kept of it but a session for the challenge to belong to.
func (d *Demo) beginPasskey(w http.ResponseWriter, r *http.Request, s *session) {
	if s == nil {
		s = d.sessions.createGuest()
		setCookie(w, s.id)
		s.client = clientOf(r)
	}
	ch, err := d.reg.BeginLogin(r.Context(), registry.Begin{Who: s.nobody(), Kind: webauthn.Kind})
	if err != nil {
		http.Error(w, d.sentence(err), statusOf(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(asJSON(map[string]any{"challenge": ch.ID, "public": ch.Public}))) // Whoever has gone does not need it.
}

// nobody is a browser whose user has not said who they are.
func (s *session) nobody() registry.Who {
	return registry.Who{Binding: s.binding, Client: s.client}
}

// signInByPasskey signs in whoever the passkey says it is.
func (d *Demo) signInByPasskey(w http.ResponseWriter, r *http.Request, s *session) {
	if s == nil {
		d.startAgain(w, http.StatusGone, d.sentence(&registry.Error{Code: registry.ErrChallengeGone}))
		return
	}
	login, err := d.reg.FinishLogin(r.Context(), registry.Finish{
		Who: s.nobody(), Challenge: r.PostForm.Get("challenge"), Response: json.RawMessage(r.PostForm.Get("response")),
	})
	user, known := personWith(login.User.ID)
	switch {
	case err != nil:
		d.noPasskey(w, err)
		return
	case !login.Satisfied || !known:
		d.startAgain(w, http.StatusForbidden, "This passkey is not enough by itself. Sign in with your password.")
		return
	}
	if s.signedIn || s.user.ID != user.ID { // The challenge's binding goes on with its user, in a session of their own.
		d.sessions.end(s)
		s = d.sessions.createBound(user.User, s.binding)
	}
	s.client = clientOf(r)
	s.proof, s.pending, s.recovery, s.signal = login.Proof, "", recovery{}, asJSON(login.Signal)
	d.letIn(w, s)
	seeOther(w, r, "/security")
}

// noPasskey is the sign-in page for somebody whose passkey was refused. If it exists nowhere, their device is told to forget it.
func (d *Demo) noPasskey(w http.ResponseWriter, err error) {
	text, signal := d.sentence(err), ""
	if e := (*registry.Error)(nil); errors.As(err, &e) && e.Code == registry.ErrRejected {
		text, signal = "We don't know this passkey. It may have been removed. Sign in with your password.", asJSON(e.Signal)
	}
	d.show(w, nil, statusOf(err), "sign-in", page{Title: "Sign in", Error: text, Script: true, Signal: signal, Body: passwordForm{}})
}
