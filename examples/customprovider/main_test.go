package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/config"
)

// terminal is where pagers beep.
type terminal struct {
	mu sync.Mutex
	bytes.Buffer
}

func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Buffer.Write(b)
}

var beep = regexp.MustCompile(`pager 4471 beeps: Acme says: (\d{6}) `)

// code is what the pager shows now.
func (t *terminal) code(tb testing.TB) string {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	all := beep.FindAllStringSubmatch(t.String(), -1)
	if len(all) == 0 {
		tb.Fatalf("no pager has beeped: %s", &t.Buffer)
	}
	return all[len(all)-1][1]
}

func TestAPagerIsAttachedOnThePagesAndSignsIn(t *testing.T) {
	var beeps terminal
	var clock cofactortest.Clock
	app, err := newApp(config.Program{Terminal: &beeps, Now: clock.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b := cofactortest.NewBrowser(t, "http://localhost:8080", app)
	type doc struct{ ID, State string }
	ask := func(route string, in any, status int) (d doc) {
		t.Helper()
		b.JSON("POST", "/mfa/api/"+route, in).Want(status).Into(&d)
		return d
	}
	see := func(path, text string) {
		t.Helper()
		page := b.Get(path)
		for hops := 0; page.Location() != "" && hops < 5; hops++ {
			page = b.Get(page.Location())
		}
		if !strings.Contains(string(page.Body), text) {
			t.Errorf("the page %s lacks %q:\n%s", path, text, page.Body)
		}
	}

	b.Post("/sign-in", nil).Want(http.StatusSeeOther)
	see("/mfa/", "Pager") // the picker of methods that can be set up
	ch := ask("setup", map[string]any{"kind": "pager", "input": map[string]string{"number": "4471"}}, 201)
	if d := ask("setup/answer", map[string]any{"challenge": ch.ID, "response": cofactortest.Typed(beeps.code(t))}, 200); d.State != "signed_in" {
		t.Fatalf("after the set-up the state is %q", d.State)
	}
	see("/mfa/", "···71") // the settings

	clock.Advance(3600e9)
	b = cofactortest.NewBrowser(t, "http://localhost:8080", app)
	b.Post("/sign-in", nil).Want(http.StatusSeeOther)
	see("/mfa/", "Pager") // the picker of methods to sign in with
	clock.Advance(60e9)   // one was sent with the password, for the page
	ch = ask("login", map[string]string{"kind": "pager"}, 201)
	ask("login/answer", map[string]any{"challenge": ch.ID, "response": cofactortest.Typed(beeps.code(t))}, 200)
	b.Get("/").Want(http.StatusSeeOther)
	see("/", "Pager")
}

func TestTheCommandKnowsTheKind(t *testing.T) {
	program := filepath.Join(t.TempDir(), "customprovider")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for args, want := range map[string]string{
		"config schema":   "What stands before each code",
		"config validate": "pager",
		"config print":    "Acme says:",
	} {
		out, err := exec.CommandContext(t.Context(), program, strings.Fields(args)...).Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s does not say %q: %v\n%s", args, want, err, out)
		}
	}
}
