package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

// TestMemoryAndRedisReplyAlike sends the same random calls to both and compares each reply. Times go forward by everything from a
// millisecond to the rest of a budget, and sometimes back.
func TestMemoryAndRedisReplyAlike(t *testing.T) {
	client := connect(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		redis, err := redisstore.New(redisstore.Config{Client: client, Prefix: fmt.Sprintf("alike%d:", run)})
		if err != nil {
			rt.Fatal(err)
		}
		t.Cleanup(func() { forget(t, client, fmt.Sprintf("alike%d:*", run)) })
		forget(t, client, fmt.Sprintf("alike%d:*", run))
		p := pair{rt: rt, memory: challenge.NewMemory(), redis: redis, now: time.UnixMilli(1_900_000_000_000).UTC()}
		for range rapid.IntRange(1, 60).Draw(rt, "calls") {
			p.step()
		}
	})
}

type pair struct {
	rt     *rapid.T
	memory challenge.Store
	redis  challenge.Store
	now    time.Time
}

var budgets = []challenge.Spend{
	{Budget: "one", Limit: 1, Window: 1000 * time.Millisecond, Max: 5000 * time.Millisecond},
	{Budget: "two", Limit: 2, Window: 700 * time.Millisecond, Max: 9100 * time.Millisecond},
	{Budget: "three", Limit: 3, Window: time.Millisecond, Max: 4 * time.Millisecond},
	{Budget: "same", Limit: 2, Window: 2000 * time.Millisecond, Max: 2000 * time.Millisecond},
}

func pick[T any](p *pair, name string, from []T) T { return rapid.SampledFrom(from).Draw(p.rt, name) }

func (p *pair) spends(name string, most int) []challenge.Spend {
	return rapid.SliceOfN(rapid.SampledFrom(budgets), 0, most).Draw(p.rt, name)
}

func (p *pair) names() []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"one", "two", "three", "same", "unknown"}), 0, 3).Draw(p.rt, "refill")
}

// step makes one call. Half of the time it is sent twice.
func (p *pair) step() {
	p.now = p.now.Add(pick(p, "move", []time.Duration{
		0, 0, 0, time.Millisecond, 3 * time.Millisecond, 699 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, -time.Millisecond, -1500 * time.Millisecond,
	}))
	ctx, now := context.Background(), p.now
	k := challenge.Key{Tag: pick(p, "tag", []string{"s", "t"}), Hash: pick(p, "hash", []string{"g", "h"})}
	try := pick(p, "try", []string{"a", "b", "c", "d", "e", "f"})
	var call func(challenge.Store) (challenge.Record, error)
	what := pick(p, "call", []string{"create", "create", "get", "attempt", "attempt", "attempt", "release", "redeem", "spend", "refill"})
	switch what {
	case "create":
		r := challenge.Record{
			Sealed: []byte(try), Attempts: rapid.IntRange(1, 20).Draw(p.rt, "attempts"), OnTry: p.spends("on try", 4),
			Expires: now.Add(pick(p, "life", []time.Duration{time.Millisecond, 3 * time.Second, time.Minute})),
		}
		take := p.spends("take", 3)
		call = func(s challenge.Store) (challenge.Record, error) { return s.Create(ctx, now, k, r, take...) }
	case "get":
		take := p.spends("take", 3)
		call = func(s challenge.Store) (challenge.Record, error) { return s.Get(ctx, now, k, try, take...) }
	case "attempt":
		call = func(s challenge.Store) (challenge.Record, error) { return s.Attempt(ctx, now, k, try) }
	case "release":
		call = func(s challenge.Store) (challenge.Record, error) {
			return challenge.Record{}, s.Release(ctx, now, k, try)
		}
	case "redeem":
		names := p.names()
		call = func(s challenge.Store) (challenge.Record, error) {
			return challenge.Record{}, s.Redeem(ctx, now, k, try, names...)
		}
	case "spend":
		take := p.spends("take", 3)
		call = func(s challenge.Store) (challenge.Record, error) {
			return challenge.Record{}, s.Spend(ctx, now, k.Tag, try, take...)
		}
	case "refill":
		names := p.names()
		call = func(s challenge.Store) (challenge.Record, error) {
			return challenge.Record{}, s.Refill(ctx, k.Tag, names...)
		}
	}
	for range rapid.IntRange(1, 2).Draw(p.rt, "times") {
		m, mErr := call(p.memory)
		r, rErr := call(p.redis)
		if describe(m, mErr) != describe(r, rErr) {
			p.rt.Fatalf("%s of %v by %s at %v: the stores must reply alike\nMemory: %s\nRedis:  %s", what, k, try, now, describe(m, mErr), describe(r, rErr))
		}
	}
}

func describe(r challenge.Record, err error) string {
	var refused *challenge.Refused
	switch {
	case errors.Is(err, challenge.ErrGone):
		return "gone"
	case errors.As(err, &refused):
		return fmt.Sprintf("refused: %s for %v", refused.Budget, refused.RetryAfter)
	case err != nil:
		return "failed: " + err.Error()
	}
	return fmt.Sprintf("%q, %d attempts, expires %v, next %v, shut %v, on try %v", r.Sealed, r.Attempts, r.Expires, r.Next, r.Shut, slices.Concat(r.OnTry))
}
