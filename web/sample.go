package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/totp/qrcode"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is every page in every state, with data that nobody has. New draws them all, so that a template of one's own fails at the start and not before
// somebody's eyes; Preview shows them.

// sample is one of them.
type sample struct {
	page   string
	state  string
	status int
	draw   func(studio) Page
}

// studio is what samples are made with.
type studio struct {
	p *Pages
	l words
}

var sampleTime = time.Date(2026, time.November, 5, 14, 17, 20, 0, time.UTC)

const (
	samplePerson = "alice@example.com"
	sampleURI    = "otpauth://totp/Acme:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme"
	sampleKey    = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
)

func samples() []sample {
	ok, wrong := http.StatusOK, http.StatusUnprocessableEntity
	list := []sample{
		{"challenge", "app", ok, func(s studio) Page { return s.challenge(totp.Kind, "code") }},
		{"challenge", "app-wrong", wrong, func(s studio) Page {
			return s.with(s.challenge(totp.Kind, "code"), &registry.Error{Code: registry.ErrRejected, Kind: totp.Kind, AttemptsLeft: 2})
		}},
		{"challenge", "app-locked", http.StatusTooManyRequests, func(s studio) Page {
			return s.with(s.challenge(totp.Kind, "begin"), &registry.Error{Code: registry.ErrLocked, RetryAfter: 15 * time.Minute})
		}},
		{"challenge", "message-begin", ok, func(s studio) Page { return s.challenge(sms.Kind, "begin") }},
		{"challenge", "message", ok, func(s studio) Page { return s.challenge(sms.Kind, "code") }},
		{"challenge", "message-again", ok, func(s studio) Page {
			p := s.challenge(sms.Kind, "code")
			p.Done = s.l.html("sent.again", nil)
			return p
		}},
		{"challenge", "message-wait", http.StatusTooManyRequests, func(s studio) Page {
			return s.with(s.challenge(sms.Kind, "code"), &registry.Error{Code: registry.ErrResendWait, Op: "resend", RetryAfter: 24 * time.Second})
		}},
		{"challenge", "message-failed", http.StatusBadGateway, func(s studio) Page {
			return s.with(s.challenge(email.Kind, "code"), &registry.Error{Code: registry.ErrSendFailed, Op: "resend"})
		}},
		{"challenge", "message-expired", http.StatusGone, func(s studio) Page {
			return s.with(s.challenge(email.Kind, "begin"), &registry.Error{Code: registry.ErrChallengeGone})
		}},
		{"challenge", "passkey", ok, func(s studio) Page { return s.challenge(webauthn.Kind, "passkey") }},
		{"challenge", "passkey-wrong", wrong, func(s studio) Page {
			return s.with(s.challenge(webauthn.Kind, "passkey"), &registry.Error{Code: registry.ErrRejected, Kind: webauthn.Kind})
		}},
		{"challenge", "backup", ok, func(s studio) Page { return s.challenge(backup.Kind, "code") }},
		{"challenge", "confirm", ok, func(s studio) Page { return s.confirm(change{Op: remove}) }},
		{"challenge", "confirm-action", ok, func(s studio) Page { return s.confirm(change{Action: "Send 500 EUR to ACME"}) }},
		{"choose", "must", ok, func(s studio) Page { return s.choose("must") }},
		{"choose", "grace", ok, func(s studio) Page { return s.choose("grace") }},
		{"input", "phone", ok, func(s studio) Page { return s.input(sms.Kind, "") }},
		{"input", "phone-wrong", wrong, func(s studio) Page {
			return s.with(s.input(sms.Kind, "07700 900117"), &registry.Error{Code: registry.ErrInvalid, Text: "Check the number. Include the country code, for example +44 7700 900123."})
		}},
		{"input", "email", ok, func(s studio) Page { return s.input(email.Kind, "") }},
		{"setup-app", "first", ok, func(s studio) Page { return s.setup("setup-app", totp.Kind) }},
		{"setup-app", "wrong", wrong, func(s studio) Page {
			return s.with(s.setup("setup-app", totp.Kind), &registry.Error{Code: registry.ErrRejected, Kind: totp.Kind, AttemptsLeft: 1})
		}},
		{"setup-app", "over", http.StatusGone, func(s studio) Page { return s.over(s.setup("setup-app", totp.Kind)) }},
		{"setup-sent", "message", ok, func(s studio) Page { return s.setup("setup-sent", sms.Kind) }},
		{"setup-sent", "wrong", wrong, func(s studio) Page {
			return s.with(s.setup("setup-sent", email.Kind), &registry.Error{Code: registry.ErrRejected, Kind: email.Kind, AttemptsLeft: 3})
		}},
		{"setup-sent", "over", http.StatusGone, func(s studio) Page { return s.over(s.setup("setup-sent", sms.Kind)) }},
		{"setup-passkey", "first", ok, func(s studio) Page { return s.setup("setup-passkey", webauthn.Kind) }},
		{"setup-passkey", "over", http.StatusGone, func(s studio) Page { return s.over(s.setup("setup-passkey", webauthn.Kind)) }},
		{"setup-other", "first", ok, func(s studio) Page { return s.setup("setup-other", "any") }},
		{"setup-other", "over", http.StatusGone, func(s studio) Page { return s.over(s.setup("setup-other", "any")) }},
		{"codes", "first", ok, func(s studio) Page { return s.codes() }},
		{"codes", "not-saved", wrong, func(s studio) Page {
			p := s.codes()
			p.Error, p.Wrong = s.l.html("codes.not-saved", nil), true
			return p
		}},
		{"codes", "over", http.StatusGone, func(s studio) Page { return s.over(s.codes()) }},
		{"settings", "off", ok, func(s studio) Page { return s.settings(&Settings{NoCodes: true}) }},
		{"settings", "on", ok, func(s studio) Page { return s.everything() }},
		{"rename", "form", ok, func(s studio) Page { return s.rename("Pixel 8") }},
		{"rename", "taken", wrong, func(s studio) Page {
			p := s.rename("MacBook")
			p.Error, p.Wrong = s.l.html("error.name-taken", nil), true
			return p
		}},
		{"remove", "one", ok, func(s studio) Page { return s.remove(false) }},
		{"remove", "last", ok, func(s studio) Page { return s.remove(true) }},
		{"recovered", "left", ok, func(s studio) Page { return s.recovered(6) }},
		{"recovered", "last", ok, func(s studio) Page { return s.recovered(0) }},
		{"finished", "first", ok, func(s studio) Page {
			return s.page("finished", s.l.text("finished.title", nil), &Finished{Text: s.l.html("finished.text", args{"product": s.p.cfg.Product}), Next: "/"})
		}},
		{"problem", "expired", http.StatusUnauthorized, func(s studio) Page {
			p := s.page("problem", s.l.text("expired.title", nil), &Problem{Lead: s.l.html("expired.text", nil), Link: "/sign-in", Text: s.l.text("expired.button", nil)})
			p.Person, p.SignedIn, p.Leave = "", false, false
			return p
		}},
	}
	for _, m := range registry.Meanings() {
		if m.Code == registry.ErrUnavailable || m.Code == registry.ErrNoEligibleFactor || m.Code == registry.ErrInternal || m.Code == registry.ErrPolicyForbids {
			list = append(list, sample{"problem", string(m.Code), m.Status, func(s studio) Page {
				return s.with(s.page("problem", s.l.text("problem.title", nil), &Problem{Link: "/", Text: s.l.text("problem.settings", nil)}), &registry.Error{Code: m.Code})
			}})
		}
	}
	return list
}

