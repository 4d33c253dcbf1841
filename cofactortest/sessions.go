package cofactortest

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"sync"

	"github.com/cofactor-mfa/cofactor/httpapi"
)

// sessions is a session library in memory, as small as one can be.
type sessions struct {
	mu  sync.Mutex
	all map[string]*session // by id
}

var _ httpapi.SessionStore = (*sessions)(nil)

// session is one, for as long as a request is served that has its cookie.
type session struct {
	id     string
	values map[string]any
}

type sessionKey struct{}

const sessionCookie = "session"

// wrap puts the session of each request into its context, and its id into the cookie.
func (s *sessions) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here := &session{}
		if cookie, err := r.Cookie(sessionCookie); err == nil {
			if found := s.find(cookie.Value); found != nil {
				*here = *found
			}
		}
		next.ServeHTTP(&saving{ResponseWriter: w, session: here, secure: httpapi.Secure(r)}, r.WithContext(context.WithValue(r.Context(), sessionKey{}, here)))
	})
}

func (s *sessions) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id]
}

// saving sets the cookie when the response begins, for only then is it known which session it is.
type saving struct {
	http.ResponseWriter
	session *session
	secure  bool
	begun   bool
}

// WriteHeader implements http.ResponseWriter.
func (w *saving) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		http.SetCookie(w.ResponseWriter, &http.Cookie{ //nolint:gosec // Secure, except on localhost
			Name: sessionCookie, Value: w.session.id, Path: "/", HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode,
		})
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *saving) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Get implements httpapi.SessionStore.
func (s *sessions) Get(ctx context.Context, key string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return of(ctx).values[key]
}

// Put implements httpapi.SessionStore.
func (s *sessions) Put(ctx context.Context, key string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := of(ctx)
	values := map[string]any{key: value}
	for k, v := range here.values {
		if k != key {
			values[k] = v
		}
	}
	here.values = values // a new one: other requests of the session may be reading the old
	if here.id == "" {
		here.id = rand.Text()
	}
	s.all[here.id] = &session{here.id, values}
}

// RenewToken implements httpapi.SessionStore.
func (s *sessions) RenewToken(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := of(ctx)
	delete(s.all, here.id)
	here.id = rand.Text()
	s.all[here.id] = &session{here.id, here.values}
	return nil
}

// Destroy implements httpapi.SessionStore.
func (s *sessions) Destroy(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := of(ctx)
	delete(s.all, here.id)
	*here = session{}
	return nil
}

// of is the session of a request.
func of(ctx context.Context) *session {
	here, ok := ctx.Value(sessionKey{}).(*session)
	if !ok {
		panic("cofactortest: the request did not come through the server's Handler")
	}
	return here
}

// portOf is the port of an address.
func portOf(at net.Addr) string {
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		panic(err) // listeners have one
	}
	return port
}
