package smtp

import (
	"context"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// pool keeps connections: setting one up costs ten times what a message does. It also bounds them, so that a slow server is not buried.
type pool struct {
	places chan struct{} // one for each message on its way

	mu     sync.Mutex
	idle   []*conn // the newest last
	closed bool
}

func newPool(n int) *pool { return &pool{places: make(chan struct{}, n)} }

// enter waits for a place.
func (p *pool) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.places <- struct{}{}:
		return func() { <-p.places }, nil
	case <-ctx.Done():
		return nil, &provider.SendError{Note: "smtp: all connections are busy", Err: sentcode.ErrTemporary}
	}
}

// take returns the connection that was used last, or nil.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	c.timer.Stop()
	return c
}

// keep puts a connection by for a while.
func (p *pool) keep(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		go c.quit()
		return
	}
	p.idle = append(p.idle, c)
	c.timer = time.AfterFunc(idleTime, func() {
		if p.remove(c) {
			c.quit()
		}
	})
}

// remove says whether the connection was still there: whoever has taken it meanwhile has it.
func (p *pool) remove(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.idle {
		if other == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return true
		}
	}
	return false
}

// forget drops what is kept: of connections to one server, of which the one that was used last is dead, to ask the others takes time that a user waits.
func (p *pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.timer.Stop()
		c.drop()
	}
	p.idle = nil
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.timer.Stop()
		c.quit()
	}
}
