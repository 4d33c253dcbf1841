package sitetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/cofactor-mfa/cofactor/registry"
)

// answer runs a step in the browser's session. Errors go out as the registry means them: a status, and what the user may know.
func (s *Site) answer(do func(context.Context, *session, request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q request
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := do(r.Context(), s.session(w, r), q)
		status := http.StatusOK
		var e *registry.Error
		switch {
		case errors.As(err, &e):
			status, out = e.Code.Meaning().Status, map[string]any{"error": string(e.Code), "text": e.Text, "signal": e.Signal}
		case err != nil:
			s.t.Errorf("%s: %v", r.URL.Path, err)
			status, out = http.StatusInternalServerError, map[string]string{"error": "broken"}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(lower(out)); err != nil {
			s.t.Errorf("%s: %v", r.URL.Path, err)
		}
	}
}

// lower is a challenge as the page gets it.
func lower(out any) any {
	if ch, ok := out.(registry.Challenge); ok {
		return map[string]any{"id": ch.ID, "public": ch.Public}
	}
	return out
}

// session is that of the cookie, or a new one. The page takes one step after the other, so steps of one session do not meet.
func (s *Site) session(w http.ResponseWriter, r *http.Request) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, err := r.Cookie("session"); err == nil && s.sessions[c.Value] != nil {
		return s.sessions[c.Value]
	}
	id := rand.Text()
	s.sessions[id] = &session{who: registry.Who{Binding: rand.Text()}}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode}) // localhost is secure
	return s.sessions[id]
}

func file(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'")
		_, _ = io.WriteString(w, text)
	}
}
