package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// WellKnown serves documents by path: those of webauthn.Provider.WellKnown, which belong to the root of the origin that the passkeys are of.
//
//	mux.Handle("/.well-known/", httpapi.WellKnown(passkeys.WellKnown()))
func WellKnown(documents map[string]json.RawMessage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document, ok := documents[r.URL.Path]
		switch {
		case !ok:
			plainProblem(http.StatusNotFound, "There is no such document.").write(w, 0)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			plainProblem(http.StatusMethodNotAllowed, "A document can only be read.").write(w, 0)
		default:
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Content-Length", strconv.Itoa(len(document)))
			_, _ = w.Write(document) // Whoever has gone does not need it.
		}
	})
}
