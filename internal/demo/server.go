package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// portsTried is how many ports Listen looks at before it gives up.
const portsTried = 20

// Listen opens a port on this machine only: port, or the first one above it that is free; 0 lets the system choose. A name like localhost may stand for
// either of two addresses, so the port is taken on both, or somebody else's page could be behind one of them.
func Listen(ctx context.Context, port int) (ls []net.Listener, got int, err error) {
	for p := port; p < port+portsTried && p <= 65535; p++ {
		ls, err = listenOn(ctx, p)
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("no port to listen on, from %d: %w", port, err)
	}
	if len(ls) == 0 {
		return nil, 0, fmt.Errorf("%d is not a port: use 0 to 65535", port)
	}
	return ls, portOf(ls[0]), nil
}

func listenOn(ctx context.Context, port int) ([]net.Listener, error) {
	var cfg net.ListenConfig
	four, err := cfg.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	six, err := cfg.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(portOf(four))))
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errors.Join(err, four.Close())
	}
	return []net.Listener{four}, nil // This machine has no IPv6, and so nobody comes that way.
}

func portOf(l net.Listener) int {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return addr.Port
}

// Serve serves a website until ctx ends, and then finishes what it has begun.
func Serve(ctx context.Context, h http.Handler, ls []net.Listener) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
	}
	stopped := make(chan error, len(ls))
	for _, l := range ls {
		go func() { stopped <- server.Serve(l) }()
	}
	var faults []error
	running := len(ls)
	select {
	case <-ctx.Done():
	case err := <-stopped: // One address is gone: better none than half a demo.
		faults = append(faults, err)
		running--
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	faults = append(faults, server.Shutdown(last))
	for range running {
		if err := <-stopped; !errors.Is(err, http.ErrServerClosed) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
