package registry_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestRequirementsPage follows everything that the page about requirements names: each row is answered by a test, a page, a name of this package that
// exists, by something that is to come, or by a reason why not.
func TestRequirementsPage(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/reference/requirements.md")
	asked := []struct {
		by   string
		rows int
	}{{"twenty", 35}, {"parse", 29}, {"piccolo", 38}, {"appwrite", 24}, {"nuvla", 13}}
	var (
		row  = regexp.MustCompile(`(?m)^\| ([a-z]+)-(\d+) \| ([^|]+) \| ([^|]+) \|$`)
		rows = row.FindAllStringSubmatch(page, -1)
		i    int
	)
	for _, a := range asked {
		for n := 1; n <= a.rows; n++ {
			want := a.by + "-" + strconv.Itoa(n)
			if i >= len(rows) || rows[i][1]+"-"+rows[i][2] != want {
				t.Fatalf("row %d of the page is not %s", i+1, want)
			}
			followAnswer(t, want, rows[i][4])
			i++
		}
	}
	if i != len(rows) {
		t.Errorf("the page has %d rows, and %d were asked for", len(rows), i)
	}
}

// followAnswer looks for each `name` of an answer: a file, a test in the file named before it, or an exported name of this package.
func followAnswer(t *testing.T, row, answer string) {
	t.Helper()
	names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(answer, -1)
	if len(names) == 0 && !regexp.MustCompile(`later: (web|deployment)$|^not ours: |^Yes, see |^It is a library: `).MatchString(answer) {
		t.Errorf("%s: %q names nothing that could be looked at", row, answer)
	}
	file := ""
	for _, m := range names {
		name := m[1]
		switch {
		case strings.HasPrefix(name, "Test"):
			if file == "" || !strings.Contains(file, "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("%s: no %s in the file named before it", row, name)
			}
		case strings.HasPrefix(name, "registry."):
			parts := strings.Split(name, ".")
			last := parts[len(parts)-1]
			declared := regexp.MustCompile(`(?m)^(?:func (?:\([a-z]+ \*?[A-Z]\w+\) )?|type |\t)` + last + `\b`)
			if !declared.MatchString(sources(t)) {
				t.Errorf("%s: the registry has no %s", row, name)
			}
		default:
			file = "\n" + read(t, name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// sources is the text of this package, without its tests.
func sources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			all.WriteString(read(t, "registry/"+f))
		}
	}
	return all.String()
}
