package demo

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the sessions of the site: what a program has of its own, in memory and behind a cookie. Session and Keep are all that the second step needs of them.

const (
	cookieName = "cofactor_demo"
	sessionFor = 12 * time.Hour
	guestFor   = time.Hour // for those who have not said who they are, and may have a passkey
)

// sessions are kept in memory: when the demo stops, everybody is signed out.
type sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]kept
}

// kept is one browser's session.
type kept struct {
	httpapi.Session
	expires time.Time
}

func newSessions(now func() time.Time) *sessions { return &sessions{now: now, byID: map[string]kept{}} }

// current is where a request keeps the id of its session, which changes when somebody signs in.
type current struct{ id string }

type currentKey struct{}

// within finds the session of each request by its cookie.
func (all *sessions) within(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &current{}
		if cookie, err := r.Cookie(cookieName); err == nil {
			c.id = cookie.Value
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), currentKey{}, c)))
	})
}

func currentOf(r *http.Request) *current {
	if c, ok := r.Context().Value(currentKey{}).(*current); ok {
		return c
	}
	return &current{}
}

// session is what the session of a request knows; nothing, if there is none.
func (all *sessions) session(r *http.Request) (httpapi.Session, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.find(currentOf(r).id), nil
}

func (all *sessions) find(id string) httpapi.Session {
	if s, ok := all.byID[id]; ok && all.now().Before(s.expires) {
		return s.Session
	}
	return httpapi.Session{}
}

// keep keeps what a session has come to. Whenever something was proved its id changes, so that one which was known before is worth nothing after.
func (all *sessions) keep(w http.ResponseWriter, r *http.Request, next httpapi.Session) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.sweep()
	c := currentOf(r)
	if next.Binding == "" {
		delete(all.byID, c.id)
		setCookie(w, "")
		return nil
	}
	lives := guestFor
	if next.User.ID != "" {
		person, known := personWith(next.User.ID)
		if !known { // an account that is gone, whose passkey is not
			return &registry.Error{Code: registry.ErrRejected, Op: "sign_in"}
		}
		next.User.Name, next.User.DisplayName = person.Name, person.DisplayName
		lives = sessionFor
	}
	before, begun := all.byID[c.id]
	proved := before.User.ID != next.User.ID || before.Binding != next.Binding || before.SignedIn != next.SignedIn || before.Proof != next.Proof
	if !begun || proved {
		delete(all.byID, c.id)
		c.id = rand.Text() + rand.Text()
		before.expires = all.now().Add(lives)
		setCookie(w, c.id)
	}
	all.byID[c.id] = kept{next, before.expires}
	return nil
}

// wantAction has the pages ask for a confirmation of just this.
func (all *sessions) wantAction(w http.ResponseWriter, r *http.Request, action string) error {
	s, err := all.session(r)
	if err != nil {
		return err
	}
	s.Action, s.ActionProof = action, ""
	return all.keep(w, r, s)
}

// forgetAction is for when an action is done.
func (all *sessions) forgetAction(w http.ResponseWriter, r *http.Request) error {
	return all.wantAction(w, r, "")
}

// endOthers ends the other sessions of a user, after a change that somebody who has stolen one should not survive.
func (all *sessions) endOthers(r *http.Request, s httpapi.Session) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	for id, other := range all.byID {
		if id != currentOf(r).id && other.User.ID == s.User.ID {
			delete(all.byID, id)
		}
	}
	return nil
}

func (all *sessions) sweep() {
	for id, s := range all.byID {
		if !all.now().Before(s.expires) {
			delete(all.byID, id)
		}
	}
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
