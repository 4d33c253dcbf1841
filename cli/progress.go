package cli

import (
	"fmt"
	"strings"
	"time"
)

// bar shows how far something has come, on a terminal that somebody looks at. Elsewhere it says so now and then, in lines.
type bar struct {
	s     *session
	total int // 0 if nobody knows
	began time.Time
	last  time.Time
}

const (
	barWidth   = 30
	barEvery   = 100 * time.Millisecond
	linesEvery = 10 * time.Second
)

func (s *session) bar(total int) *bar {
	now := time.Now()
	return &bar{s: s, total: total, began: now, last: now}
}

// at says that n are done.
func (b *bar) at(n int) {
	now := time.Now()
	every := linesEvery
	if b.s.watched {
		every = barEvery
	}
	if now.Sub(b.last) < every {
		return
	}
	b.last = now
	if b.s.watched {
		fmt.Fprintf(b.s.err, "\r%s\x1b[K", b.text(n, now))
		return
	}
	b.s.say("%s", b.text(n, now))
}

func (b *bar) text(n int, now time.Time) string {
	speed := fmt.Sprintf("%d rows, %.0f a second", n, float64(n)/max(now.Sub(b.began).Seconds(), 0.001))
	if b.total == 0 {
		return speed
	}
	n = min(n, b.total) // People sign up meanwhile.
	full := barWidth * n / b.total
	return fmt.Sprintf("[%s%s] %3d %%  %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*n/b.total, speed)
}

// end leaves a clean line behind.
func (b *bar) end() {
	if b.s.watched {
		fmt.Fprint(b.s.err, "\r\x1b[K")
	}
}
