package registry_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A loop that retries, and a program that ends, may flush at the same time: neither may keep from the other what it waits for.
func TestFlushesDoNotWaitForEachOtherForEver(t *testing.T) {
	t.Parallel()
	w, _ := notified(t)
	r := w.registry()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 2000 {
				if err := r.Flush(ctx); err != nil {
					t.Errorf("Flush: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
}

// late is a store whose outbox tells a reader that it is empty, and then gets something before the reader has heard it.
type late struct {
	*factor.Memory
	empty func()
}

func (s *late) Next(ctx context.Context, now time.Time, l factor.Lease) ([]factor.Event, error) {
	es, err := s.Memory.Next(ctx, now, l)
	if err == nil && len(es) == 0 && s.empty != nil {
		s.empty()
	}
	return es, err
}

// A notice that comes while Flush has seen the last one, and not yet said so, is delivered beside its call as any other.
func TestANoticeThatMeetsAFlushIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	w, _ := notified(t)
	store := &late{Memory: factor.NewMemory()}
	w.factors = store
	told := make(chan string, 8)
	r := w.registry(func(c *registry.Config) {
		c.Notify = func(_ context.Context, n registry.Notice) error { told <- n.Op; return nil }
	})
	proof := enrolled(t, r, alice(), "pin").Proof
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for len(told) > 0 {
		<-told
	}
	var once atomic.Bool
	store.empty = func() {
		if once.CompareAndSwap(false, true) {
			enrol(t, r, alice(), registry.Enrol{Proof: proof, Kind: "app"})
		}
	}
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Error("nobody delivers the notice until somebody calls again")
	}
}
