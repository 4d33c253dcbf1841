package cli_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cofactor-mfa/cofactor/cli"
	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cofactor": func() { os.Exit(cli.Main()) }})
}

// TestScripts runs every script in testdata: each is a terminal session, with files and what must be seen. COFACTOR_UPDATE=1 writes what is compared with files.
func TestScripts(t *testing.T) {
	t.Parallel()
	s := services{twilio: twiliotest.New(t, twiliotest.Deletes)}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: os.Getenv("COFACTOR_UPDATE") == "1",
		Condition:     condition,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TWILIO", s.twilio.URL)
			env.Setenv("TWILIO_SECRET", twiliotest.Secret)
			return setup(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "mode": mode, "postgres": postgres, "offline": offline, "people": people, "ids": ids,
			"clock": clock, "mail": mail, "mailed": mailed, "texted": s.texted, "waitfor": waitfor, "goon": goon, "code": code,
		},
	})
}

// condition says whether a server is there. Where nothing may be skipped, none is an error.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	variable := map[string]string{"redis": "COFACTOR_TEST_REDIS", "postgres": "COFACTOR_TEST_POSTGRES", "smtp": "COFACTOR_TEST_SMTP"}[name]
	tool := map[string]string{"oathtool": "oathtool", "bash": "bash", "zsh": "zsh", "fish": "fish", "script": "script"}[name]
	there := false
	switch {
	case variable != "":
		there = os.Getenv(variable) != ""
	case tool != "":
		_, err := exec.LookPath(tool)
		there = err == nil
	default:
		return false, fmt.Errorf("no such condition: %q", name)
	}
	if !there && os.Getenv("COFACTOR_TEST_REQUIRE") == "1" {
		return false, errors.New("needs " + name + ", which is not there, and COFACTOR_TEST_REQUIRE=1 allows no skips")
	}
	return there, nil
}

func setup(env *testscript.Env) error {
	env.Setenv("NO_COLOR", "1")
	env.Setenv("COLUMNS", "100")
	env.Setenv("REDIS", os.Getenv("COFACTOR_TEST_REDIS"))
	env.Setenv("PREFIX", strings.ToLower("cli"+rand.Text()[:12])+":")
	env.Setenv("PEPPER", pepper)
	env.Setenv("COFACTOR_ACTOR", "ops")
	clone, err := filepath.Abs("..")
	env.Setenv("CLONE", clone)
	return err
}

// status N COMMAND... runs a command that must end with N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("it ended with %d, not %d", got, want)
	}
}

// mode FILE BITS compares who may read and write a file.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode file bits")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); (got == args[1]) == neg {
		ts.Fatalf("%s has the mode %s", args[0], got)
	}
}

// postgres VARIABLE sets a variable to the URL of an empty schema, which ends with the script.
func postgres(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: postgres variable")
	}
	u, err := url.Parse(os.Getenv("COFACTOR_TEST_POSTGRES"))
	ts.Check(err)
	db, err := sql.Open("pgx", u.String())
	ts.Check(err)
	name := "cli_" + strings.ToLower(rand.Text())
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, "CREATE SCHEMA "+name)
	ts.Check(err)
	ts.Defer(func() {
		_, _ = db.ExecContext(context.Background(), "DROP SCHEMA "+name+" CASCADE")
		_ = db.Close()
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	ts.Setenv(args[0], u.String())
}

// offline lets the script build Go programs from what this machine has.
func offline(ts *testscript.TestScript, _ bool, _ []string) {
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOROOT"} {
		out, err := exec.Command("go", "env", name).Output()
		ts.Check(err)
		ts.Setenv(name, strings.TrimSpace(string(out)))
	}
	ts.Setenv("GOPROXY", "off")
	ts.Setenv("GOSUMDB", "off") // What is there has been verified.
	ts.Setenv("GOFLAGS", "-mod=mod")
	ts.Setenv("GOTOOLCHAIN", "local")
}

// waitfor FILE PATTERN waits until a line of a file that another command writes has the pattern.
func waitfor(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && pattern.Match(b) {
			return
		}
	}
	ts.Fatalf("%s never had %s", args[0], args[1])
}

// goon sets AFTER to where the command before says that it goes on.
func goon(ts *testscript.TestScript, _ bool, _ []string) {
	m := regexp.MustCompile(`--after (\S+):`).FindStringSubmatch(ts.ReadFile("stderr"))
	if m == nil {
		ts.Fatalf("nothing is said of where to go on")
	}
	ts.Setenv("AFTER", m[1])
}
