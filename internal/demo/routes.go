package demo

import (
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn/browser"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Handler serves the website on a loopback address.
func (d *Demo) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", d.api)
	mux.Handle("/mfa/", d.phone.beside(d.sessions, d.mfa))
	mux.Handle("/", d.own())
	return d.onLocalhost(d.sessions.within(mux))
}

// own are the site's own pages. Those behind the gate are for who has proved all that is asked of them, and a payment is for who has confirmed just that one.
func (d *Demo) own() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h handler) { mux.Handle(pattern, d.visited(h)) }
	gated := func(pattern string, h handler) { mux.Handle(pattern, d.api.RequireMFA(d.visited(h))) }

	open("GET /sign-in", d.signInPage)
	open("POST /sign-in", d.signIn)
	open("POST /sign-out", d.signOut)
	open("GET /stuck", d.stuckPage)
	open("GET /outbox", d.outboxPage)
	mux.Handle("GET /{$}", d.front(d.api.RequireMFA(d.visited(d.homePage))))
	gated("GET /statement", d.statementPage)
	gated("GET /pay", d.payPage)
	mux.Handle("POST /pay", d.api.RequireAction(action, d.visited(d.pay)))
	gated("GET /help", d.helpPage)
	gated("POST /help", d.help)

	mux.Handle("GET /style.css", file("style.css", "text/css; charset=utf-8"))
	mux.Handle("GET /icon.svg", file("icon.svg", "image/svg+xml"))
	mux.Handle("GET /sign-in.js", file("sign-in.js", "text/javascript; charset=utf-8"))
	mux.Handle("GET /passkeys.js", browser.Handler())
	open("/", d.notFound)

	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(refuseForeign))
	return secured(sameOrigin.Handler(mux))
}

// handler serves a request whose session is known.
type handler func(w http.ResponseWriter, r *http.Request, v *httpapi.Visit)

const maxForm = 16 << 10 // bytes

func (d *Demo) visited(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "This form is too long, or damaged.", http.StatusBadRequest)
			return
		}
		v, err := d.api.Visit(w, r)
		if err != nil {
			d.failed(w, nil, err)
			return
		}
		h(w, r, v)
	})
}

// front is the door that people come in by: whoever comes to it without a session is not on the way to anywhere.
func (d *Demo) front(home http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s, err := d.sessions.session(r); err == nil && s.State() == httpapi.Anonymous {
			seeOther(w, r, "/sign-in")
			return
		}
		home.ServeHTTP(w, r)
	})
}

// next is where people go who have signed in and were not on their way to anywhere: to the settings as long as they have no second step, and then home.
func (d *Demo) next(r *http.Request) string {
	s, err := d.sessions.session(r)
	if err != nil {
		return "/"
	}
	attached, err := d.reg.Factors(r.Context(), s.Who)
	if err != nil {
		return "/"
	}
	for _, f := range attached {
		if f.Role == provider.Ordinary {
			return "/"
		}
	}
	return "/mfa/"
}

func seeOther(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // every caller's path is one of ours, or was checked by package httpapi
}

func (d *Demo) notFound(w http.ResponseWriter, _ *http.Request, v *httpapi.Visit) {
	d.problem(w, v, http.StatusNotFound, "There is no such page.")
}

// failed shows why something could not be done.
func (d *Demo) failed(w http.ResponseWriter, v *httpapi.Visit, err error) {
	code := registry.ErrInternal
	if e := (*registry.Error)(nil); errors.As(err, &e) {
		code = e.Code
	}
	m := code.Meaning()
	d.problem(w, v, m.Status, m.Text)
}

func (d *Demo) problem(w http.ResponseWriter, v *httpapi.Visit, status int, text string) {
	d.show(w, v, status, "problem", page{Title: "That didn't work", Error: text})
}
