package faults_test

import (
	"math"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is who called what when, and what came of it. A call whose outcome is unknown never returns, so it may have happened at any time
// after it was made; that it did not happen is the same as that it happens when nobody looks any more.
type history struct {
	start time.Time

	mu  sync.Mutex
	ops map[string][]porcupine.Operation // by model
}

func newHistory() *history {
	return &history{start: time.Now(), ops: map[string][]porcupine.Operation{}}
}

const never = math.MaxInt64

func (h *history) now() int64 { return int64(time.Since(h.start)) }

// add notes a call that was made at called and has just returned, unless its outcome is unknown.
func (h *history) add(model string, client int, called int64, in, out any, unknown bool) {
	returned := h.now()
	if unknown {
		returned = never
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops[model] = append(h.ops[model], porcupine.Operation{ClientId: client, Input: in, Call: called, Output: out, Return: returned})
}

// of returns what was noted for a model.
func (h *history) of(model string) []porcupine.Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]porcupine.Operation(nil), h.ops[model]...)
}

// settled does something after which calls that have failed before can no longer happen. Whether they did happen stays unknown.
func (h *history) settled(model string, settle func()) {
	h.mu.Lock()
	n := len(h.ops[model])
	h.mu.Unlock()
	settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for i := range h.ops[model][:n] {
		op := &h.ops[model][i]
		op.Return = min(op.Return, now)
	}
}
