package challenge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
)

func TestMemoryKeepsThePromises(t *testing.T) {
	challengetest.Run(t, func(*testing.T) challenge.Store { return challenge.NewMemory() })
}

// Memory must not grow with all that was ever begun. // attack: A-38
func TestMemoryForgetsWhatIsOver(t *testing.T) {
	ctx, m := context.Background(), challenge.NewMemory()
	lock := challenge.Spend{Budget: "failures", Limit: 1, Window: time.Minute, Max: time.Hour}
	if err := m.Spend(ctx, noon.AddDate(100, 0, 0), "", "a clock that was ahead for a moment"); err != nil {
		t.Fatal(err)
	}
	size := func(now time.Time) (challenges, keys int) {
		if err := m.Spend(ctx, now, "", "sweep"); err != nil {
			t.Fatal(err)
		}
		return m.Len()
	}
	for i := range 1000 {
		tag := fmt.Sprint(i)
		r := challenge.Record{Attempts: 1, Expires: noon.Add(5 * time.Minute), OnTry: []challenge.Spend{lock}}
		if _, err := m.Create(ctx, noon, challenge.Key{Tag: tag, Hash: "h"}, r); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Attempt(ctx, noon, challenge.Key{Tag: tag, Hash: "h"}, "a"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after            time.Duration
		challenges, keys int
	}{{64 * time.Minute, 1000, 1001}, {66 * time.Minute, 0, 1001}, {119 * time.Minute, 0, 1001}, {3 * time.Hour, 0, 1}} {
		if challenges, keys := size(noon.Add(c.after)); challenges != c.challenges || keys != c.keys {
			t.Errorf("%v later there are %d challenges and the budgets of %d keys; want %d and %d", c.after, challenges, keys, c.challenges, c.keys)
		}
	}
}
