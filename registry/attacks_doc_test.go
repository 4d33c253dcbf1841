package registry_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestAttacksPage follows every row of the page about attacks to the files that it names, and says which of them do not try the row.
func TestAttacksPage(t *testing.T) {
	t.Parallel()
	const rows = 165
	page, err := os.ReadFile("../docs/reference/attacks.md")
	if err != nil {
		t.Fatal(err)
	}
	var (
		row   = regexp.MustCompile(`(?m)^\| A-(\d+) \| ([^|]+) \| ([^|]+) \|$`)
		named = regexp.MustCompile("`([a-z/_]+\\.go)`")
		parts = regexp.MustCompile(`later: (passkeys|codes|web|deployment)$`)
		next  = 1
	)
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		n, _ := strconv.Atoi(m[1])
		if n != next {
			t.Errorf("row A-%d comes where A-%d should", n, next)
		}
		next = n + 1
		files := named.FindAllStringSubmatch(m[3], -1)
		if len(files) == 0 && !parts.MatchString(m[3]) && !strings.HasPrefix(m[3], "not ours: ") {
			t.Errorf("A-%d is answered by %q, which is no file, no part and no reason", n, m[3])
		}
		for _, f := range files {
			if !slices.Contains(tried(t, f[1]), n) {
				t.Errorf("A-%d is said to be tried in %s, which does not name it", n, f[1])
			}
		}
	}
	if next != rows+1 {
		t.Errorf("the page ends before A-%d; there are %d rows", next, rows)
	}
}

var attack = regexp.MustCompile(`// attack:((?: A-\d+,?)+)`)

// tried lists the rows that a file's comments name.
func tried(t *testing.T, name string) (rows []int) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Error(err)
	}
	for _, m := range attack.FindAllStringSubmatch(string(src), -1) {
		for _, a := range strings.FieldsFunc(m[1], func(c rune) bool { return c < '0' || c > '9' }) {
			n, err := strconv.Atoi(a)
			if err != nil {
				t.Error(err)
			}
			rows = append(rows, n)
		}
	}
	return rows
}
