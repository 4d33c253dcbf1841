package main

import (
	"bytes"
	"os"
	"testing"
)

// e2e/tenminutes runs the program; here is what the README has of it.
func TestTheReadmeShowsThisProgram(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, append([]byte("```go\n"), append(program, "```\n"...)...)) {
		t.Error("the program in README.md is not examples/minimal/main.go")
	}
	if n := bytes.Count(program, []byte("\n")); n > 30 {
		t.Errorf("the program has %d lines; a README has room for 30", n)
	}
}
