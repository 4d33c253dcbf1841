package pumping

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// Memory is a Counter in memory: for one process, and forgotten with it.
type Memory struct {
	mu        sync.Mutex
	countries map[string]*series
}

// series is one country: what was sent and verified by slot, and verified by day, and the slots in which challenges were answered.
type series struct {
	sent, verified, days map[int64]int
	answered             map[string]int64
}

var _ Counter = (*Memory)(nil)

// NewMemory returns an empty counter.
func NewMemory() *Memory { return &Memory{countries: map[string]*series{}} }

// Sent implements Counter.
func (m *Memory) Sent(ctx context.Context, now time.Time, country string) (c Counts, err error) {
	err = m.with(ctx, country, func(s *series) {
		s.sent[slotOf(now)]++
		c = s.counts(now)
	})
	return c, err
}

// Unsent implements Counter.
func (m *Memory) Unsent(ctx context.Context, now time.Time, country string) error {
	return m.with(ctx, country, func(s *series) { s.sent[slotOf(now)] = max(0, s.sent[slotOf(now)]-1) })
}

// Verified implements Counter.
func (m *Memory) Verified(ctx context.Context, now time.Time, country, challenge string) error {
	return m.with(ctx, country, func(s *series) {
		if _, again := s.answered[challenge]; again {
			return
		}
		s.answered[challenge] = slotOf(now)
		s.verified[slotOf(now)]++
		s.days[dayOf(now)]++
		s.counts(now)
	})
}

func (m *Memory) with(ctx context.Context, country string, f func(*series)) error {
	if !ValidCountry(country) {
		return errors.New("pumping: no country")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	s := m.countries[country]
	if s == nil {
		s = &series{map[int64]int{}, map[int64]int{}, map[int64]int{}, map[string]int64{}}
		m.countries[country] = s
	}
	f(s)
	return nil
}

// counts adds up what is in the windows, and forgets what has left them.
func (s *series) counts(now time.Time) (c Counts) {
	slot, day := slotOf(now), dayOf(now)
	add := func(of map[int64]int, hour, whole *int) {
		for at, n := range of {
			switch {
			case at <= slot-DaySlots:
				delete(of, at)
				continue
			case at > slot-HourSlots:
				*hour += n
			}
			*whole += n
		}
	}
	add(s.sent, &c.SentHour, &c.SentDay)
	add(s.verified, &c.VerifiedHour, &c.VerifiedDay)
	for at, n := range s.days {
		switch {
		case at < day-BestOf:
			delete(s.days, at)
		case at < day:
			c.BestDay = max(c.BestDay, n)
		}
	}
	maps.DeleteFunc(s.answered, func(_ string, at int64) bool { return at < slot-HourSlots })
	return c
}

func slotOf(t time.Time) int64 { return t.Unix() / int64(Slot/time.Second) }
func dayOf(t time.Time) int64  { return t.Unix() / (24 * 60 * 60) }
