package cofactortest

import (
	"sync"
	"testing"
	"time"
)

// Clock is a clock that a test moves: give its Now to registry.Config. The zero value runs with the time of the machine, or of the bubble in a test of
// testing/synctest; Set stops it, and Advance moves it on, whether it runs or stands. It is safe for concurrent use. Outside of tests it panics: whoever moves
// the clock ends locks, and keeps codes alive.
type Clock struct {
	mu      sync.Mutex
	stopped time.Time // zero while it runs
	ahead   time.Duration
}

// Now is the time.
func (c *Clock) Now() time.Time {
	onlyInTests()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped.IsZero() {
		return c.stopped
	}
	return time.Now().Add(c.ahead) //nolint:forbidigo // a clock has to look at one
}

// Set stops the clock at a time.
func (c *Clock) Set(at time.Time) {
	onlyInTests()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = at
}

// Advance moves the clock on, or back for a negative duration. It wakes nobody who waits for time to pass; a bubble of testing/synctest does.
func (c *Clock) Advance(d time.Duration) {
	onlyInTests()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.IsZero() {
		c.ahead += d
		return
	}
	c.stopped = c.stopped.Add(d)
}

func onlyInTests() {
	if !testing.Testing() {
		panic("cofactortest: this is for tests, and this program is none")
	}
}
