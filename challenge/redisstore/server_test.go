package redisstore_test

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// startRedis starts a server of the test's own, whose settings it may change.
func startRedis(t *testing.T, args ...string) *redis.Client {
	t.Helper()
	program := testenv.Tool(t, "redis-server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	server := exec.Command(program, append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "", "--appendonly", "no"}, args...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	t.Cleanup(func() {
		_ = c.Close()
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for range 100 {
		if c.Ping(context.Background()).Err() == nil {
			return c
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("redis-server did not start")
	return nil
}
