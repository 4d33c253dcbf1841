package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// What the store accepts, as far as the compiler can tell.
var (
	_ redisstore.Client = (*redis.Client)(nil)
	_ redisstore.Client = (*redis.ClusterClient)(nil)
	_ redisstore.Client = (*redis.AutoPipeliner)(nil)
	_ redisstore.Client = redis.UniversalClient(nil)
)

func options(t testing.TB) *redis.Options {
	t.Helper()
	o, err := redis.ParseURL(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func connect(t testing.TB) *redis.Client {
	t.Helper()
	c := redis.NewClient(options(t))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func open(t testing.TB, c redisstore.Client) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(redisstore.Config{Client: c})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRedisKeepsThePromises(t *testing.T) {
	store := open(t, connect(t))
	challengetest.Run(t, func(*testing.T) challenge.Store { return store })
}

func TestRedisBehindAnAutoPipelineKeepsThePromises(t *testing.T) {
	p, err := connect(t).AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	store := open(t, p)
	challengetest.Run(t, func(*testing.T) challenge.Store { return store })
}
