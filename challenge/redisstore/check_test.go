package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

func TestAnOrdinaryServerIsFit(t *testing.T) {
	if err := open(t, connect(t)).Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// fake answers as a server would that a test cannot have at hand.
type fake struct {
	redis.Scripter
	info   string
	err    error
	answer func(name, try string) []any
}

func (f fake) Info(ctx context.Context, _ ...string) *redis.StringCmd {
	cmd := redis.NewStringCmd(ctx)
	cmd.SetVal(f.info)
	if f.err != nil {
		cmd.SetErr(f.err)
	}
	return cmd
}

func (f fake) EvalSha(ctx context.Context, _ string, keys []string, args ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	if f.err != nil {
		cmd.SetErr(f.err)
		return cmd
	}
	cmd.SetVal(any(f.answer(args[0].(string), args[1].(string))))
	return cmd
}

// attack
func TestUnfitServersAreRefused(t *testing.T) {
	const good = "# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n# Replication\r\nrole:master\r\n"
	check := func(info string) error { return open(t, fake{info: info}).Check(context.Background()) }
	if err := check(good); err != nil {
		t.Errorf("a fit server was refused: %v", err)
	}
	for what, change := range map[string][2]string{
		"evicts":              {"noeviction", "allkeys-lru"},
		"evicts what expires": {"noeviction", "volatile-ttl"},
		"is silent about it":  {"maxmemory_policy:noeviction\r\n", ""},
		"is too old":          {"7.0.15", "6.0.16"},
		"is far too old":      {"7.0.15", "5.0.7"},
		"has no version":      {"redis_version:7.0.15\r\n", ""},
		"is a replica":        {"role:master", "role:slave"},
		"is not all":          {"role:master\r\n", "role:master\r\nredis_mode:cluster\r\n"},
		"says nothing":        {good, ""},
	} {
		err := check(strings.Replace(good, change[0], change[1], 1))
		if !errors.Is(err, redisstore.ErrUnfit) {
			t.Errorf("a server that %s must be refused: %v", what, err)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("a server that %s: the error must be one line: %v", what, err)
		}
	}
	for _, version := range []string{"6.2.0", "6.10.1", "7.4", "8.0.0", "10.0.1"} {
		if err := check(strings.Replace(good, "7.0.15", version, 1)); err != nil {
			t.Errorf("version %s was refused: %v", version, err)
		}
	}
	if err := open(t, fake{err: errors.New("NOAUTH")}).Check(context.Background()); err == nil || errors.Is(err, redisstore.ErrUnfit) {
		t.Errorf("a server that cannot be asked: %v", err)
	}
}

func TestAConfigurationIsChecked(t *testing.T) {
	for what, cfg := range map[string]redisstore.Config{
		"no client":          {},
		"a brace in Prefix":  {Client: fake{}, Prefix: "a{b"},
		"another":            {Client: fake{}, Prefix: "a}b"},
		"a prefix too long":  {Client: fake{}, Prefix: strings.Repeat("p", 33)},
		"two faults at once": {Prefix: "{"},
		"a ring":             {Client: redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "localhost:1"}, HeartbeatFrequency: time.Hour})},
	} {
		if _, err := redisstore.New(cfg); err == nil {
			t.Errorf("%s: New must refuse it", what)
		}
	}
	_, err := redisstore.New(redisstore.Config{Prefix: "{"})
	if err == nil || !strings.Contains(err.Error(), "Client") || !strings.Contains(err.Error(), "Prefix") {
		t.Errorf("all faults are reported at once: %v", err)
	}
}

// attack
func TestWhatRedisSaysIsNoVerdict(t *testing.T) {
	for _, said := range []string{
		"OOM command not allowed when used memory > 'maxmemory'.", "READONLY You can't write against a read only replica.", "LOADING Redis is loading the dataset in memory",
		"NOAUTH Authentication required.", "WRONGTYPE Operation against a key holding the wrong kind of value", "ERR user_script:1: attempt to perform arithmetic on a nil value",
		"i/o timeout", "EOF",
	} {
		s := open(t, fake{err: errors.New(said)})
		for _, one := range calls(s, challenge.Key{Tag: "t", Hash: "h"}) {
			plain(t, one.name+" of a server that says "+said, one.call())
		}
	}
}

