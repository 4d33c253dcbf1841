package web

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the page that asks, for every kind.

// fault is what is wrong with what somebody did.
type fault struct {
	text  template.HTML
	typed bool // it is about what was typed
	err   error
}

// choices are the methods that would do: all that help a sign-in on; or those that can confirm something, the strongest first, for it takes that to remove one.
func (v *visit) choices(f flight) (list []registry.Choice, trust time.Duration, err error) {
	if f.Purpose == asksLogin {
		login, err := v.Look()
		return login.Choices, login.Trust, err
	}
	attached, err := v.Factors()
	for _, a := range attached {
		if a.Role == provider.Ordinary && a.Usable {
			list = append(list, registry.Choice{Factor: a.ID, Kind: a.Kind, Label: a.Label, Hint: a.Hint, LastUsed: a.LastUsed, Default: a.Default})
		}
	}
	slices.SortStableFunc(list, func(a, b registry.Choice) int {
		if by := v.p.kinds.rank(a.Kind) - v.p.kinds.rank(b.Kind); by != 0 {
			return by
		}
		return b.LastUsed.Compare(a.LastUsed)
	})
	return list, 0, err
}

// best is the method to begin with: the one that was asked for, the user's default, the one that was used last in this browser, the strongest. A code for recovery
// comes last whatever it is.
func (v *visit) best(f flight, choices []registry.Choice) registry.Choice {
	wanted, last := v.r.Form.Get("use"), v.lastUsed()
	rank := func(c registry.Choice) int {
		switch {
		case c.Factor == wanted:
			return 0
		case c.Default && f.Purpose == asksLogin:
			return 1
		case c.Factor == last && f.Purpose == asksLogin && !recovery(c.Kind):
			return 2
		}
		return 3 + v.p.kinds.rank(c.Kind)
	}
	return slices.MinFunc(choices, func(a, b registry.Choice) int { return rank(a) - rank(b) })
}

// showAsking shows the page for a flight: its challenge, if there is one that can still be answered; or the best method.
func (v *visit) showAsking(f flight, code int, wrong *fault) {
	choices, trust, err := v.choices(f)
	switch {
	case err != nil:
		v.failed(err)
		return
	case len(choices) == 0:
		v.noChoice(f)
		return
	}
	body := Challenge{Confirm: f.Purpose == confirm, Ask: "none", Return: v.given()}
	v.f = f
	body.Action, body.Begin, body.Again = v.asking(f, ""), v.asking(f, "/begin"), v.asking(f, "/again")
	at := slices.IndexFunc(choices, func(c registry.Choice) bool { return c.Factor == f.Factor })
	if f.Challenge == "" && f.Factor == "" || v.r.Form.Get("use") != "" && wrong == nil || at < 0 {
		f.Challenge = ""
		at = slices.Index(choices, v.best(f, choices))
	}
	chosen := choices[at]
	k := v.p.kinds.of(chosen.Kind)
	body.Method = v.method(chosen)
	var ch registry.Challenge
	if f.Challenge != "" {
		if ch, err = v.Resume(f.Challenge); err != nil && wrong == nil {
			code, wrong = status(err), &fault{text: v.l.sentence(err, v.p.now()), err: err}
		}
	}
	live := f.Challenge != "" && err == nil && (ch.AttemptsLeft > 0 || k.Field == Script)
	switch {
	case k.Field == Script:
		body.Ask = "passkey"
		body.Passkey = Passkey{Ceremony: "get", Load: body.Begin, Module: v.p.looks.assets.passkeys.url, Button: v.l.kind(k.Name, "answer")}
	case live:
		body.Ask, body.Public, body.Sent = "code", ch.Public, v.sent(ch)
		if body.Own, err = v.p.looks.fragment(v.l, k.Fragment, ch.Public); err != nil {
			v.failed(err)
			return
		}
	case k.typed() && !shut(wrong):
		body.Ask = "code"
	case k.typed():
		body.Ask, body.Link = "begin", with(v.path(f.Purpose.page()), "use", chosen.Factor)
		body.Button, body.Shut = v.l.text("challenge.again", nil), !ended(wrong.err)
		if body.Shut {
			body.Button = v.l.text("challenge.retry", nil)
		}
	default:
		body.Ask, body.Button = "begin", v.l.text(v.l.kindID(k.Name, "begin"), args{"label": chosen.Label, "to": chosen.Hint})
	}
	body.Field = v.field(chosen, k)
	page := Page{Name: "challenge", Title: v.askingTitle(f, body.Ask, k), Body: &body}
	if wrong != nil {
		page.Error, page.Wrong = wrong.text, wrong.typed
		body.Field.Error, body.Field.Wrong = wrong.text, wrong.typed
	}
	switch {
	case code != http.StatusOK || f.Said == "":
	case f.Said == notSent:
		page.Error = v.l.html(f.Said, nil)
		body.Field.Error = page.Error
	default:
		page.Done = v.l.html(f.Said, nil)
	}
	body.Others = v.others(f, choices, chosen)
	v.about(f, &body, k, trust)
	v.show(code, page)
}

