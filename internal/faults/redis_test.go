package faults_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// adminName is what the connections are called by which a test looks after a server.
const adminName = "admin"

// redisPassword is what the clients of the tests' Redis servers know.
const redisPassword = "right"

// redisServer is a Redis that keeps nothing on disk.
type redisServer struct {
	t      testing.TB
	folder string
	proc   *process
	addr   string
	admin  *redis.Client // goes to the server itself, whatever happens to the network of others
}

func startRedis(t testing.TB) *redisServer {
	t.Helper()
	s := &redisServer{t: t, folder: t.TempDir()}
	s.start()
	t.Cleanup(func() { _ = s.admin.Close() })
	return s
}

func (s *redisServer) start() {
	s.t.Helper()
	program := testenv.Tool(s.t, "redis-server")
	s.proc, s.addr = started(s.t, func(port int) *process {
		return launch(s.t, s.folder, "", program,
			"--bind", "127.0.0.1", "--port", fmt.Sprint(port), "--dir", s.folder, "--save", "", "--appendonly", "no",
			"--maxmemory-policy", "noeviction", "--requirepass", redisPassword, "--masterauth", redisPassword,
			"--repl-diskless-sync-delay", "0")
	}, func(ctx context.Context, addr string) error {
		c := redisClient(addr)
		defer func() { _ = c.Close() }()
		return c.Ping(ctx).Err()
	})
	s.admin = redis.NewClient(&redis.Options{Addr: s.addr, Password: redisPassword, ClientName: adminName})
}

// redisClient is a client as an application has it: with the library's retries.
func redisClient(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: addr, Password: redisPassword, ContextTimeoutEnabled: true})
}

// restart puts another server in the place of this one, which is killed. It knows nothing.
func (s *redisServer) restart() {
	s.t.Helper()
	s.proc.kill()
	_ = s.admin.Close()
	s.start()
}

func (s *redisServer) set(name, value string) {
	s.t.Helper()
	if err := s.admin.ConfigSet(s.t.Context(), name, value).Err(); err != nil {
		s.t.Fatalf("CONFIG SET %s: %v", name, err)
	}
}

// fill leaves the server no memory: it has well more than it may, so that nothing it frees by the way makes room for a key.
func (s *redisServer) fill() {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.admin.Set(ctx, "filling", strings.Repeat("x", 1<<20), 0).Err(); err != nil {
		s.t.Fatal(err)
	}
	info, err := s.admin.Info(ctx, "memory").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	used := 0
	for line := range strings.Lines(info) {
		_, _ = fmt.Sscanf(line, "used_memory:%d", &used)
	}
	s.set("maxmemory", fmt.Sprint(used-512<<10))
	if err := s.admin.Set(ctx, "more", "", 0).Err(); !redis.IsOOMError(err) {
		s.t.Fatalf("Redis is not full: %v", err)
	}
}

// drain takes back what fill did.
func (s *redisServer) drain() { s.set("maxmemory", "0") }

// follow makes the server a replica of a master that it reaches at addr, and waits until it has everything.
func (s *redisServer) follow(addr string) {
	s.t.Helper()
	host, port, _ := strings.Cut(addr, ":")
	if err := s.admin.Do(s.t.Context(), "REPLICAOF", host, port).Err(); err != nil {
		s.t.Fatal(err)
	}
	ctx := s.t.Context()
	until(s.t, "replication", func() bool {
		info, err := s.admin.Info(ctx, "replication").Result()
		return err == nil && strings.Contains(info, "master_link_status:up")
	})
}

// promote makes a replica a master of its own, with what it knows.
func (s *redisServer) promote() {
	s.t.Helper()
	if err := s.admin.Do(s.t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		s.t.Fatal(err)
	}
}

// replicated waits until the server's replica has everything that was written before the call.
func (s *redisServer) replicated() {
	s.t.Helper()
	ctx := s.t.Context()
	until(s.t, "replication", func() bool {
		conn := s.admin.Conn() // WAIT is about what its own connection has written
		defer func() { _ = conn.Close() }()
		if err := conn.Set(ctx, "marker", "1", time.Minute).Err(); err != nil {
			return false
		}
		n, err := conn.Wait(ctx, 1, 100*time.Millisecond).Result()
		return err == nil && n == 1
	})
}

// clients are the numbers of the connections there are; no number is used twice. Replicas and the test's own do not count.
func (s *redisServer) clients() []int64 {
	s.t.Helper()
	list, err := s.admin.Do(s.t.Context(), "CLIENT", "LIST", "TYPE", "normal").Text()
	if err != nil {
		s.t.Fatal(err)
	}
	var ids []int64
	for line := range strings.Lines(list) {
		var id int64
		if _, err := fmt.Sscanf(line, "id=%d", &id); err == nil && !strings.Contains(line, " name="+adminName+" ") {
			ids = append(ids, id)
		}
	}
	return ids
}
