package demo

import (
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/registry"
)

// history is what has happened lately to each person, in words. It is made from the registry's events and kept in memory; a real site would keep
// it for longer.
type history struct {
	mu     sync.Mutex
	byUser map[string][]happened
}

// happened is one thing that did.
type happened struct {
	What  string
	Where string // in which browser
	At    time.Time
}

const remembered = 10 // things a person

func newHistory() *history { return &history{byUser: map[string][]happened{}} }

func (h *history) add(e registry.Event) {
	if what := tell(e); what != "" {
		h.put(e.User, happened{what, e.Agent, e.At})
	}
}

func (h *history) put(user string, what happened) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := append([]happened{what}, h.byUser[user]...)
	h.byUser[user] = list[:min(len(list), remembered)]
}

// of is newest first.
func (h *history) of(user string) []happened {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.byUser[user])
}

// tell says what an event means to the person whom it is about; nothing, if it means nothing to them.
func tell(e registry.Event) string {
	with := ""
	switch e.Kind {
	case device.Kind:
		with = ": Trusted browser"
	case backup.KindIssued:
		with = ": Recovery code"
	}
	if m, known := methodOf(e.Kind); known {
		with = ": " + m.Name
	}
	switch e.Op + " " + e.Result {
	case "start_login ok":
		return "Right password" + with
	case "finish_login ok":
		return "Signed in" + with
	case "finish_step_up ok":
		return "Confirmed it's you" + with
	case "finish_login rejected", "finish_step_up rejected":
		return "Wrong answer" + with
	case "finish_login locked", "finish_step_up locked":
		return "Too many wrong answers" + with
	case "finish_setup ok":
		return "Added" + with
	case "rename ok":
		return "Renamed" + with
	case "issue_recovery ok":
		return "An administrator made a recovery code for you"
	case "remove_trusted ok":
		return "Forgot all trusted browsers"
	case "remove ok":
		return "Removed" + with
	case "set_default ok":
		return "Asked for first from now on" + with
	}
	return ""
}
