package demo

import (
	"errors"
	"net/http"
	"slices"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is an administrator who helps somebody that has lost all their methods. Nothing is switched off: they get a code, for one sign-in, in which they set
// up something new. The administrator confirms it with a method of their own.

// helping is the page that lists the people.
type helping struct{ Others []person }

// handingOver is the page that shows a code, once.
type handingOver struct {
	Name, Code string
	Issued     registry.Issued
}

// isAdministrator says whether the session's user looks after the others.
func (s *session) isAdministrator() bool {
	p, _ := personWith(s.user.ID)
	return slices.Contains(p.Roles, administrator)
}

func (d *Demo) helpPage(w http.ResponseWriter, r *http.Request, s *session) {
	if !s.isAdministrator() {
		d.notFound(w, r, s)
		return
	}
	var body helping
	for _, p := range people() {
		if p.ID != s.user.ID {
			body.Others = append(body.Others, p)
		}
	}
	d.show(w, s, http.StatusOK, "help", page{Title: "Help somebody", Body: body})
}

// help asks the administrator for a code that is good for this deed only.
func (d *Demo) help(w http.ResponseWriter, r *http.Request, s *session) {
	whom, known := personWith(r.PostForm.Get("person"))
	if !s.isAdministrator() || !known {
		d.notFound(w, r, s)
		return
	}
	if whom.ID == s.user.ID { // The registry would refuse it, too.
		d.problem(w, s, http.StatusForbidden, "Another administrator has to help you.")
		return
	}
	factor, err := d.toConfirmWith(r, s)
	if err != nil {
		d.failed(w, s, err)
		return
	}
	d.ask(w, r, s, begun{purpose: confirm, factor: factor, wants: change{op: help, action: "Recovery code for " + whom.Name, input: whom.ID}})
}

// carryOutHelp makes the code, and shows it in the answer to the form: it is nowhere else, so there is no page to load again.
func (d *Demo) carryOutHelp(w http.ResponseWriter, r *http.Request, s *session, c change, proof string) {
	whom, _ := personWith(c.input)
	issued, err := d.reg.Admin().IssueRecovery(r.Context(), registry.Recovery{
		Deed: registry.Deed{User: whom.ID, Reason: "asked for help in the demo"}, By: s.who(), Proof: proof, Action: c.action,
	})
	switch {
	case errors.Is(err, registry.ErrPolicyForbids), errors.Is(err, registry.ErrNoFactor):
		d.problem(w, s, http.StatusConflict, "There is nothing to help with: "+whom.DisplayName+" has no method that could be lost.")
		return
	case err != nil:
		d.failed(w, s, err)
		return
	}
	body := handingOver{Name: whom.DisplayName, Issued: issued}
	if shown, ok := issued.Once.(backup.Shown); ok && len(shown.Codes) == 1 {
		body.Code = shown.Codes[0]
	}
	d.show(w, s, http.StatusOK, "hand-over", page{Title: "A recovery code for " + whom.DisplayName, Body: body})
}
