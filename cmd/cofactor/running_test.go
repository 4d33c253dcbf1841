package main_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// program is the path of the real thing, which TestMain has built.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "cofactor-test")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		program = filepath.Join(dir, "cofactor")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// running is a demo that runs.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  *bufio.Reader
	errors bytes.Buffer
	url    string
	client *http.Client
}

// start runs the demo and reads its first lines.
func start(t *testing.T, args ...string) (r *running, greeting string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r = &running{t: t, cmd: exec.CommandContext(ctx, program, append([]string{"demo"}, args...)...)}
	r.cmd.Stderr = &r.errors
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.lines = bufio.NewReader(out)
	for !strings.Contains(greeting, "Data is ") {
		line, err := r.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the demo has not started: %v\n%s%s", err, greeting, r.errors.String())
		}
		greeting += line
	}
	r.url = regexp.MustCompile(`http://localhost:\d+`).FindString(greeting)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.client = &http.Client{Jar: jar, Timeout: 10 * time.Second}
	return r, greeting
}

// stop asks the demo to end, and returns what it said in the meantime.
func (r *running) stop(s os.Signal) string {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
	rest, err := io.ReadAll(r.lines)
	if err != nil {
		r.t.Error(err)
	}
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("after %v the demo ended with %v: %s", s, err, r.errors.String())
	}
	return string(rest)
}

// post sends a form, with names and values in turn, and returns the page that comes in the end.
func (r *running) post(target string, fields ...string) string {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	if !strings.HasPrefix(target, "http") {
		target = r.url + target
	}
	res, err := r.client.PostForm(target, form)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

func find(t *testing.T, page, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no %s in the page:\n%s", pattern, page)
	}
	return m[1]
}

// enrol sets an app and backup codes up for alice, and returns the app's secret.
func (r *running) enrol() (secret string) {
	r.t.Helper()
	const challenge = `name="challenge" value="([^"]+)"`
	page := r.post("/sign-in", "username", "alice", "password", "demo")
	find(r.t, page, `Two-step verification is <strong>(off)</strong>`)
	page = r.post("/security/change", "op", "add", "kind", "totp")
	secret = strings.ReplaceAll(find(r.t, page, `<textarea id="key"[^>]*>([^<]+)<`), " ", "")
	page = r.post("/security/setup", "challenge", find(r.t, page, challenge), "code", r.code(secret, 0))
	page = r.post("/security/setup", "challenge", find(r.t, page, challenge), "saved", "yes")
	find(r.t, page, `Two-step verification is <strong>(on)</strong>`)
	return secret
}

// codeSent is the code of the next message in the terminal.
func (r *running) codeSent() string {
	r.t.Helper()
	for {
		line, err := r.lines.ReadString('\n')
		if err != nil {
			r.t.Fatalf("no message: %v", err)
		}
		if m := regexp.MustCompile(`^  │ (\d{6})\b`).FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
}

func (r *running) code(secret string, later time.Duration) string {
	r.t.Helper()
	at := time.Now().Add(later).UTC().Format("2006-01-02 15:04:05 UTC")
	out, err := exec.Command(testenv.Tool(r.t, "oathtool"), "--totp", "--base32", "--now", at, secret).Output()
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
