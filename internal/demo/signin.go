package demo

import (
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the first step: the password, which is the demo's own business. What follows it is package web's.

// passwordForm is the sign-in page. It keeps the name that was typed and where its visitor was going, and never the password.
type passwordForm struct {
	Name, Return string
	Address      bool // the visitor came by an address, and was led over
}

func (d *Demo) signInPage(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	if v.Stands() == nil {
		seeOther(w, r, d.api.Back(r))
		return
	}
	d.showSignIn(w, r, http.StatusOK, page{Body: passwordForm{Address: r.Form.Has("address")}})
}

func (d *Demo) showSignIn(w http.ResponseWriter, r *http.Request, status int, p page) {
	form, _ := p.Body.(passwordForm)
	if target, ok := d.api.Target(r.Form.Get(httpapi.Param)); ok {
		form.Return = target
	}
	p.Title, p.Script, p.Body = "Sign in", true, form
	d.show(w, nil, status, "sign-in", p)
}

// signIn checks the password, and then has the registry say what is left to prove.
func (d *Demo) signIn(w http.ResponseWriter, r *http.Request, _ *httpapi.Visit) {
	name := r.PostForm.Get("username")
	user, ok := personNamed(name, r.PostForm.Get("password"))
	if !ok {
		d.showSignIn(w, r, http.StatusUnprocessableEntity, page{
			Error: "This user name and password don't match. Check both, and try again.", Body: passwordForm{Name: name},
		})
		return
	}
	login, err := d.api.Start(w, r, httpapi.First{User: user.User, Primary: []string{"pwd"}, About: registry.About{Roles: user.Roles}})
	if err != nil {
		d.failed(w, nil, err)
		return
	}
	seeOther(w, r, d.api.After(r, login))
}

func (d *Demo) signOut(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	if err := v.SignOut(); err != nil {
		d.failed(w, v, err)
		return
	}
	seeOther(w, r, "/sign-in")
}

// stuckPage is what the pages of the second step lead to, for those who cannot use any of their methods.
func (d *Demo) stuckPage(w http.ResponseWriter, _ *http.Request, v *httpapi.Visit) {
	d.show(w, v, http.StatusOK, "stuck", page{Title: "Can't sign in?"})
}
