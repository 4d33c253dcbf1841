package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the gate before the application's own routes. Browsers are sent to where they can do what is missing, and come back; programs get a problem.
// Requests that change something, and that pages of other sites have made, pass no gate.

const (
	freshByDefault = 10 * time.Minute
	freshAtMost    = 24 * time.Hour
	forChanges     = 5 * time.Minute // what the registry asks of a proof for changes, and for an action
)

// RequireMFA lets whoever is signed in pass, as long as what the session rests on holds: all that policy asked for when they signed in, be it a factor, a recovery
// code, a trusted browser, or nothing, and not more than a day ago where it was proved. A first factor alone does not pass where policy asks for more, nor does a
// session that was signed in before the account's factors, or its password, changed. It reads the account.
func (h *Handler) RequireMFA(next http.Handler) http.Handler {
	return h.gate(next, func(v *Visit) (*Problem, time.Duration) {
		if err := v.Stands(); err != nil {
			return v.problem(err), 0
		}
		return nil, 0
	})
}

// RequireFresh lets whoever is signed in pass who has proved a factor within maxAge: by default, if it is 0, 10 minutes, and at most 24 hours; more is a mistake in the
// program, and panics. Of a user who has no factor it is the first factor's age.
func (h *Handler) RequireFresh(maxAge time.Duration, next http.Handler) http.Handler {
	if maxAge == 0 {
		maxAge = freshByDefault
	}
	if maxAge < time.Second || maxAge > freshAtMost {
		panic("httpapi: RequireFresh: maxAge is " + maxAge.String() + ", not 1 second to 24 hours")
	}
	return h.gate(next, func(v *Visit) (*Problem, time.Duration) {
		err := v.signedIn()
		if err == nil {
			err = v.Registry.Check(v.ctx(), v.Proof, registry.Need{Who: v.Who, MaxAge: maxAge})
		}
		if v.State() == SignedIn && errorIs(err, registry.ErrStepUpRequired) {
			err = v.wayUp()
		}
		if err != nil {
			return v.problem(err), maxAge
		}
		return nil, 0
	})
}

// RequireAction lets a request pass whose user has confirmed just what action says, within 5 minutes, and lets it pass once: the proof is spent before next is called. The text
// is made from what next is about to do, not from what the client says that was confirmed, and has 1 to 80 characters, which the user reads on the way. A request that
// changes nothing spends nothing either, so GET and its like are refused with 405. // attack: A-74
func (h *Handler) RequireAction(action func(*http.Request) string, next http.Handler) http.Handler {
	if action == nil {
		panic("httpapi: RequireAction: the action is nil")
	}
	return h.gate(next, func(v *Visit) (*Problem, time.Duration) {
		if err := v.signedIn(); err != nil {
			return v.problem(err), 0
		}
		if safe(v.r.Method) {
			v.w.Header().Set("Allow", "POST, PUT, PATCH, DELETE")
			return plainProblem(http.StatusMethodNotAllowed, "What is confirmed is done by a request that changes something."), 0
		}
		text, err := guarded(v.h, v.r, "RequireAction's action", func() (string, error) { return action(v.r), nil })
		if err == nil {
			err = v.Registry.Consume(v.ctx(), v.ActionProof, registry.Need{Who: v.Who, Action: text})
		}
		if !errorIs(err, registry.ErrStepUpRequired) {
			if err != nil {
				return v.problem(err), 0
			}
			return nil, 0
		}
		if err = v.wayUp(); errorIs(err, registry.ErrStepUpRequired) && WantsPage(v.r) {
			next := v.Session
			next.Action, next.ActionProof = text, ""
			if kept := v.keep(next); kept != nil {
				err = kept
			}
		}
		p := v.problem(err)
		if p.Code == registry.ErrStepUpRequired {
			p.Action = text
		}
		return p, forChanges
	})
}

// wayUp says how a signed-in user who has not proved enough goes on: by a step-up, by signing in again if the session rests on nothing any more or the user
// has no factor, and not at all if none of their factors can be used, so that nobody goes round in circles. (RFC 9470)
func (v *Visit) wayUp() error {
	if err := v.Stands(); err != nil {
		return err
	}
	attached, err := v.Registry.Factors(v.ctx(), v.Who)
	if err != nil {
		return err
	}
	way := registry.ErrLoginRequired
	for _, f := range attached {
		switch {
		case f.Role != provider.Ordinary:
		case f.Usable:
			return fault(registry.ErrStepUpRequired)
		default:
			way = registry.ErrNoEligibleFactor
		}
	}
	return fault(way)
}

// gate asks, and lets pass or refuses.
func (h *Handler) gate(next http.Handler, ask func(*Visit) (*Problem, time.Duration)) http.Handler {
	if next == nil {
		panic("httpapi: the handler behind the gate is nil")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.foreign.Check(r); err != nil {
			plainProblem(http.StatusForbidden, "The request comes from another site.").write(w, 0)
			return
		}
		v, err := h.Visit(w, r)
		if err != nil {
			h.refuse(w, r, h.problem(r, "", err), 0)
			return
		}
		if p, maxAge := ask(v); p != nil {
			h.refuse(w, r, p, maxAge)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse sends a browser to where it can do what is missing, and tells a program.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, p *Problem, maxAge time.Duration) {
	w.Header().Add("Vary", "Accept")
	if !WantsPage(r) {
		p.write(w, maxAge)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	page := h.cfg.Pages + "/"
	switch {
	case p.Code == registry.ErrLoginRequired:
		page = h.cfg.SignIn
	case p.Code != registry.ErrStepUpRequired:
		http.Error(w, p.Detail, p.Status)
		return
	case p.State == SignedIn:
		page += "confirm"
	}
	http.Redirect(w, r, with(page, h.here(r)), http.StatusSeeOther) //nolint:gosec // a page of the configuration; where it leads back to was checked
}

// WantsPage says that the client shows pages: it names HTML among what it accepts, as browsers do when somebody goes somewhere, and JSON not before it. Scripts
// and programs accept anything, or JSON.
func WantsPage(r *http.Request) bool {
	for accepted := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		mediaType, parameters, _ := strings.Cut(strings.ToLower(accepted), ";")
		q := strings.ReplaceAll(parameters, " ", "")
		if q == "q=0" || strings.HasPrefix(q, "q=0.0") {
			continue
		}
		switch strings.TrimSpace(mediaType) {
		case "text/html", "application/xhtml+xml":
			return true
		case "application/json", "application/problem+json":
			return false
		}
	}
	return false
}
