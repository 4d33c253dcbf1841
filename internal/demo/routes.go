package demo

import (
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider/webauthn/browser"
)

// handler serves one request. The session is nil if there is none; its lock is held.
type handler func(w http.ResponseWriter, r *http.Request, s *session)

// access is who may see a page.
type access int

const (
	anyone access = iota
	known         // with the right password
	signedIn
)

// route is one thing that can be asked of the website. What changes anything is a POST.
type route struct {
	pattern string
	access  access
	serve   handler
}

func (d *Demo) routes() []route {
	return []route{
		{"GET /{$}", anyone, d.home},
		{"GET /style.css", anyone, d.file("style.css", "text/css; charset=utf-8")},
		{"GET /icon.svg", anyone, d.file("icon.svg", "image/svg+xml")},
		{"GET /demo.js", anyone, d.file("demo.js", "text/javascript; charset=utf-8")},
		{"GET /passkeys.js", anyone, func(w http.ResponseWriter, r *http.Request, _ *session) { browser.Handler().ServeHTTP(w, r) }},
		{"/", anyone, d.notFound},

		{"GET /sign-in", anyone, d.signInPage},
		{"POST /sign-in", anyone, d.signIn},
		{"POST /sign-in/passkey/begin", anyone, d.beginPasskey},
		{"POST /sign-in/passkey", anyone, d.signInByPasskey},
		{"GET /sign-in/code", known, d.codePage(signIn)},
		{"POST /sign-in/code", known, d.checkCode(signIn)},
		{"POST /sign-in/code/method", known, d.chooseMethod(signIn)},
		{"POST /sign-in/code/resend", known, d.resend},
		{"GET /sign-in/methods", known, d.methodsPage},
		{"POST /sign-in/methods", known, d.chooseFirst},
		{"GET /sign-in/add", known, d.addPage},
		{"GET /sign-in/setup", known, d.setupPage},
		{"POST /sign-in/setup", known, d.finishSetup},
		{"POST /sign-in/setup/cancel", known, d.cancelSetup},
		{"POST /sign-in/setup/resend", known, d.resend},
		{"POST /sign-out", anyone, d.signOut},

		{"GET /pay", signedIn, d.payPage},
		{"POST /pay", signedIn, d.pay},
		{"GET /help", signedIn, d.helpPage},
		{"POST /help", signedIn, d.help},

		{"GET /security", signedIn, d.securityPage},
		{"GET /security/change", signedIn, d.home}, // for who comes back to a change by its address
		{"POST /security/change", signedIn, d.change},
		{"GET /security/rename", signedIn, d.renamePage},
		{"GET /security/remove", signedIn, d.removePage},
		{"GET /security/add", signedIn, d.addPage},
		{"GET /security/setup", signedIn, d.setupPage},
		{"POST /security/setup", signedIn, d.finishSetup},
		{"POST /security/setup/cancel", signedIn, d.cancelSetup},
		{"POST /security/setup/resend", signedIn, d.resend},
		{"GET /security/confirm", signedIn, d.codePage(confirm)},
		{"POST /security/confirm", signedIn, d.checkCode(confirm)},
		{"POST /security/confirm/method", signedIn, d.chooseMethod(confirm)},
		{"POST /security/confirm/resend", signedIn, d.resend},
	}
}

const (
	cookieName = "cofactor_demo"
	maxForm    = 16 << 10 // bytes
)

// within finds the session of a request and holds its lock. Who may not see a page gets to the sign-in page.
func (d *Demo) within(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, leave := d.enter(r)
		defer leave()
		if rt.access == known && (s == nil || s.user.ID == "") || rt.access == signedIn && (s == nil || !s.signedIn) {
			seeOther(w, r, "/sign-in")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "This form is too long, or damaged.", http.StatusBadRequest)
			return
		}
		if s != nil {
			s.client = clientOf(r)
		}
		rt.serve(w, r, s)
	})
}

// enter locks the session of a request, and unlocks it at the end. While it waited for the lock the session may have ended.
func (d *Demo) enter(r *http.Request) (s *session, leave func()) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil, func() {}
	}
	s = d.sessions.find(cookie.Value)
	if s == nil {
		return nil, func() {}
	}
	s.mu.Lock()
	if d.sessions.find(cookie.Value) != s {
		s.mu.Unlock()
		return nil, func() {}
	}
	return s, s.mu.Unlock
}

// setCookie hands out the id of a session.
func setCookie(w http.ResponseWriter, id string) {
	cookie := &http.Cookie{ //nolint:gosec // not Secure, because the demo is served on localhost and without TLS
		Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if id == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

func seeOther(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // every caller's path is one of ours; what a form has said is only ever in its query, escaped
}

func (d *Demo) home(w http.ResponseWriter, r *http.Request, s *session) {
	if s != nil && s.signedIn {
		seeOther(w, r, "/security")
		return
	}
	seeOther(w, r, "/sign-in")
}

func (d *Demo) notFound(w http.ResponseWriter, r *http.Request, s *session) {
	d.problem(w, s, http.StatusNotFound, "There is no such page.")
}

// failed shows why something could not be done.
func (d *Demo) failed(w http.ResponseWriter, s *session, err error) {
	d.wait(w, err)
	d.problem(w, s, statusOf(err), d.sentence(err))
}

func (d *Demo) problem(w http.ResponseWriter, s *session, status int, text string) {
	d.show(w, s, status, "problem", page{Title: "That didn't work", Error: text})
}
