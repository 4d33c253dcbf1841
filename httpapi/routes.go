package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/registry"
)

// operation is one thing that can be asked for: its row in the table, which the description of the routes is made from as well.
type operation struct {
	method, path  string // the path may end in a parameter: "factors/{factor}"
	name, summary string
	status        int // of success
	endpoint
	codes []registry.Code // that it may fail with, beside those of every operation
}

// endpoint is what an operation takes, gives and does.
type endpoint struct {
	takes, gives reflect.Type // of the body, nil if it takes none; and of the answer
	members      members
	serve        func(v *Visit, id string) (any, *Problem)
}

// does is an endpoint without a body. The id is the parameter of its path.
func does[D any](f func(v *Visit, id string) (D, error)) endpoint {
	return endpoint{gives: reflect.TypeFor[D](), serve: func(v *Visit, id string) (any, *Problem) {
		doc, err := f(v, id)
		return result(v, doc, err)
	}}
}

// takes is an endpoint with a body.
func takes[T, D any](f func(v *Visit, id string, in T) (D, error)) endpoint {
	known := membersOf(reflect.TypeFor[T]())
	return endpoint{takes: reflect.TypeFor[T](), gives: reflect.TypeFor[D](), members: known, serve: func(v *Visit, id string) (any, *Problem) {
		var in T
		if p := readBody(v.w, v.r, known, &in); p != nil {
			return nil, p
		}
		doc, err := f(v, id, in)
		return result(v, doc, err)
	}}
}

// result is what an operation came to. A challenge whose message was not sent is there all the same.
func result[D any](v *Visit, doc D, err error) (any, *Problem) {
	if err == nil {
		return doc, nil
	}
	if known := (*usage)(nil); errors.As(err, &known) {
		return nil, unusable(known.detail)
	}
	p := v.problem(err)
	if ch, ok := any(doc).(*challengeDoc); ok && ch != nil {
		p.Challenge = ch
	}
	return nil, p
}

// usage is a mistake in what a program has sent, and what is wrong with it.
type usage struct{ detail string }

func (u *usage) Error() string { return u.detail }

// resource is what answers at one path.
type resource struct {
	methods map[string]operation
	allow   string
}

// table finds operations by path and method.
func table(list []operation) map[string]*resource {
	byPath := map[string]*resource{}
	for _, o := range list {
		if byPath[o.path] == nil {
			byPath[o.path] = &resource{methods: map[string]operation{}}
		}
		byPath[o.path].methods[o.method] = o
	}
	for _, res := range byPath {
		allowed := []string{http.MethodOptions}
		for method := range res.methods {
			allowed = append(allowed, method)
			if method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
		}
		slices.Sort(allowed)
		res.allow = strings.Join(allowed, ", ")
	}
	return byPath
}

// find is what answers at a path, and its parameter.
func (h *Handler) find(path string) (res *resource, id string) {
	rest, ok := strings.CutPrefix(path, h.cfg.Prefix+"/")
	if !ok {
		return nil, ""
	}
	if res := h.routes[rest]; res != nil && !strings.HasSuffix(rest, "}") {
		return res, ""
	}
	collection, id, _ := strings.Cut(rest, "/")
	if id == "" || strings.Contains(id, "/") {
		return nil, ""
	}
	return h.routes[collection+"/{factor}"], id
}

// ServeHTTP serves the routes below Config.Prefix.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	res, id := h.find(r.URL.Path)
	if res == nil {
		plainProblem(http.StatusNotFound, "There is no such route.").write(w, 0)
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	o, ok := res.methods[method]
	switch {
	case ok:
	case method == http.MethodOptions:
		w.Header().Set("Allow", res.allow)
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		w.Header().Set("Allow", res.allow)
		plainProblem(http.StatusMethodNotAllowed, "The route has no such method.").write(w, 0)
		return
	}
	if err := h.foreign.Check(r); err != nil {
		plainProblem(http.StatusForbidden, "The request comes from another site.").write(w, 0)
		return
	}
	h.serve(w, r, o, id)
}

// serve does what is asked for. A panic on the way is nobody's success. // attack: A-158
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, o operation, id string) {
	ctx := r.Context()
	defer func() {
		if p := recover(); p != nil {
			h.cfg.Logger.LogAttrs(ctx, slog.LevelError, "an operation panicked",
				slog.String("operation", o.name), slog.String("panic", fmt.Sprintf("%T", p)), slog.String("stack", string(debug.Stack())))
			h.problem(r, "", fault(registry.ErrInternal)).write(w, 0)
		}
	}()
	v, err := h.Visit(w, r)
	if err != nil {
		h.problem(r, "", err).write(w, 0)
		return
	}
	doc, p := o.serve(v, id)
	if p != nil {
		p.write(w, forChanges)
		return
	}
	writeJSON(w, o.status, "application/json", doc)
}
