package web

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// change is something that somebody wants done to their methods. The registry may want a fresh proof first; the change is then kept with the flight, and done
// after it, so that nobody has to ask twice.
type change struct {
	Op     string `json:"o,omitempty"`
	Kind   string `json:"k,omitempty"` // of what is added
	Factor string `json:"f,omitempty"` // which method it is about; of an addition, the one that goes
	Label  string `json:"l,omitempty"` // the new name
	Input  string `json:"i,omitempty"` // what has to be known before a method can be set up
	Action string `json:"a,omitempty"` // what a proof is to be good for alone
}

// What may be changed.
const (
	add         = "add"
	rename      = "rename"
	remove      = "remove"
	makeDefault = "make-default"
	forget      = "forget" // a trusted browser
	forgetAll   = "forget-all"
)

// words is the id of the sentence that says what a confirmation is for.
func (c change) words() string {
	switch {
	case c.Action != "":
		return "confirm.action"
	case c.Op == add && c.Kind == backup.Kind:
		return "confirm.codes"
	case c.Op == add && c.Factor != "":
		return "confirm.move"
	case c.Op == "":
		return "confirm.continue"
	}
	return "confirm." + c.Op
}

// done is the id of the sentence that says that it is done.
func (c change) done() string {
	switch {
	case c.Op == add && c.Kind == backup.Kind:
		return "done.codes"
	case c.Op == add && c.Factor != "":
		return "done.moved"
	}
	return "done." + c.Op
}

// change is where the forms of the settings go.
func (v *visit) change() {
	v.carryOut(change{Op: v.posted("op"), Factor: v.posted("factor"), Label: strings.TrimSpace(v.posted("label"))})
}

func (v *visit) carryOut(c change) {
	var login registry.Login
	var err error
	switch c.Op {
	case add:
		v.attach(c)
		return
	case rename:
		login, err = v.Rename(c.Factor, c.Label)
	case forgetAll:
		login, err = v.ForgetBrowsers()
	case remove, forget:
		login, err = v.Remove(c.Factor)
	case makeDefault:
		login, err = v.SetDefault(c.Factor)
	default:
		v.refuse(http.StatusBadRequest, "error.form")
		return
	}
	switch {
	case err == nil:
		v.changed(c, login)
	case c.Op == rename && (errors.Is(err, registry.ErrFactorExists) || errors.Is(err, registry.ErrInvalid)):
		v.showRename(c, err)
	case c.Op == remove && errors.Is(err, registry.ErrPolicyForbids):
		v.show(status(err), Page{
			Name: "problem", Title: v.l.text("problem.title", nil), Error: v.l.html("error.last", nil),
			Body: &Problem{Link: v.p.prefix + "/", Text: v.l.text("problem.settings", nil)},
		})
	default:
		v.notDone(c, err)
	}
}

func (v *visit) changed(c change, login registry.Login) {
	v.land()
	v.say(flight{Said: c.done(), Note: note{Signal: signal(login.Signal)}}, v.p.prefix+"/")
}

// notDone asks for the fresh proof that a change failed for want of, if that is why it failed.
func (v *visit) notDone(c change, err error) {
	if !errors.Is(err, registry.ErrStepUpRequired) || !v.SignedIn { // A step-up is for those who are in, and not a way in.
		v.failed(err)
		return
	}
	f := flight{Purpose: confirm, Wants: c, Back: v.given()}
	choices, _, lookErr := v.choices(f)
	switch {
	case lookErr != nil:
		v.failed(lookErr)
	case len(choices) == 0:
		v.failed(err)
	default:
		v.handle, v.f = v.depart(f), f
		v.see(v.path("/confirm"))
	}
}

func (v *visit) renamePage() {
	if f, _, ok := v.own(v.r.Form.Get("factor")); ok {
		v.drawRename(f, f.Label, http.StatusOK, "")
	}
}

// showRename is the same page again, for a name that cannot be had.
func (v *visit) showRename(c change, err error) {
	f, _, ok := v.own(c.Factor)
	if !ok {
		return
	}
	id := "error.name-taken"
	if errors.Is(err, registry.ErrInvalid) {
		id = "error.name"
	}
	v.drawRename(f, c.Label, http.StatusUnprocessableEntity, v.l.html(id, nil))
}

func (v *visit) drawRename(f registry.Attached, typed string, code int, wrong template.HTML) {
	v.show(code, Page{
		Name: "rename", Title: v.l.text("rename.title", args{"label": f.Label}), Error: wrong, Wrong: wrong != "",
		Body: &Rename{Change: v.p.prefix + "/change", Method: v.attached(f), Typed: typed, Back: v.p.prefix + "/"},
	})
}

// removePage says what a removal means.
func (v *visit) removePage() {
	f, all, ok := v.own(v.r.Form.Get("factor"))
	if !ok {
		return
	}
	v.show(http.StatusOK, Page{
		Name: "remove", Title: v.l.text("remove.title", args{"label": f.Label}),
		Body: &Remove{
			Change: v.p.prefix + "/change", Method: v.attached(f), Text: v.l.removal(f, all), Passkey: f.Kind == webauthn.Kind, Back: v.p.prefix + "/",
		},
	})
}

// removal is what it means that a method goes: what can still be used, and what goes with it.
func (l words) removal(f registry.Attached, all []registry.Attached) template.HTML {
	if f.Role == provider.Recovery {
		return l.html("remove.codes", nil)
	}
	var left []template.HTML
	ordinary := false
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b registry.Attached) int { return int(a.Role) - int(b.Role) }) // apps, then codes
	for _, other := range sorted {
		if other.ID != f.ID && other.Usable && other.Role != provider.Transient {
			name := l.quoted(other.Label)
			if other.Role == provider.Recovery {
				name = escaped(l.kind(other.Kind, "plain"))
			}
			left, ordinary = append(left, name), ordinary || other.Role == provider.Ordinary
		}
	}
	if !ordinary { // Backup codes do not stay behind alone.
		return l.html("remove.last", nil)
	}
	return l.html("remove.left", args{"methods": l.list(left)})
}

// own finds one of the user's methods, or shows that there is none.
func (v *visit) own(id string) (f registry.Attached, all []registry.Attached, ok bool) {
	all, err := v.Factors()
	if err != nil {
		v.failed(err)
		return f, nil, false
	}
	for _, f := range all {
		if f.ID == id {
			return f, all, true
		}
	}
	v.failed(&registry.Error{Code: registry.ErrNoFactor})
	return f, nil, false
}

// attached is a method that somebody has, as pages show it.
func (v *visit) attached(f registry.Attached) Method {
	return v.method(registry.Choice{Factor: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint})
}

// input is what a provider is told before a set-up.
func (v *visit) input(c change) json.RawMessage {
	asks := v.p.kinds.of(c.Kind).Input
	if asks == nil {
		return nil
	}
	b, err := json.Marshal(map[string]string{asks.Name: c.Input})
	if err != nil { // A map of strings always encodes.
		return nil
	}
	return b
}
