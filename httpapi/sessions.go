package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// SessionStore is a session library: alexedwards/scs's *SessionManager is one as it is, and for others it takes a few lines. The session is found by the context,
// where the library's own middleware has put it.
type SessionStore interface {
	Get(ctx context.Context, key string) any        // nil if there is none
	Put(ctx context.Context, key string, value any) // value is a string
	RenewToken(ctx context.Context) error           // the session's id changes, and what is in it stays
	Destroy(ctx context.Context) error              // the session and what is in it are gone; Put begins another
}

// Sessions makes a Host over a session library. It keeps what the handlers know under one key of the session, and whatever else the application keeps there stays
// until another user signs in.
type Sessions struct {
	Store SessionStore // required
	Key   string       // "cofactor" by default

	// User says who a user is that a passkey has named: name, display name and locale for a tenant and an ID. Its error refuses the sign-in, as it should for an account that
	// is suspended. Without it such a user has no name.
	User func(ctx context.Context, tenant, id string) (provider.User, error)

	// Tenant says whose site a request is to, by its host name for example. A session of another tenant is then no session there. The default is one tenant, "".
	Tenant func(*http.Request) string

	Next      func(*http.Request) string             // as in Host
	EndOthers func(r *http.Request, s Session) error // as in Host
}

// kept is a Session as it is kept. The format is this package's own: sessions that were kept by one version are read by the next.
type kept struct {
	User        provider.User `json:"user"`
	Binding     string        `json:"binding"`
	SignedIn    bool          `json:"signed_in,omitempty"`
	Pending     string        `json:"pending,omitempty"`
	Proof       string        `json:"proof,omitempty"`
	Browser     string        `json:"browser,omitempty"`
	Action      string        `json:"action,omitempty"`
	ActionProof string        `json:"action_proof,omitempty"`
}

// Host is the three functions.
func (s Sessions) Host() Host {
	if s.Key == "" {
		s.Key = "cofactor"
	}
	if s.Tenant == nil {
		s.Tenant = func(*http.Request) string { return "" }
	}
	if s.Store == nil { // New says so
		return Host{}
	}
	return Host{Session: s.session, Keep: s.keep, Next: s.Next, EndOthers: s.EndOthers}
}

// read is what is kept, whosever it is; nothing, if there is nothing.
func (s Sessions) read(ctx context.Context) (k kept, err error) {
	value := s.Store.Get(ctx, s.Key)
	if value == nil {
		return kept{}, nil
	}
	text, ok := value.(string)
	if !ok {
		return kept{}, fmt.Errorf("httpapi: the session's %q is a %T, and not ours", s.Key, value)
	}
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return kept{}, errors.New("httpapi: the session cannot be read")
	}
	return k, nil
}

func (s Sessions) session(r *http.Request) (Session, error) {
	tenant := s.Tenant(r)
	k, err := s.read(r.Context())
	if err != nil {
		return Session{}, err
	}
	if k.User.Tenant != tenant {
		return Session{Who: registry.Who{User: provider.User{Tenant: tenant}}}, nil
	}
	return Session{
		Who: registry.Who{User: k.User, Binding: k.Binding}, SignedIn: k.SignedIn, Pending: k.Pending, Proof: k.Proof, Browser: k.Browser,
		Action: k.Action, ActionProof: k.ActionProof,
	}, nil
}

func (s Sessions) keep(_ http.ResponseWriter, r *http.Request, next Session) error {
	ctx := r.Context()
	if next.Binding == "" {
		return s.Store.Destroy(ctx)
	}
	before, unreadable := s.read(ctx) // of another tenant as well: what the application has kept for that one's user is not for the next
	if next.User.ID != "" && next.User.Name == "" && s.User != nil {
		u, err := s.User(ctx, next.User.Tenant, next.User.ID)
		if err != nil {
			return err
		}
		next.User.Name, next.User.DisplayName, next.User.Locale = u.Name, u.DisplayName, u.Locale
	}
	next.User.Handle = nil
	text, err := json.Marshal(kept{
		User: next.User, Binding: next.Binding, SignedIn: next.SignedIn, Pending: next.Pending, Proof: next.Proof, Browser: next.Browser,
		Action: next.Action, ActionProof: next.ActionProof,
	})
	if err != nil {
		return errors.New("httpapi: the session cannot be written")
	}
	switch {
	case before.User.ID != "" && (before.User.ID != next.User.ID || before.User.Tenant != next.User.Tenant), unreadable != nil:
		err = s.Store.Destroy(ctx)
	case before.Binding != next.Binding, before.SignedIn != next.SignedIn, before.Proof != next.Proof, before.ActionProof != next.ActionProof:
		err = s.Store.RenewToken(ctx)
	}
	if err != nil {
		return err
	}
	s.Store.Put(ctx, s.Key, string(text))
	return nil
}
