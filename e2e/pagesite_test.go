package e2e_test

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/web"
)

// pageSite is an application with the pages: a password page that believes everybody, and a home.
type pageSite struct {
	url   string
	kit   *cofactortest.Kit
	pages *web.Pages
	api   *httpapi.Handler

	mu       sync.Mutex
	sessions map[string]httpapi.Session

	late chan struct{} // if it is there, passkeys begin when it is closed, and the home page is slow
}

var anna = provider.User{ID: "u-1", Name: "anna@example.com", DisplayName: "Anna"}

func newPageSite(t *testing.T) *pageSite {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &pageSite{url: fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port), sessions: map[string]httpapi.Session{}}
	out := new(cofactortest.Outbox)
	var providers []provider.MultiFactorProvider
	add := func(p provider.MultiFactorProvider, err error) {
		if err != nil {
			t.Fatal(err)
		}
		providers = append(providers, p)
	}
	add(webauthn.New(webauthn.Config{RPID: "localhost", RPName: "Acme", Origins: []string{s.url}}))
	add(totp.New(totp.Config{Issuer: "Acme"}))
	add(sms.New(sms.Config{Sender: out.SMS(), App: "Acme", Host: "localhost", Numbers: sms.Numbers{Reach: sms.Everywhere}}))
	add(email.New(email.Config{Sender: out.Email(), App: "Acme", From: "no-reply@acme.example"}))
	add(backup.New(backup.Config{}))
	add(device.New(device.Config{}))
	s.kit = cofactortest.New(t, cofactortest.Config{Providers: providers, Outbox: out, Registry: registry.Config{Policy: policy.Optional()}})
	if s.api, err = httpapi.New(httpapi.Config{Tenants: httpapi.One(s.kit.Registry), Host: httpapi.Host{Session: s.session, Keep: s.keep}}); err != nil {
		t.Fatal(err)
	}
	if s.pages, err = web.New(web.Config{API: s.api, Product: "Acme", Support: "/help", Now: s.kit.Clock.Now}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/mfa/", func(w http.ResponseWriter, r *http.Request) {
		if s.late != nil && r.URL.Path == "/mfa/passkey/begin" {
			<-s.late
		}
		s.pages.ServeHTTP(w, r)
	})
	mux.Handle("/mfa", s.pages)
	mux.HandleFunc("GET /sign-in", s.signInPage)
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		s.pages.SignIn(w, r, httpapi.First{User: anna, Primary: []string{"pwd"}})
		if s.late != nil {
			time.AfterFunc(200*time.Millisecond, func() { close(s.late) })
		}
	})
	mux.Handle("GET /{$}", s.api.RequireMFA(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s.late != nil {
			time.Sleep(time.Second)
		}
		_, _ = w.Write([]byte("<h1>Home</h1>"))
	})))
	server := &http.Server{Handler: mux} // of a test
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// signInPage is the application's own, under a policy as strict as that of the pages.
func (s *pageSite) signInPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1><form method="post"><input name="user" autocomplete="username webauthn"><button>Sign in</button></form>%s`,
		s.pages.PasskeyButton(r))
}

func (s *pageSite) session(r *http.Request) (httpapi.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := r.Cookie("session")
	if err != nil {
		return httpapi.Session{}, nil
	}
	found := s.sessions[c.Value]
	if found.User.ID == anna.ID {
		found.User = anna
	}
	return found, nil
}

func (s *pageSite) keep(w http.ResponseWriter, r *http.Request, next httpapi.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := rand.Text()
	if c, err := r.Cookie("session"); err == nil {
		delete(s.sessions, c.Value)
	}
	s.sessions[id] = next
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true})
	cookies := []string{"session=" + id} // so that the rest of this request finds it
	for _, c := range r.Cookies() {
		if c.Name != "session" {
			cookies = append(cookies, c.String())
		}
	}
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	return nil
}

// enter opens a tab and gives the password.
func (s *pageSite) enter(t *testing.T) *chromiumtest.Tab {
	t.Helper()
	tab := chromiumtest.Open(t, s.url+"/sign-in")
	tab.Click(`form:not([data-passkey]) button`)
	return tab
}

// press clicks on the button, or the link, with these words.
func press(tab *chromiumtest.Tab, words string) {
	find := fmt.Sprintf(`(() => {
		for (const e of document.querySelectorAll('[data-pressed]')) e.removeAttribute('data-pressed');
		const e = [...document.querySelectorAll('button, a')].find((e) => e.textContent.trim() === %q && e.checkVisibility());
		e?.setAttribute('data-pressed', '');
		return e != null;
	})()`, words)
	eventually(func() bool { return chromiumtest.Eval[bool](tab, find) }) // a script may still be about to show it
	tab.Click("[data-pressed]")
}
