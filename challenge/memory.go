package challenge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// Memory is a Store in memory, for demos and tests: one process, and gone with it. It forgets what is over as the time of its callers moves on.
type Memory struct {
	mu      sync.Mutex
	held    map[Key]*held
	purses  map[string]*purse
	sweepAt uint64
}

// How many tries are remembered, and how long what is over is kept for a clock that steps back.
const (
	remembered  = 16
	marginMilli = uint64(time.Hour / time.Millisecond)
	sweepMilli  = uint64(time.Minute / time.Millisecond)
)

// held is one challenge.
type held struct {
	rec      Record
	tries    []tried
	redeemed bool
	by       string // the try that redeemed it
}

// tried is one Attempt, or one Get that took something.
type tried struct {
	try     string
	attempt bool
	left    int // attempts left after it
	taken   []Taken
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{held: map[Key]*held{}, purses: map[string]*purse{}} }

// Create implements Store.
func (m *Memory) Create(ctx context.Context, now time.Time, k Key, r Record, take ...Spend) (Record, error) {
	if err := errors.Join(ctx.Err(), ValidateNow(now), k.Validate(), r.Validate(now), ValidateTakes(take)); err != nil {
		return Record{}, err
	}
	defer m.lock(now)()
	ms := wire.Milli(now)
	if h := m.held[k]; h != nil {
		if !h.open(ms) || h.rec.Attempts == 0 {
			return Record{}, ErrGone
		}
		return h.rec.clone(), nil
	}
	_, next, err := m.take(k.Tag, ms, take)
	if err != nil {
		return Record{}, err
	}
	r = r.clone()
	r.Expires, r.Next = wire.Time(wire.Milli(r.Expires)), next
	m.held[k] = &held{rec: r}
	return r.clone(), nil
}

// Get implements Store.
func (m *Memory) Get(ctx context.Context, now time.Time, k Key, try string, take ...Spend) (Record, error) {
	if err := errors.Join(ctx.Err(), ValidateNow(now), k.Validate(), ValidateTakes(take)); err != nil {
		return Record{}, err
	}
	defer m.lock(now)()
	ms := wire.Milli(now)
	h := m.held[k]
	if h == nil || !h.open(ms) || h.rec.Attempts == 0 {
		return Record{}, ErrGone
	}
	if len(take) == 0 || h.find(try, false) != nil {
		return h.rec.clone(), nil
	}
	_, next, err := m.take(k.Tag, ms, take)
	if err != nil {
		return Record{}, err
	}
	h.rec.Next = next
	h.remember(tried{try: try})
	return h.rec.clone(), nil
}

// Attempt implements Store.
func (m *Memory) Attempt(ctx context.Context, now time.Time, k Key, try string) (Record, error) {
	if err := errors.Join(ctx.Err(), ValidateNow(now), k.Validate()); err != nil {
		return Record{}, err
	}
	defer m.lock(now)()
	ms := wire.Milli(now)
	h := m.held[k]
	if h == nil || !h.open(ms) {
		return Record{}, ErrGone
	}
	if t := h.find(try, true); t != nil {
		r := h.rec.clone()
		r.Attempts, r.Shut = t.left, m.shut(k.Tag, ms, t.taken)
		return r, nil
	}
	if h.rec.Attempts == 0 {
		return Record{}, ErrGone
	}
	taken, _, err := m.take(k.Tag, ms, h.rec.OnTry)
	if err != nil {
		return Record{}, err
	}
	h.rec.Attempts--
	h.remember(tried{try: try, attempt: true, left: h.rec.Attempts, taken: taken})
	r := h.rec.clone()
	r.Shut = m.shut(k.Tag, ms, taken)
	return r, nil
}

// Release implements Store.
func (m *Memory) Release(ctx context.Context, now time.Time, k Key, try string) error {
	if err := errors.Join(ctx.Err(), ValidateNow(now), k.Validate()); err != nil {
		return err
	}
	defer m.lock(now)()
	if h := m.held[k]; h != nil {
		m.give(k.Tag, wire.Milli(now), h.find(try, true))
	}
	return nil
}

// Redeem implements Store.
func (m *Memory) Redeem(ctx context.Context, now time.Time, k Key, try string, refill ...string) error {
	if err := errors.Join(ctx.Err(), ValidateNow(now), k.Validate()); err != nil {
		return err
	}
	defer m.lock(now)()
	h := m.held[k]
	switch {
	case h == nil:
		return ErrGone
	case h.redeemed && h.by == try:
		return nil
	case h.redeemed || h.find(try, true) == nil:
		return ErrGone
	}
	h.redeemed, h.by, h.rec.Sealed = true, try, nil
	m.give(k.Tag, wire.Milli(now), h.find(try, true))
	m.refill(k.Tag, refill)
	return nil
}

// Spend implements Store.
func (m *Memory) Spend(ctx context.Context, now time.Time, key, try string, take ...Spend) error {
	if err := errors.Join(ctx.Err(), ValidateNow(now), ValidateKey(key), ValidateTakes(take)); err != nil {
		return err
	}
	defer m.lock(now)()
	if p := m.purses[key]; p != nil && slices.Contains(p.tries, try) {
		return nil
	}
	if _, _, err := m.take(key, wire.Milli(now), take); err != nil {
		return err
	}
	m.purse(key, wire.Milli(now)).remember(try)
	return nil
}

// Refill implements Store.
func (m *Memory) Refill(ctx context.Context, key string, budget ...string) error {
	if err := errors.Join(ctx.Err(), ValidateKey(key)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refill(key, budget)
	return nil
}

// lock locks, and once a minute forgets what has been over for an hour. A clock that was ahead for a moment does not put that off for long.
func (m *Memory) lock(now time.Time) (unlock func()) {
	m.mu.Lock()
	if ms := wire.Milli(now); ms >= m.sweepAt || ms+sweepMilli < m.sweepAt {
		m.sweepAt = ms + sweepMilli
		for k, h := range m.held {
			if wire.Milli(h.rec.Expires)+marginMilli <= ms {
				delete(m.held, k)
			}
		}
		for key, p := range m.purses {
			if p.until <= ms {
				delete(m.purses, key)
			}
		}
	}
	return m.mu.Unlock
}

// open says that the challenge was not redeemed and has not expired.
func (h *held) open(ms uint64) bool { return !h.redeemed && ms < wire.Milli(h.rec.Expires) }

func (h *held) find(try string, attempt bool) *tried {
	for i := range h.tries {
		if h.tries[i].try == try && h.tries[i].attempt == attempt {
			return &h.tries[i]
		}
	}
	return nil
}

func (h *held) remember(t tried) {
	h.tries = append(h.tries, t)
	if len(h.tries) > remembered {
		h.tries = slices.Delete(h.tries, 0, 1)
	}
}

func (r Record) clone() Record {
	r.Sealed, r.OnTry = slices.Clone(r.Sealed), slices.Clone(r.OnTry)
	return r
}
