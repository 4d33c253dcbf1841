package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

var (
	errSlow     = errors.New("health: no answer in time")
	errPanicked = errors.New("health: a panic")
)

// watched is a check with its last result. It is made by one goroutine at a time: one that hangs is not made again until it has come back, and has failed meanwhile.
type watched struct {
	Check
	timeout time.Duration
	now     func() time.Time
	logger  *slog.Logger

	mu     sync.Mutex
	at     time.Time // of the last result; zero before the first
	err    error
	told   bool          // that it fails
	flight chan struct{} // closed when the check that is being made has come back; nil if none is
}

// look returns the last result, if it is still good, or that of the next check.
func (w *watched) look(ctx context.Context) error {
	w.mu.Lock()
	if !w.at.IsZero() && w.now().Sub(w.at) < w.Every {
		defer w.mu.Unlock()
		return w.err
	}
	if w.flight == nil {
		w.flight = make(chan struct{})
		go w.check(context.WithoutCancel(ctx), w.flight)
	}
	flight := w.flight
	w.mu.Unlock()
	select {
	case <-flight:
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.err
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) { // and not whoever asked hung up
		w.result(ctx, errSlow)
	}
	return errSlow
}

// check makes the check.
func (w *watched) check(ctx context.Context, flight chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	err := guarded(func() error { return w.Probe(ctx) })
	if err == nil && ctx.Err() != nil { // It did not heed its time, and nobody who waited had this answer.
		err = errSlow
	}
	w.result(ctx, err)
	w.mu.Lock()
	w.flight = nil
	w.mu.Unlock()
	close(flight)
}

// guarded makes an error of a panic.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T", errPanicked, p)
		}
	}()
	return f()
}

// result keeps a result, and tells if it is not what the last one was.
func (w *watched) result(ctx context.Context, err error) {
	w.mu.Lock()
	w.at, w.err = w.now(), err
	tell := w.told != (err != nil)
	w.told = err != nil
	w.mu.Unlock()
	switch {
	case tell && err != nil:
		w.logger.LogAttrs(ctx, slog.LevelError, "cofactor health", slog.String("check", w.Name), slog.String("state", "failing"), slog.String("error", err.Error()))
	case tell:
		w.logger.LogAttrs(ctx, slog.LevelInfo, "cofactor health", slog.String("check", w.Name), slog.String("state", "working"))
	}
}
