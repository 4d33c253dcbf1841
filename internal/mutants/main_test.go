package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// The table must follow the code: what no longer applies breaks nothing, and would be thought tested.
func TestNoMutantIsStale(t *testing.T) {
	t.Chdir("../..")
	names := map[string]bool{}
	for _, m := range all() {
		if _, err := m.apply(); err != nil {
			t.Error(err)
		}
		if names[m.breaks] {
			t.Errorf("two mutants are called %q", m.breaks)
		}
		names[m.breaks] = true
	}
}

const guarded = `package door

func open(key string) bool { return key == "right" && len(key) < 10 }
`

const guard = `package door

import "testing"

func TestAWrongKeyDoesNotOpen(t *testing.T) {
	if open("wrong") {
		t.Error("it opened")
	}
}
`

// door is a module with one guard that is tested, and one that is not.
func door(t *testing.T, test string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("GOFLAGS", "")
	for name, text := range map[string]string{"go.mod": "module door\n\ngo 1.26\n", "door.go": guarded, "door_test.go": test} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheRunner(t *testing.T) {
	for name, c := range map[string]struct {
		mutant
		test string
		says string
	}{
		"a tested guard":     {mutant{breaks: "any key fits", old: `key == "right"`, new: "true"}, guard, ""},
		"an untested guard":  {mutant{breaks: "long keys fit", old: "len(key) < 10", new: "true"}, guard, "no test notices that long keys fit"},
		"a stale mutant":     {mutant{breaks: "x", old: `key == "left"`, new: "true"}, guard, "stale mutant"},
		"an ambiguous one":   {mutant{breaks: "x", old: "key", new: "true"}, guard, "stale mutant"},
		"one without a type": {mutant{breaks: "x", old: `key == "right"`, new: "key"}, guard, "NO BUILD"},
		"failing tests":      {mutant{breaks: "x", old: `key == "right"`, new: "true"}, guard + "\nfunc TestRed(t *testing.T) { t.Fail() }\n", "fail as they are"},
	} {
		t.Run(name, func(t *testing.T) {
			door(t, c.test)
			c.file, c.tests = "door.go", "."
			var out strings.Builder
			err := run(context.Background(), &out, []mutant{c.mutant})
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("want an error that says %q, got %v\n%s", c.says, err, out.String())
			}
			if after, err := os.ReadFile("door.go"); err != nil || string(after) != guarded {
				t.Errorf("the working tree was changed: %s, %v", after, err)
			}
		})
	}
}
