package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// The routes have no second door. The script is driven in a browser, by e2e.
func TestSignIn(t *testing.T) {
	app, err := newApp()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	defer server.Close()
	cofactortest.CheckIntegration(t, cofactortest.Integration{
		Open: func(t testing.TB) *cofactortest.Browser { return cofactortest.NewBrowser(t, server.URL, nil) },
		SignIn: func(b *cofactortest.Browser) {
			b.Header.Set("Accept", "application/json")
			b.Post("/sign-in", url.Values{"user": {"alice"}, "password": {"wrong"}}).Want(http.StatusUnauthorized)
			b.Post("/sign-in", url.Values{"user": {"alice"}, "password": {"demo"}}).Want(http.StatusOK)
		},
		Protected: "/balance",
	})
}
