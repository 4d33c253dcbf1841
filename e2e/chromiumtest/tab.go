package chromiumtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Tab is a page in a browser that has nothing in it yet: no cookies, no storage, no authenticators. What goes wrong ends the test.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// Open opens a tab on a page. The tab is closed when the test is over, and the test fails if the page had an error that nobody caught, or
// broke its content security policy.
func Open(t testing.TB, url string) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(started(t), chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		for _, p := range tab.Problems() {
			t.Errorf("the page had a problem: %s", p)
		}
		cancel()
	})
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	tab.Go(url)
	return tab
}

// hear notes what a page says when something is wrong with it. A failed request is an answer like any other, and no problem.
func (tab *Tab) hear(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			problem += " " + x.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError || e.Entry.Source == log.EntrySourceNetwork {
			return
		}
		problem = e.Entry.Text
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = append(tab.problems, problem)
}

// Problems returns what was wrong with the page so far, and forgets it.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	found := tab.problems
	tab.problems = nil
	return found
}

// Go opens another page in the tab, and waits until it is loaded.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	tab.do("go to "+url, chromedp.Navigate(url))
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reload", chromedp.Reload())
}

// Click clicks on what a CSS selector finds, with the mouse: the page sees a user's gesture.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.do("click on "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type types into an input, after what is there.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Text returns what a user reads in the element.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return run(tab, "read "+selector, chromedp.Text(chromedp.CSS(selector)))
}

// WaitText waits until a page is loaded in which the element's text contains this.
func (tab *Tab) WaitText(selector, text string) {
	tab.t.Helper()
	condition := fmt.Sprintf("document.readyState === 'complete' && document.querySelector(%s)?.textContent.includes(%s)", quote(selector), quote(text))
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(patience)))
		if err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond) // A page that is left takes the question with it, so the next one is asked.
	}
	tab.t.Fatalf("%s never said %q; it says %q", selector, text, tab.Text(selector))
}

// Screenshot writes the visible page to a PNG file, for people to look at.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	if err := os.WriteFile(path, run(tab, "take a screenshot", chromedp.CaptureScreenshot()), 0o600); err != nil {
		tab.t.Fatal(err)
	}
}

// Eval evaluates a JavaScript expression in the page, waits for it if it is a promise, and returns its value.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return run(tab, "evaluate "+strings.Join(strings.Fields(expression), " "), chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	run(tab, what, chromedp.Steps(steps...))
}

func run[T any](tab *Tab, what string, action chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
	return value
}

func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(raw)
}
