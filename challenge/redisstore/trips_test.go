package redisstore_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

// counter is a hook that counts the commands a client sends.
type counter struct {
	mu   sync.Mutex
	sent []string
}

func (c *counter) add(cmds ...redis.Cmder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cmd := range cmds {
		c.sent = append(c.sent, cmd.Name())
	}
}

func (c *counter) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.sent = nil
	return sent
}

func (c *counter) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.add(cmd)
		return next(ctx, cmd)
	}
}

func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.add(cmds...)
		return next(ctx, cmds)
	}
}

// calls is one successful call of each method, in an order in which each has something to do.
func calls(s challenge.Store, k challenge.Key) []struct {
	name string
	call func() error
} {
	ctx := context.Background()
	r := challenge.Record{Sealed: []byte("sealed"), Attempts: 5, Expires: noon.Add(5 * time.Minute), OnTry: []challenge.Spend{lock}}
	return []struct {
		name string
		call func() error
	}{
		{"Create", func() error { return errOf(s.Create(ctx, noon, k, r, lock)) }},
		{"Get", func() error { return errOf(s.Get(ctx, noon, k, "g", pace)) }},
		{"Attempt", func() error { return errOf(s.Attempt(ctx, noon, k, "a")) }},
		{"the Attempt that is released", func() error { return errOf(s.Attempt(ctx, noon, k, "b")) }},
		{"Release", func() error { return s.Release(ctx, noon, k, "b") }},
		{"Spend", func() error { return s.Spend(ctx, noon, k.Tag, "s", lock) }},
		{"Redeem", func() error { return s.Redeem(ctx, noon, k, "a") }},
		{"Refill", func() error { return s.Refill(ctx, k.Tag, pace.Budget) }},
	}
}

func TestEachCallIsOneCommand(t *testing.T) {
	plain := connect(t)
	piped := connect(t)
	pipeline, err := piped.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipeline.Close() })
	for _, c := range []struct {
		name   string
		client redisstore.Client
		hooked *redis.Client
	}{{"plain", plain, plain}, {"auto pipeline", pipeline, piped}} {
		forget(t, plain, "trips:*")
		s, err := redisstore.New(redisstore.Config{Client: c.client, Prefix: "trips:"})
		if err != nil {
			t.Fatal(err)
		}
		for _, warm := range calls(s, challenge.Key{Tag: "warm", Hash: "up"}) {
			must(t, warm.call())
		}
		var count counter
		c.hooked.AddHook(&count)
		for _, one := range calls(s, challenge.Key{Tag: "t", Hash: "h"}) {
			must(t, one.call())
			if sent := count.take(); len(sent) != 1 || sent[0] != "evalsha" {
				t.Errorf("%s: %s must be one script in one round trip; it sent %q", c.name, one.name, sent)
			}
		}
	}
	forget(t, plain, "trips:*")
}

func TestTheScriptsMayBeForgotten(t *testing.T) {
	c := connect(t)
	s := prefixed(t, c, "flush:")
	for _, one := range calls(s, challenge.Key{Tag: "t", Hash: "h"}) {
		must(t, c.ScriptFlush(context.Background()).Err())
		if err := one.call(); err != nil {
			t.Errorf("%s after SCRIPT FLUSH: %v", one.name, err)
		}
	}
}

// cutter is a proxy that swallows the next reply and hangs up, after the server has done what it was told.
type cutter struct {
	server string
	mu     sync.Mutex
	cuts   int // replies still to be swallowed
	done   int // swallowed
}

func (c *cutter) arm(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts, c.done = n, 0
}

func (c *cutter) swallowed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}

func (c *cutter) swallow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cuts == 0 {
		return false
	}
	c.cuts--
	c.done++
	return true
}

func startCutter(t *testing.T, server string) (*cutter, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{server: server}
	var all sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.relay(client) })
		}
	})
	return c, l.Addr().String()
}

func (c *cutter) relay(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		defer func() { _ = server.Close() }()
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			if n > 0 {
				if _, err := server.Write(buf[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if n > 0 {
			if c.swallow() {
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// The client sends a script again whose reply it did not see. The second run must answer as the first did, and count nothing.
// attack: A-151
func TestALostReplyCountsNothingTwice(t *testing.T) {
	direct := connect(t)
	proxy, addr := startCutter(t, options(t).Addr)
	o := options(t)
	o.Addr, o.DisableIdentity = addr, true
	lossy := redis.NewClient(o)
	t.Cleanup(func() { _ = lossy.Close() })

	for _, cuts := range []int{1, 2} {
		s, truth := prefixed(t, lossy, "lossy:"), prefixed(t, direct, "truth:")
		k := challenge.Key{Tag: "t", Hash: "h"}
		for _, warm := range calls(s, challenge.Key{Tag: "warm", Hash: "up"}) {
			must(t, warm.call())
		}
		want := calls(truth, k)
		for i, one := range calls(s, k) {
			proxy.arm(cuts)
			if err := one.call(); err != nil {
				t.Errorf("%s, whose reply was lost %d times, failed though the client sent it again: %v", one.name, cuts, err)
			}
			if n := proxy.swallowed(); n != cuts {
				t.Fatalf("%s: the proxy swallowed %d replies, want %d: the test has tested nothing", one.name, n, cuts)
			}
			must(t, want[i].call())
			for _, key := range []string{"{t}:b", "{t}:c:h"} {
				got, wanted := direct.Get(context.Background(), "lossy:"+key).Val(), direct.Get(context.Background(), "truth:"+key).Val()
				// Refill has no try: run twice it makes twice new, which only its generation shows.
				if got != wanted && one.name != "Refill" {
					t.Errorf("%s, run %d times, has stored under %s\n%x, run once\n%x", one.name, cuts+1, key, got, wanted)
				}
			}
		}
	}
}

// A client that is told never to send again reports that the outcome is unknown; the caller's own second call then finds it.
func TestWithoutRetriesTheOutcomeIsUnknown(t *testing.T) {
	proxy, addr := startCutter(t, options(t).Addr)
	o := options(t)
	o.Addr, o.DisableIdentity, o.MaxRetries = addr, true, -1
	lossy := redis.NewClient(o)
	t.Cleanup(func() { _ = lossy.Close() })
	s := prefixed(t, lossy, "unknown:")
	for _, warm := range calls(s, challenge.Key{Tag: "warm", Hash: "up"}) {
		must(t, warm.call())
	}
	for _, one := range calls(s, challenge.Key{Tag: "t", Hash: "h"}) {
		proxy.arm(1)
		var refused *challenge.Refused
		if err := one.call(); err == nil || errors.Is(err, challenge.ErrGone) || errors.As(err, &refused) {
			t.Errorf("%s, whose reply was lost: %v; want an error that says nothing about the outcome", one.name, err)
		}
		if err := one.call(); err != nil {
			t.Errorf("%s, called again with the same try: %v", one.name, err)
		}
	}
}
