package challenge_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/challenge"
)

const ms = time.Millisecond

// A move is a take or a give-back at a time, and what the budget is after it.
type move struct {
	at   uint64
	take bool
	give int // the number of the take that is given back, from 1
	fill bool
	want challenge.Budget
}

func TestBudgetArithmetic(t *testing.T) {
	// The budget of all cases: two takes, shut for 10, 20, 40, at most 50.
	spend := challenge.Spend{Budget: "b", Limit: 2, Window: 10 * ms, Max: 50 * ms}
	for name, moves := range map[string][]move{
		"shuts when emptied": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 101, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 111, Rest: 151}},
		},
		"reopens full, and doubles": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 100, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 110, Rest: 150}},
			{at: 110, take: true, want: challenge.Budget{Used: 1, Last: 1, Level: 1, Gen: 1, Rest: 160}},
			{at: 111, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 2, Gen: 1, Shut: 131, Rest: 161}},
			{at: 131, take: true, want: challenge.Budget{Used: 1, Last: 1, Level: 2, Gen: 2, Rest: 181}},
			{at: 131, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 3, Gen: 2, Shut: 171, Rest: 181}},
			{at: 171, take: true, want: challenge.Budget{Used: 1, Last: 1, Level: 3, Gen: 3, Rest: 221}},
			{at: 171, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 4, Gen: 3, Shut: 221, Rest: 221}},
		},
		"is new after a rest": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 149, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 159, Rest: 199}},
			{at: 198, take: true, want: challenge.Budget{Used: 1, Last: 1, Level: 1, Gen: 1, Rest: 248}},
			{at: 248, take: true, want: challenge.Budget{Used: 1, Last: 1, Gen: 2, Rest: 298}},
		},
		"a give-back undoes a take": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 105, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 115, Rest: 155}},
			{at: 106, give: 2, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 107, give: 1, want: challenge.Budget{}},
		},
		"a give-back of an earlier take leaves the rest of the later": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 105, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 115, Rest: 155}},
			{at: 106, give: 1, want: challenge.Budget{Used: 1, Last: 2, Rest: 155}},
			{at: 107, give: 2, want: challenge.Budget{Last: 1, Rest: 150}},
		},
		"of two takes of one millisecond, the first given back leaves the rest of the second": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 100, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 110, Rest: 150}},
			{at: 101, give: 1, want: challenge.Budget{Used: 1, Last: 2, Rest: 150}},
		},
		"of two takes of one millisecond, both given back leave nothing": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 100, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 110, Rest: 150}},
			{at: 101, give: 2, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 101, give: 1, want: challenge.Budget{}},
		},
		"no give-back to a reopened budget": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 100, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 110, Rest: 150}},
			{at: 110, give: 2, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 110, Rest: 150}},
			{at: 110, take: true, want: challenge.Budget{Used: 1, Last: 1, Level: 1, Gen: 1, Rest: 160}},
			{at: 110, give: 1, want: challenge.Budget{Used: 1, Last: 1, Level: 1, Gen: 1, Rest: 160}},
		},
		"no give-back to a refilled budget": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{fill: true, want: challenge.Budget{Gen: 1}},
			{at: 101, give: 1, want: challenge.Budget{Gen: 1}},
			{at: 101, take: true, want: challenge.Budget{Used: 1, Last: 1, Gen: 1, Rest: 151}},
			{at: 101, give: 1, want: challenge.Budget{Used: 1, Last: 1, Gen: 1, Rest: 151}},
		},
		"no give-back to a rested budget": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 150, take: true, want: challenge.Budget{Used: 1, Last: 1, Gen: 1, Rest: 200}},
			{at: 150, give: 1, want: challenge.Budget{Used: 1, Last: 1, Gen: 1, Rest: 200}},
		},
		"a clock that steps back shortens no rest": {
			{at: 100, take: true, want: challenge.Budget{Used: 1, Last: 1, Rest: 150}},
			{at: 90, take: true, want: challenge.Budget{Used: 2, Last: 2, Level: 1, Shut: 100, Rest: 150}},
		},
	} {
		var b challenge.Budget
		var taken []challenge.Taken
		for i, m := range moves {
			switch {
			case m.take:
				if w := b.Wait(m.at); w != 0 {
					t.Fatalf("%s: move %d must wait %v", name, i+1, w)
				}
				var x challenge.Taken
				b, x = b.Take(m.at, spend)
				taken = append(taken, x)
			case m.fill:
				b = b.Refill()
			default:
				b = b.Give(m.at, taken[m.give-1])
			}
			if b != m.want {
				t.Errorf("%s: after move %d the budget is %+v, want %+v", name, i+1, b, m.want)
			}
		}
	}
}

func TestWaitIsWhatIsLeft(t *testing.T) {
	b := challenge.Budget{Shut: 100}
	for now, want := range map[uint64]time.Duration{0: 100 * ms, 99: ms, 100: 0, 101: 0} {
		if got := b.Wait(now); got != want {
			t.Errorf("shut until 100, at %d: wait %v, want %v", now, got, want)
		}
	}
}

func TestNoLevelIsTooHigh(t *testing.T) {
	s := challenge.Spend{Budget: "b", Limit: 1, Window: ms, Max: 100 * 365 * 24 * time.Hour}
	for level := range 200 {
		b, _ := challenge.Budget{Level: level, Rest: 1 << 47}.Take(1000, s)
		want := s.Max
		if level < 42 { // 2^42 ms are more than a hundred years
			want = min(s.Max, ms<<level)
		}
		if got := b.Wait(1000); got != want {
			t.Errorf("at level %d it is shut for %v, want %v", level, got, want)
		}
	}
}

// Whatever is taken and given back, in whatever order and however the clock goes: the takes that stand are counted, and each of them keeps the
// budget from being new until Max after it.
func TestWhatStandsIsCounted(t *testing.T) {
	spend := challenge.Spend{Budget: "b", Limit: 4, Window: 10 * ms, Max: 50 * ms}
	type standing struct {
		at    uint64
		taken challenge.Taken
	}
	rapid.Check(t, func(t *rapid.T) {
		now, b := uint64(1000), challenge.Budget{}
		var all []standing
		for range rapid.IntRange(1, 30).Draw(t, "moves") {
			now += rapid.SampledFrom([]uint64{0, 0, 1, 9, 30}).Draw(t, "forward")
			now -= rapid.SampledFrom([]uint64{0, 0, 0, 5}).Draw(t, "back")
			if n := len(all); n > 0 && rapid.Bool().Draw(t, "give") {
				i := rapid.IntRange(0, n-1).Draw(t, "which")
				open := b.Shut == 0 || b.Shut > now // a budget that has reopened keeps what it counted
				b = b.Give(now, all[i].taken)
				if open {
					all = slices.Delete(all, i, i+1)
				}
			} else if b.Wait(now) == 0 {
				var taken challenge.Taken
				b, taken = b.Take(now, spend)
				all = slices.DeleteFunc(all, func(s standing) bool { return s.taken.Gen != b.Gen })
				all = append(all, standing{now, taken})
			}
			if b.Used != len(all) {
				t.Fatalf("%d takes stand, and the budget counts %d", len(all), b.Used)
			}
			for _, s := range all {
				if until := s.at + 50; b.Rest < until {
					t.Fatalf("a take of %d stands, and the budget is new from %d, before %d", s.at, b.Rest, until)
				}
			}
		}
	})
}
