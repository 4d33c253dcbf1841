package cofactortest_test

import (
	"os/exec"
	"testing"
)

// What can move time or read everybody's codes must not help a program that has linked it by mistake, or on purpose.
func TestOutsideOfTestsNothingHereWorks(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "run", "./testdata/program").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("a program that is no test has used:\n%s(%v)", out, err)
	}
}
