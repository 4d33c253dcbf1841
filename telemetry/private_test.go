package telemetry_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Whatever people do, and whatever goes wrong, nothing that is exported leads to a person, and nothing in it is a client's word.
//
// attack: A-92
func TestNothingExportedLeadsToAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.everything()
	w.everyOperation()
	out := w.exported()
	if len(out) < 10_000 {
		t.Fatalf("only %d bytes were exported", len(out))
	}
	w.keepsSilent("what is exported", out, marker, "2001:db8", "10.0.0.7")
}

// The log has ids, and no secret, name, address or browser.
//
// attack: A-92
// asvs: V16.2.5
func TestTheLogHasIDsAndNothingElseOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.everything()
	log := w.log.text()
	keys := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(read(t, "../docs/reference/logs.md"), -1)
	var known []string
	for _, k := range keys {
		known = append(known, k[1])
	}
	lines, said := 0, 0
	for line := range strings.Lines(log) {
		var attrs map[string]any
		if err := json.Unmarshal([]byte(line), &attrs); err != nil {
			t.Fatal(err)
		}
		for key := range attrs {
			if !slices.Contains(known, key) {
				t.Errorf("the log has the key %q, which docs/reference/logs.md has not", key)
			}
		}
		for _, id := range []string{"tenant", "user", "actor", "factor"} { // ids are what a log is read by
			if attrs[id] != nil {
				said++
			}
			delete(attrs, id)
		}
		if attrs["result"] == "unknown_kind" { // whoever asked for it chose the word
			delete(attrs, "kind")
		}
		rest, err := json.Marshal(attrs)
		if err != nil {
			t.Fatal(err)
		}
		w.keepsSilent("a line of the log", string(rest), marker, "@", "2001:db8")
		lines++
	}
	if lines < 100 || said < 100 {
		t.Errorf("%d lines with %d ids: the run has not logged what it did", lines, said)
	}
	for secret, what := range w.know {
		if what != "a factor" && strings.Contains(log, secret) {
			t.Errorf("the log has %s, %q", what, secret)
		}
	}
}

// keepsSilent looks for everything that the run knows, and for more.
func (w *world) keepsSilent(where, text string, more ...string) {
	w.t.Helper()
	for secret, what := range w.know {
		if strings.Contains(text, secret) {
			w.t.Errorf("%s has %s, %q", where, what, secret)
		}
	}
	for _, s := range more {
		if i := strings.Index(strings.ToLower(text), strings.ToLower(s)); i >= 0 {
			w.t.Errorf("%s has %q: %s", where, s, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// everyOperation fails if the run has left out a call that the page about events has.
func (w *world) everyOperation() {
	w.t.Helper()
	page := read(w.t, "../docs/reference/events.md")
	_, page, _ = strings.Cut(page, "\n## Operations\n")
	page, _, _ = strings.Cut(page, "\n## ")
	var names []string
	for _, s := range w.spans.Ended() {
		names = append(names, s.Name())
	}
	ops := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(page, -1)
	if len(ops) < 30 {
		w.t.Fatalf("the page about events has %d operations: it was not understood", len(ops))
	}
	for _, op := range ops {
		if slices.Contains([]string{"trust", "notice", "guessing"}, op[1]) { // not calls: they are told of beside one
			continue
		}
		if !slices.Contains(names, "cofactor."+op[1]) {
			w.t.Errorf("the run has made no call of %s", op[1])
		}
	}
	for _, step := range []string{"login_hook", "login_verify", "setup_hook", "setup_verify", "locate", "send", "notify"} {
		if !slices.Contains(names, "cofactor."+step) {
			w.t.Errorf("the run has not seen the step %s", step)
		}
	}
	if w.Events.Of("guessing") == nil && !slices.ContainsFunc(w.Events.All(), func(e registry.Event) bool { return e.Signal == registry.SignalGuessing }) {
		w.t.Error("the run has locked nobody")
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
