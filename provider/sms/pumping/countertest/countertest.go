// Package countertest checks that a counter keeps the contract of [pumping.Counter].
package countertest

import (
	"context"
	"crypto/rand"
	"sort"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
)

// start is the beginning of a slot, and of a day.
var start = time.Date(2030, time.March, 3, 0, 0, 0, 0, time.UTC)

// Run runs every case as a subtest, each with a new counter.
func Run(t *testing.T, open func() pumping.Counter) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, pumping.Counter){
		"windows": windows, "best day": bestDay, "countries": countries, "taken back": takenBack, "once": once, "at once": atOnce, "ended": ended, "clocks": clocks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open())
		})
	}
}

func sent(t *testing.T, c pumping.Counter, at time.Time, country string, n int) (last pumping.Counts) {
	t.Helper()
	for range n {
		var err error
		if last, err = c.Sent(t.Context(), at, country); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

func verified(t *testing.T, c pumping.Counter, at time.Time, country string, n int) {
	t.Helper()
	for range n {
		if err := c.Verified(t.Context(), at, country, rand.Text()); err != nil {
			t.Fatal(err)
		}
	}
}

func want(t *testing.T, rule string, got, want pumping.Counts) {
	t.Helper()
	if got != want {
		t.Errorf("%s\n\tcounted %+v, not %+v", rule, got, want)
	}
}

func windows(t *testing.T, c pumping.Counter) {
	sent(t, c, start, "+44", 3)
	verified(t, c, start, "+44", 2)
	want(t, "A message is counted at once, with those before it.", sent(t, c, start.Add(time.Minute), "+44", 1),
		pumping.Counts{SentHour: 4, VerifiedHour: 2, SentDay: 4, VerifiedDay: 2})
	want(t, "The last moment of an hour belongs to it.", sent(t, c, start.Add(time.Hour-time.Millisecond), "+44", 1),
		pumping.Counts{SentHour: 5, VerifiedHour: 2, SentDay: 5, VerifiedDay: 2})
	want(t, "What is an hour old has left the hour, and not the day.", sent(t, c, start.Add(time.Hour), "+44", 1),
		pumping.Counts{SentHour: 2, SentDay: 6, VerifiedDay: 2})
	want(t, "What is a day old has left the day.", sent(t, c, start.Add(24*time.Hour), "+44", 1),
		pumping.Counts{SentHour: 1, SentDay: 3, BestDay: 2})
}

func bestDay(t *testing.T, c pumping.Counter) {
	day := func(n int) time.Time { return start.AddDate(0, 0, n).Add(12 * time.Hour) }
	verified(t, c, day(0), "+44", 9)
	verified(t, c, day(1), "+44", 4)
	verified(t, c, day(3), "+44", 5)
	for _, x := range []struct{ day, best int }{{3, 9}, {14, 9}, {15, 5}, {17, 5}, {18, 0}} {
		if got := sent(t, c, day(x.day), "+44", 1).BestDay; got != x.best {
			t.Errorf("The best day is the one with the most verified of the 14 before today.\n\ton day %d it had %d, not %d", x.day, got, x.best)
		}
	}
}

func countries(t *testing.T, c pumping.Counter) {
	sent(t, c, start, "+44", 3)
	verified(t, c, start, "+1876", 1)
	want(t, "Countries are counted apart.", sent(t, c, start, "+1876", 1), pumping.Counts{SentHour: 1, VerifiedHour: 1, SentDay: 1, VerifiedDay: 1})
	for _, none := range []string{"", "+", "44", "+44791", "+44 7", "GB", "+4a", "+٤٤"} {
		if _, err := c.Sent(t.Context(), start, none); err == nil {
			t.Errorf("What is no country is not counted, or what is counted could grow without end.\n\t%q was", none)
		}
	}
}

func takenBack(t *testing.T, c pumping.Counter) {
	sent(t, c, start, "+44", 2)
	for range 5 {
		if err := c.Unsent(t.Context(), start, "+44"); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "What is taken back is not counted, and no count is below zero.", sent(t, c, start, "+44", 1), pumping.Counts{SentHour: 1, SentDay: 1})
}

func once(t *testing.T, c pumping.Counter) {
	for _, challenge := range []string{"a", "a", "b", "a"} {
		if err := c.Verified(t.Context(), start, "+44", challenge); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "A challenge that is answered several times is counted once.", sent(t, c, start, "+44", 1),
		pumping.Counts{SentHour: 1, VerifiedHour: 2, SentDay: 1, VerifiedDay: 2})
}

func atOnce(t *testing.T, c pumping.Counter) {
	const n = 64
	counts := make(chan int, n)
	for range n {
		go func() {
			got, err := c.Sent(context.WithoutCancel(t.Context()), start, "+44")
			if err != nil {
				t.Error(err)
			}
			counts <- got.SentHour
		}()
	}
	var seen []int
	for range n {
		seen = append(seen, <-counts)
	}
	sort.Ints(seen)
	for i, got := range seen {
		if got != i+1 {
			t.Fatalf("Of messages sent at once each sees a count of its own.\n\tthe counts were %v", seen)
		}
	}
}

func ended(t *testing.T, c pumping.Counter) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Sent(ctx, start, "+44"); err == nil {
		t.Error("A context that has ended counts nothing.")
	}
}

func clocks(t *testing.T, c pumping.Counter) {
	sent(t, c, start.Add(time.Hour), "+44", 2)
	want(t, "What a replica with a fast clock has counted counts.", sent(t, c, start, "+44", 1), pumping.Counts{SentHour: 3, SentDay: 3})
}
