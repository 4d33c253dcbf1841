package web

import (
	"fmt"
	"html/template"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the page "Sign-in security".

const fewCodes = 3

func (v *visit) settingsPage() {
	all, err := v.Factors()
	if err != nil {
		v.failed(err)
		return
	}
	root := v.p.prefix
	body := &Settings{Change: root + "/change", Rename: root + "/rename", Remove: root + "/remove"}
	for _, f := range all {
		switch {
		case f.Kind == backup.Kind:
			body.Codes = v.codesLeft(f)
		case f.Role == provider.Ordinary:
			body.On = true
			body.Have = append(body.Have, v.have(f))
		case f.Role == provider.Transient && f.Usable:
			body.Browsers = append(body.Browsers, Browser{ID: f.ID, Label: f.Label, This: f.ID == v.Browser, Added: v.l.date(f.Created), Until: v.l.date(f.Expires), Used: v.used(f)})
		}
	}
	if len(body.Have) == 1 {
		body.Have[0].Single = true
	}
	_, codes := v.info(backup.Kind)
	body.NoCodes = codes && body.Codes == nil
	body.Add = v.addable(v.Registry.Kinds())
	body.Advice = v.advice(body)
	body.Events = v.happened()
	v.show(http.StatusOK, Page{Name: "settings", Title: v.l.text("settings.title", nil), Body: body})
}

func (v *visit) have(f registry.Attached) Have {
	h := Have{Method: v.attached(f), Added: v.l.date(f.Created), Used: v.used(f), Default: f.Default, Usable: f.Usable}
	k := v.p.kinds.of(f.Kind)
	if v.l.has("kind." + f.Kind + ".move") {
		move := v.start(k, v.l.kind(f.Kind, "move"))
		move.Replaces = f.ID
		h.Move = &move
	}
	return h
}

// used says when; nothing if never.
func (v *visit) used(f registry.Attached) template.HTML {
	if f.LastUsed.IsZero() {
		return ""
	}
	return v.l.moment(f.LastUsed)
}

func (v *visit) codesLeft(f registry.Attached) *CodesLeft {
	c := &CodesLeft{ID: f.ID, Used: v.used(f), New: v.start(v.p.kinds.of(f.Kind), v.l.text("settings.new-codes", nil))}
	left := backupCount(f.Hint)
	c.Few, c.Empty = left <= fewCodes, left == 0
	c.Text = v.l.html("settings.codes-left", args{"n": left, "date": v.l.date(f.Created)})
	return c
}

// addable are the methods that may be added, the strongest first.
func (v *visit) addable(infos []provider.Info) []Add {
	var list []Add
	for _, k := range v.p.kinds.offered(infos) {
		list = append(list, Add{
			Method: Method{Kind: k.Name, Icon: k.Icon, Name: v.l.kind(k.Name, "name")}, About: v.l.kind(k.Name, "about"), Start: v.start(k, v.l.kind(k.Name, "add")),
		})
	}
	return list
}

// start is a button that begins a set-up of a kind.
func (v *visit) start(k Kind, button string) Start {
	s := Start{Button: button, Kind: k.Name, Begin: v.p.prefix + "/setup/begin", Return: v.given()}
	if k.Input != nil {
		s.Input = v.p.prefix + "/input"
	}
	return s
}

// advice is the one thing to do next.
func (v *visit) advice(s *Settings) *Advice {
	advise := func(id string, start Start) *Advice {
		start.Primary = true
		return &Advice{Text: v.l.html("settings.advice-"+id, nil), Start: start}
	}
	codes := v.start(v.p.kinds.of(backup.Kind), v.l.kind(backup.Kind, "add"))
	switch {
	case len(s.Add) == 0 && !s.NoCodes:
		return nil
	case !s.On && len(s.Add) > 0:
		return advise("none", s.Add[0].Start)
	case s.On && s.NoCodes:
		return advise("codes", codes)
	case s.Codes != nil && s.Codes.Few:
		return advise("few", s.Codes.New)
	case len(s.Have) == 1 && len(s.Add) > 0:
		for _, a := range s.Add {
			if a.Method.Kind != s.Have[0].Kind {
				return advise("one", a.Start)
			}
		}
	}
	return nil
}

// backupCount reads how many codes are left of a hint: "7 left".
func backupCount(hint string) int {
	n := 0
	_, _ = fmt.Sscanf(hint, "%d", &n) // a hint that says nothing has nothing left to promise
	return n
}
