package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// The program signs in with both steps, over HTTP, and has no second door to either page.
func TestSignIn(t *testing.T) {
	for _, path := range []string{"/", "/payroll"} {
		t.Run(path, func(t *testing.T) {
			app, err := newApp()
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(app)
			defer server.Close()
			cofactortest.CheckIntegration(t, cofactortest.Integration{
				Open:      func(t testing.TB) *cofactortest.Browser { return cofactortest.NewBrowser(t, server.URL, nil) },
				SignIn:    func(b *cofactortest.Browser) { signIn(t, b, path) },
				SignOut:   func(b *cofactortest.Browser) { b.Post("/sign-out", nil).Want(http.StatusSeeOther) },
				Protected: path,
			})
		})
	}
}

// signIn is somebody who wants to see a page and knows the password, as far as the page that asks for more.
func signIn(t *testing.T, b *cofactortest.Browser, path string) {
	t.Helper()
	back := "?return=" + url.QueryEscape(path)
	if at := b.Get(path).Want(http.StatusSeeOther).Location(); at != "/sign-in"+back {
		t.Errorf("whoever is not signed in is sent to %s", at)
	}
	b.Get("/sign-in" + back).Want(http.StatusOK)
	b.Post("/sign-in"+back, url.Values{"user": {"alice"}, "password": {"wrong"}}).Want(http.StatusUnauthorized)
	page := b.Post("/sign-in"+back, url.Values{"user": {"alice"}, "password": {"demo"}}).Want(http.StatusSeeOther)
	if at := page.Location(); at != "/mfa/"+back {
		t.Errorf("after the password the way leads to %s", at)
	}
	for hops := 0; page.Location() != "" && hops < 5; hops++ {
		page = b.Get(page.Location())
	}
	if page.Want(http.StatusOK); !strings.Contains(string(page.Body), "Acme") {
		t.Errorf("the page for the second step is\n%s", page.Body)
	}
}
