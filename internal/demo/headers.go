package demo

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// policyHeader lets a page have our style sheet and our scripts from their files, send forms to us, and nothing else. The sign-in page fetches, too: a
// passkey's challenge gets old while the page is open.
const policyHeader = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secured sets the headers that every answer has. The referrer policy is not no-referrer, because browsers would then hide the origin
// of our own forms from us too.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyHeader)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// onLocalhost serves the name localhost only. Browsers let passkeys work there but not on 127.0.0.1, so people who came that way are led
// over. Any other name is one that somebody else has pointed at this machine, to have a browser read our pages for them.
func (d *Demo) onLocalhost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr := loopback(r.Host)
		switch {
		case r.Host == "localhost", strings.HasPrefix(r.Host, "localhost:"):
			next.ServeHTTP(w, r)
		case addr.IsValid() && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			d.terminal.remind("You asked for " + addr.Addr().String() + "; the demo lives on localhost, where browsers allow passkeys.")
			target := *r.URL
			if target.Path == "/" || target.Path == "/sign-in" {
				target.Path, target.RawQuery = "/sign-in", "address=" // which says why
			}
			target.Scheme, target.Host = "http", fmt.Sprintf("localhost:%d", addr.Port())
			http.Redirect(w, r, target.String(), http.StatusTemporaryRedirect) //nolint:gosec // the host is localhost, whatever the path
		default:
			http.Error(w, "The demo answers to the name localhost only.", http.StatusMisdirectedRequest)
		}
	})
}

// loopback is the address that a Host header names, if it is one of this machine's own.
func loopback(host string) netip.AddrPort {
	addr, err := netip.ParseAddrPort(host)
	if err != nil {
		if ip, err := netip.ParseAddr(host); err == nil {
			addr = netip.AddrPortFrom(ip, 80)
		}
	}
	if !addr.Addr().IsLoopback() {
		return netip.AddrPort{}
	}
	return addr
}

func refuseForeign(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "This form was sent from another site, so nothing was done.", http.StatusForbidden)
}
