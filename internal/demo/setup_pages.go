package demo

import (
	"html/template"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file shows the pages of a set-up: what has to be known first, and then what its kind wants shown.

// settingUp is what the pages of a set-up share.
type settingUp struct {
	Path string // where its forms go, and /cancel below it
	addPaths
	Field  codeField
	First  bool // backup codes come next
	Live   bool
	wants  change
	Method method
	Public any // what the provider wants shown
	Sent   sent
}

// Op, Kind, Factor and Input are for forms that start again.
func (s settingUp) Op() string     { return s.wants.op }
func (s settingUp) Kind() string   { return s.wants.kind }
func (s settingUp) Factor() string { return s.wants.factor }
func (s settingUp) Input() string  { return s.wants.input }

// Moving says that the new method takes the place of another.
func (s settingUp) Moving() bool { return s.wants.factor != "" }

// QR and URI are for an authenticator app.
func (s settingUp) QR() template.HTML {
	prompt, _ := s.Public.(totp.SetupPrompt)
	return template.HTML(prompt.QR) //nolint:gosec // an <svg> that the provider has drawn; there is nothing of the user's in it but black squares
}

func (s settingUp) URI() template.URL {
	prompt, _ := s.Public.(totp.SetupPrompt)
	return template.URL(prompt.URI) //nolint:gosec // made by the provider, with every name in it escaped
}

// Passkey is the form for a new one.
func (s settingUp) Passkey() passkeyForm {
	return passkeyForm{s.Path, s.Field.Challenge, "create", asJSON(s.Public), s.Field.Error, "Create a passkey", false}
}

// codesSetup is the page that shows backup codes, once.
type codesSetup struct {
	addPaths
	Path, Challenge, Error string
	Codes                  []string
	Renewing, Live         bool
}

// inputPage asks for what has to be known before a method can be set up.
type inputPage struct {
	addPaths
	Kind, Factor, Text string
	Asks               input
}

// addPaths is where methods are added, in a session: AddPage asks for what has to be known first, Change is where forms that begin a set-up go, and
// Methods is the page that a set-up comes from and goes back to.
type addPaths struct{ AddPage, Change, Methods string }

func (s *session) addPaths() addPaths {
	if s.signedIn {
		return addPaths{"/security/add", "/security/change", "/security"}
	}
	return addPaths{"/sign-in/add", "/sign-in/methods", "/sign-in/methods"}
}

// addable is a method that may be added, with where that begins.
type addable struct {
	method
	addPaths
}

func (d *Demo) addable(s *session) (list []addable) {
	for _, m := range d.offered() {
		list = append(list, addable{m, s.addPaths()})
	}
	return list
}

// addPage asks for an address. What was typed before is there still, for whoever comes back to mend it.
func (d *Demo) addPage(w http.ResponseWriter, r *http.Request, s *session) {
	c := change{op: add, kind: r.URL.Query().Get("kind"), factor: r.URL.Query().Get("factor")}
	if m, _ := methodOf(c.kind); m.Asks == nil {
		seeOther(w, r, s.addPaths().Methods)
		return
	}
	if b, ok := s.newest(s.settingUp()); ok && b.kind == c.kind {
		c.input = b.wants.input
	}
	d.showInput(w, r, s, c, http.StatusOK, "")
}

func (d *Demo) showInput(w http.ResponseWriter, _ *http.Request, s *session, c change, status int, problem string) {
	m, _ := methodOf(c.kind)
	body := inputPage{addPaths: s.addPaths(), Kind: c.kind, Factor: c.factor, Text: c.input, Asks: *m.Asks}
	d.show(w, s, status, "input", page{Title: m.Title, Error: problem, Body: body})
}

func (d *Demo) setupPage(w http.ResponseWriter, r *http.Request, s *session) {
	b, ok := s.newest(s.settingUp())
	if !ok {
		seeOther(w, r, s.addPaths().Methods)
		return
	}
	d.showSetup(w, r, s, b, http.StatusOK, "")
}

// showSetup shows a set-up that is open, from what the registry has kept of it: the same code after a reload as before.
func (d *Demo) showSetup(w http.ResponseWriter, r *http.Request, s *session, b begun, status int, problem string) {
	ch, err := d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge})
	live := err == nil && ch.AttemptsLeft > 0
	if err != nil && problem == "" {
		status, problem = statusOf(err), d.sentence(err)
	}
	attached, err := d.reg.Factors(r.Context(), s.who())
	if err != nil {
		d.failed(w, s, err)
		return
	}
	hasCodes := false
	for _, f := range attached {
		hasCodes = hasCodes || f.Kind == backup.Kind
	}
	path := b.purpose.page()
	if b.kind == backup.Kind {
		body := codesSetup{addPaths: s.addPaths(), Path: path, Challenge: b.challenge, Error: problem, Renewing: hasCodes, Live: live}
		if shown, ok := ch.Public.(backup.Shown); ok {
			body.Codes = shown.Codes
		}
		d.show(w, s, status, "codes", page{Title: "Save your backup codes", Error: problem, Body: body})
		return
	}
	m, _ := methodOf(b.kind)
	body := settingUp{addPaths: s.addPaths(), Path: path, First: !hasCodes, Live: live, wants: b.wants, Method: m, Public: ch.Public, Sent: d.sent(ch)}
	body.Field = codeField{Challenge: b.challenge, Error: problem, Wrong: status == http.StatusUnprocessableEntity, Label: "Code", Focus: problem != "" || m.Asks != nil}
	body.Field.Hint = "Enter the 6-digit code that your app shows now."
	if m.Asks != nil {
		body.Field.Hint = "Enter its 6-digit code."
	}
	if prompt, ok := ch.Public.(totp.SetupPrompt); ok {
		d.phone.offer(s.user.Name, prompt.Secret)
	}
	title := m.Title
	if body.Moving() && m.Move != "" {
		title = m.Move
	}
	d.show(w, s, status, setupTemplate(m), page{Title: title, Error: problem, Done: sentAgain(r), Script: b.kind == webauthn.Kind, Body: body})
}

// setupTemplate is the page that a kind is set up on: all whose codes are sent share one.
func setupTemplate(m method) string {
	if m.Asks != nil {
		return "sent"
	}
	return m.Kind
}
