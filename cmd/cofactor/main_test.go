package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

func TestTheDemoFromStartToStop(t *testing.T) {
	t.Parallel()
	r, greeting := start(t, "--port", "0")
	for _, want := range []string{`(?m)^Demo: http://localhost:\d+  \(users alice, bob and carol, password demo\)$`, `(?m)^Data is in memory and gone when you stop\.$`} {
		find(t, greeting, "("+want+")")
	}
	secret := r.enrol()
	if answer := r.send(http.MethodDelete, "/mfa/api/session", "", ""); !strings.Contains(answer, "anonymous") {
		t.Errorf("signing out is answered with %s", answer)
	}
	r.signInWith(secret)
	find(t, r.get("/"), `<h1>(Hello, Alice)</h1>`)

	said := r.stop(syscall.SIGTERM)
	for _, want := range []string{`finish_setup ok alice totp`, `finish_login ok alice totp \(enough factors proved\)`, `no phone\? current code for alice: \d{3} \d{3} \(demo only\)`} {
		find(t, said, "(?m)("+want+")$")
	}
	if strings.Contains(said, secret) {
		t.Error("the terminal shows a secret")
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	t.Parallel()
	var cfg net.ListenConfig
	l, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().(*net.TCPAddr).Port
	r, greeting := start(t, "--port", fmt.Sprint(taken))
	if !strings.HasPrefix(greeting, fmt.Sprintf("Port %d is in use, so the demo takes ", taken)) {
		t.Errorf("the demo does not say that the port is another one:\n%s", greeting)
	}
	r.stop(os.Interrupt)
}

func TestWhatCannotBeIsOneLineAndAnExitStatus(t *testing.T) {
	t.Parallel()
	for status, commands := range map[int][][]string{1: {
		{"demo", "--redis", "http://localhost"},
		{"demo", "--redis", "redis://127.0.0.1:1"},
		{"demo", "--database", "mysql://localhost/x", "--data", t.TempDir()},
		{"demo", "--database", "postgres://127.0.0.1:1/x", "--data", t.TempDir()},
		{"demo", "--database", "postgres://localhost/x"},
		{"demo", "--port", "70000"},
	}, 2: {
		{"demo", "--port", "many"},
		{"dmeo"},
		{},
	}} {
		for _, args := range commands {
			oneLine(t, status, args)
		}
	}
}

// oneLine runs a command that fails.
func oneLine(t *testing.T, status int, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != status || len(out) != 0 {
		t.Errorf("%q: %v, and on standard output %q", args, err, out)
	}
	if line := stderr.String(); strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "cofactor: ") {
		t.Errorf("%q: not one clear line: %s", args, line)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--help": "demo", "demo --help": "--data", "version": "cofactor ",
	} {
		out, err := exec.Command(program, strings.Fields(args)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, without %q:\n%s", args, err, want, out)
		}
	}
}

func TestAFolderKeepsWhatWasSetUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	keptAcross(t, dir, "--data", dir)

	for _, name := range []string{"keyset.json", "pepper"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is not its owner's alone: %v, %v", name, info, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "keyset.json")); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "demo", "--data", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "without them nothing in it opens") {
		t.Errorf("the keys are gone, and the demo starts with others: %v\n%s", err, out)
	}
}

func TestServersKeepWhatWasSetUp(t *testing.T) {
	t.Parallel()
	redis, postgres := testenv.Redis(t), testenv.Postgres(t)
	database := schema(t, postgres)
	keptAcross(t, database, "--data", t.TempDir(), "--database", database, "--redis", redis)
}

// keptAcross sets up an app and a telephone number, starts the demo anew, and signs in. where must be nowhere in what the demo says but in its greeting.
func keptAcross(t *testing.T, where string, args ...string) {
	t.Helper()
	args = append(args, "--port", "0")
	r, _ := start(t, args...)
	secret := r.enrol()
	r.attach("sms", map[string]string{"phone": "+44 7700 900123"}, func(begun) string { return r.codeSent() })
	if said := r.stop(syscall.SIGTERM); strings.Contains(said, where) {
		t.Errorf("the demo tells where the data is, once too often:\n%s", said)
	}
	r, _ = start(t, args...)
	r.signInWith(secret)
	find(t, r.get("/mfa/"), `(&#43;44 ···· 23|\+44 ···· 23)`)
	var list struct{ Factors []struct{ ID, Kind string } }
	if err := json.Unmarshal([]byte(r.send(http.MethodGet, "/mfa/api/factors", "", "")), &list); err != nil {
		t.Fatal(err)
	}
	for _, f := range list.Factors {
		if f.Kind == "totp" {
			r.send(http.MethodDelete, "/mfa/api/factors/"+f.ID, "", "")
		}
	}
	said := r.stop(syscall.SIGTERM)
	find(t, said, `(│ To: \+447700900123\n.*\n.*was removed)`)
	if strings.Contains(said, "no phone?") {
		t.Error("the demo remembers the secret of an app, although there is data to keep")
	}
}

// schema is the URL of a schema that no other test uses.
func schema(t *testing.T, postgres string) string {
	t.Helper()
	db, err := sql.Open("pgx", postgres)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	name := "demo_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(postgres)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