// shut says that there is nothing to try for now: the page offers no field whose answer would only be refused.
func shut(wrong *fault) bool {
	return wrong != nil && wrong.err != nil && (ended(wrong.err) || problem(wrong.err).Code == registry.ErrLocked)
}

// about says what the page is for.
func (v *visit) about(f flight, body *Challenge, k Kind, trust time.Duration) {
	body.Days = int(trust / (24 * time.Hour))
	body.Trust = body.Days > 0 && f.Purpose == asksLogin && !recovery(k.Name)
	if f.Purpose != confirm {
		return
	}
	body.Lost, body.Back = true, v.p.prefix+"/"
	body.Lead, body.Deed = v.l.html(f.Wants.words(), args{"method": v.l.kind(f.Wants.Kind, "name")}), f.Wants.Action
}

func (v *visit) askingTitle(f flight, ask string, k Kind) string {
	switch {
	case f.Purpose == confirm:
		return v.l.text("challenge.confirm", nil)
	case ask == "passkey":
		return v.l.text("challenge.passkey", nil)
	case ask == "begin":
		return v.l.text("challenge.begin", nil)
	case k.Name == backup.Kind:
		return v.l.text("challenge.backup", nil)
	}
	return v.l.text("challenge.title", nil)
}

// noChoice is where a visit goes whose user has nothing to be asked for.
func (v *visit) noChoice(f flight) {
	if f.Purpose == asksLogin {
		if login, err := v.Look(); err == nil && login.MayEnroll {
			v.see(v.path("/choose"))
			return
		}
	}
	v.failed(&registry.Error{Code: registry.ErrNoEligibleFactor})
}

// method is a method as pages show it.
func (v *visit) method(c registry.Choice) Method {
	return Method{ID: c.Factor, Kind: c.Kind, Icon: v.p.kinds.of(c.Kind).Icon, Name: v.l.kind(c.Kind, "name"), Label: c.Label, Hint: v.hint(c.Kind, c.Hint)}
}

// hint is what a provider shows of a factor. Those of passkeys are English words, which we have in every language.
func (v *visit) hint(kind, hint string) string {
	if kind == webauthn.Kind {
		id := map[string]string{webauthn.HintSynced: "synced", webauthn.HintUnsynced: "unsynced", webauthn.HintBound: "bound"}[hint]
		if id != "" {
			return v.l.text("passkey."+id, nil)
		}
	}
	return hint
}

// field says what to type.
func (v *visit) field(c registry.Choice, k Kind) CodeField {
	return CodeField{
		Label: v.l.kind(k.Name, "label"), Letters: k.Field == Letters, Text: k.Input != nil && k.Input.Type == "tel", Focus: true,
		Hint: v.l.html(v.l.kindID(k.Name, "hint"), args{"label": c.Label, "product": v.p.cfg.Product, "n": k.Digits}),
	}
}

// kindID is the id of a word for a kind.
func (l words) kindID(name, word string) string {
	for _, id := range []string{"kind." + name + "." + word, "own.kind." + name + "." + word} {
		if l.has(id) {
			return id
		}
	}
	return "kind.any." + word
}

// sent says where the message of a challenge went; nil if there is none.
func (v *visit) sent(ch registry.Challenge) *Sent {
	shown, ok := ch.Public.(sentcode.Shown)
	if !ok && ch.ResendAt.IsZero() {
		return nil
	}
	s := &Sent{Text: v.l.html(v.l.kindID(ch.Kind, "sent"), args{"to": shown.SentTo})}
	if !ch.ResendAt.IsZero() {
		s.Wait = seconds(ch.ResendAt.Sub(v.p.now()))
	}
	return s
}

// others are the other methods, with recovery last. All passkeys are one: any of them answers the same question.
func (v *visit) others(f flight, choices []registry.Choice, chosen registry.Choice) (list []Other) {
	scripted := v.p.kinds.of(chosen.Kind).Field == Script
	sorted := slices.Clone(choices)
	slices.SortStableFunc(sorted, func(a, b registry.Choice) int { return v.p.kinds.rank(a.Kind) - v.p.kinds.rank(b.Kind) })
	for _, c := range sorted {
		k := v.p.kinds.of(c.Kind)
		if c.Factor == chosen.Factor || k.Field == Script && scripted {
			continue
		}
		scripted = scripted || k.Field == Script
		o := Other{Method: v.method(c), Text: v.l.text(v.l.kindID(c.Kind, "use"), args{"label": c.Label, "to": c.Hint})}
		if !k.Sends {
			o.Link = with(v.path(f.Purpose.page()), "use", c.Factor)
		}
		list = append(list, o)
	}
	return list
}

// recovery says that a kind is a way back, for who has lost their methods.
func recovery(kind string) bool { return kind == backup.Kind || kind == backup.KindIssued }

// asJSON is for a script, in an attribute; nothing, if there is nothing.
func asJSON(public any) string {
	if public == nil {
		return ""
	}
	b, err := json.Marshal(public)
	if err != nil {
		return ""
	}
	return string(b)
}
