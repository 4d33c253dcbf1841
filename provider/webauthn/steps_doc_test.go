package webauthn_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestStepsPage follows the page about the steps of the specification into the tree: no step is missing, and no test that it names.
func TestStepsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/webauthn.md")
	if err != nil {
		t.Fatal(err)
	}
	var (
		section = regexp.MustCompile(`(?m)^## `)
		row     = regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$`)
		named   = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
		want    = map[string]int{"Registering": 29, "Signing": 25}
	)
	for _, part := range section.Split(string(page), -1) {
		steps, ours := want[strings.Fields(part)[0]]
		if !ours {
			continue
		}
		next := 1
		for _, m := range row.FindAllStringSubmatch(part, -1) {
			if n, _ := strconv.Atoi(m[1]); n != next {
				t.Errorf("%.20s: step %d comes where %d should", part, n, next)
			}
			if !named.MatchString(m[2]) {
				t.Errorf("%.20s: step %d is tested by %q, which is no test", part, next, m[2])
			}
			next++
		}
		if next != steps+1 {
			t.Errorf("%.20s: %d steps, want %d", part, next-1, steps)
		}
	}
	tests := testsOfTheTree(t)
	for _, m := range named.FindAllStringSubmatch(string(page), -1) {
		if !tests[m[1]] {
			t.Errorf("%s is named, and is no test", m[1])
		}
	}
}

// testsOfTheTree are the names of all tests, those of nested modules too.
func testsOfTheTree(t *testing.T) map[string]bool {
	t.Helper()
	found, function := map[string]bool{}, regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			if err == nil && d.IsDir() && path != "../.." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
				return filepath.SkipDir
			}
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range function.FindAllStringSubmatch(string(src), -1) {
			found[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
