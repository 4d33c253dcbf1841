package httpapi

import (
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is what clients are told. A Pending, a Proof, a binding and a browser's token are in none of it.

// stateDoc is how far a session has come, and what a step has done.
type stateDoc struct {
	State State    `json:"state"`
	User  *userDoc `json:"user,omitempty"`

	Choices    []choiceDoc `json:"choices,omitempty"`
	MayEnroll  bool        `json:"may_enroll"`
	Enroll     []string    `json:"enroll,omitempty"`
	GraceUntil time.Time   `json:"grace_until,omitzero"`
	Expires    time.Time   `json:"expires,omitzero"`
	TrustDays  int         `json:"trust_days,omitempty"`
	Trusted    bool        `json:"trusted"`

	AMR    []string `json:"amr,omitempty"`
	AAL    int      `json:"aal,omitempty"`
	Factor string   `json:"factor,omitempty"`
	Action string   `json:"action,omitempty"`
	Once   any      `json:"once,omitempty"`
	Signal any      `json:"signal,omitempty"`

	Challenge *challengeDoc `json:"challenge,omitempty"`
}

type userDoc struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
}

type choiceDoc struct {
	Factor   string    `json:"factor"`
	Kind     string    `json:"kind"`
	Label    string    `json:"label"`
	Hint     string    `json:"hint,omitempty"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Default  bool      `json:"default"`
}

type challengeDoc struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"`
	Expires      time.Time `json:"expires"`
	ResendAt     time.Time `json:"resend_at,omitzero"`
	AttemptsLeft *int      `json:"attempts_left,omitempty"`
	Action       string    `json:"action,omitempty"`
	Public       any       `json:"public,omitempty"`
}

const day = 24 * time.Hour

// state is what a client is told of a session, and of the step that has just been taken.
func (v *Visit) state(l registry.Login) stateDoc {
	doc := stateDoc{
		State: v.State(), MayEnroll: l.MayEnroll, Enroll: l.Enroll, GraceUntil: l.GraceUntil, Expires: l.Expires, TrustDays: int(l.Trust / day),
		Trusted: v.Browser != "", AMR: l.AMR, AAL: l.AAL, Factor: l.Factor, Action: l.Action, Once: l.Once, Signal: l.Signal,
	}
	if v.User.ID != "" {
		doc.User = &userDoc{v.User.Name, v.User.DisplayName}
	}
	for _, c := range l.Choices {
		doc.Choices = append(doc.Choices, choiceDoc(c))
	}
	if l.Challenge != nil {
		doc.Challenge = v.challenge(*l.Challenge)
	}
	return doc
}

func (v *Visit) challenge(c registry.Challenge) *challengeDoc {
	doc := &challengeDoc{ID: c.ID, Kind: c.Kind, Expires: c.Expires, ResendAt: c.ResendAt, Action: c.Action, Public: c.Public}
	if c.AttemptsLeft > 0 {
		doc.AttemptsLeft = &c.AttemptsLeft
	}
	return doc
}

// Answer tells a program what Start, or a step that the application has taken itself, came to: as the routes do, with the problem if there is an error.
func (h *Handler) Answer(w http.ResponseWriter, r *http.Request, l registry.Login, err error) {
	v := &Visit{Session: Session{Who: registry.Who{User: l.User, Binding: "its own"}, SignedIn: l.Satisfied, Pending: l.Pending}, h: h, w: w, r: r}
	if l.Satisfied && l.Proof == "" {
		v.Browser = l.Factor
	}
	if err != nil {
		p := (*Visit)(nil).problem(err)
		if l.Challenge != nil {
			p.Challenge = v.challenge(*l.Challenge)
		}
		p.write(w, 0)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", v.state(l))
}
