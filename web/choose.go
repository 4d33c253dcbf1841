package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is a sign-in that asks for a method to be set up, and what is said at its end.

// choosePage offers the methods that policy lets somebody attach within the sign-in.
func (v *visit) choosePage() {
	login, err := v.Look()
	if err != nil {
		v.failed(err)
		return
	}
	if !login.MayEnroll {
		v.failed(&registry.Error{Code: registry.ErrNoEligibleFactor})
		return
	}
	body := &Choose{Lead: v.l.html("choose.must", args{"product": v.p.cfg.Product})}
	if v.SignedIn {
		body.Later = v.onward()
		body.Lead = v.l.html("choose.may", args{"product": v.p.cfg.Product})
		if !login.GraceUntil.IsZero() {
			days := int(login.GraceUntil.Sub(v.p.now())/(24*time.Hour)) + 1
			body.Lead = v.l.html("choose.grace", args{"product": v.p.cfg.Product, "date": catalogue.Date(login.GraceUntil), "n": days})
		}
	}
	var offered []provider.Info
	for _, info := range v.Registry.Kinds() {
		if slices.Contains(login.Enroll, info.Kind) {
			offered = append(offered, info)
		}
	}
	if body.Add = v.addable(offered); len(body.Add) > 0 {
		body.Add[0].Start.Primary = true
	}
	v.show(http.StatusOK, Page{Name: "choose", Title: v.l.text("choose.title", nil), Body: body})
}

// recoveredPage says what to do after a sign-in by backup code.
func (v *visit) recoveredPage() {
	if v.f.Purpose != over || v.f.Note.Kind == "" {
		v.gone()
		return
	}
	n := v.f.Note
	until := time.Unix(n.Until, 0)
	body := &Recovery{
		Open: v.p.now().Before(until), Until: v.l.clock(until), Add: v.path("/choose"), Next: v.onward(),
		Text: v.l.html("recovered.left", args{"n": n.Left}),
	}
	if n.Kind == backup.Kind {
		codes := v.start(v.p.kinds.of(backup.Kind), v.l.text("settings.new-codes", nil))
		body.Codes = &codes
	}
	switch {
	case n.Kind != backup.Kind:
		body.Text = v.l.html("recovered.issued", nil)
	case n.Left == 0:
		body.Text = v.l.html("recovered.none", nil)
	}
	v.show(http.StatusOK, Page{Name: "recovered", Title: v.l.text("recovered."+n.Kind, nil), Body: body})
}

// finishedPage says what happens at the next sign-in.
func (v *visit) finishedPage() {
	if v.f.Purpose != over {
		v.gone()
		return
	}
	v.show(http.StatusOK, Page{
		Name: "finished", Title: v.l.text("finished.title", nil),
		Body: &Finished{Text: v.l.html("finished.text", args{"product": v.p.cfg.Product}), Next: v.onward()},
	})
}
