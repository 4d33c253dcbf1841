package web

import (
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
)

// access is who may see a page.
type access int

const (
	anyone   access = iota
	known           // with the right first factor
	signedIn        // all the way
)

type handler func(*visit)

// route is one thing that can be asked of the pages. What changes anything is a POST.
type route struct {
	method, path string
	access       access
	serve        handler
}

func routeTable() []route {
	return []route{
		{http.MethodGet, "", signedIn, func(v *visit) { v.see(v.p.prefix + "/") }}, // who is on the way in is led to the challenge, with where they were going
		{http.MethodGet, "/{$}", signedIn, (*visit).settingsPage},
		{http.MethodPost, "/change", signedIn, (*visit).change},
		{http.MethodGet, "/rename", signedIn, (*visit).renamePage},
		{http.MethodGet, "/remove", signedIn, (*visit).removePage},

		{http.MethodGet, "/challenge", known, (*visit).challengePage},
		{http.MethodPost, "/challenge", known, (*visit).answer},
		{http.MethodPost, "/challenge/begin", known, (*visit).begin},
		{http.MethodPost, "/challenge/again", known, (*visit).again},
		{http.MethodGet, "/confirm", signedIn, (*visit).confirmPage},
		{http.MethodPost, "/confirm", signedIn, (*visit).answer},
		{http.MethodPost, "/confirm/begin", signedIn, (*visit).begin},
		{http.MethodPost, "/confirm/again", signedIn, (*visit).again},

		{http.MethodGet, "/choose", known, (*visit).choosePage},
		{http.MethodGet, "/input", known, (*visit).inputPage},
		{http.MethodGet, "/setup", known, (*visit).setupPage},
		{http.MethodPost, "/setup", known, (*visit).finishSetup},
		{http.MethodPost, "/setup/begin", known, (*visit).beginSetup},
		{http.MethodPost, "/setup/again", known, (*visit).setupAgain},
		{http.MethodPost, "/setup/cancel", known, (*visit).cancelSetup},

		{http.MethodPost, "/passkey/begin", anyone, (*visit).beginPasskey},
		{http.MethodPost, "/passkey", anyone, (*visit).signInByPasskey},
		{http.MethodGet, "/recovered", signedIn, (*visit).recoveredPage},
		{http.MethodGet, "/finished", signedIn, (*visit).finishedPage},
		{http.MethodPost, "/sign-out", anyone, (*visit).signOut},
	}
}

const maxForm = 64 << 10 // bytes

func (p *Pages) routes() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routeTable() {
		mux.Handle(rt.method+" "+p.prefix+rt.path, p.serve(rt))
	}
	mux.Handle(p.prefix+"/", p.serve(route{path: "/", access: anyone, serve: (*visit).notFound}))
	outer := http.NewServeMux()
	outer.Handle("GET "+p.prefix+"/assets/", p.looks.assets)
	outer.Handle("/", secured(contentPolicy(p.origins), p.ownForms(mux)))
	return outer
}

// serve makes a visit of a request, and lets in who may see the page. Who may not is led to where they can change that.
func (p *Pages) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{p: p, w: w, r: r}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		var err error
		if v.Visit, err = p.api.Visit(w, r); err != nil { // Nobody is let in because it is not known who they are.
			v.Visit = &httpapi.Visit{}
			v.l = p.lang.of(r, "")
			v.failed(err)
			return
		}
		v.l = p.lang.of(r, v.User.Locale)
		if err := r.ParseForm(); err != nil {
			code := http.StatusBadRequest
			if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) { // attack: A-109
				code = http.StatusRequestEntityTooLarge
			}
			v.refuse(code, "error.form")
			return
		}
		if f, ok := v.flight(r.Form.Get("c")); ok {
			v.handle, v.f = r.Form.Get("c"), f
		}
		if v.admitted(rt.access) {
			rt.serve(v)
		}
	})
}

// ownForms refuses forms that were sent from another site.
func (p *Pages) ownForms(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, origin := range p.origins {
		_ = protection.AddTrustedOrigin(origin) // httpapi.New has added the same
	}
	protection.SetDenyHandler(p.serve(route{access: anyone, serve: (*visit).foreign}))
	return protection.Handler(next)
}

// protected is a handler of the application's own that answers with pages.
func (p *Pages) protected(serve handler) http.Handler {
	return secured(contentPolicy(p.origins), p.ownForms(p.serve(route{access: anyone, serve: serve})))
}

// admitted says whether the visitor may see a page; if not, they are on their way to where that can be changed. A session that is signed in has to stand: what it
// rests on may have been removed since. // attack
func (v *visit) admitted(a access) bool {
	switch state := v.State(); {
	case a == anyone:
		return true
	case state == httpapi.Anonymous:
		v.expired()
	case state == httpapi.Pending && a == signedIn:
		v.see(v.path("/challenge"))
	case state == httpapi.SignedIn:
		err := v.Stands()
		if err == nil {
			return true
		}
		v.failed(err)
	default:
		return true
	}
	return false
}

func (v *visit) notFound() { v.refuse(http.StatusNotFound, "error.no-page") }

// foreign answers a form that was sent from another site. // attack: A-141
func (v *visit) foreign() { v.refuse(http.StatusForbidden, "error.foreign") }

func (v *visit) signOut() {
	for handle := range v.flights() {
		v.setCookie(v.cookieName(handle), "", -1)
	}
	if err := v.SignOut(); err != nil {
		v.failed(err)
		return
	}
	v.see(v.p.signIn)
}
