package tenminutes_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// folder is a module of somebody's own, new, that uses the published one.
type folder struct {
	published
	Dir string
	env []string
}

// newFolder does what the README says: go mod init, and go get.
func newFolder(t testing.TB, p published) folder {
	t.Helper()
	f := folder{published: p, Dir: t.TempDir(), env: p.Env(t)}
	f.Run(t, "go", "mod", "init", "x")
	f.Run(t, "go", "get", ourModule+"@"+p.Version)
	return f
}

// Command is a command in the folder.
func (f folder) Command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = f.Dir, f.env
	return c
}

// Run runs a command that must succeed, and returns what it printed.
func (f folder) Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	return output(t, f.Command(t, name, args...))
}

// Write writes a file of the folder.
func (f folder) Write(t testing.TB, name, content string) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(f.Dir, name), []byte(content), 0o600))
}

var fences = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")

// Block is the first block of code in a language on a page of the clone that contains a text.
func (p published) Block(t testing.TB, page, language, with string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Clone, page))
	check(t, err)
	for _, m := range fences.FindAllStringSubmatch(string(text), -1) {
		if m[1] == language && strings.Contains(m[2], with) {
			return m[2]
		}
	}
	t.Fatalf("%s has no block of %s with %q", page, language, with)
	return ""
}

// asExit is errors.As for how a command ended.
func asExit(err error, exit **exec.ExitError) bool { return errors.As(err, exit) }
