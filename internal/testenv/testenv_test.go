package testenv_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// spy is a test that notes how it ended. Skip and Fatal of the real one never return either.
type spy struct {
	testing.TB
	ended string
}

func (s *spy) Helper()           {}
func (s *spy) Skip(args ...any)  { s.ended = "skip: " + fmt.Sprint(args...); panic(s) }
func (s *spy) Fatal(args ...any) { s.ended = "fail: " + fmt.Sprint(args...); panic(s) }

func outcome(t *testing.T, ask func(testing.TB) string) (got, ended string) {
	t.Helper()
	s := &spy{TB: t}
	defer func() {
		if r := recover(); r != nil && r != s {
			panic(r)
		}
		ended = s.ended
	}()
	return ask(s), ""
}

func noSuchTool(t testing.TB) string { return testenv.Tool(t, "no-such-program") }

func TestWithoutAServerTheTestIsSkipped(t *testing.T) {
	t.Setenv("COFACTOR_TEST_REDIS", "")
	t.Setenv("COFACTOR_TEST_POSTGRES", "")
	t.Setenv("COFACTOR_TEST_REQUIRE", "")
	for _, ask := range []func(testing.TB) string{testenv.Redis, testenv.Postgres, noSuchTool} {
		if _, ended := outcome(t, ask); !strings.HasPrefix(ended, "skip: needs ") {
			t.Errorf("a test whose server is missing must be skipped and say what it needs; it ended with %q", ended)
		}
	}
}

func TestWhereEverythingIsRequiredNothingIsSkipped(t *testing.T) {
	t.Setenv("COFACTOR_TEST_REDIS", "")
	t.Setenv("COFACTOR_TEST_POSTGRES", "")
	t.Setenv("COFACTOR_TEST_REQUIRE", "1")
	for _, ask := range []func(testing.TB) string{testenv.Redis, testenv.Postgres, noSuchTool} {
		if _, ended := outcome(t, ask); !strings.HasPrefix(ended, "fail: needs ") {
			t.Errorf("with COFACTOR_TEST_REQUIRE=1 a missing server must fail the test; it ended with %q", ended)
		}
	}
}

func TestWhatIsThereIsReturned(t *testing.T) {
	t.Setenv("COFACTOR_TEST_REDIS", "redis://127.0.0.1:1")
	if got, _ := outcome(t, testenv.Redis); got != os.Getenv("COFACTOR_TEST_REDIS") {
		t.Errorf("Redis returned %q", got)
	}
	if got, _ := outcome(t, func(tb testing.TB) string { return testenv.Tool(tb, "go") }); got == "" {
		t.Error("the go program was not found")
	}
}
