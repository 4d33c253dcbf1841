package demo

import (
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/registry"
)

// home is the page of those who are in.
type home struct {
	Events  []registry.Event // newest first
	Outbox  []message        // newest first
	Trusted bool             // the second step was left out, because this browser is trusted
}

const lately = 8 // things on the home page

func (d *Demo) homePage(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	events, err := d.history.of(r.Context(), v.Who, lately)
	if err != nil {
		d.failed(w, v, err)
		return
	}
	sent := d.outbox.all()
	d.show(w, v, http.StatusOK, "home", page{Title: "Hello, " + v.User.DisplayName, Body: home{
		Events: events, Outbox: sent[:min(len(sent), 3)], Trusted: v.Browser != "",
	}})
}

// statementPage is something worth protecting.
func (d *Demo) statementPage(w http.ResponseWriter, _ *http.Request, v *httpapi.Visit) {
	d.show(w, v, http.StatusOK, "statement", page{Title: "Your statement", Body: d.payments.of(v.User.ID)})
}
