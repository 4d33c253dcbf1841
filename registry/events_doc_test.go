package registry_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// TestEventsPage compares the page about events with the code: every field, operation, result of its own, signal and notice, and no other.
//
// asvs: V16.1.1
func TestEventsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/reference/events.md")
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for f := range reflect.TypeFor[registry.Event]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	code := source(t, "*.go") + source(t, "../provider/provider.go")
	for title, want := range map[string][]string{
		"Fields":     fields,
		"Operations": found(code, `\.call\((?:ctx, )?"([a-z_]+)"`, `Op: "([a-z_]+)"`, `e\.Op, .* = "([a-z_]+)", Signal`),
		"Results":    found(code, `(?:report|undelivered)\(ctx, (?:l, )?"([a-z_]+)"`, `beside\("([a-z_]+)"`),
		"Signals":    found(code, `\bSignal\w+ += "([a-z_]+)"`),
		"Notices":    found(code, `\bNotice\w+ += "([a-z_]+)"`),
	} {
		_, section, ok := strings.Cut(string(page), "\n## "+title+"\n")
		if !ok {
			t.Errorf("the page has no section %q", title)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		got := found(section, "(?m)^\\| `([a-z_]+)` \\|")
		slices.Sort(want)
		if !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("%s: the page has\n%q, the code\n%q", title, got, want)
		}
	}
}

// source is the text of all files but tests.
func source(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

// found are the texts that the patterns' groups match, in order, each once.
func found(text string, patterns ...string) (list []string) {
	for _, p := range patterns {
		for _, m := range regexp.MustCompile(p).FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
