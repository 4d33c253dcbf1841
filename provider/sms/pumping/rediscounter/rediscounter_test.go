package rediscounter_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping/countertest"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping/rediscounter"
)

func client(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func counter(t *testing.T, c redis.Scripter, prefix string) *rediscounter.Counter {
	t.Helper()
	counter, err := rediscounter.New(rediscounter.Config{Client: c, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return counter
}

func prefix() string { return "t" + rand.Text()[:12] + ":" }

func TestRedisIsACounter(t *testing.T) {
	t.Parallel()
	c := client(t)
	countertest.Run(t, func() pumping.Counter { return counter(t, c, prefix()) })
}

// A country takes the same room for ever, expires when it is not used, and its key says nothing of anybody.
func TestWhatIsStoredIsBounded(t *testing.T) {
	t.Parallel()
	c, p := client(t), prefix()
	counts, at := counter(t, c, p), time.Date(2030, time.March, 3, 0, 0, 0, 0, time.UTC)
	for i := range 5 * pumping.DaySlots {
		now := at.Add(time.Duration(i) * pumping.Slot)
		if _, err := counts.Sent(t.Context(), now, "+44"); err != nil {
			t.Fatal(err)
		}
		if err := counts.Verified(t.Context(), now, "+44", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	answered, err := c.Keys(t.Context(), p+"answered:{+44}:*").Result()
	if err != nil || len(answered) == 0 {
		t.Fatalf("%d answers are remembered (%v)", len(answered), err)
	}
	if ttl := c.PTTL(t.Context(), answered[0]).Val(); ttl <= 0 || ttl > time.Hour {
		t.Errorf("an answer is remembered for %v", ttl)
	}
	keys, err := c.Keys(t.Context(), p+"sent*").Result()
	if err != nil || len(keys) != 1 || keys[0] != p+"sent:{+44}" {
		t.Fatalf("the keys are %q (%v)", keys, err)
	}
	if n := c.HLen(t.Context(), keys[0]).Val(); n > 2*pumping.DaySlots+pumping.BestOf+1 {
		t.Errorf("after 5 days a country has %d fields", n)
	}
	if ttl := c.PTTL(t.Context(), keys[0]).Val(); ttl <= 14*24*time.Hour || ttl > 15*24*time.Hour {
		t.Errorf("a country that is not used is kept for %v", ttl)
	}
}

func TestACallIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	c := client(t)
	counts := counter(t, c, prefix())
	if _, err := counts.Sent(t.Context(), time.Now(), "+44"); err != nil { // loads the script
		t.Fatal(err)
	}
	trips := &tap{}
	c.AddHook(trips)
	if _, err := counts.Sent(t.Context(), time.Now(), "+44"); err != nil {
		t.Fatal(err)
	}
	if n := trips.n.Load(); n != 1 {
		t.Errorf("a message took %d round trips", n)
	}
}

type tap struct{ n atomic.Int32 }

func (*tap) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *tap) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.n.Add(1)
		return next(ctx, cmd)
	}
}

func (*tap) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// Replicas that decide at once share one limit. // attack
func TestReplicasShareOneLimit(t *testing.T) {
	t.Parallel()
	c, p := client(t), prefix()
	var sent, denied atomic.Int32
	var guards [4]provider.MultiFactorProvider
	for i := range guards {
		texts, err := sms.New(sms.Config{
			Sender: sender{&sent}, App: "Acme", Host: "acme.example", Numbers: sms.Numbers{Countries: []string{"+44"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		guards[i], err = pumping.New(pumping.Config{
			Provider: texts, Counter: counter(t, c, p), Mode: pumping.Deny, HourFloor: 10, Observe: func(_ context.Context, d pumping.Decision) {
				if d.Denied {
					denied.Add(1)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const messages = 64
	var all sync.WaitGroup
	for i := range messages {
		all.Go(func() {
			prompt, err := guards[i%len(guards)].SetupHook(t.Context(), provider.SetupRequest{
				Input: json.RawMessage(fmt.Sprintf(`{"phone":"+447911%06d"}`, 100_000+i)), Now: time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC),
			})
			if err != nil {
				t.Error(err)
				return
			}
			_ = prompt.Deliver.Send(t.Context())
		})
	}
	all.Wait()
	if sent.Load() != 10 || denied.Load() != messages-10 {
		t.Errorf("%d messages at once, with 10 allowed: %d were sent and %d denied", messages, sent.Load(), denied.Load())
	}
}

type sender struct{ n *atomic.Int32 }

func (s sender) Send(context.Context, sms.Message) error {
	s.n.Add(1)
	return nil
}

// A Redis that is away is an error, and so is a key that is somebody else's. // attack: A-39
func TestARedisThatDoesNotCountIsAnError(t *testing.T) {
	t.Parallel()
	away := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	t.Cleanup(func() { _ = away.Close() })
	if _, err := counter(t, away, "").Sent(t.Context(), time.Now(), "+44"); err == nil {
		t.Error("a message was counted nowhere")
	}
	c, p := client(t), prefix()
	if err := c.Set(t.Context(), p+"sent:{+44}", "x", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := counter(t, c, p).Sent(t.Context(), time.Now(), "+44"); err == nil {
		t.Error("a message was counted in what is no hash")
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := rediscounter.New(rediscounter.Config{Prefix: "{x}"})
	for _, fault := range []string{"Config.Client", "Config.Prefix"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("the fault of %s is not reported: %v", fault, err)
		}
	}
}
