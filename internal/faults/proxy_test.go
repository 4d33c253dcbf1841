package faults_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// network is what a proxy does to what passes through it. The zero value passes everything on.
type network struct {
	delay     time.Duration // before each piece
	slice     bool          // pieces are one byte long
	cutBefore int           // one request in so many is lost with its connection; 0 is none
	cutAfter  int           // one reply in so many is: the server has done what the client does not learn
	hole      bool          // connections are accepted, and nothing ever arrives
	reset     bool          // connections are torn down at once
}

// proxy stands between clients and a server, on a port of its own. Network and server can be exchanged while it runs.
type proxy struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu     sync.Mutex
	target string
	now    network
	dice   *rand.Rand
	links  map[net.Conn]bool
	closed bool
}

func newProxy(t testing.TB, seed uint64, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, dice: rand.New(rand.NewPCG(seed, 1)), links: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if !p.add(client) {
			continue
		}
		p.wg.Go(func() { p.serve(client) })
	}
}

// add takes note of a connection, unless it comes too late or to a network that tears it down.
func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.now.reset {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
		return false
	}
	p.links[c] = true
	return true
}

func (p *proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.links, c)
	}
}

func (p *proxy) serve(client net.Conn) {
	defer p.drop(client)
	if p.network().hole {
		_, _ = io.Copy(io.Discard, client)
		return
	}
	server, err := net.DialTimeout("tcp", p.server(), time.Second)
	if err != nil || !p.add(server) {
		return
	}
	defer p.drop(server)
	done := make(chan struct{})
	p.wg.Go(func() {
		defer close(done)
		p.pump(client, server, func(n network) int { return n.cutAfter })
		p.drop(client, server)
	})
	p.pump(server, client, func(n network) int { return n.cutBefore })
	p.drop(client, server)
	<-done
}

// pump carries what src sends to dst, until one of them ends or the network cuts them.
func (p *proxy) pump(dst io.Writer, src io.Reader, oneIn func(network) int) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		is := p.network()
		if is.hole {
			continue // set cuts the connection before anything passes again, so no stream has a gap
		}
		if cut := oneIn(is); cut > 0 && p.roll(cut) == 0 {
			return
		}
		time.Sleep(is.delay)
		size := n
		if is.slice {
			size = 1
		}
		for at := 0; at < n; at += size {
			if _, err := dst.Write(buf[at:min(at+size, n)]); err != nil {
				return
			}
		}
	}
}

func (p *proxy) network() network {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *proxy) server() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

func (p *proxy) roll(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dice.IntN(n)
}

// set changes the network. Connections that were black holes, or would live on in a network that resets them, end.
func (p *proxy) set(n network) {
	p.mu.Lock()
	cut := p.now.hole || n.reset
	p.now = n
	p.mu.Unlock()
	if cut {
		p.cut()
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.links {
		_ = c.Close()
		delete(p.links, c)
	}
}

// point leads new connections to another server, and ends the old ones. No reply of the old server arrives after it returns.
func (p *proxy) point(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
	p.cut()
}

func (p *proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.cut()
	p.wg.Wait()
}
