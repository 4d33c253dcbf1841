package redisstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

// A cluster of one node has all slots, and refuses a script whose keys lie in two of them as any other would.
func TestAClusterKeepsThePromises(t *testing.T) {
	ctx := context.Background()
	node := startRedis(t, "--cluster-enabled", "yes", "--cluster-config-file", filepath.Join(t.TempDir(), "nodes.conf"))
	must(t, node.ClusterAddSlotsRange(ctx, 0, 16383).Err())
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{node.Options().Addr}})
	t.Cleanup(func() { _ = c.Close() })
	for range 100 {
		if c.Set(ctx, "up", 1, 0).Err() == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	store := open(t, c)
	if err := store.Check(ctx); err != nil {
		t.Errorf("a fit cluster was refused: %v", err)
	}
	challengetest.Run(t, func(*testing.T) challenge.Store { return store })

	pipeline, err := c.AutoPipeline()
	must(t, err)
	t.Cleanup(func() { _ = pipeline.Close() })
	piped := open(t, pipeline)
	if err := piped.Check(ctx); !errors.Is(err, redisstore.ErrUnfit) {
		t.Errorf("Check through an auto pipeline sees one node, and must not speak for the others: %v", err)
	}
	for _, one := range calls(piped, challenge.Key{Tag: "t", Hash: "h"}) {
		if err := one.call(); err != nil {
			t.Errorf("%s through the auto pipeline of a cluster: %v", one.name, err)
		}
	}

	must(t, node.ConfigSet(ctx, "maxmemory-policy", "volatile-lru").Err())
	if err := store.Check(ctx); !errors.Is(err, redisstore.ErrUnfit) {
		t.Errorf("a cluster with a node that evicts: %v", err)
	}
}
