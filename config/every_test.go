package config_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/config"
)

// The tests of this file go through every key that the tags describe, so that a new key is tested the day it is written.

// document writes a configuration with every section there is. what returns the lines of a key, without indentation; nil leaves it out.
func document(what func(k config.Known, name string) []string) string {
	var b strings.Builder
	for _, k := range config.AllKeys() {
		depth, name := strings.Count(k.Path, "."), k.Path[strings.LastIndex(k.Path, ".")+1:]
		indent := strings.Repeat("  ", depth)
		if k.Kind == "section" {
			b.WriteString(indent + name + ":\n" + indent + "  x-here: 1\n")
			if k.Path == "policy.when.then" || k.Path == "policy.when.otherwise" {
				b.WriteString(indent + "  require: optional\n")
			}
			continue
		}
		for _, line := range what(k, name) {
			b.WriteString(indent + line + "\n")
		}
	}
	return b.String()
}

// problemsOf loads a document, and returns its problems by path.
func problemsOf(t *testing.T, text string) map[string][]config.Problem {
	t.Helper()
	path := write(t, text)
	_, err := config.Load(config.Source{Files: []string{path}, Environ: environ(t)})
	var problems *config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("want problems, got %v", err)
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("a value is printed that may be a secret:\n%v", err)
	}
	by := map[string][]config.Problem{}
	for _, p := range problems.List {
		by[p.Path] = append(by[p.Path], p)
		if p.Message == "" || strings.Contains(p.Message+p.Hint, "\n") || p.Line == 0 || p.Column == 0 {
			t.Errorf("a problem is a line at a place: %+v", p)
		}
	}
	return by
}

// expect wants exactly one error at each of these paths, with this in its message.
func expect(t *testing.T, by map[string][]config.Problem, paths []string, message string) {
	t.Helper()
	if len(paths) == 0 {
		t.Fatal("nothing was tried")
	}
	for _, path := range paths {
		if len(by[path]) != 1 || by[path][0].Level != config.Error || !strings.Contains(by[path][0].Message, message) {
			t.Errorf("%s: want one error with %q, got %v", path, message, by[path])
		}
	}
}

func TestEveryKeyMisspelledIsUnknownAndAHintHelps(t *testing.T) {
	var paths []string
	by := problemsOf(t, document(func(k config.Known, name string) []string {
		paths = append(paths, k.Path+name[len(name)-1:])
		return []string{name + name[len(name)-1:] + ": " + canary}
	}))
	expect(t, by, paths, "unknown key")
	for _, path := range paths {
		meant := path[strings.LastIndex(path, ".")+1 : len(path)-1]
		if p := by[path]; len(meant) > 3 && len(p) == 1 && p[0].Hint != "did you mean "+meant+"?" {
			t.Errorf("%s: the hint is %q", path, p[0].Hint)
		}
	}
	t.Logf("%d keys", len(paths))
}

func TestEveryKeyOfAnotherTypeIsRefused(t *testing.T) {
	wrong := map[string][]string{ // of each kind, values of other kinds
		"text":     {"12", "true", "[a]", "{a: b}", "2026-11-01", ""},
		"int":      {canary, `"12"`, "1.5", "[1]", "{a: 1}", "true", "0x10", "1_0", "", "99999999999999999999"},
		"bool":     {canary, `"true"`, "1", "yes", "[true]", ""},
		"duration": {canary, "30", "30.5s", "[30s]", "30 s", "-30s", "1y", "", "99999999999999d", "9999999999999999h"},
		"list":     {canary, "12", "{a: b}", `[{a: b}, c]`},
		"map":      {canary, "12", "[a]"},
	}
	for round := range 10 {
		var paths []string
		kinds := map[string]string{}
		text := document(func(k config.Known, name string) []string {
			values := wrong[k.Kind]
			if round >= len(values) || k.Inner && strings.HasPrefix(values[round], "[{") {
				return nil
			}
			path := k.Path
			if strings.HasPrefix(values[round], "[{") {
				path += "[0]"
			}
			paths = append(paths, path)
			kinds[path] = k.Kind + " " + values[round]
			return []string{name + ": " + values[round]}
		})
		by := problemsOf(t, text)
		for _, path := range paths {
			if len(by[path]) != 1 || by[path][0].Level != config.Error {
				t.Errorf("%s is a %s: want one error, got %v", path, kinds[path], by[path])
			}
		}
	}
}

