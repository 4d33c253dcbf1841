package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Visit is one request: the session that it belongs to, and the registry that serves its tenant. What may be done in a session is done through its methods, by the
// routes and by pages alike. They know what the session has proved, keep what it comes to, and put the token of a trusted browser into its cookie: all
// before they return, and with an error nothing is to be told of what the registry said. Every error is a *registry.Error.
type Visit struct {
	Session
	Registry *registry.Registry

	h *Handler
	w http.ResponseWriter
	r *http.Request

	uncounted bool // what was answered had named nobody, so its answers are not counted
}

// Visit says whose request it is. It looks at nothing but the session, and changes nothing.
func (h *Handler) Visit(w http.ResponseWriter, r *http.Request) (*Visit, error) {
	s, err := h.session(r)
	if err != nil {
		return nil, err
	}
	return h.visit(w, r, s, s.User.Tenant)
}

// session is what the application's session says of a request.
func (h *Handler) session(r *http.Request) (Session, error) {
	s, err := guarded(h, r, "Host.Session", func() (Session, error) { return h.cfg.Host.Session(r) })
	if err == nil && s.Client == (registry.Client{}) {
		s.Client = clientOf(r)
	}
	return s, err
}

// visit finds the registry of a tenant. It is the session's, and no request's to say.
func (h *Handler) visit(w http.ResponseWriter, r *http.Request, s Session, tenant string) (*Visit, error) {
	reg, err := guarded(h, r, "Tenants", func() (*registry.Registry, error) {
		reg, err := h.cfg.Tenants(tenant)
		if err == nil && reg == nil {
			err = errors.New("httpapi: there is no registry for the tenant")
		}
		return reg, err
	})
	if err != nil {
		return nil, err
	}
	return &Visit{Session: s, Registry: reg, h: h, w: w, r: r}, nil
}

// clientOf is where the connection comes from. What headers say of that is the word of whoever sent them. // attack: A-43
func clientOf(r *http.Request) registry.Client {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	return registry.Client{Address: address, Agent: r.UserAgent()}
}

func (v *Visit) ctx() context.Context { return v.r.Context() }

// newBinding is what a session is known by to the registry: 130 random bits.
func newBinding() string { return rand.Text() }

// keep keeps what the session has come to.
func (v *Visit) keep(next Session) error {
	_, err := guarded(v.h, v.r, "Host.Keep", func() (struct{}, error) { return struct{}{}, v.h.cfg.Host.Keep(v.w, v.r, next) })
	if err == nil {
		v.Session = next
	}
	return err
}

// endOthers ends the user's other sessions after a change that somebody who has stolen one should not survive. The change is done, so its failure is not this
// request's. // attack: A-95
func (v *Visit) endOthers() {
	if v.h.cfg.Host.EndOthers == nil {
		return
	}
	_, _ = guarded(v.h, v.r, "Host.EndOthers", func() (struct{}, error) { return struct{}{}, v.h.cfg.Host.EndOthers(v.r, v.Session) })
}

// fault is an error that did not come from a registry.
func fault(code registry.Code) *registry.Error { return &registry.Error{Code: code, Op: "http"} }

// guarded calls a function of the application. If it panics, or fails, nobody gets in. // attack: A-158
func guarded[T any](h *Handler, r *http.Request, name string, f func() (T, error)) (out T, err error) {
	ctx := r.Context()
	defer func() {
		if p := recover(); p != nil {
			h.cfg.Logger.LogAttrs(ctx, slog.LevelError, "the application's function panicked",
				slog.String("function", name), slog.String("panic", fmt.Sprintf("%T", p)), slog.String("stack", string(debug.Stack())))
			var none T
			out, err = none, fault(registry.ErrInternal)
		}
	}()
	out, err = f()
	if err == nil {
		return out, nil
	}
	var none T
	if known := (*registry.Error)(nil); errors.As(err, &known) {
		return none, known
	}
	h.cfg.Logger.LogAttrs(ctx, slog.LevelError, "the application's function failed", slog.String("function", name), slog.Any("error", err))
	return none, fault(registry.ErrUnavailable)
}

// signedIn refuses whoever has not signed in: those of whom a login asks for more are to prove that, and all others begin.
func (v *Visit) signedIn() error {
	switch v.State() {
	case SignedIn:
		return nil
	case Pending:
		return fault(registry.ErrStepUpRequired)
	}
	return fault(registry.ErrLoginRequired)
}

// Stands says whether the session is signed in and what it rests on still holds, which is what RequireMFA asks.
func (v *Visit) Stands() error {
	if err := v.signedIn(); err != nil {
		return err
	}
	return v.Registry.Stands(v.ctx(), registry.Standing{Who: v.Who, Proof: v.Proof, Browser: v.Browser})
}

// proof is what a change is made on. A trusted browser has brought none, and what it may do it has to prove first.
func (v *Visit) proof() (string, error) {
	if err := v.signedIn(); err != nil {
		return "", err
	}
	if v.Proof == "" {
		return "", fault(registry.ErrStepUpRequired)
	}
	return v.Proof, nil
}

// nobody is the session's browser, with whoever a passkey will name.
func (v *Visit) nobody() registry.Who {
	return registry.Who{User: provider.User{Tenant: v.User.Tenant, Locale: v.User.Locale}, Binding: v.Binding, Client: v.Client}
}