func plain(t *testing.T, what string, err error) {
	t.Helper()
	var refused *challenge.Refused
	if err == nil || errors.Is(err, challenge.ErrGone) || errors.As(err, &refused) {
		t.Errorf("%s: %v; want an error that is no verdict", what, err)
	}
}

// A client that mixes up replies must not hand one caller's success to another. // attack: A-152
func TestAReplyToAnotherCallIsNoReply(t *testing.T) {
	for what, answer := range map[string]func(name, try string) []any{
		"of another method":  func(_, try string) []any { return []any{int64(0), "other" + try} },
		"to another try":     func(name, _ string) []any { return []any{int64(0), name + "0123456789abcdef"} },
		"without an echo":    func(_, _ string) []any { return []any{int64(0)} },
		"that is empty":      func(_, _ string) []any { return nil },
		"of an unknown code": func(name, try string) []any { return []any{int64(9), name + try} },
		"of a textual code":  func(name, try string) []any { return []any{"0", name + try} },
		"refused by nobody":  func(name, try string) []any { return []any{int64(2), name + try} },
		"refused for a text": func(name, try string) []any { return []any{int64(2), name + try, "b", "1"} },
	} {
		s := open(t, fake{answer: answer})
		for _, one := range calls(s, challenge.Key{Tag: "t", Hash: "h"}) {
			plain(t, one.name+" with a reply "+what, one.call())
		}
	}
	for what, fields := range map[string][]any{
		"nothing":         {},
		"a text":          {"5", int64(1), int64(0), "sealed"},
		"a negative":      {int64(-5), int64(1), int64(0), "sealed"},
		"half a budget":   {int64(5), int64(1), int64(0), "sealed", "failures", int64(1)},
		"no sealed bytes": {int64(5), int64(1), int64(0), nil},
	} {
		s := open(t, fake{answer: func(name, try string) []any { return append([]any{int64(0), name + try}, fields...) }})
		_, err := s.Attempt(context.Background(), noon, challenge.Key{Tag: "t", Hash: "h"}, "a")
		plain(t, "an Attempt with a record of "+what, err)
	}
}

// A server that cannot write changes nothing, and then serves on.
func TestAFullServerChangesNothing(t *testing.T) {
	ctx := context.Background()
	c := startRedis(t, "--maxmemory-policy", "noeviction")
	s := open(t, c)
	k := challenge.Key{Tag: "t", Hash: "h"}
	must(t, errOf(s.Create(ctx, noon, k, challenge.Record{Attempts: 5, Expires: noon.Add(time.Minute), OnTry: []challenge.Spend{lock}})))
	must(t, errOf(s.Attempt(ctx, noon, k, "a")))
	before := fmt.Sprint(c.Get(ctx, "mfa:{t}:b").Val(), c.Get(ctx, "mfa:{t}:c:h").Val())
	must(t, c.ConfigSet(ctx, "maxmemory", "1").Err())
	for what, err := range map[string]error{
		"Attempt": errOf(s.Attempt(ctx, noon, k, "b")), "Release": s.Release(ctx, noon, k, "a"), "Redeem": s.Redeem(ctx, noon, k, "a", lock.Budget), "Spend": s.Spend(ctx, noon, "t", "s", lock),
	} {
		plain(t, what+" on a full server", err)
	}
	if after := fmt.Sprint(c.Get(ctx, "mfa:{t}:b").Val(), c.Get(ctx, "mfa:{t}:c:h").Val()); after != before {
		t.Error("a call that failed has changed what is stored")
	}
	must(t, c.ConfigSet(ctx, "maxmemory", "0").Err())
	must(t, s.Redeem(ctx, noon, k, "a"))
}

func TestAReplicaIsRefused(t *testing.T) {
	ctx := context.Background()
	c := startRedis(t)
	s := open(t, c)
	must(t, s.Check(ctx))
	must(t, c.ReplicaOf(ctx, "127.0.0.1", "1").Err())
	if err := s.Check(ctx); !errors.Is(err, redisstore.ErrUnfit) {
		t.Errorf("a replica: %v", err)
	}
	plain(t, "Spend on a replica", s.Spend(ctx, noon, "t", "s", lock))
	must(t, c.ReplicaOf(ctx, "NO", "ONE").Err(), c.ConfigSet(ctx, "maxmemory-policy", "allkeys-lru").Err())
	if err := s.Check(ctx); !errors.Is(err, redisstore.ErrUnfit) {
		t.Errorf("a server that evicts: %v", err)
	}
}