func TestEveryKeyOutOfRangeIsRefused(t *testing.T) {
	beyond := func(k config.Known, limit string, by int) string {
		if d, err := time.ParseDuration(strings.Replace(limit, "d", "h", 1)); err == nil && k.Kind == "duration" {
			if strings.HasSuffix(limit, "d") {
				d *= 24
			}
			return strconv.Itoa(int(d.Milliseconds())+by) + "ms"
		}
		n, err := strconv.Atoi(limit)
		if err != nil {
			t.Fatalf("%s: the limit %q is neither a number nor a duration", k.Path, limit)
		}
		return strconv.Itoa(n + by)
	}
	for what, value := range map[string]func(k config.Known) string{
		"too little": func(k config.Known) string {
			if k.Min == "" || k.Kind == "list" {
				return ""
			}
			return beyond(k, k.Min, -1)
		},
		"too much": func(k config.Known) string {
			if k.Max == "" {
				return ""
			}
			return beyond(k, k.Max, +1)
		},
		"no word": func(k config.Known) string {
			if k.Enum == nil {
				return ""
			}
			if k.Kind == "int" {
				return "7"
			}
			return canary
		},
		"empty": func(k config.Known) string {
			if k.Kind == "list" && k.Min != "" {
				return "[]"
			}
			return ""
		},
	} {
		var paths []string
		by := problemsOf(t, document(func(k config.Known, name string) []string {
			v, path := value(k), k.Path
			switch {
			case v == "":
				return nil
			case k.Kind == "list" && v != "[]":
				v, path = "["+v+"]", path+"[0]"
			case k.Kind == "map":
				v, path = "{totp: "+v+"}", path+".totp"
			}
			paths = append(paths, path)
			return []string{name + ": " + v}
		}))
		t.Run(what, func(t *testing.T) { expect(t, by, paths, "must ") })
	}
}

func TestEveryKeyWrittenTwiceIsRefusedWithBothLines(t *testing.T) {
	var paths []string
	by := problemsOf(t, document(func(k config.Known, name string) []string {
		paths = append(paths, k.Path)
		return []string{name + ": " + canary, name + ": " + canary}
	}))
	for _, path := range paths {
		if !slices.ContainsFunc(by[path], func(p config.Problem) bool {
			return p.Message == fmt.Sprintf("is there twice; the first is in line %d", p.Line-1)
		}) {
			t.Errorf("%s: want both lines, got %v", path, by[path])
		}
	}
}

func TestEveryRequiredKeyThatIsMissingIsNamed(t *testing.T) {
	var paths, ways []string
	for _, k := range config.AllKeys() {
		// What is in the section of a sender or a store is required where that is chosen; then in another document.
		if k.Required && !k.Filled && k.Kind != "section" && !strings.Contains(k.Path, "webhook") && !strings.Contains(k.Path, "sqlite") && !strings.Contains(k.Path, "providers.sms.twilio") {
			paths = append(paths, k.Path)
		}
		if k.When != "" {
			ways = append(ways, k.Path)
		}
	}
	expect(t, problemsOf(t, document(func(config.Known, string) []string { return nil })), paths, "required key is missing")

	// A section that goes with a word is missing where its sibling has the word.
	for _, path := range ways {
		parent := path[:strings.LastIndex(path, ".")]
		var lines []string
		for _, k := range config.AllKeys() {
			if k.Path == path {
				name, word, _ := strings.Cut(k.When, "=")
				lines = []string{parentLines(parent), strings.Repeat("  ", strings.Count(parent, ".")+1) + name + ": " + word}
			}
		}
		expect(t, problemsOf(t, "version: 1\n"+strings.Join(lines, "\n")+"\n"), []string{path}, "required key is missing")
	}
}

// parentLines opens the sections of a path.
func parentLines(path string) string {
	var lines []string
	for i, name := range strings.Split(path, ".") {
		lines = append(lines, strings.Repeat("  ", i)+name+":")
	}
	return strings.Join(lines, "\n")
}

func TestEveryVariableThatIsNotSetIsNamed(t *testing.T) {
	var paths []string
	by := problemsOf(t, document(func(k config.Known, name string) []string {
		if k.Kind == "list" || k.Kind == "map" {
			return nil
		}
		if strings.Contains(k.Path, "webhook") || strings.Contains(k.Path, "sqlite") || strings.Contains(k.Path, "providers.sms.twilio") {
			return nil // not in use
		}
		paths = append(paths, k.Path)
		return []string{name + `: "${NOT_SET}"`}
	}))
	expect(t, by, paths, "NOT_SET is not set")
}
