package demo

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is an administrator who helps somebody that has lost all their methods. Nothing is switched off: they get a code, for one sign-in, in which they set
// up something new. The administrator confirms it with a method of their own.

// helping is the page that lists the people.
type helping struct {
	Others []person
	Whom   string // whose code was confirmed, and can be made now: an id
}

// handingOver is the page that shows a code, once.
type handingOver struct {
	Name, Code string
	Issued     registry.Issued
}

// isAdministrator says whether the session's user looks after the others.
func isAdministrator(v *httpapi.Visit) bool {
	p, _ := personWith(v.User.ID)
	return slices.Contains(p.Roles, administrator)
}

// helpFor is what the administrator confirms.
func helpFor(p person) string { return "Recovery code for " + p.Name }

func (d *Demo) helpPage(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	if !isAdministrator(v) {
		d.notFound(w, r, v)
		return
	}
	var body helping
	for _, p := range people() {
		if p.ID == v.User.ID {
			continue
		}
		body.Others = append(body.Others, p)
		if v.ActionProof != "" && v.Action == helpFor(p) {
			body.Whom = p.ID
		}
	}
	d.show(w, v, http.StatusOK, "help", page{Title: "Help somebody", Body: body})
}

// help makes a code, and shows it in the answer to the form: it is nowhere else, so there is no page to load again. The registry spends the proof that the
// administrator has confirmed just this with; without one they are sent to confirm it, and come back.
func (d *Demo) help(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	whom, known := personWith(r.PostForm.Get("person"))
	if !isAdministrator(v) || !known {
		d.notFound(w, r, v)
		return
	}
	if whom.ID == v.User.ID { // The registry would refuse it, too.
		d.problem(w, v, http.StatusForbidden, "Another administrator has to help you.")
		return
	}
	if v.ActionProof == "" || v.Action != helpFor(whom) {
		if err := d.sessions.wantAction(w, r, helpFor(whom)); err != nil {
			d.failed(w, v, err)
			return
		}
		seeOther(w, r, "/mfa/confirm?"+url.Values{httpapi.Param: {"/help"}}.Encode())
		return
	}
	issued, err := d.reg.Admin().IssueRecovery(r.Context(), registry.Recovery{
		Deed: registry.Deed{User: whom.ID, Reason: "asked for help in the demo"}, By: v.Who, Proof: v.ActionProof, Action: v.Action,
	})
	switch {
	case errors.Is(err, registry.ErrPolicyForbids), errors.Is(err, registry.ErrNoFactor):
		d.problem(w, v, http.StatusConflict, "There is nothing to help with: "+whom.DisplayName+" has no method that could be lost.")
		return
	case err != nil:
		d.failed(w, v, err)
		return
	}
	if err := d.sessions.forgetAction(w, r); err != nil {
		d.failed(w, v, err)
		return
	}
	body := handingOver{Name: whom.DisplayName, Issued: issued}
	if shown, ok := issued.Once.(backup.Shown); ok && len(shown.Codes) == 1 {
		body.Code = shown.Codes[0]
	}
	d.show(w, v, http.StatusOK, "hand-over", page{Title: "A recovery code for " + whom.DisplayName, Body: body})
}
