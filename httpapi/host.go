package httpapi

import (
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Host is what the application does for the handlers: three functions, and nothing else has to be known of its users, its session store or its framework.
// Sessions makes one from a session library that has Get, Put and a way to change the session's id.
type Host struct {
	// Session says what the application's session knows of a request. A zero Session says that there is none: the handlers then answer login_required. An error
	// is answered with unavailable, and lets nobody in. Required.
	Session func(*http.Request) (Session, error)

	// Keep keeps what the session has come to, before the response is written; with an error, nothing that the registry said is told to the client. If s is
	// SignedIn and the session was not, this completes the sign-in: the session's id must change, for one that was known before must be worth nothing after
	// (OWASP ASVS 7.2.4), and its Binding must not. Required.
	Keep func(w http.ResponseWriter, r *http.Request, s Session) error

	// Next says where a browser goes that has signed in and was not on its way to anywhere: a path of this origin. The default is "/".
	Next func(*http.Request) string
}

// Session is what the application's session knows, as far as the handlers need it. None of it may be readable by the client.
type Session struct {
	// Who has the user whose first factor was right; with a Tenant at most while nobody has given one, which is when a passkey may sign somebody in. Its
	// Binding is the session's own random value, and required. Client may be left out: it is then taken from the request.
	registry.Who

	// SignedIn says that the user may use the application. The handlers set it when a Login is Satisfied, and at no other time.
	SignedIn bool

	// Pending is of the login under way; "" if there is none.
	Pending string

	// Proof is of the newest login, step-up or change; "" if nothing was proved.
	Proof string

	// Note is the handlers' own, to be kept like the rest: up to 256 bytes.
	Note string
}

// known says that the first factor was right, at least.
func (s Session) known() bool { return s.User.ID != "" && s.Binding != "" }

// Tenants says which registry serves a tenant. An error is answered with unavailable.
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
