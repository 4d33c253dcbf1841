package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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

// signIn gives alice's password, and returns the page that this leads to.
func (r *running) signIn() string {
	r.t.Helper()
	form := url.Values{"username": {"alice"}, "password": {"demo"}}
	return r.send(http.MethodPost, "/sign-in", "application/x-www-form-urlencoded", form.Encode())
}

// get returns the page that comes in the end.
func (r *running) get(path string) string { r.t.Helper(); return r.send(http.MethodGet, path, "", "") }

// post sends JSON to a route, and reads its answer into out.
func (r *running) post(path string, in, out any) {
	r.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		r.t.Fatal(err)
	}
	answer := r.send(http.MethodPost, "/mfa/api/"+path, "application/json", string(body))
	if err := json.Unmarshal([]byte(answer), out); err != nil {
		r.t.Fatalf("%s answers %s", path, answer)
	}
}

func (r *running) send(method, path, mediaType, body string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(answer)
}

func find(t *testing.T, page, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(page) {
		t.Fatalf("no %s in the page:\n%s", pattern, page)
	}
}

// begun is what a route says of a challenge.
type begun struct {
	ID     string
	Public struct{ Secret string }
}

// attach sets a method up, with the code that answers what the route says, and returns that.
func (r *running) attach(kind string, input any, code func(begun) string) begun {
	r.t.Helper()
	in := map[string]any{"kind": kind}
	if input != nil {
		in["input"] = input
	}
	var ch begun
	r.post("setup", in, &ch)
	r.answer("setup", ch, code(ch))
	return ch
}

// answer answers a challenge, and must get in.
func (r *running) answer(what string, ch begun, code string) {
	r.t.Helper()
	var state struct{ State, Detail string }
	r.post(what+"/answer", map[string]any{"challenge": ch.ID, "response": map[string]string{"code": code}}, &state)
	if state.State != "signed_in" {
		r.t.Fatalf("the answer to the %s of alice leaves her %q (%s)", what, state.State, state.Detail)
	}
}

// enrol sets an app up for alice, and returns its secret.
func (r *running) enrol() (secret string) {
	r.t.Helper()
	find(r.t, r.signIn(), `(Two-step verification is off)`)
	ch := r.attach("totp", nil, func(ch begun) string { return r.code(ch.Public.Secret, 0) })
	find(r.t, r.get("/mfa/"), `(Two-step verification is on)`)
	return ch.Public.Secret
}

// signInWith signs alice in, with the code of her app.
func (r *running) signInWith(secret string) {
	r.t.Helper()
	find(r.t, r.signIn(), `<h1>(Enter your code)</h1>`)
	var ch begun
	r.post("login", map[string]any{"kind": "totp"}, &ch)
	r.answer("login", ch, r.code(secret, 30*time.Second))
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
