package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrUnfit says that a server would lose or refuse what the store keeps in it.
var ErrUnfit = errors.New("redisstore: unfit server")

// Check asks the servers whether they may be trusted with locks: Redis 6.2 or later, maxmemory-policy noeviction, and not a replica. Call it
// when the program starts, and do not start if it fails. // attack
//
// With a Cluster it asks every node, replicas too, since they become masters. It cannot see the nodes behind an AutoPipeliner of a
// Cluster, and refuses to speak for them: check a store on the ClusterClient itself.
func (s *Store) Check(ctx context.Context) error {
	switch c := s.client.(type) {
	case *redis.ClusterClient:
		return c.ForEachShard(ctx, func(ctx context.Context, node *redis.Client) error {
			return checkNode(ctx, node, node.Options().Addr, inCluster)
		})
	case *redis.Client:
		return checkNode(ctx, c, c.Options().Addr, alone)
	}
	return checkNode(ctx, s.client, "the server", alone)
}

// standing is what a node may be.
type standing int

const (
	alone     standing = iota // must be writable, and all there is
	inCluster                 // may be a replica: the client writes to masters
)

type informer interface {
	Info(ctx context.Context, section ...string) *redis.StringCmd
}

// checkNode needs nothing but INFO, which hosted servers allow where they forbid CONFIG.
func checkNode(ctx context.Context, node informer, name string, is standing) error {
	text, err := node.Info(ctx).Result()
	if err != nil {
		return fmt.Errorf("redisstore: checking %s: %w", name, err)
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[key] = value
		}
	}
	var faults []string
	if v := info["redis_version"]; !atLeast62(v) {
		faults = append(faults, fmt.Sprintf("its version is %q and must be 6.2 or later", v))
	}
	if p := info["maxmemory_policy"]; p != "noeviction" {
		faults = append(faults, fmt.Sprintf("its maxmemory-policy is %q and must be noeviction: an evicted lock is an open one", p))
	}
	if role := info["role"]; role != "master" && is == alone {
		faults = append(faults, fmt.Sprintf("its role is %q and must be master", role))
	}
	if info["redis_mode"] == "cluster" && is == alone {
		faults = append(faults, "it is one node of a Cluster, and the others cannot be seen through this client: check a store on the ClusterClient")
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %s: %s", ErrUnfit, name, strings.Join(faults, "; "))
	}
	return nil
}

func atLeast62(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major > 6 || major == 6 && minor >= 2)
}
