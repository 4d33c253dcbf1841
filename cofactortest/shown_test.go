package cofactortest_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestTheGuideShowsATestThatPasses(t *testing.T) {
	t.Parallel()
	shown, err := os.ReadFile("guide_test.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../docs/how-to/test-your-integration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ = bytes.Cut(shown, []byte("\n\n")) // a reader's package has another name
	if !bytes.Contains(guide, shown) {
		t.Error("the test in docs/how-to/test-your-integration.md is not the one in guide_test.go")
	}
	_, body, _ := strings.Cut(string(shown), "{\n")
	if n := strings.Count(body, "\n") - 1; n > 15 {
		t.Errorf("the test has %d lines between its braces; nobody reads more than 15", n)
	}
}
