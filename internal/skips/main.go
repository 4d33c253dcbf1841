// Command skips reads `go test -json`, prints what go test would, and says at the end how many tests were skipped and why:
//
//	go test -json ./... | go run ./internal/skips
//
// A test that was skipped proves nothing, and go test keeps quiet about it: of a package that passes it shows one line, whatever its
// tests write.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "skips:", err)
		os.Exit(1)
	}
}

// event is one line of go test -json: see `go doc test2json`, and `go help buildjson` for those of the compiler.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

type report struct {
	out    io.Writer
	output map[event]*strings.Builder // by Package and Test
	skips  map[string]int             // by reason
	failed int
}

func run(in io.Reader, out io.Writer) error {
	r := report{out: out, output: map[event]*strings.Builder{}, skips: map[string]int{}}
	seen := 0
	for dec := json.NewDecoder(in); ; seen++ {
		var e event
		err := dec.Decode(&e)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		r.add(e)
	}
	r.summary()
	switch {
	case seen == 0:
		return errors.New("no test has run")
	case r.failed > 0:
		return fmt.Errorf("%d packages failed", r.failed)
	}
	return nil
}

func (r *report) add(e event) {
	key := event{Package: e.Package, Test: e.Test}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Action == "output":
		if r.output[key] == nil {
			r.output[key] = &strings.Builder{}
		}
		r.output[key].WriteString(e.Output)
	case e.Action == "skip" && e.Test != "":
		r.skips[reason(r.text(key))]++
	case e.Action == "fail" && e.Test == "":
		r.failed++
		fmt.Fprint(r.out, r.text(key))
	case e.Action == "fail":
		fmt.Fprint(r.out, r.text(key))
	case e.Test == "" && (e.Action == "pass" || e.Action == "skip"):
		lines := strings.Split(strings.TrimSpace(r.text(key)), "\n")
		fmt.Fprintln(r.out, lines[len(lines)-1])
	}
}

func (r *report) text(key event) string {
	if b := r.output[key]; b != nil {
		return b.String()
	}
	return ""
}

var logged = regexp.MustCompile(`(?m)^\s+\S+\.go:\d+: (.*)$`)

// reason is the last line that a skipped test has logged.
func reason(output string) string {
	lines := logged.FindAllStringSubmatch(output, -1)
	if len(lines) == 0 {
		return "no reason given"
	}
	return lines[len(lines)-1][1]
}

func (r *report) summary() {
	total := 0
	for _, n := range r.skips {
		total += n
	}
	fmt.Fprintf(r.out, "\n%d tests skipped\n", total)
	for _, why := range slices.Sorted(maps.Keys(r.skips)) {
		fmt.Fprintf(r.out, "%6d  %s\n", r.skips[why], why)
	}
}
