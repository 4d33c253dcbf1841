package demo

import (
	"net/http"

	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is a sign-in that asks for a method to be set up first, because the rules ask for one and there is none.

// choosing is the page that offers what may be set up.
type choosing struct{ Methods []addable }

// methodsPage offers the methods, with the reason why one is needed.
func (d *Demo) methodsPage(w http.ResponseWriter, r *http.Request, s *session) {
	if s.signedIn || s.pending == "" {
		seeOther(w, r, "/")
		return
	}
	login, err := d.reg.Look(r.Context(), registry.Peek{Who: s.who(), Pending: s.pending})
	switch {
	case err == nil && !login.MayEnroll:
		seeOther(w, r, "/")
	case err != nil:
		d.startAgain(w, statusOf(err), d.sentence(err))
	default:
		d.show(w, s, http.StatusOK, "methods", page{Title: "Set up two-step verification", Body: choosing{d.addable(s)}})
	}
}

// chooseFirst begins to set a method up. Nothing else can be done before the sign-in is over.
func (d *Demo) chooseFirst(w http.ResponseWriter, r *http.Request, s *session) {
	if s.signedIn || s.pending == "" {
		seeOther(w, r, "/")
		return
	}
	c := asked(r)
	d.beginSetup(w, r, s, change{op: add, kind: c.kind, input: c.input})
}
