package cofactortest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
)

// inMemory makes requests by calling a handler.
type inMemory struct{ http.Handler }

var _ http.RoundTripper = inMemory{}

// visitor is where requests come from: an address for documentation (RFC 5737).
const visitor = "192.0.2.1:4711"

// RoundTrip calls the handler with the request as its server would have it.
func (s inMemory) RoundTrip(r *http.Request) (res *http.Response, err error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // as a server does when a handler has returned
	q := r.Clone(ctx)
	q.Proto, q.ProtoMajor, q.ProtoMinor = "HTTP/1.1", 1, 1
	q.RequestURI, q.RemoteAddr = r.URL.RequestURI(), visitor
	if q.Host == "" {
		q.Host = r.URL.Host
	}
	if r.URL.Scheme == "https" {
		q.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.URL.Hostname()}
	}
	q.URL.Scheme, q.URL.Host = "", ""
	if q.Body == nil {
		q.Body = http.NoBody
	}
	defer func() {
		if cause := recover(); cause != nil {
			res, err = nil, fmt.Errorf("the handler panicked: %v", cause)
		}
		err = errors.Join(err, q.Body.Close())
	}()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, q)
	res = w.Result()
	res.Request = r
	if body := w.Body.Bytes(); res.Header["Content-Type"] == nil && len(body) > 0 { // the recorder forgets to look after WriteHeader
		res.Header.Set("Content-Type", http.DetectContentType(body))
	}
	return res, nil
}