func (s studio) page(name, title string, body any) Page {
	return Page{Name: name, Title: title, Person: samplePerson, SignedIn: true, Leave: true, Body: body}
}

// with puts what is wrong on a page.
func (s studio) with(p Page, err *registry.Error) Page {
	p.Error, p.Wrong = s.l.sentence(err, sampleTime), err.Code == registry.ErrRejected || err.Code == registry.ErrInvalid
	switch body := p.Body.(type) {
	case *Challenge:
		body.Field.Error, body.Field.Wrong = p.Error, p.Wrong
	case *Setup:
		body.Field.Error, body.Field.Wrong = p.Error, p.Wrong
	}
	return p
}

// over is a set-up that is not there any more.
func (s studio) over(p Page) Page {
	p.Error = s.l.sentence(&registry.Error{Code: registry.ErrChallengeGone}, sampleTime)
	switch body := p.Body.(type) {
	case *Setup:
		body.Live = false
	case *Codes:
		body.Live = false
	}
	return p
}

func (s studio) method(kind, label, hint string) Method {
	k := s.p.kinds.of(kind)
	return Method{ID: "sample-" + kind, Kind: kind, Icon: k.Icon, Name: s.l.kind(kind, "name"), Label: label, Hint: hint}
}

var sampleHints = map[string]string{sms.Kind: "+44 ···· 17", email.Kind: "a•••e@example.com"}

