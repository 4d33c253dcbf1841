package tenminutes_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is the folder's program while it runs.
type program struct {
	Origin string
	Stop   func()
	log    *lockedBuffer
}

// Log is what it has said so far.
func (p program) Log() string { return p.log.String() }

// lockedBuffer is written by a process and read by a test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is what was written.
func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freePort is one that nobody listened on a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { check(t, l.Close()) }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	check(t, err)
	return port
}

// Start runs the program in main.go until the test is over. It compiles as it is; then, since other tests run on this machine as well, its port is another one.
func (f folder) Start(t testing.TB, variables ...string) program {
	t.Helper()
	f.Run(t, "go", "mod", "tidy")
	f.Run(t, "go", "vet", ".")
	original, err := os.ReadFile(filepath.Join(f.Dir, "main.go"))
	check(t, err)
	port := freePort(t)
	f.Write(t, "main.go", strings.ReplaceAll(string(original), "localhost:8080", "localhost:"+port))
	path := filepath.Join(f.Dir, "x-"+port)
	f.Run(t, "go", "build", "-o", path, ".")
	f.Write(t, "main.go", string(original))

	p := program{Origin: "http://localhost:" + port, log: &lockedBuffer{}}
	run := exec.Command(path) // ends with Stop
	run.Dir, run.Stderr = f.Dir, p.log
	run.Env = append(f.env, append(variables, "COFACTOR__BASE_URL="+p.Origin+"/mfa")...)
	check(t, run.Start())
	p.Stop = sync.OnceFunc(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("the program's log:\n%s", p.Log())
		}
	})
	awaitPort(t, port, p.Log)
	return p
}

// awaitPort waits until somebody listens.
func awaitPort(t testing.TB, port string, log func() string) {
	t.Helper()
	for range 400 {
		if c, err := net.DialTimeout("tcp", "localhost:"+port, time.Second); err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nobody listens on port %s:\n%s", port, log())
}
