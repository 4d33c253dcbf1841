package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one way to break the module.
type mutant struct {
	breaks string // what is wrong then: "a code of any length is read"
	file   string
	old    string // occurs once in the file
	new    string
	tests  string // the packages that must notice, separated by spaces
	run    string // their tests, as in go test -run; "" for all
}

// outcome is what became of a mutant.
type outcome string

const (
	killed      outcome = "noticed" // a test failed
	survived    outcome = "SURVIVED"
	uncompiled  outcome = "NO BUILD" // the table is wrong: the compiler noticed, not a test
	interrupted outcome = "NOT RUN"
)

type verdict struct {
	mutant
	outcome outcome
	detail  string
}

// apply returns the broken file. A snippet that is not there exactly once means that the code has moved on and the table has not.
func (m mutant) apply() ([]byte, error) {
	src, err := os.ReadFile(m.file)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(src), m.old); n != 1 {
		return nil, fmt.Errorf("stale mutant: %s has %q %d times, want once (%s)", m.file, m.old, n, m.breaks)
	}
	return []byte(strings.Replace(string(src), m.old, m.new, 1)), nil
}

// try runs the tests against the broken file.
func (m mutant) try(ctx context.Context) verdict {
	fail := func(err error) verdict { return verdict{m, interrupted, err.Error()} }
	folder, err := os.MkdirTemp("", "cofactor-mutant-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	overlay, err := m.overlay(folder)
	if err != nil {
		return fail(err)
	}
	output, err := goTest(ctx, append([]string{"-overlay", overlay, "-failfast", "-run", m.run}, strings.Fields(m.tests)...))
	switch {
	case ctx.Err() != nil:
		return fail(ctx.Err())
	case err == nil:
		return verdict{m, survived, ""}
	case strings.Contains(output, "[build failed]"), strings.Contains(output, "[setup failed]"):
		return verdict{m, uncompiled, output}
	case !strings.Contains(output, "FAIL"):
		return fail(fmt.Errorf("go test did not get as far as the tests: %w\n%s", err, output))
	}
	return verdict{m, killed, output}
}

// overlay writes the broken file, and the JSON that puts it in the place of the real one.
func (m mutant) overlay(folder string) (string, error) {
	broken, err := m.apply()
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(folder, filepath.Base(m.file))
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(replacement, broken, 0o600); err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, list, 0o600)
}

// baseline runs all the tests unbroken. If they failed anyway, every mutant would seem to be noticed.
func baseline(ctx context.Context, mutants []mutant) error {
	var packages []string
	for _, m := range mutants {
		packages = append(packages, strings.Fields(m.tests)...)
	}
	slices.Sort(packages)
	if output, err := goTest(ctx, slices.Compact(packages)); err != nil {
		return fmt.Errorf("the tests fail as they are: %w\n%s", err, output)
	}
	return nil
}

// goTest allows the tests a minute: a mutant that makes them hang is noticed as well.
func goTest(ctx context.Context, args []string) (output string, err error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "-vet=off", "-timeout=120s"}, args...)...)
	b, err := cmd.CombinedOutput()
	return string(b), err
}
