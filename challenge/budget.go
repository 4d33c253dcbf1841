package challenge

import "time"

// Budget is the state of one budget: the rule of Spend, as arithmetic. Stores that run Go use it; others follow it. The zero
// value is a new budget. All times are milliseconds since 1970.
type Budget struct {
	Used  int    // takes since it was last full
	Level int    // how often it was shut since it was new
	Gen   uint64 // goes up whenever Used starts again at 0, so that an old take cannot be given back to a new count
	Last  int    // the number, in this count, of the take that Rest is from
	Shut  uint64 // shut until; 0 if it was not shut since it was last full
	Rest  uint64 // new from then on: the last take and Max; 0 if it is new
}

// Taken is what a store keeps of a take, to be able to give it back.
type Taken struct {
	Budget string
	Gen    uint64
	Nth    int    // its number in this count
	Was    uint64 // Budget.Rest before it
}

// Wait is the time left until the budget may be taken from at now; 0 if at once.
func (b Budget) Wait(now uint64) time.Duration {
	if b.Shut <= now {
		return 0
	}
	return time.Duration(b.Shut-now) * time.Millisecond
}

// Take makes a take, which Wait must allow.
func (b Budget) Take(now uint64, s Spend) (Budget, Taken) {
	switch {
	case b.Rest != 0 && b.Rest <= now:
		b = Budget{Gen: b.Gen + 1}
	case b.Shut != 0:
		b = Budget{Level: b.Level, Gen: b.Gen + 1, Rest: b.Rest}
	}
	b.Used++
	b.Last++
	t := Taken{Budget: s.Budget, Gen: b.Gen, Nth: b.Last, Was: b.Rest}
	b.Rest = max(b.Rest, now+uint64(s.Max.Milliseconds()))
	if b.Used >= s.Limit {
		b.Shut = now + uint64(shutFor(s, b.Level).Milliseconds())
		b.Level++
	}
	return b, t
}

// ShutBy is until when the budget is shut, if it was this take that emptied it; 0 if not, or if that is over at now. A budget that is shut is not
// taken from, so the take that emptied it is its last.
func (b Budget) ShutBy(now uint64, t Taken) uint64 {
	if b.Shut <= now || t.Gen != b.Gen || t.Nth != b.Last {
		return 0
	}
	return b.Shut
}

// Give undoes a take, if the budget still counts it at now. The rest goes back only with the last take: an earlier one must not shorten the
// rest of the takes after it, which may have been made in the same millisecond.
func (b Budget) Give(now uint64, t Taken) Budget {
	reopened := b.Shut != 0 && b.Shut <= now
	if t.Gen != b.Gen || b.Used == 0 || reopened {
		return b
	}
	b.Used--
	if b.Shut != 0 {
		b.Shut = 0
		b.Level--
	}
	if b.Last == t.Nth {
		b.Last--
		b.Rest = t.Was
	}
	return b
}

// Refill makes the budget new.
func (b Budget) Refill() Budget { return Budget{Gen: b.Gen + 1} }

// shutFor is Window doubled level times, at most Max.
func shutFor(s Spend, level int) time.Duration {
	d := s.Window
	for ; level > 0 && d < s.Max; level-- {
		d *= 2
	}
	return min(d, s.Max)
}
