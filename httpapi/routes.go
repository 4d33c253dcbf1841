package httpapi

import "net/http"

// resource is what answers at one path, by method.
type resource struct{ methods map[string]http.HandlerFunc }

func (h *Handler) table() map[string]*resource { return map[string]*resource{} }

// ServeHTTP serves the routes below Config.Prefix.
func (h *Handler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	plainProblem(http.StatusNotFound, "There is no such route.").write(w, 0)
}
