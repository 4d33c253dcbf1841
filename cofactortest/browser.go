package cofactortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// Browser is somebody's browser, as far as a server can tell: it keeps cookies, and says that its requests come from a page of the site. It follows no redirect
// by itself, shows nothing and runs no script. It must not be used by several goroutines at once.
type Browser struct {
	// Origin is that of the site: "https://app.example.test".
	Origin string
	// Header is sent with every request, in place of what would be sent otherwise.
	Header http.Header

	t      testing.TB
	client *http.Client
}

// Reply is what a server has answered.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte

	t    testing.TB
	what string // "POST /sign-in"
}

// NewBrowser opens a browser without cookies on the site that a handler is, at an origin such as Origin. No network is needed: the handler is called, so it works
// in a bubble of testing/synctest, and over https without a certificate. Without a handler the site is one that runs, at an origin such as
// "http://localhost:8080".
func NewBrowser(t testing.TB, origin string, site http.Handler) *Browser {
	onlyInTests()
	t.Helper()
	if at, err := url.Parse(origin); err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" || at.Path != "" {
		t.Fatalf("NewBrowser: %q is no origin; one is https://app.example.test", origin)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &Browser{Origin: origin, Header: http.Header{}, t: t, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if site != nil {
		b.client.Transport = inMemory{site}
		return b
	}
	network := new(http.Transport)
	t.Cleanup(network.CloseIdleConnections)
	b.client.Transport = network
	return b
}

// Cookies are those that the site would get.
func (b *Browser) Cookies() []*http.Cookie {
	at, err := url.Parse(b.Origin)
	if err != nil {
		return nil
	}
	return b.client.Jar.Cookies(at)
}

// Clone opens a browser with a copy of the cookies that the site gets: what somebody has who got hold of them.
func (b *Browser) Clone() *Browser {
	b.t.Helper()
	at, err := url.Parse(b.Origin)
	if err != nil {
		b.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	jar.SetCookies(at, b.Cookies())
	client := *b.client
	client.Jar = jar
	return &Browser{Origin: b.Origin, Header: b.Header.Clone(), t: b.t, client: &client}
}

// Get opens a page: a path of the site with its query, or the Location of a Reply.
func (b *Browser) Get(path string) Reply {
	b.t.Helper()
	return b.Do(b.request(http.MethodGet, path, "text/html", "", nil))
}

// Post sends a form, as a page of the site would.
func (b *Browser) Post(path string, form url.Values) Reply {
	b.t.Helper()
	return b.Do(b.request(http.MethodPost, path, "text/html", "application/x-www-form-urlencoded", []byte(form.Encode())))
}

// JSON makes a request as a script of the site would. in is sent as JSON, unless it is nil.
func (b *Browser) JSON(method, path string, in any) Reply {
	b.t.Helper()
	if in == nil {
		return b.Do(b.request(method, path, "application/json", "", nil))
	}
	body, err := json.Marshal(in)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return b.Do(b.request(method, path, "application/json", "application/json", body))
}

// Do makes a request of your own. A request that gets no answer fails the test.
func (b *Browser) Do(r *http.Request) Reply {
	b.t.Helper()
	what := r.Method + " " + r.URL.Path
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		b.t.Fatalf("%s: the answer breaks off: %v", what, err)
	}
	return Reply{Status: res.StatusCode, Header: res.Header, Body: body, t: b.t, what: what}
}

// request is one that a page of the site makes.
func (b *Browser) request(method, path, accept, contentType string, body []byte) *http.Request {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.Origin + path
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet && method != http.MethodHead {
		r.Header.Set("Origin", b.Origin)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	maps.Copy(r.Header, b.Header)
	return r
}

// Location is where a redirect leads; "" if it is none.
func (r Reply) Location() string { return r.Header.Get("Location") }

// Want fails the test unless the status is the one that is wanted.
func (r Reply) Want(status int) Reply {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("%s: the answer is %d, want %d; it says\n%.2000s", r.what, r.Status, status, r.Body)
	}
	return r
}

// Into decodes the body from JSON, and fails the test if it is none.
func (r Reply) Into(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.t.Fatalf("%s: the answer is no JSON of this kind: %v; it says\n%.2000s", r.what, err, r.Body)
	}
}

// String is the answer for people.
func (r Reply) String() string { return fmt.Sprintf("%s: %d, %d bytes", r.what, r.Status, len(r.Body)) }
