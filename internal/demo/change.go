package demo

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// change is something that a signed-in person wants done to their methods. The registry may want a fresh proof first; the change is then kept, and done
// after it, so that nobody has to ask twice.
type change struct {
	op     string
	kind   string // of what is added
	factor string // which method it is about, if it is about one; of an addition, the one that goes
	label  string // the new name, of a rename
	input  string // what has to be known before a method can be set up: an address
	action string // what a code is to be good for alone: a payment, for example
}

// What may be changed. The words are in forms and in the URL of the page that says it is done.
const (
	add         = "add"
	rename      = "rename"
	remove      = "remove"
	makeDefault = "make-default"
	forget      = "forget" // a trusted browser
	forgetAll   = "forget-all"
	pay         = "pay"
	help        = "help"
)

// newCodes makes the first backup codes, or replaces them all.
func newCodes() change { return change{op: add, kind: backup.Kind} }

// done is the page that says that a change is done.
func (c change) done() string {
	words := url.Values{"done": {c.op}}
	if c.kind != "" {
		words.Set("kind", c.kind)
	}
	if c.factor != "" && c.op == add {
		words.Set("moved", "yes")
	}
	return "/security?" + words.Encode()
}

// asked reads a change from a form.
func asked(r *http.Request) change {
	return change{
		op: r.PostForm.Get("op"), kind: r.PostForm.Get("kind"), factor: r.PostForm.Get("factor"),
		label: strings.TrimSpace(r.PostForm.Get("label")), input: strings.TrimSpace(r.PostForm.Get("input")),
	}
}

// change is where the forms of the settings page go.
func (d *Demo) change(w http.ResponseWriter, r *http.Request, s *session) {
	d.carryOut(w, r, s, asked(r))
}

func (d *Demo) carryOut(w http.ResponseWriter, r *http.Request, s *session, c change) {
	manage := registry.Manage{Who: s.who(), Proof: s.proof, Factor: c.factor, Label: c.label}
	var login registry.Login
	var err error
	switch c.op {
	case add:
		d.beginSetup(w, r, s, c)
		return
	case rename:
		login, err = d.reg.Rename(r.Context(), manage)
	case forgetAll:
		login, err = d.reg.RemoveTrusted(r.Context(), manage)
	case remove, forget:
		login, err = d.reg.Remove(r.Context(), manage)
	case makeDefault:
		login, err = d.reg.SetDefault(r.Context(), manage)
	default:
		d.problem(w, s, http.StatusBadRequest, "There is no such change.")
		return
	}
	switch {
	case err == nil:
		s.proof = login.Proof
		s.keep(login.Signal)
		if c.op == remove {
			s.recovery = recovery{}
		}
		if c.op == remove || c.op == forget || c.op == forgetAll { // and with it what it has opened
			d.sessions.endOthers(s)
		}
		seeOther(w, r, c.done())
	case c.op == rename && (errors.Is(err, registry.ErrFactorExists) || errors.Is(err, registry.ErrInvalid)):
		d.showRename(w, r, s, c, err)
	default:
		d.notDone(w, r, s, c, err)
	}
}

// notDone asks for the fresh proof that a change failed for want of, if that is why it failed.
func (d *Demo) notDone(w http.ResponseWriter, r *http.Request, s *session, c change, err error) {
	needed := errors.Is(err, registry.ErrStepUpRequired) || s.proof == "" && errors.Is(err, registry.ErrLoginRequired) // a trusted browser has brought no proof
	if !needed || !s.signedIn {                                                                                        // A step-up is for those who are in, and not a way in.
		d.failed(w, s, err)
		return
	}
	factor, ferr := d.toConfirmWith(r, s)
	switch {
	case ferr != nil:
		d.failed(w, s, ferr)
	case factor == "":
		d.failed(w, s, err)
	default:
		d.ask(w, r, s, begun{purpose: confirm, factor: factor, wants: c})
	}
}

// toConfirmWith is the method that a confirmation asks for first.
func (d *Demo) toConfirmWith(r *http.Request, s *session) (string, error) {
	choices, err := d.choices(r.Context(), s, begun{purpose: confirm})
	if len(choices) == 0 {
		return "", err
	}
	return choices[0].Factor, err
}

// renaming is the page for a new name.
type renaming struct{ Factor, Label, Field string }

func (d *Demo) renamePage(w http.ResponseWriter, r *http.Request, s *session) {
	f, _, ok := d.method(w, r, s, r.URL.Query().Get("factor"))
	if ok {
		d.show(w, s, http.StatusOK, "rename", page{Title: "Rename ‘" + f.Label + "’", Body: renaming{f.ID, f.Label, f.Label}})
	}
}

// showRename is the same page again, for a name that cannot be had.
func (d *Demo) showRename(w http.ResponseWriter, r *http.Request, s *session, c change, err error) {
	f, _, ok := d.method(w, r, s, c.factor)
	if !ok {
		return
	}
	text := d.sentence(err)
	if errors.Is(err, registry.ErrInvalid) {
		text = "Enter a name of 1 to 64 characters."
	}
	d.show(w, s, statusOf(err), "rename", page{Title: "Rename ‘" + f.Label + "’", Error: text, Body: renaming{f.ID, f.Label, c.label}})
}

// removing is the page that says what a removal means.
type removing struct {
	Factor, Label string
	Codes         bool // it is about backup codes
	Passkey       bool
	Left          []string // what can still be used afterwards
}

func (d *Demo) removePage(w http.ResponseWriter, r *http.Request, s *session) {
	f, all, ok := d.method(w, r, s, r.URL.Query().Get("factor"))
	if !ok {
		return
	}
	body := removing{Factor: f.ID, Label: f.Label, Codes: f.Role == provider.Recovery, Passkey: f.Kind == webauthn.Kind}
	ordinary := false
	slices.SortStableFunc(all, func(a, b registry.Attached) int { return int(a.Role) - int(b.Role) }) // apps, then codes
	for _, other := range all {
		if other.ID != f.ID && other.Usable && other.Role != provider.Transient {
			body.Left = append(body.Left, "‘"+other.Label+"’")
			ordinary = ordinary || other.Role == provider.Ordinary
		}
	}
	if !ordinary { // Backup codes do not stay behind alone.
		body.Left = nil
	}
	d.show(w, s, http.StatusOK, "remove", page{Title: "Remove ‘" + f.Label + "’?", Body: body})
}

// method finds one of the person's methods, or shows that there is none.
func (d *Demo) method(w http.ResponseWriter, r *http.Request, s *session, id string) (f registry.Attached, all []registry.Attached, ok bool) {
	all, err := d.reg.Factors(r.Context(), s.who())
	if err != nil {
		d.failed(w, s, err)
		return f, nil, false
	}
	for _, f := range all {
		if f.ID == id {
			return f, all, true
		}
	}
	d.problem(w, s, http.StatusNotFound, "You don't have this method any more.")
	return f, nil, false
}
