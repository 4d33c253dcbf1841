package httpapi

import (
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Host is what the application does for the handlers: three functions, and nothing else has to be known of its users, its session store or its framework.
// Sessions makes one from a session library that has Get, Put, and ways to change the session's id and to end it.
type Host struct {
	// Session says what the application's session knows of a request. A zero Session says that there is none: the handlers then answer login_required. An error
	// is answered with unavailable, and lets nobody in. Required.
	Session func(*http.Request) (Session, error)

	// Keep keeps what the session has come to, all of it, before the response is written; with an error, nothing that the registry said is told to the client. A
	// *registry.Error is answered as it is, so that an account which is suspended can be refused; any other with unavailable. Required.
	//
	// If s has another User than the session had, whatever else was kept for that one must go. If its Binding, SignedIn or Proof is not what it was, something was
	// proved: the session's id must change, for one that was known before must be worth nothing after (OWASP ASVS 7.2.4). A zero s ends the session.
	Keep func(w http.ResponseWriter, r *http.Request, s Session) error

	// Next says where a browser goes that has signed in and was not on its way to anywhere: a path of this origin. The default is "/".
	Next func(*http.Request) string

	// EndOthers ends the other sessions of s's user. It is called when a factor was attached or removed (OWASP ASVS 7.4.3); an error is logged, for the change is
	// done. Without it sessions that rest on a proof end with the removal of a factor, and others go on.
	EndOthers func(r *http.Request, s Session) error
}

// Session is what the application's session knows, as far as the handlers need it. None of it may be readable by the client.
type Session struct {
	// Who has the user whose first factor was right; with a Tenant at most while nobody has given one, which is when a passkey may sign somebody in. Such a User
	// has no more than Tenant and ID: Keep, or Session, adds the name. Binding is the session's own random value, which the handlers make. Client need not be kept: it is
	// taken from the connection, unless Session says better, for it knows which proxy to believe.
	registry.Who

	// SignedIn says that the user may use the application. The handlers set it when a Login is Satisfied, and at no other time. It does not say that this still holds:
	// RequireMFA asks.
	SignedIn bool

	// Pending is of the login under way, or of the one within which a factor may be attached; "" if there is none.
	Pending string

	// Proof is of the newest login, step-up or change; "" if nothing was proved.
	Proof string

	// Browser is the trusted browser that this is, by its factor; "" if it is none.
	Browser string

	// Action is what a route wants to be confirmed, in words that the user is shown; ActionProof confirms it, and nothing else, once.
	Action, ActionProof string
}

// State is how far a session has come.
type State string

// The states.
const (
	Anonymous State = "anonymous" // nobody has proved anything
	Pending   State = "pending"   // a first factor was right, and more is asked for
	SignedIn  State = "signed_in"
)

// State is how far the session has come, by its own word.
func (s Session) State() State {
	switch {
	case s.User.ID == "" || s.Binding == "":
		return Anonymous
	case s.SignedIn:
		return SignedIn
	case s.Pending != "":
		return Pending
	}
	return Anonymous
}

// Tenants says which registry serves a tenant: that of the session's user. An error is answered with unavailable.
type Tenants func(tenant string) (*registry.Registry, error)

// One is for programs without tenants of different settings: the same registry for all.
func One(reg *registry.Registry) Tenants {
	return func(string) (*registry.Registry, error) {
		if reg == nil {
			return nil, errors.New("httpapi: One(nil)")
		}
		return reg, nil
	}
}
