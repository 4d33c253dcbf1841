package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// webFloor is the floor behind HTTP, as somebody writes it by hand: the password's handler reads the user's factors, once, and begins the one that they use; the answer's handler is
// the floor's second half. It has no check of where a request comes from, no strict JSON, no limit of a body, no problem documents and no headers against caches.
type webFloor struct {
	floor
	sessions sessions[floorSession]
}

type floorSession struct {
	user     string
	signedIn bool
}

func newWebFloor(ctx context.Context, f floor) (*web, error) {
	p := &webFloor{floor: f}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+passwordPath, p.password)
	mux.HandleFunc("POST "+answerPath, p.answer)
	return newWeb(ctx, mux)
}

func (p *webFloor) password(w http.ResponseWriter, r *http.Request) {
	var in struct{ User string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	all, err := p.rows.all(r.Context(), in.User)
	if err != nil {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	b := append(make([]byte, 0, 256), `{"state":"pending","choices":[`...)
	var use floorState
	for i, f := range all {
		if f.kind == totpKind {
			use = f
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"kind":"`...), f.kind...), '"')
		if f.used != nil {
			b = append(f.used.AppendFormat(append(b, `,"last_used":"`...), time.RFC3339), '"')
		}
		b = append(b, '}')
	}
	id, err := p.issue(r.Context(), use)
	if err != nil {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	p.sessions.renew(w, "", floorSession{user: in.User})
	b = fmt.Appendf(b, `],"challenge":{"id":"%s","kind":"%s","attempts_left":%d}}`, id, use.kind, floorAttempts)
	writeFloor(w, b)
}

func (p *webFloor) answer(w http.ResponseWriter, r *http.Request) {
	id, is := p.sessions.of(r)
	if is.user == "" {
		http.Error(w, "sign in", http.StatusUnauthorized)
		return
	}
	var in struct {
		Challenge string
		Response  json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	right, err := p.finish(r.Context(), is.user, totpKind, in.Challenge, in.Response)
	if err != nil {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	if !right {
		http.Error(w, "wrong", http.StatusUnprocessableEntity)
		return
	}
	p.sessions.renew(w, id, floorSession{user: is.user, signedIn: true})
	writeFloor(w, []byte(`{"state":"signed_in"}`))
}

func writeFloor(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // Whoever has gone does not read it.
}
