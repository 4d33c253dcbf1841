package web

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/totp/qrcode"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file shows the pages of a set-up: what has to be known first, and then what its kind wants shown.

// inputPage asks for an address. What was typed before is there still, for whoever comes back to mend it.
func (v *visit) inputPage() {
	c := change{Op: add, Kind: v.r.Form.Get("kind"), Factor: v.r.Form.Get("replaces")}
	if v.f.Purpose == setUp && v.f.Kind != "" {
		c = v.f.Wants
	}
	if v.p.kinds.of(c.Kind).Input == nil {
		v.gone()
		return
	}
	v.showInput(c, http.StatusOK, "")
}

func (v *visit) showInput(c change, code int, wrong template.HTML) {
	k := v.p.kinds.of(c.Kind)
	back := v.p.prefix + "/"
	if !v.SignedIn {
		back = v.path("/choose")
	}
	body := &InputPage{
		Begin: v.p.prefix + "/setup/begin", Return: v.given(), Method: Method{Kind: c.Kind, Icon: k.Icon, Name: v.l.kind(c.Kind, "name")}, Replaces: c.Factor,
		Type: k.Input.Type, Autocomplete: k.Input.Autocomplete, Label: v.l.kind(c.Kind, "input"), Hint: v.l.kind(c.Kind, "input-hint"), Typed: c.Input, Back: back,
	}
	if v.l.has("kind." + c.Kind + ".less") {
		body.Less = v.l.kind(c.Kind, "less")
	}
	if code == http.StatusOK {
		wrong = ""
	}
	v.show(code, Page{Name: "input", Title: v.setupTitle(c), Error: wrong, Wrong: wrong != "", Body: body})
}

func (v *visit) setupTitle(c change) string {
	if c.Factor != "" {
		return v.l.kind(c.Kind, "move")
	}
	return v.l.kind(c.Kind, "title")
}

// showSetup shows a set-up that is open, from what the registry has kept of it: the same code after a reload as before.
func (v *visit) showSetup(f flight, code int, wrong *fault) {
	ch, err := v.Resume(f.Challenge)
	if err != nil && (wrong == nil || wrong.typed) {
		code, wrong = status(err), &fault{text: v.l.sentence(err, v.p.now()), err: err}
	}
	k := v.p.kinds.of(f.Kind)
	live := err == nil && (ch.AttemptsLeft > 0 || k.Field == Script)
	page := Page{Title: v.setupTitle(f.Wants)}
	if wrong != nil {
		page.Error, page.Wrong = wrong.text, wrong.typed
	}
	if f.Said != "" && code == http.StatusOK {
		page.Done = v.l.html(f.Said, nil)
	}
	if f.Kind == backup.Kind {
		v.showCodes(f, ch, live, code, page)
		return
	}
	body := &Setup{
		Action: v.path("/setup"), Again: v.path("/setup/again"), Cancel: v.path("/setup/cancel"), Moving: f.Wants.Factor != "", Live: live, Restart: v.restart(f),
		Method: Method{Kind: f.Kind, Icon: k.Icon, Name: v.l.kind(f.Kind, "name")}, Public: ch.Public, Button: v.l.text("setup.finish", nil),
	}
	if v.needsCodes() && !body.Moving {
		body.Step, body.Button = v.l.text("setup.step", args{"n": 1, "of": 2}), v.l.text("setup.continue", nil)
	}
	body.Field = CodeField{
		Label: v.l.kind(f.Kind, "label"), Letters: k.Field == Letters, Error: page.Error, Wrong: page.Wrong, Focus: page.Error != "" || k.Input != nil,
		Text: k.Input != nil && k.Input.Type == "tel", Hint: v.l.html(v.l.kindID(f.Kind, "setup-hint"), args{"n": k.Digits}),
	}
	prompt, app := ch.Public.(totp.SetupPrompt)
	switch {
	case k.Field == Script:
		page.Name = "setup-passkey"
		body.Passkey = Passkey{Ceremony: "create", Options: asJSON(ch.Public), Module: v.p.looks.assets.passkeys.url, Button: v.l.kind(k.Name, "create")}
	case app, f.Kind == totp.Kind:
		page.Name = "setup-app"
		v.app(body, prompt)
	case k.Input != nil:
		page.Name = "setup-sent"
		body.Sent, body.Change = v.sent(ch), v.path("/input")
	default:
		page.Name = "setup-other"
		if body.Own, err = v.p.looks.fragment(v.l, k.Fragment, ch.Public); err != nil {
			v.failed(err)
			return
		}
	}
	page.Body = body
	v.show(code, page)
}

// app is what an authenticator app takes, in every form that it can.
func (v *visit) app(body *Setup, prompt totp.SetupPrompt) {
	body.URI = template.URL(prompt.URI) //nolint:gosec // made by the provider, with every name in it escaped
	body.Key, body.KeyPlain = prompt.SecretGrouped, prompt.Secret
	body.KeyHint = v.l.text("setup.key-hint", args{"n": prompt.Digits})
	body.Named, body.Name = v.SignedIn && !body.Moving, v.l.kind(totp.Kind, "name")
	if prompt.URI == "" {
		return
	}
	if code, err := qrcode.Encode(prompt.URI); err == nil {
		body.QR = template.HTML(code.SVG(v.l.text("setup.qr", nil))) //nolint:gosec // an <svg> that we have drawn; its label is escaped
	}
}

func (v *visit) restart(f flight) Restart {
	return Restart{Begin: v.p.prefix + "/setup/begin", Kind: f.Kind, Replaces: f.Wants.Factor, Input: f.Wants.Input, Return: f.Back}
}

// showCodes shows backup codes, once.
func (v *visit) showCodes(f flight, ch registry.Challenge, live bool, code int, page Page) {
	body := &Codes{Action: v.path("/setup"), Cancel: v.path("/setup/cancel"), Live: live, Restart: v.restart(f)}
	shown, ok := ch.Public.(backup.Shown)
	body.Live = live && ok
	all, err := v.Registry.Factors(v.r.Context(), v.Who)
	if err != nil {
		v.failed(err)
		return
	}
	for _, a := range all {
		body.Renewing = body.Renewing || a.Kind == backup.Kind
	}
	if !body.Renewing {
		body.Step = v.l.text("setup.step", args{"n": 2, "of": 2})
	}
	now := v.p.now()
	body.Made = v.l.date(now)
	body.Codes, body.Plain = shown.Codes, strings.Join(shown.Codes, "\n")
	body.FileName = fileName(v.p.cfg.Product)
	body.File = template.URL("data:text/plain;charset=utf-8," + url.PathEscape(v.l.codesFile(v.p.cfg.Product, v.User.Name, body.Plain, now))) //nolint:gosec // escaped
	page.Name, page.Title, page.Body = "codes", v.l.text("codes.title", nil), body
	v.show(code, page)
}

// codesFile is the text file that is downloaded. It has no marks of direction: it is opened by programs that show them.
func (l words) codesFile(product, person, codes string, now time.Time) string {
	return strings.Join([]string{
		l.text("codes.file", args{"product": catalogue.Words(product)}),
		l.text("codes.file-account", args{"person": catalogue.Words(person)}),
		l.text("codes.file-made", args{"date": catalogue.Date(now.In(l.zone))}),
		"", codes, "",
		l.text("codes.file-once", nil), "",
	}, "\n")
}

// fileName is a name that every system can keep: "acme-backup-codes.txt".
func fileName(product string) string {
	name := strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return c
		}
		return '-'
	}, strings.ToLower(product))
	return strings.Trim(strings.Trim(name, "-")+"-backup-codes.txt", "-")
}
