package e2e_test

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
)

// serveExample builds and runs an example on a free port, and returns its address.
func serveExample(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "examples", name)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	run := exec.CommandContext(ctx, program)
	var log bytes.Buffer
	run.Env, run.Stderr = append(run.Environ(), "ADDRESS="+address), &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = run.Wait()
		if t.Failed() {
			t.Logf("the program's log:\n%s", &log)
		}
	})
	for range 200 {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			_ = c.Close()
			return "http://localhost:" + address[len("127.0.0.1:"):]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the example does not listen:\n%s", &log)
	return ""
}

// Sixty lines of JavaScript attach an app and sign in with it, and say what the server says.
func TestASinglePageApplicationSignsIn(t *testing.T) {
	t.Parallel()
	tab := chromiumtest.Open(t, serveExample(t, "spa"))
	password := func() {
		t.Helper()
		tab.Type("#anonymous [name=user]", "alice")
		tab.Type("#anonymous [name=password]", "demo")
		tab.Click("#anonymous button")
	}
	tab.Type("#anonymous [name=user]", "alice")
	tab.Type("#anonymous [name=password]", "wrong")
	tab.Click("#anonymous button")
	tab.WaitText("#said", "the password is another")

	password()
	tab.WaitText("#key", " ")
	if !chromiumtest.Eval[bool](tab, `document.getElementById('qr').decode().then(() => true)`) {
		t.Error("the key cannot be scanned")
	}
	app := cofactortest.NewApp(t, tab.Text("#key"), time.Now)
	tab.Type("#setup [name=code]", app.Code())
	tab.Click("#setup button")
	tab.WaitText("#balance", "1,000 EUR")
	tab.Reload()
	tab.WaitText("#balance", "1,000 EUR")

	tab.Click("#signed_in button")
	password()
	tab.WaitText("#label", "uthenticator")
	tab.Type("#login [name=code]", "000000")
	tab.Click("#login button")
	tab.WaitText("#said", "isn't right")
	tab.Type("#login [name=code]", app.Code())
	tab.Click("#login button")
	tab.WaitText("#balance", "1,000 EUR")
}
