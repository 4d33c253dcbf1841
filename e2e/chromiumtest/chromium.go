// Package chromiumtest drives a real browser in tests: Debian's Chromium, without a window.
//
// A test binary starts one Chromium, when the first test asks for it, and gives each test a [Tab] with cookies of its own:
//
//	func TestMain(m *testing.M) { os.Exit(chromiumtest.Main(m)) }
//
//	tab := chromiumtest.Open(t, site.URL) // http://localhost:port, never 127.0.0.1: passkeys need a name
//	tab.Click("#sign-in")
//	tab.WaitText("#said", "Welcome")
package chromiumtest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// patience is how long a page may need for one step, on a machine that has other things to do.
const patience = time.Minute

// chromium is the one browser of the test binary.
var chromium struct {
	sync.Mutex
	ctx  context.Context
	stop func()
}

// Main runs the tests and ends Chromium after them. It returns what os.Exit takes.
func Main(m *testing.M) int {
	defer func() {
		chromium.Lock()
		defer chromium.Unlock()
		if chromium.stop != nil {
			chromium.stop()
		}
	}()
	return m.Run()
}

// started returns the context of the browser. Without Chromium the test is skipped, or fails if skips are not allowed.
func started(t testing.TB) context.Context {
	t.Helper()
	path := testenv.Tool(t, "chromium")
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx != nil {
		return chromium.ctx
	}
	profile, err := os.MkdirTemp("", "cofactor-chromium")
	if err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], // without a window, and as quiet as they get it
		chromedp.ExecPath(path), chromedp.UserDataDir(profile),
		chromedp.NoSandbox, // the tests of a build server run as root, and its pages are ours
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, release := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // without a deadline: it would be the browser's
		cancel()
		release()
		t.Fatalf("Chromium does not start: %v", errors.Join(err, os.RemoveAll(profile)))
	}
	chromium.ctx = ctx
	chromium.stop = func() {
		_ = chromedp.Cancel(ctx) // asks Chromium to end, and waits
		release()
		_ = os.RemoveAll(profile)
	}
	return ctx
}
