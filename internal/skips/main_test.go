package main

import (
	"strings"
	"testing"
)

const passing = `
{"Action":"start","Package":"example/store"}
{"Action":"run","Package":"example/store","Test":"TestA"}
{"Action":"output","Package":"example/store","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"example/store","Test":"TestA","Output":"    a_test.go:7: needs Redis\n"}
{"Action":"output","Package":"example/store","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"example/store","Test":"TestA"}
{"Action":"output","Package":"example/store","Test":"TestB","Output":"    a_test.go:9: needs Redis\n"}
{"Action":"skip","Package":"example/store","Test":"TestB"}
{"Action":"skip","Package":"example/store","Test":"TestC"}
{"Action":"output","Package":"example/store","Output":"PASS\n"}
{"Action":"output","Package":"example/store","Output":"ok  \texample/store\t0.01s\n"}
{"Action":"pass","Package":"example/store"}
{"Action":"output","Package":"example/empty","Output":"?   \texample/empty\t[no test files]\n"}
{"Action":"skip","Package":"example/empty"}
`

func TestSkipsAreCountedByReason(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(passing), &out); err != nil {
		t.Fatal(err)
	}
	want := `ok  	example/store	0.01s
?   	example/empty	[no test files]

3 tests skipped
     2  needs Redis
     1  no reason given
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestAFailureIsShownAndFails(t *testing.T) {
	var out strings.Builder
	err := run(strings.NewReader(passing+`
{"Action":"output","Package":"example/bad","Test":"TestD","Output":"    d_test.go:3: got 3, want 4\n"}
{"Action":"fail","Package":"example/bad","Test":"TestD"}
{"Action":"output","Package":"example/bad","Output":"FAIL\texample/bad\t0.01s\n"}
{"Action":"fail","Package":"example/bad"}
{"ImportPath":"example/broken","Action":"build-output","Output":"broken.go:1: syntax error\n"}
`), &out)
	if err == nil {
		t.Error("a package failed, and nobody was told")
	}
	for _, want := range []string{"got 3, want 4", "FAIL\texample/bad", "broken.go:1: syntax error"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestNothingIsNotSuccess(t *testing.T) {
	for _, in := range []string{"", "go: cannot find main module"} {
		if err := run(strings.NewReader(in), &strings.Builder{}); err == nil {
			t.Errorf("no test has run, and that passed: input %q", in)
		}
	}
}