func (s studio) challenge(kind, ask string) Page {
	k := s.p.kinds.of(kind)
	label := s.l.kind(kind, "name")
	body := &Challenge{
		Action: "/mfa/challenge", Begin: "/mfa/challenge/begin", Again: "/mfa/challenge/again", Return: "/", Ask: ask, Method: s.method(kind, label, sampleHints[kind]),
		Trust: !recovery(kind), Days: 30, Back: "/mfa/",
		Field: CodeField{
			Label: s.l.kind(kind, "label"), Letters: k.Field == Letters, Focus: true, Text: kind == sms.Kind,
			Hint: s.l.html(s.l.kindID(kind, "hint"), args{"label": label, "product": s.p.cfg.Product, "n": 6}),
		},
		Button: s.l.text(s.l.kindID(kind, "begin"), args{"label": label, "to": sampleHints[kind]}),
	}
	if k.Sends && ask == "code" {
		body.Sent = &Sent{Text: s.l.html(s.l.kindID(kind, "sent"), args{"to": sampleHints[kind]}), Wait: 24}
	}
	if k.Field == Script {
		body.Passkey = Passkey{Ceremony: "get", Load: body.Begin, Module: s.p.looks.assets.passkeys.url, Button: s.l.kind(kind, "answer")}
	}
	for _, other := range []string{webauthn.Kind, totp.Kind, sms.Kind, email.Kind, backup.Kind} {
		if other != kind {
			o := Other{Method: s.method(other, s.l.kind(other, "name"), sampleHints[other])}
			o.Text = s.l.text(s.l.kindID(other, "use"), args{"label": o.Method.Label, "to": o.Method.Hint})
			if !s.p.kinds.of(other).Sends {
				o.Link = "/mfa/challenge?use=" + o.Method.ID
			}
			body.Others = append(body.Others, o)
		}
	}
	if ask == "begin" && k.typed() {
		body.Link, body.Button, body.Shut = "/mfa/challenge?use=sample", s.l.text("challenge.retry", nil), true
	}
	v := &visit{l: s.l}
	p := s.page("challenge", v.askingTitle(flight{Purpose: asksLogin}, ask, k), body)
	p.SignedIn = false
	return p
}

func (s studio) confirm(c change) Page {
	p := s.challenge(totp.Kind, "code")
	p.SignedIn, p.Title = true, s.l.text("challenge.confirm", nil)
	if body, ok := p.Body.(*Challenge); ok {
		body.Confirm, body.Trust, body.Lost, body.Deed, body.Lead = true, false, true, c.Action, s.l.html(c.words(), nil)
	}
	return p
}

// add are all methods that may be added.
func (s studio) add() (list []Add) {
	for _, kind := range []string{webauthn.Kind, totp.Kind, sms.Kind, email.Kind} {
		start := Start{Button: s.l.kind(kind, "add"), Kind: kind, Begin: "/mfa/setup/begin", Return: "/"}
		if s.p.kinds.of(kind).Input != nil {
			start.Input = "/mfa/input"
		}
		list = append(list, Add{Method: s.method(kind, "", ""), About: s.l.kind(kind, "about"), Start: start})
	}
	return list
}

