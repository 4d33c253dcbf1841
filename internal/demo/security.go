package demo

import (
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// settings is the page "Sign-in security".
type settings struct {
	On       bool
	Have     []attachedMethod
	Codes    *registry.Attached
	Browsers []trustedBrowser
	Add      []addable
	Recovery *recoveryNote
	Events   []happened // newest first
}

// attachedMethod is a method that a person has, with how pages speak of it.
type attachedMethod struct {
	registry.Attached
	Method method
}

// trustedBrowser is one that is not asked again.
type trustedBrowser struct {
	registry.Attached
	This bool // the one that the page is shown in
}

// recoveryNote is what to do after a sign-in by backup code, or by an administrator's.
type recoveryNote struct {
	Issued bool
	Left   int // backup codes
	Until  time.Time
	Open   bool // methods can be changed on the strength of it
	Added  bool // a new app is there, so the lost one may go
}

func (d *Demo) securityPage(w http.ResponseWriter, r *http.Request, s *session) {
	attached, err := d.reg.Factors(r.Context(), s.who())
	if err != nil {
		d.failed(w, s, err)
		return
	}
	body := settings{Add: d.addable(s), Events: d.history.of(s.user.ID)}
	for _, f := range attached {
		switch m, _ := methodOf(f.Kind); {
		case f.Kind == backup.Kind:
			body.Codes = &f
		case f.Role == provider.Ordinary:
			body.On = true
			body.Have = append(body.Have, attachedMethod{f, m})
		case f.Usable:
			body.Browsers = append(body.Browsers, trustedBrowser{f, f.ID == s.browser})
		}
	}
	if !s.recovery.until.IsZero() {
		body.Recovery = &recoveryNote{
			Issued: s.recovery.issued, Left: s.recovery.left, Until: s.recovery.until, Open: d.now().Before(s.recovery.until), Added: s.recovery.added,
		}
	}
	d.show(w, s, http.StatusOK, "security", page{Title: "Sign-in security", Done: done(r.URL.Query()), Body: body})
}
