package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// web is a door behind HTTP: a program that serves on loopback, and a browser that signs people in there over one connection that is kept. Both programs have the same
// two routes, the password's and the answer's, the same sessions, and the same browser, which counts to neither more than to the other. Nobody checks a password.
type web struct {
	server *http.Server
	conn   net.Conn
	read   *bufio.Reader
	cookie string
}

var _ door = (*web)(nil)

const (
	passwordPath = "/password"
	answerPath   = "/mfa/api/login/answer"
	cookieName   = "session"
)

func newWeb(ctx context.Context, program http.Handler) (*web, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &web{server: &http.Server{Handler: program, ReadHeaderTimeout: 10 * time.Second}}
	go func() { _ = w.server.Serve(l) }() // close ends it.
	if w.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String()); err != nil {
		return nil, errors.Join(err, w.server.Close())
	}
	w.read = bufio.NewReader(w.conn)
	return w, nil
}

func (w *web) close() error { return errors.Join(w.conn.Close(), w.server.Close()) }

// begun is what either program says after the password, as far as the browser needs it.
type begun struct {
	Challenge struct {
		ID string `json:"id"`
	} `json:"challenge"`
}

func (w *web) signIn(ctx context.Context, user int, _ string, answer func() []byte) (bool, error) {
	w.cookie = ""
	var b begun
	status, err := w.post(ctx, passwordPath, `{"user":"`+userID(user)+`"}`, &b)
	if err != nil || status != http.StatusOK || b.Challenge.ID == "" {
		return false, errors.Join(err, fmt.Errorf("status %d after the password", status))
	}
	var done struct {
		State string `json:"state"`
	}
	status, err = w.post(ctx, answerPath, `{"challenge":"`+b.Challenge.ID+`","response":`+string(answer())+`}`, &done)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusUnprocessableEntity:
		return false, nil
	case status != http.StatusOK || done.State != "signed_in":
		return false, fmt.Errorf("status %d and state %q after the answer", status, done.State)
	}
	return true, nil
}

// post is as little of a browser as it takes: less than net/http's client, whose cost would be added to both programs and bring them closer together.
func (w *web) post(ctx context.Context, path, body string, into any) (status int, err error) {
	head := "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	if w.cookie != "" {
		head += "Cookie: " + cookieName + "=" + w.cookie + "\r\n"
	}
	if _, err := fmt.Fprintf(w.conn, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(w.read, nil)
	if err != nil {
		return 0, err
	}
	err = json.NewDecoder(res.Body).Decode(into)
	if set := res.Header.Get("Set-Cookie"); set != "" {
		set, _, _ = strings.Cut(set, ";")
		w.cookie = strings.TrimPrefix(set, cookieName+"=")
	}
	return res.StatusCode, errors.Join(err, res.Body.Close(), ctx.Err())
}

// sessions are in memory, of either program: a cookie's value, and what the program knows of whoever has it.
type sessions[S any] struct {
	mu   sync.Mutex
	byID map[string]S
}

func (s *sessions[S]) of(r *http.Request) (id string, is S) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", is
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return cookie.Value, s.byID[cookie.Value]
}

// renew keeps a session under an id that nobody knew before.
func (s *sessions[S]) renew(w http.ResponseWriter, old string, is S) {
	id := rand.Text()
	s.mu.Lock()
	if s.byID == nil {
		s.byID = map[string]S{}
	}
	delete(s.byID, old)
	s.byID[id] = is
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // loopback has no TLS
}
