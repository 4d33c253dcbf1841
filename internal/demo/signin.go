package demo

import (
	"net/http"

	"github.com/cofactor-mfa/cofactor/registry"
)

// passwordForm is the sign-in page. It keeps the name that was typed, and never the password.
type passwordForm struct{ Name string }

func (d *Demo) signInPage(w http.ResponseWriter, r *http.Request, s *session) {
	if s != nil && s.signedIn {
		seeOther(w, r, "/security")
		return
	}
	d.show(w, nil, http.StatusOK, "sign-in", page{Title: "Sign in", Script: true, Body: passwordForm{}})
}

// startAgain is the sign-in page for somebody whose sign-in has come to an end.
func (d *Demo) startAgain(w http.ResponseWriter, status int, text string) {
	d.show(w, nil, status, "sign-in", page{Title: "Sign in", Error: text, Script: true, Body: passwordForm{}})
}

// signIn checks the password, which is the demo's own business, and then asks the registry what is left to prove.
func (d *Demo) signIn(w http.ResponseWriter, r *http.Request, s *session) {
	name := r.PostForm.Get("username")
	user, ok := personNamed(name, r.PostForm.Get("password"))
	if !ok {
		d.show(w, nil, http.StatusUnprocessableEntity, "sign-in", page{
			Title: "Sign in", Script: true, Error: "This user name and password don't match. Check both, and try again.", Body: passwordForm{Name: name},
		})
		return
	}
	s = d.sessionFor(s, user.ID)
	if s == nil {
		s = d.sessions.create(user.User)
	} else {
		d.sessions.rotate(s)
	}
	setCookie(w, s.id)
	s.client = clientOf(r)
	login, err := d.reg.StartLogin(r.Context(), registry.Start{
		Who: s.who(), Primary: []string{"pwd"}, Device: token(r, user.ID), About: registry.About{Roles: user.Roles},
	})
	giveToken(w, user.ID, login.Once)
	switch {
	case err != nil:
		d.failed(w, s, err)
	case login.Satisfied:
		if s.browser = login.Factor; s.browser != "" {
			d.history.put(user.ID, happened{"Signed in on a trusted browser", s.client.Agent, d.now()})
		}
		s.signedIn, s.proof, s.pending = true, login.Proof, login.Pending
		seeOther(w, r, "/security")
	default:
		d.further(w, r, s, login)
	}
}

// sessionFor is the session to sign in within: the one there is, if the same person has begun to sign in in another tab, so that the
// other tab may go on. Any other session ends here.
func (d *Demo) sessionFor(s *session, user string) *session {
	if s != nil && (s.signedIn || s.user.ID != user) {
		d.sessions.end(s)
		return nil
	}
	return s
}

func (d *Demo) signOut(w http.ResponseWriter, r *http.Request, s *session) {
	if s != nil {
		d.sessions.end(s)
	}
	setCookie(w, "")
	seeOther(w, r, "/sign-in")
}
