package web

import (
	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is what has happened lately, in words.

const lately = 10

// happened is the last things that people should know of, newest first; nothing if the application keeps no events.
func (v *visit) happened() []Happened {
	events, err := v.Activity(3 * lately) // some mean nothing to people
	if err != nil {
		return nil
	}
	var list []Happened
	for _, e := range events {
		if id := tell(e); id != "" && len(list) < lately {
			h := Happened{What: v.l.text("activity."+id, nil), At: v.l.moment(e.At)}
			if e.Kind != "" && e.Kind != device.Kind {
				h.What = v.l.text("activity.with", args{"what": catalogue.Words(h.What), "method": catalogue.Words(v.l.kind(e.Kind, "plain"))})
			}
			if e.Agent != "" {
				h.Where = v.l.browser(e.Agent)
			}
			list = append(list, h)
		}
	}
	return list
}

// tell is the id of the sentence for an event; nothing, if it means nothing to the person whom it is about.
func tell(e registry.Event) string {
	if e.Kind == device.Kind && e.Op == "finish_setup" && e.Result == "ok" {
		return "trusted"
	}
	switch e.Op + " " + e.Result {
	case "trust ok":
		return "browser"
	case "finish_login ok":
		return "signed-in"
	case "finish_step_up ok":
		return "confirmed"
	case "finish_login rejected", "finish_step_up rejected":
		return "wrong"
	case "finish_login locked", "finish_step_up locked":
		return "locked"
	case "finish_setup ok":
		return "added"
	case "rename ok":
		return "renamed"
	case "issue_recovery ok":
		return "issued"
	case "remove_trusted ok":
		return "forgot"
	case "remove ok":
		return "removed"
	case "set_default ok":
		return "default"
	}
	return ""
}
