package faults_test

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

const root = "../.."

// build makes the example program out of a tree of the module, with the race detector if the test has it.
func build(t testing.TB, tree string) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "replica")
	args := []string{"build", "-o", program}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				args = append(args, "-race")
			}
		}
	}
	cmd := exec.CommandContext(t.Context(), testenv.Tool(t, "go"), append(args, "./examples/replica")...)
	cmd.Dir, cmd.Env = tree, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program in %s: %v\n%s", tree, err, out)
	}
	return program
}

// previous is the tree of an earlier version: testdata/previous.zip, unpacked where the build cache finds it again.
func previous(t testing.TB) (tree string) {
	t.Helper()
	archive := filepath.Join("testdata", "previous.zip")
	packed, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	tree, err = filepath.Abs(filepath.Join(root, ".bin", fmt.Sprintf("previous-%x", sha256.Sum256(packed))[:24]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tree); err == nil {
		return tree
	}
	if err := os.MkdirAll(filepath.Dir(tree), 0o755); err != nil {
		t.Fatal(err)
	}
	half, err := os.MkdirTemp(filepath.Dir(tree), "unpacking-")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		unpack(t, f, filepath.Join(half, filepath.FromSlash(f.Name)))
	}
	if err := os.Rename(half, tree); err != nil { // another test was first
		_ = os.RemoveAll(half)
	}
	return tree
}

func unpack(t testing.TB, f *zip.File, to string) {
	t.Helper()
	from, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	text, err := io.ReadAll(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// site is where replicas of the program run: what all of them are told, and the balancer before them.
type site struct {
	t       testing.TB
	folder  string
	env     []string
	balance *balancer
}

// running is one replica.
type running struct {
	proc *process
	addr string
}

// start runs one more replica, waits until it is ready, and sends it requests.
func (s *site) start(program string) *running {
	s.t.Helper()
	r := &running{}
	r.proc, r.addr = started(s.t, func(port int) *process {
		return launch(s.t, s.folder, "", testenv.Tool(s.t, "env"), append(slices.Clone(s.env), fmt.Sprintf("ADDR=127.0.0.1:%d", port), program)...)
	}, func(ctx context.Context, addr string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ready", nil)
		if err != nil {
			return err
		}
		res, err := s.balance.client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("it is %s", res.Status)
		}
		return nil
	})
	s.balance.add(r.addr)
	return r
}

// stop ends a replica as an orchestrator does, and waits for it.
func (s *site) stop(r *running) {
	s.t.Helper()
	r.proc.terminate()
	until(s.t, "the end of a replica", r.proc.gone)
	s.balance.remove(r.addr)
	if !r.proc.succeeded() {
		log, _ := os.ReadFile(r.proc.log)
		s.t.Errorf("a replica that was told to end has failed:\n%s", log[max(0, len(log)-2000):])
	}
}

// replace runs another program, or the same with other settings, in the place of a replica.
func (s *site) replace(old *running, program string) *running {
	s.t.Helper()
	r := s.start(program)
	s.stop(old)
	return r
}
