package cofactortest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Mux is an http.ServeMux that remembers its patterns, which http.ServeMux does not tell: for AssertRoutesGuarded. A function of yours that takes
// an interface with Handle and HandleFunc takes both.
type Mux struct {
	http.ServeMux
	patterns []string
}

// Handle is http.ServeMux.Handle.
func (m *Mux) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc is http.ServeMux.HandleFunc.
func (m *Mux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// Patterns are what was registered, in that order.
func (m *Mux) Patterns() []string { return slices.Clone(m.patterns) }

// Doors are the routes of a program.
type Doors struct {
	Handler http.Handler // required: the whole program, its middleware included
	// Patterns are the routes, as http.ServeMux spells them: "GET /orders/{id}", "/admin/". Required: Mux.Patterns has them, and routers have a way to list theirs.
	Patterns []string
	// Pending makes a request one of a session whose first factor was right, and whose second is missing: it adds the cookie that a sign-in has left in a Browser, say. Required.
	Pending func(*http.Request)
}

// AssertRoutesGuarded tries each route as nobody, and as somebody who has given a first factor only, and fails the test where one answers with anything but 401 or 403. That is what
// httpapi's gates answer a program with. Routes that anybody may use are named in allow, by their patterns; one that there is not fails the test as well. // attack: A-59
//
// What it calls does its work if it is not guarded: give it a program over stores that may be broken.
func AssertRoutesGuarded(t testing.TB, d Doors, allow ...string) {
	t.Helper()
	if d.Handler == nil || len(d.Patterns) == 0 || d.Pending == nil {
		t.Fatal("AssertRoutesGuarded: Handler, Patterns and Pending are required")
	}
	for _, open := range allow {
		if !slices.Contains(d.Patterns, open) {
			t.Errorf("there is no route %q that anybody could use; there are %q", open, d.Patterns)
		}
	}
	for _, pattern := range d.Patterns {
		if slices.Contains(allow, pattern) {
			continue
		}
		for _, r := range requestsTo(t, pattern) {
			if status := knock(d.Handler, r); !refused(status) {
				t.Errorf("%s is a second door: nobody has signed in, and %s %s answers with %s", pattern, r.Method, r.URL.Path, status)
			}
		}
		for _, r := range requestsTo(t, pattern) {
			d.Pending(r)
			if status := knock(d.Handler, r); !refused(status) {
				t.Errorf("%s is a second door: a first factor alone is enough for %s %s, which answers with %s", pattern, r.Method, r.URL.Path, status)
			}
		}
	}
}

func refused(status string) bool { return status == "401" || status == "403" }

// knock is the status that a request gets.
func knock(h http.Handler, r *http.Request) (status string) {
	defer func() {
		if p := recover(); p != nil {
			status = fmt.Sprintf("a panic, for it was let in: %v", p)
		}
	}()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return fmt.Sprint(w.Code)
}

// requestsTo are requests that a pattern matches: of its method, or of every usual one.
func requestsTo(t testing.TB, pattern string) (list []*http.Request) {
	t.Helper()
	method, rest, ok := strings.Cut(pattern, " ")
	methods := []string{method}
	if !ok {
		rest, methods = pattern, []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	}
	host, path, ok := strings.Cut(strings.TrimSpace(rest), "/")
	if !ok {
		t.Fatalf("AssertRoutesGuarded: %q is no pattern of http.ServeMux", pattern)
	}
	if host == "" {
		host = Host
	}
	for _, method := range methods {
		r, err := http.NewRequestWithContext(t.Context(), method, "https://"+host+"/"+filled(path), http.NoBody)
		if err != nil {
			t.Fatalf("AssertRoutesGuarded: %q: %v", pattern, err)
		}
		r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		list = append(list, r)
	}
	return list
}

// filled is a path with something in place of its wildcards.
func filled(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		switch {
		case part == "{$}":
			parts[i] = ""
		case strings.HasPrefix(part, "{"):
			parts[i] = "1"
		}
	}
	return strings.Join(parts, "/")
}
