package demo_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/cofactor-mfa/cofactor/internal/demo"
)

func TestAPortInUseIsNotShared(t *testing.T) {
	first, port, err := demo.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, first)
	second, other, err := demo.Listen(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, second)
	if other <= port || other > port+20 {
		t.Errorf("port %d is in use, and %d was taken", port, other)
	}
	for _, l := range append(first, second...) {
		if addr := l.Addr().(*net.TCPAddr); !addr.IP.IsLoopback() {
			t.Errorf("listens on %v, where others can come in", addr)
		}
	}
	for _, port := range []int{-1, 65536} {
		if _, _, err := demo.Listen(t.Context(), port); err == nil {
			t.Errorf("%d is taken for a port", port)
		}
	}
}

// A name stands for two addresses; a port that somebody else has on one of them is in use.
func TestAPortInUseOnTheOtherAddressIsInUse(t *testing.T) {
	var cfg net.ListenConfig
	l, err := cfg.Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port
	ls, got, err := demo.Listen(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, ls)
	if got == port {
		t.Errorf("port %d of ::1 is another program's, and the demo takes that of 127.0.0.1", port)
	}
}

func closeAll(t *testing.T, ls []net.Listener) {
	t.Helper()
	for _, l := range ls {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestServeEndsWithItsContextAndLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w := newWorld(t)
	ls, port, err := demo.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- demo.Serve(ctx, w.handler, ls) }()

	client := &http.Client{Transport: &http.Transport{}}
	res, err := client.Get(fmt.Sprintf("http://localhost:%d/sign-in", port))
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("the sign-in page: %d, %v", res.StatusCode, err)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
