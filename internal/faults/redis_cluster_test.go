package faults_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

const (
	masters     = 3
	slots       = 16384
	nodeTimeout = 1500 * time.Millisecond // until a node that says nothing is voted away
)

// clusterNode is one server of a Cluster.
type clusterNode struct {
	proc  *process
	addr  string
	bus   int
	admin *redis.Client
}

// redisCluster is a Redis Cluster of three masters with a replica each, which fails over by itself.
type redisCluster struct {
	t     testing.TB
	nodes []*clusterNode
}

// startCluster returns when every node knows every other, and every master has its replica.
func startCluster(t testing.TB) *redisCluster {
	t.Helper()
	c := &redisCluster{t: t}
	for range 2 * masters {
		c.nodes = append(c.nodes, startClusterNode(t))
	}
	ctx, first := t.Context(), c.nodes[0]
	host, port, _ := strings.Cut(first.addr, ":")
	for i, n := range c.nodes {
		if i > 0 {
			c.must(n.admin.Do(ctx, "CLUSTER", "MEET", host, port, first.bus).Err())
		}
		if i < masters {
			c.must(n.admin.ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err())
		}
	}
	until(t, "the nodes of a Cluster meeting", func() bool {
		for _, n := range c.nodes {
			if info, err := n.admin.ClusterInfo(ctx).Result(); err != nil || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", len(c.nodes))) {
				return false
			}
		}
		return true
	})
	for i, n := range c.nodes[masters:] {
		id, err := c.nodes[i].admin.ClusterMyID(ctx).Result()
		c.must(err)
		until(t, "a replica finding its master", func() bool { return n.admin.ClusterReplicate(ctx, id).Err() == nil })
	}
	c.well()
	return c
}

func startClusterNode(t testing.TB) *clusterNode {
	t.Helper()
	program, folder, n := testenv.Tool(t, "redis-server"), t.TempDir(), &clusterNode{}
	n.proc, n.addr = started(t, func(port int) *process {
		n.bus = freePort(t)
		return launch(t, folder, "", program,
			"--bind", "127.0.0.1", "--port", fmt.Sprint(port), "--dir", folder, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
			"--cluster-enabled", "yes", "--cluster-port", fmt.Sprint(n.bus), "--cluster-node-timeout", fmt.Sprint(nodeTimeout.Milliseconds()),
			"--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")
	}, func(ctx context.Context, addr string) error {
		c := redis.NewClient(&redis.Options{Addr: addr})
		defer func() { _ = c.Close() }()
		return c.Ping(ctx).Err()
	})
	n.admin = redis.NewClient(&redis.Options{Addr: n.addr})
	t.Cleanup(func() { _ = n.admin.Close() })
	return n
}

func (c *redisCluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// well waits until all slots are served, and each of the nodes that live is a master or follows one.
func (c *redisCluster) well() {
	c.t.Helper()
	ctx := c.t.Context()
	until(c.t, "a Cluster that is well", func() bool {
		for _, n := range c.nodes {
			if n.proc.gone() {
				continue
			}
			info, err := n.admin.ClusterInfo(ctx).Result()
			if err != nil || !strings.Contains(info, "cluster_state:ok") {
				return false
			}
			role, err := n.admin.Info(ctx, "replication").Result()
			if err != nil || strings.Contains(role, "role:slave") && !strings.Contains(role, "master_link_status:up") {
				return false
			}
		}
		return true
	})
}

// addrs are all nodes, as a program is told of them.
func (c *redisCluster) addrs() string {
	var all []string
	for _, n := range c.nodes {
		all = append(all, n.addr)
	}
	return strings.Join(all, ",")
}

// killMaster ends the master of a key as a power cut does. Nobody is told.
func (c *redisCluster) killMaster(key string) {
	c.t.Helper()
	ctx := c.t.Context()
	slot, err := c.nodes[0].admin.ClusterKeySlot(ctx, key).Result()
	c.must(err)
	shards, err := c.nodes[0].admin.ClusterShards(ctx).Result()
	c.must(err)
	for _, shard := range shards {
		if !slices.ContainsFunc(shard.Slots, func(r redis.SlotRange) bool { return r.Start <= slot && slot <= r.End }) {
			continue
		}
		for _, n := range c.nodes {
			if slices.ContainsFunc(shard.Nodes, func(is redis.Node) bool {
				return is.Role == "master" && n.addr == fmt.Sprintf("%s:%d", is.IP, is.Port)
			}) {
				n.proc.kill()
				return
			}
		}
	}
	c.t.Fatalf("no master has slot %d", slot)
}

// client is one as an application has it.
func (c *redisCluster) client() *redis.ClusterClient {
	all := redis.NewClusterClient(&redis.ClusterOptions{Addrs: strings.Split(c.addrs(), ","), ContextTimeoutEnabled: true, ClusterStateReloadInterval: time.Second})
	c.t.Cleanup(func() { _ = all.Close() })
	return all
}
