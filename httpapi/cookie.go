package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"strings"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the cookie of a trusted browser: one for each user who trusts it, for a family has one tablet. It stays when its user signs out, for it says which
// browser this is, and not who is signed in. No answer ever has the token in its body.

// Secure says whether a request came, or must be taken to have come, over TLS: every one but those of a development machine to itself. A proxy that ends
// TLS is behind every other, so its word is not asked for; but where it says https, and has changed the Host header to its own machine's, it is believed: that can only
// make a cookie safer.
func Secure(r *http.Request) bool {
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// trustCookie is the name of a user's cookie. Over TLS its prefix keeps it from every other host, and from being set without TLS (RFC 6265bis section 4.1.3).
func trustCookie(r *http.Request, u provider.User) string {
	sum := sha256.Sum256(wire.AppendString(wire.AppendString([]byte("trusted browser"), u.Tenant), u.ID))
	name := "trusted-" + hex.EncodeToString(sum[:8])
	if Secure(r) {
		name = "__Host-" + name
	}
	return name
}

// browserToken is what this browser has for a user; "" if it is not trusted.
func browserToken(r *http.Request, u provider.User) string {
	cookie, err := r.Cookie(trustCookie(r, u))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// giveToken puts a new token, if there is one, into the cookie, and takes it out of the result: from here on nobody has it but the browser.
func giveToken(w http.ResponseWriter, r *http.Request, u provider.User, l *registry.Login) {
	trusted, ok := l.Once.(device.Trusted)
	if !ok {
		return
	}
	l.Once = nil
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure, except on localhost
		Name: trustCookie(r, u), Value: trusted.Token, MaxAge: trusted.MaxAge, Path: "/", Secure: Secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
