package demo

import (
	"context"
	"sync"

	"github.com/cofactor-mfa/cofactor/registry"
)

// history is what the registry has told lately of each person, newest first. It is in memory; a real site would keep it for longer.
type history struct {
	mu     sync.Mutex
	byUser map[string][]registry.Event
}

const remembered = 50 // events a person

func newHistory() *history { return &history{byUser: map[string][]registry.Event{}} }

func (h *history) add(e registry.Event) {
	if e.User == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	list := append([]registry.Event{e}, h.byUser[e.User]...)
	h.byUser[e.User] = list[:min(len(list), remembered)]
}

// of is what the pages ask for.
func (h *history) of(_ context.Context, who registry.Who, n int) ([]registry.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.byUser[who.User.ID]
	return append([]registry.Event(nil), list[:min(len(list), n)]...), nil
}
