package challenge

import (
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// purse is the budgets of one key.
type purse struct {
	budgets map[string]Budget
	tries   []string // the last that spent
	until   uint64   // when all of it has been new for an hour
}

// purse returns the purse of a key, which now outlives ms by an hour at least.
func (m *Memory) purse(key string, ms uint64) *purse {
	p := m.purses[key]
	if p == nil {
		p = &purse{budgets: map[string]Budget{}}
		m.purses[key] = p
	}
	p.until = max(p.until, ms+marginMilli)
	return p
}

// take makes all takes or none. A budget that is not there begins at the generation of its time, so that a take from before it was
// forgotten is never given back to it.
func (m *Memory) take(key string, ms uint64, list []Spend) (taken []Taken, next time.Time, _ error) {
	if len(list) == 0 {
		return nil, time.Time{}, nil
	}
	changed := map[string]Budget{}
	for _, s := range list {
		b, ok := changed[s.Budget]
		if !ok {
			b = m.budget(key, s.Budget, ms)
		}
		if wait := b.Wait(ms); wait > 0 {
			return nil, time.Time{}, &Refused{Budget: s.Budget, RetryAfter: wait}
		}
		b, t := b.Take(ms, s)
		changed[s.Budget] = b
		taken, next = append(taken, t), wire.Time(b.Shut)
	}
	p := m.purse(key, ms)
	for name, b := range changed {
		p.budgets[name] = b
		p.until = max(p.until, b.Rest+marginMilli)
	}
	return taken, next, nil
}

func (m *Memory) budget(key, name string, ms uint64) Budget {
	if p := m.purses[key]; p != nil {
		if b, ok := p.budgets[name]; ok {
			return b
		}
	}
	return Budget{Gen: ms}
}

// shut is until when a budget is shut that one of these takes has emptied.
func (m *Memory) shut(key string, ms uint64, taken []Taken) time.Time {
	var until uint64
	for _, t := range taken {
		if p := m.purses[key]; p != nil {
			until = max(until, p.budgets[t.Budget].ShutBy(ms, t))
		}
	}
	return wire.Time(until)
}

// give undoes the takes of a try, once; the last first, for each found what the one before it had left.
func (m *Memory) give(key string, ms uint64, t *tried) {
	p := m.purses[key]
	if p == nil || t == nil {
		return
	}
	for _, x := range slices.Backward(t.taken) {
		if b, ok := p.budgets[x.Budget]; ok {
			p.budgets[x.Budget] = b.Give(ms, x)
		}
	}
	t.taken = nil
}

func (m *Memory) refill(key string, names []string) {
	p := m.purses[key]
	if p == nil {
		return
	}
	for _, name := range names {
		if b, ok := p.budgets[name]; ok {
			p.budgets[name] = b.Refill()
		}
	}
}

func (p *purse) remember(try string) {
	p.tries = append(p.tries, try)
	if len(p.tries) > remembered {
		p.tries = slices.Delete(p.tries, 0, 1)
	}
}
