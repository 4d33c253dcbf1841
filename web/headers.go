package web

import (
	"net/http"
	"strings"
)

// contentPolicy lets a page have our style sheet, our script and pictures of this origin, send forms to us, and nothing else. Browsers hold the redirect after a
// form to form-action too, so it names where people may be sent afterwards.
func contentPolicy(returns []string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action " +
		strings.Join(append([]string{"'self'"}, returns...), " ") + "; base-uri 'none'; frame-ancestors 'none'"
}

// secured sets the headers that every page has. The referrer policy is not no-referrer, because browsers would then hide the origin of our own forms from us too.
func secured(policy string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Permissions-Policy", "publickey-credentials-get=(self), publickey-credentials-create=(self), otp-credentials=(self)")
		next.ServeHTTP(w, r)
	})
}
