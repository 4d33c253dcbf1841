package httpapi

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Problem is an error as a client gets it (RFC 9457), of the type application/problem+json. What went wrong before anything was asked of a registry, such as a
// route that does not exist, has the type "about:blank" and no Code.
type Problem struct {
	Type   string        `json:"type" doc:"where the code is documented; about:blank if there is none"`
	Title  string        `json:"title" doc:"the same for every problem of the code"`
	Status int           `json:"status"`
	Detail string        `json:"detail,omitempty" doc:"for the person: what happened, and what to do now"`
	Code   registry.Code `json:"code,omitempty"`

	AttemptsLeft *int          `json:"attempts_left,omitempty" doc:"with rejected: how often this challenge may still be tried, if that is counted"`
	RetryAfter   int           `json:"retry_after,omitempty" doc:"in seconds; also in the header Retry-After"`
	Signal       any           `json:"signal,omitempty" doc:"for the browser's passkeys"`
	Challenge    *challengeDoc `json:"challenge,omitempty" doc:"if the message of one that has begun was not sent: it is live, and the message can be sent again"`
	State        State         `json:"state,omitempty" doc:"with step_up_required and login_required: how far the session has come"`
	Action       string        `json:"action,omitempty" doc:"with step_up_required, from the application's own routes: what the step-up has to be for"`

	language string // of Title and Detail; "" if they are for programmers, in English
}

const errorsPage = "https://github.com/cofactor-mfa/cofactor/blob/main/docs/reference/errors.md#cofactor-"

// problem turns an error of a registry into what a client may know, in the language of whoever asks: their own, or else what the request accepts. Any other error is
// internal: its text is for nobody outside.
func (h *Handler) problem(r *http.Request, locale string, err error) *Problem {
	known := (*registry.Error)(nil)
	if !errors.As(err, &known) {
		known = fault(registry.ErrInternal)
	}
	m := known.Code.Meaning()
	l := h.cfg.Catalogue.Match(locale, r.Header.Get("Accept-Language"))
	p := &Problem{
		Type: errorsPage + string(m.Code), Title: l.Text("error."+string(m.Code)+".title", nil), Status: m.Status,
		Detail: l.Text("error."+string(m.Code)+".text", nil), Code: m.Code, Signal: known.Signal, language: l.Tag(),
	}
	if known.Text != "" {
		p.Detail = l.Said(known.Text)
	}
	if known.RetryAfter > 0 {
		p.RetryAfter = int(math.Ceil(known.RetryAfter.Seconds()))
	}
	return p
}

// problem says beside that how far the session has come.
func (v *Visit) problem(err error) *Problem {
	p := v.h.problem(v.r, v.User.Locale, err)
	known := (*registry.Error)(nil)
	switch {
	case !errors.As(err, &known):
	case known.Code == registry.ErrRejected && !v.uncounted:
		p.AttemptsLeft = &known.AttemptsLeft
	case known.Code == registry.ErrStepUpRequired, known.Code == registry.ErrLoginRequired:
		p.State = v.State()
	}
	return p
}

// plainProblem is one that no registry was asked about.
func plainProblem(status int, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// unusable is the problem of a body, or a parameter, that says nothing.
func unusable(detail string) *Problem {
	m := registry.ErrInvalid.Meaning()
	return &Problem{Type: errorsPage + string(m.Code), Title: m.Title, Status: m.Status, Detail: detail, Code: m.Code}
}

// write answers with the problem. maxAge is how old a proof may be, where one is asked for that is fresh (RFC 9470 section 3).
func (p *Problem) write(w http.ResponseWriter, maxAge time.Duration) {
	h := w.Header()
	if p.language != "" {
		h.Set("Content-Language", p.language)
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challengeHeader(p, maxAge))
	}
	writeJSON(w, p.Status, "application/problem+json", p)
}

// challengeHeader is what a 401 has to say (RFC 9110 section 11.6.1, RFC 9470 section 3).
func challengeHeader(p *Problem, maxAge time.Duration) string {
	if p.Code != registry.ErrStepUpRequired {
		return "Bearer"
	}
	s := `Bearer error="insufficient_user_authentication", error_description="` + p.Code.Meaning().Title + `"`
	if maxAge > 0 {
		s += `, max_age="` + strconv.Itoa(int(maxAge.Seconds())) + `"`
	}
	return s
}

// Problem answers a program with an error of this package or of a registry, as the routes do.
func (h *Handler) Problem(w http.ResponseWriter, r *http.Request, err error) {
	h.problem(r, "", err).write(w, 0)
}

// writeJSON writes a whole answer. What cannot be encoded, which a provider might return, is an error of ours.
func writeJSON(w http.ResponseWriter, status int, mediaType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, mediaType = http.StatusInternalServerError, "application/problem+json"
		body = []byte(`{"type":"` + errorsPage + `internal","title":"Internal error","status":500,"code":"internal"}`)
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // Whoever has gone does not need it.
}
