package cofactortest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Events keeps what a registry tells of: give its Observe to registry.Config. The zero value is empty and ready for use, also concurrently.
type Events struct {
	mu   sync.Mutex
	all  []registry.Event
	more chan struct{} // closed by the next event, if somebody waits for it
}

// Observe keeps an event.
func (e *Events) Observe(_ context.Context, event registry.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
	if e.more != nil {
		close(e.more)
		e.more = nil
	}
}

// All are all events, the oldest first.
func (e *Events) All() []registry.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

// Of are the events of an operation, such as "finish_login", the oldest first. docs/reference/events.md lists the operations.
func (e *Events) Of(op string) []registry.Event {
	return slices.DeleteFunc(e.All(), func(event registry.Event) bool { return event.Op != op })
}

// Wait waits until there are n events of an operation, and returns all there are. After 10 seconds, or with the test, it gives up, and the test fails.
func (e *Events) Wait(t testing.TB, op string, n int) []registry.Event {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		more := e.next()
		found := e.Of(op)
		if len(found) >= n {
			return found
		}
		select {
		case <-more:
		case <-t.Context().Done():
			t.Fatalf("the test ended while it waited for %d events %q: there are %d", n, op, len(found))
		case <-late.C:
			t.Fatalf("no %d events %q within 10 seconds: there are %d", n, op, len(found))
		}
	}
}

// next is closed by the next event.
func (e *Events) next() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.more == nil {
		e.more = make(chan struct{})
	}
	return e.more
}
