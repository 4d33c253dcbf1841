// Package tenminutes_test does what somebody does who has just found the project: it takes the module from a proxy, as if it were published, pastes what the README
// and the guides show, and looks at what happens. What it takes is what is committed.
package tenminutes_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// ourModule is what is published.
const ourModule = "github.com/cofactor-mfa/cofactor"

// published is the module on a proxy of our own, at a version that is made from the commit.
type published struct {
	Clone   string // the repository, cloned
	Version string
	proxy   string
}

// publish clones the repository and makes a file proxy from its newest commit.
func publish(t testing.TB) published {
	t.Helper()
	testenv.Tool(t, "git")
	p := published{Clone: filepath.Join(t.TempDir(), "cofactor"), proxy: t.TempDir()}
	output(t, exec.CommandContext(t.Context(), "git", "clone", "--quiet", "../..", p.Clone))
	commit := exec.CommandContext(t.Context(), "git", "log", "-1", "--format=%H %cI")
	commit.Dir = p.Clone
	hash, stamp, _ := strings.Cut(strings.TrimSpace(output(t, commit)), " ")
	at, err := time.Parse(time.RFC3339, stamp)
	check(t, err)
	p.Version = module.PseudoVersion("v0", "", at.UTC(), hash[:12])

	folder := filepath.Join(p.proxy, ourModule, "@v")
	check(t, os.MkdirAll(folder, 0o700))
	gomod, err := os.ReadFile(filepath.Join(p.Clone, "go.mod"))
	check(t, err)
	info, err := json.Marshal(map[string]any{"Version": p.Version, "Time": at.UTC()})
	check(t, err)
	for name, content := range map[string][]byte{"list": nil, "../@latest": info, p.Version + ".info": info, p.Version + ".mod": gomod} {
		check(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	archive, err := os.Create(filepath.Join(folder, p.Version+".zip"))
	check(t, err)
	check(t, zip.CreateFromVCS(archive, module.Version{Path: ourModule, Version: p.Version}, p.Clone, "HEAD", ""))
	check(t, archive.Close())
	t.Cleanup(func() { p.forget(t) })
	return p
}

// Env is the environment of a command that takes the module from our proxy, and everything else from the usual one.
func (p published) Env(t testing.TB) []string {
	t.Helper()
	usual := output(t, exec.CommandContext(t.Context(), "go", "env", "GOPROXY"))
	return append(os.Environ(), "GOPROXY=file://"+p.proxy+","+strings.TrimSpace(usual), "GONOSUMDB="+ourModule, "GOWORK=off")
}

// forget takes the version out of the module cache: every commit would leave one there.
func (p published) forget(t testing.TB) {
	t.Helper()
	cache := strings.TrimSpace(output(t, exec.Command("go", "env", "GOMODCACHE")))
	extracted := filepath.Join(cache, ourModule+"@"+p.Version)
	check(t, filepath.WalkDir(extracted, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return ignoreAbsence(err)
	}))
	check(t, os.RemoveAll(extracted))
	leftovers, err := filepath.Glob(filepath.Join(cache, "cache", "download", ourModule, "@v", p.Version+".*"))
	check(t, err)
	for _, path := range leftovers {
		check(t, os.Remove(path))
	}
}

func ignoreAbsence(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// output runs a command that must succeed.
func output(t testing.TB, c *exec.Cmd) string {
	t.Helper()
	var problems strings.Builder
	c.Stderr = &problems
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", c, err, out, problems.String())
	}
	return string(out)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
