package faults_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
)

// startTime is how long a server may need to come up, and to get well again.
const startTime = 20 * time.Second

// freePort was free a moment ago. Whoever starts a server on it tries again with another one if it is no longer.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// until asks again and again, for as long as a server may need.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > startTime {
			t.Fatalf("%s: not within %v", what, startTime)
		}
	}
}

// started launches a server on a free port, and returns it with its address when it answers.
func started(t testing.TB, launch func(port int) *process, answers func(ctx context.Context, addr string) error) (*process, string) {
	t.Helper()
	var p *process
	for range 3 {
		port := freePort(t)
		p = launch(port)
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		up := false
		until(t, "starting a server", func() bool {
			up = answers(t.Context(), addr) == nil
			return up || p.gone()
		})
		if up {
			return p, addr
		}
	}
	out, _ := os.ReadFile(p.log)
	t.Fatalf("the server does not start:\n%s", out)
	return nil, ""
}
