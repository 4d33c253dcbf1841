package smtp_test

import (
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	server "github.com/emersion/go-smtp"

	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
)

// Connections that were kept die together, without a word, when a server is exchanged or a firewall forgets them. The next message finds out once, and
// not for each of them: its user waits meanwhile.
func TestKeptConnectionsThatAreSilentCostOneWait(t *testing.T) {
	t.Parallel()
	const kept = 4
	srv := startServer(t, serverKind{})
	l, silent := proxy(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(srv.port)))
	s := srv.sender(t, func(c *smtp.Config) { c.Port, c.Connections = l.Addr().(*net.TCPAddr).Port, kept })

	var together sync.WaitGroup
	together.Add(kept)
	srv.answer(func(step string, _ *server.Conn) error {
		if step == "mail" {
			together.Done()
			together.Wait()
		}
		return nil
	})
	var all sync.WaitGroup
	for range kept {
		all.Go(func() {
			if err := s.Send(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	srv.answer(nil)
	silent.Store(true)
	if err := s.Send(t.Context(), message()); err != nil {
		t.Errorf("with %d kept connections that are silent, and a server that is not: %v", kept, err)
	}
}

// proxy passes on what comes and goes, and of the connections that there are when silent is set nothing any more.
func proxy(t *testing.T, to string) (net.Listener, *atomic.Bool) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := &atomic.Bool{}
	var conns sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); conns.Wait() })
	conns.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				return
			}
			old := !silent.Load()
			conns.Go(func() {
				defer func() { _, _ = in.Close(), out.Close() }()
				buffer := make([]byte, 4096)
				for {
					n, err := in.Read(buffer)
					if err != nil {
						return
					}
					if old && silent.Load() {
						continue
					}
					if _, err := out.Write(buffer[:n]); err != nil {
						return
					}
				}
			})
			conns.Go(func() { _, _ = io.Copy(in, out) })
		}
	})
	return l, silent
}