func (s studio) choose(why string) Page {
	a := args{"product": s.p.cfg.Product}
	body := &Choose{Add: s.add()}
	body.Add[0].Start.Primary = true
	if why == "grace" {
		a["date"], a["n"], body.Later = catalogue.Date(sampleTime.AddDate(0, 0, 7)), 7, "/"
	}
	body.Lead = s.l.html("choose."+why, a)
	p := s.page("choose", s.l.text("choose.title", nil), body)
	p.SignedIn = why == "grace"
	return p
}

func (s studio) input(kind, typed string) Page {
	asks := s.p.kinds.of(kind).Input
	if asks == nil { // a program may describe the kind as one that asks for nothing
		asks = &Input{Type: "text"}
	}
	body := &InputPage{
		Begin: "/mfa/setup/begin", Method: s.method(kind, "", ""), Type: asks.Type, Autocomplete: asks.Autocomplete,
		Label: s.l.kind(kind, "input"), Hint: s.l.kind(kind, "input-hint"), Typed: typed, Back: "/mfa/",
	}
	if kind == sms.Kind {
		body.Less = s.l.kind(kind, "less")
	}
	return s.page("input", s.l.kind(kind, "title"), body)
}

func (s studio) setup(name, kind string) Page {
	k := s.p.kinds.of(kind)
	body := &Setup{
		Action: "/mfa/setup", Again: "/mfa/setup/again", Cancel: "/mfa/setup/cancel", Live: true, Method: s.method(kind, "", ""), Button: s.l.text("setup.continue", nil),
		Step: s.l.text("setup.step", args{"n": 1, "of": 2}), Restart: Restart{Begin: "/mfa/setup/begin", Kind: kind, Input: "+447700900117", Return: "/"},
		Field: CodeField{Label: s.l.kind(kind, "label"), Letters: k.Field == Letters, Hint: s.l.html(s.l.kindID(kind, "setup-hint"), args{"n": 6})},
	}
	switch name {
	case "setup-app":
		body.URI, body.Key, body.KeyPlain, body.Named, body.Name = sampleURI, grouped(sampleKey), sampleKey, true, s.l.kind(kind, "name")
		body.KeyHint = s.l.text("setup.key-hint", args{"n": 6})
		if code, err := qrcode.Encode(sampleURI); err == nil {
			body.QR = template.HTML(code.SVG(s.l.text("setup.qr", nil))) //nolint:gosec // an <svg> that we have drawn; its label is escaped
		}
	case "setup-sent":
		body.Sent, body.Change = &Sent{Text: s.l.html(s.l.kindID(kind, "sent"), args{"to": sampleHints[kind]}), Wait: 24}, "/mfa/input"
	case "setup-passkey":
		body.Passkey = Passkey{Ceremony: "create", Options: "{}", Module: s.p.looks.assets.passkeys.url, Button: s.l.kind(kind, "create")}
	}
	return s.page(name, s.l.kind(kind, "title"), body)
}

func grouped(key string) string {
	out := ""
	for i := 0; i < len(key); i += 4 {
		out += key[i:min(i+4, len(key))] + " "
	}
	return out[:len(out)-1]
}

func (s studio) codes() Page {
	body := &Codes{
		Action: "/mfa/setup", Cancel: "/mfa/setup/cancel", Live: true, Step: s.l.text("setup.step", args{"n": 2, "of": 2}), FileName: fileName(s.p.cfg.Product),
		Made: s.l.date(sampleTime), Restart: Restart{Begin: "/mfa/setup/begin", Kind: backup.Kind},
	}
	for i := range 10 {
		body.Codes = append(body.Codes, "0000-1111-2222-3333-4444-000"+string(rune('0'+i)))
	}
	body.Plain = body.Codes[0] + "\n" + body.Codes[1]
	body.File = template.URL("data:text/plain;charset=utf-8,sample")
	return s.page("codes", s.l.text("codes.title", nil), body)
}

