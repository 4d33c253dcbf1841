// Package testenv leads tests to the servers and programs they need.
//
// `go test ./...` must pass on any machine, so a test whose server is not there is skipped. A skip proves nothing, though: `make
// test` starts the servers and sets COFACTOR_TEST_REQUIRE=1, and then a test that would be skipped fails.
package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// Redis returns the URL of a Redis server that other tests use too: keys must have a prefix of their own.
func Redis(t testing.TB) string {
	t.Helper()
	return server(t, "Redis", "COFACTOR_TEST_REDIS")
}

// Postgres returns the URL of a PostgreSQL database that other tests use too: tables must have a schema of their own. The user of
// the URL may create schemas and databases.
func Postgres(t testing.TB) string {
	t.Helper()
	return server(t, "PostgreSQL", "COFACTOR_TEST_POSTGRES")
}

// SMTP returns the URL of a Postfix, smtp://host:port?ca=FILE&mailbox=FOLDER, that knows alice@example.test, whose messages come to the folder, and
// bob@example.test. Postfix runs as root only: for everybody else the test is skipped.
func SMTP(t testing.TB) string {
	t.Helper()
	if os.Geteuid() != 0 && os.Getenv("COFACTOR_TEST_SMTP") == "" {
		t.Skip("needs Postfix, which runs as root only")
	}
	return server(t, "Postfix", "COFACTOR_TEST_SMTP")
}

// Tool returns the path of a program, such as oathtool, that checks cofactor's work from outside.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "needs the program "+name+", which is not installed")
	}
	return path
}

func server(t testing.TB, name, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		Missing(t, "needs "+name+": "+variable+" is not set; `make test` starts one")
	}
	return url
}

// Missing skips a test that needs what is not there, and says what; or fails it, where nothing may be skipped.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("COFACTOR_TEST_REQUIRE") == "1" {
		t.Fatal(what + ", and COFACTOR_TEST_REQUIRE=1 allows no skips")
	}
	t.Skip(what)
}
