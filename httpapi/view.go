package httpapi

import (
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is what clients are told. A Pending, a Proof, a binding and a browser's token are in none of it.

// stateDoc is how far a session has come, and what a step has done.
type stateDoc struct {
	State State    `json:"state" doc:"pending: a first factor was right, and more is asked for"`
	User  *userDoc `json:"user,omitempty" doc:"left out if nobody is named yet; whom a passkey has named the next answer says"`

	Choices    []choiceDoc `json:"choices,omitempty" doc:"the factors that would bring the login on, the best one first"`
	MayEnroll  bool        `json:"may_enroll" doc:"a factor may be attached within this login; pending and without choices, one must be"`
	Enroll     []string    `json:"enroll,omitempty" doc:"the kinds of which one may be attached"`
	GraceUntil time.Time   `json:"grace_until,omitzero" doc:"signed in only because it has not come: a factor has to be attached by then"`
	Expires    time.Time   `json:"expires,omitzero" doc:"when the login is over, done or not"`
	TrustDays  int         `json:"trust_days,omitempty" doc:"for how long this browser may be trusted; left out if it may not"`
	Trusted    bool        `json:"trusted" doc:"this browser is trusted"`

	AMR    []string `json:"amr,omitempty" doc:"what this step and those before it have proved (RFC 8176)"`
	AAL    int      `json:"aal,omitempty" doc:"the level of that (NIST SP 800-63B-4)"`
	Factor string   `json:"factor,omitempty" doc:"the factor that this step has proved or attached"`
	Action string   `json:"action,omitempty" doc:"what this step-up was for"`
	Once   any      `json:"once,omitempty" doc:"from the kind, for this client, once: {\"remaining\":9} backup codes"`
	Signal any      `json:"signal,omitempty" doc:"for the browser's passkeys"`

	Challenge *challengeDoc `json:"challenge,omitempty" doc:"begun together with the login"`
}

type userDoc struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
}

type choiceDoc struct {
	Factor   string    `json:"factor"`
	Kind     string    `json:"kind"`
	Label    string    `json:"label" doc:"the user's name for it"`
	Hint     string    `json:"hint,omitempty" doc:"a masked address, or how many codes are left"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Default  bool      `json:"default"`
}

type challengeDoc struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"`
	Expires      time.Time `json:"expires"`
	ResendAt     time.Time `json:"resend_at,omitzero" doc:"when the message may be sent again; left out if there is none"`
	AttemptsLeft *int      `json:"attempts_left,omitempty" doc:"left out if answers are not counted"`
	Action       string    `json:"action,omitempty" doc:"what a step-up is for, to be shown beside the prompt"`
	Public       any       `json:"public,omitempty" doc:"from the kind: options for a passkey, the address of a QR code, new backup codes"`
}

const day = 24 * time.Hour

// state is what a client is told of a session, and of the step that has just been taken.
func (v *Visit) state(l registry.Login) stateDoc {
	doc := stateDoc{
		State: v.State(), MayEnroll: l.MayEnroll, Enroll: l.Enroll, GraceUntil: l.GraceUntil, Expires: l.Expires, TrustDays: int(l.Trust / day),
		Trusted: v.Browser != "", AMR: l.AMR, AAL: l.AAL, Factor: l.Factor, Action: l.Action, Once: l.Once, Signal: l.Signal,
	}
	if v.User.Name != "" {
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
		p := h.problem(r, l.User.Locale, err)
		if l.Challenge != nil {
			p.Challenge = v.challenge(*l.Challenge)
		}
		p.write(w, 0)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", v.state(l))
}
