package web

import (
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// visit is one request.
type visit struct {
	p *Pages
	w http.ResponseWriter
	r *http.Request
	l words
	*httpapi.Visit

	handle string // of the flight, "" if there is none
	f      flight
}

// pending says that somebody is on the way in.
func (v *visit) pending() bool { return v.State() == httpapi.Pending }

// path is a page's address, with the handle of the visit's flight if there is one, and otherwise with where to go afterwards.
func (v *visit) path(page string) string {
	switch back := v.given(); {
	case v.handle != "":
		return v.p.prefix + page + "?c=" + v.handle
	case back != "":
		return with(v.p.prefix+page, httpapi.Param, back)
	}
	return v.p.prefix + page
}

// given is where the visitor wants to go afterwards: as the flight or the request says it, if it is a place where they may be sent.
func (v *visit) given() string {
	said := v.f.Back
	if said == "" {
		said = v.r.Form.Get(httpapi.Param)
	}
	target, _ := v.p.api.Target(said)
	return target
}

// onward is where they go.
func (v *visit) onward() string {
	if back := v.given(); back != "" {
		return back
	}
	return v.p.api.Back(v.r)
}

func (v *visit) see(path string) {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther) //nolint:gosec // a path of ours, or one that Target has let through
}

// failed is the page for what could not be done.
func (v *visit) failed(err error) {
	wait(v.w, err)
	p := &Problem{}
	switch e := problem(err); {
	case errors.Is(err, registry.ErrLoginRequired):
		v.expired()
		return
	case v.State() == httpapi.SignedIn:
		p.Link, p.Text = v.p.prefix+"/", v.l.text("problem.settings", nil)
	case v.pending() && e.Code != registry.ErrNoEligibleFactor:
		p.Link, p.Text = v.path("/challenge"), v.l.text("problem.challenge", nil)
	}
	v.show(status(err), Page{Name: "problem", Title: v.l.text("problem.title", nil), Error: v.l.sentence(err, v.p.now()), Body: p})
}

// expired is the page for a sign-in that has come to its end. It goes nowhere by itself: a button leads on. (WCAG 2.2, 2.2.1 and 3.2.5)
func (v *visit) expired() {
	id := "expired"
	switch v.State() {
	case httpapi.SignedIn:
		id = "again" // the session is good, and this change wants the password again
	case httpapi.Anonymous:
		id = "start"
	}
	v.show(http.StatusUnauthorized, Page{
		Name: "problem", Title: v.l.text(id+".title", nil), Body: &Problem{Lead: v.l.html(id+".text", nil), Link: v.signIn(), Text: v.l.text("expired.button", nil)},
	})
}

// gone is the page for a flight that is not there any more.
func (v *visit) gone() {
	switch {
	case v.State() == httpapi.SignedIn:
		v.see(v.p.prefix + "/")
	case v.pending():
		v.handle = ""
		v.see(v.path("/challenge"))
	default:
		v.expired()
	}
}

// refuse is the page for a request that makes no sense: a form that is not ours.
func (v *visit) refuse(code int, id string) {
	p := &Problem{Link: v.p.prefix + "/", Text: v.l.text("problem.settings", nil)}
	v.show(code, Page{Name: "problem", Title: v.l.text("problem.title", nil), Error: v.l.html(id, nil), Body: p})
}

// show writes a page.
func (v *visit) show(code int, p Page) {
	p.Person = v.User.Name
	if p.Person == "" {
		p.Person = v.User.DisplayName
	}
	p.SignedIn, p.Leave = v.SignedIn, v.State() != httpapi.Anonymous
	if v.f.Purpose == over && v.r.Method == http.MethodGet {
		if v.f.Said != "" && p.Done == "" {
			p.Done = v.l.html(v.f.Said, args{"method": v.l.kind(v.f.Note.Kind, "name")})
		}
		p.Signal = string(v.f.Note.Signal)
	}
	b, err := v.p.looks.draw(v.l, v.p.dress(v.l, p))
	if err != nil {
		v.p.cfg.Logger.LogAttrs(v.r.Context(), slog.LevelError, "a page cannot be drawn", slog.String("page", p.Name), slog.Any("error", err))
		http.Error(v.w, v.l.Text("error.internal.text", nil), http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(code)
	_, _ = v.w.Write(b) // Whoever has gone does not need it.
}

// dress gives a page what all have.
func (p *Pages) dress(l words, page Page) Page {
	page.Lang, page.Dir, page.Product, page.Logo, page.Support = l.Tag(), l.Dir(), p.cfg.Product, p.cfg.Logo, p.cfg.Support
	page.Root, page.Home, page.Icon = p.prefix, p.cfg.Home, p.looks.assets.icon.url
	page.Style, page.Script, page.Passkeys = p.looks.assets.style.url, p.looks.assets.script.url, p.looks.assets.passkeys.url
	return page
}

// kind is a word for a kind: the one that is its own, or the general one.
func (l words) kind(name, word string) string {
	return l.text(l.kindID(name, word), nil)
}

// info describes a kind, if the registry knows it.
func (v *visit) info(kind string) (provider.Info, bool) {
	for _, info := range v.Registry.Kinds() {
		if info.Kind == kind {
			return info, true
		}
	}
	return provider.Info{}, false
}

// quoted is a name in a sentence.
func (l words) quoted(name string) template.HTML { return l.html("quoted", args{"name": name}) }

// with adds a value to an address.
func with(path, name, value string) string {
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return path + mark + name + "=" + url.QueryEscape(value)
}

// posted is a field of the form that was sent.
func (v *visit) posted(field string) string { return v.r.PostFormValue(field) }
