package cli_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
)

// services are the servers that scripts use beside Redis and PostgreSQL.
type services struct{ twilio *twiliotest.Server }

// clock VARIABLE OFFSET starts a web server whose clock is ahead by OFFSET.
func clock(ts *testscript.TestScript, _ bool, args []string) {
	offset, err := time.ParseDuration(args[1])
	ts.Check(err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(offset).UTC().Format(http.TimeFormat))
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// mail sets MAIL_PORT, MAIL_CA and MAILBOX to what Postfix has.
func mail(ts *testscript.TestScript, _ bool, _ []string) {
	u, err := url.Parse(os.Getenv("COFACTOR_TEST_SMTP"))
	ts.Check(err)
	ts.Setenv("MAIL_PORT", u.Port())
	ts.Setenv("MAIL_CA", u.Query().Get("ca"))
	ts.Setenv("MAILBOX", strings.Replace(u.Query().Get("mailbox"), "/alice/", "/bob/", 1)) // another test counts what alice gets
}

// mailed PATTERN waits for a message from a test that arrived in the last minute.
func mailed(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(ts.Getenv("MAILBOX"), "*"))
		ts.Check(err)
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil || time.Since(info.ModTime()) > time.Minute {
				continue
			}
			b, err := os.ReadFile(f)
			if err == nil && pattern.Match(b) && regexp.MustCompile(`From: .*no-reply@acme\.example`).Match(b) {
				return
			}
		}
	}
	ts.Fatalf("no message arrived that has %s", args[0])
}

// texted NUMBER says that a message to this number has come to Twilio.
func (s services) texted(ts *testscript.TestScript, _ bool, args []string) {
	if s.twilio.Last(args[0]) == "" {
		ts.Fatalf("no message to %s has come to Twilio", args[0])
	}
}