func (s studio) settings(body *Settings) Page {
	body.Change, body.Rename, body.Remove, body.Add = "/mfa/change", "/mfa/rename", "/mfa/remove", s.add()
	if !body.On {
		start := body.Add[0].Start
		start.Primary = true
		body.Advice = &Advice{Text: s.l.html("settings.advice-none", nil), Start: start}
	}
	return s.page("settings", s.l.text("settings.title", nil), body)
}

func (s studio) everything() Page {
	day, moment := s.l.date(sampleTime.AddDate(0, -8, -2)), s.l.moment(sampleTime)
	renew := Start{Button: s.l.text("settings.new-codes", nil), Kind: backup.Kind, Begin: "/mfa/setup/begin"}
	advised, move := renew, Start{Button: s.l.kind(totp.Kind, "move"), Kind: totp.Kind, Replaces: "sample", Begin: "/mfa/setup/begin"}
	advised.Primary = true
	p := s.settings(&Settings{
		On:     true,
		Advice: &Advice{Text: s.l.html("settings.advice-few", nil), Start: advised},
		Have: []Have{
			{Method: s.method(webauthn.Kind, "iCloud Keychain", s.l.text("passkey.synced", nil)), Added: day, Used: moment, Default: true, Usable: true},
			{Method: s.method(totp.Kind, "Pixel 8", ""), Added: day, Used: moment, Usable: true, Move: &move},
			{Method: s.method(sms.Kind, s.l.kind(sms.Kind, "name"), sampleHints[sms.Kind]), Added: day, Usable: false},
		},
		Codes:    &CodesLeft{ID: "sample-codes", Text: s.l.html("settings.codes-left", args{"n": 2, "date": day}), Used: moment, Few: true, New: renew},
		Browsers: []Browser{{ID: "sample-browser", Label: "Firefox on Windows", This: true, Added: day, Until: s.l.date(sampleTime.AddDate(0, 0, 30)), Used: moment}},
		Events: []Happened{
			{What: s.l.text("activity.with", args{"what": catalogue.Words(s.l.text("activity.signed-in", nil)), "method": catalogue.Words(s.l.kind(totp.Kind, "plain"))}), Where: "Firefox on Windows", At: moment},
			{What: s.l.text("activity.wrong", nil), Where: "Chrome on Android", At: moment},
		},
	})
	p.Done = s.l.html("done.rename", nil)
	return p
}

func (s studio) rename(typed string) Page {
	return s.page("rename", s.l.text("rename.title", args{"label": "Pixel 8"}), &Rename{Change: "/mfa/change", Method: s.method(totp.Kind, "Pixel 8", ""), Typed: typed, Back: "/mfa/"})
}

func (s studio) remove(last bool) Page {
	f := registry.Attached{ID: "a", Label: "Pixel 8", Usable: true}
	all := []registry.Attached{f}
	if !last {
		all = append(all, registry.Attached{ID: "b", Label: "MacBook", Usable: true})
	}
	return s.page("remove", s.l.text("remove.title", args{"label": "Pixel 8"}), &Remove{
		Change: "/mfa/change", Method: s.method(totp.Kind, "Pixel 8", ""), Text: s.l.removal(f, all), Passkey: last, Back: "/mfa/",
	})
}

func (s studio) recovered(left int) Page {
	codes := Start{Button: s.l.text("settings.new-codes", nil), Kind: backup.Kind, Begin: "/mfa/setup/begin"}
	body := &Recovery{Text: s.l.html("recovered.left", args{"n": left}), Open: true, Until: s.l.clock(sampleTime), Add: "/mfa/choose", Codes: &codes, Next: "/"}
	if left == 0 {
		body.Text = s.l.html("recovered.none", nil)
	}
	return s.page("recovered", s.l.text("recovered."+backup.Kind, nil), body)
}
