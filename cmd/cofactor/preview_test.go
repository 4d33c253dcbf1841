package main_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The pages are shown to this machine alone, whatever name somebody has for it.
func TestThePreviewFromStartToStop(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "ui", "preview", "--port", "0")
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url := regexp.MustCompile(`http://localhost:\d+`).FindString(line)
	if err != nil || url == "" {
		t.Fatalf("the preview has not started: %v %q", err, line)
	}
	get := func(path, host string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			req.Host = host
		}
		client := &http.Client{Timeout: 20 * time.Second}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	_, list := get("/", "")
	for _, want := range []string{"<h2>ar</h2>", "<h2>de</h2>", "<h2>en</h2>"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list has no %s", want)
		}
	}
	found := regexp.MustCompile(`href="(/page/ar/[^"]+)"`).FindStringSubmatch(list)
	if found == nil {
		t.Fatalf("the list names no Arabic page:\n%.500s", list)
	}
	page := found[1]
	if _, body := get(page, ""); !strings.Contains(body, `dir="rtl"`) {
		t.Errorf("%s is not written from the right:\n%.300s", page, body)
	}
	if status, body := get("/", "evil.example"); status != http.StatusMisdirectedRequest || strings.Contains(body, "<h2>") {
		t.Errorf("a site elsewhere whose name leads here is shown the pages: %d", status)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C the preview ended with %v", err)
	}
}
