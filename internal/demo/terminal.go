package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/cofactor-mfa/cofactor/registry"
)

// terminal is where the demo tells what happens.
type terminal struct {
	mu   sync.Mutex
	w    io.Writer
	last string
}

func (t *terminal) say(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = line
	_, _ = fmt.Fprintln(t.w, line) // There is nobody to tell that nobody can be told.
}

// remind says a line, unless it is the last one that was said.
func (t *terminal) remind(line string) {
	t.mu.Lock()
	said := t.last == line
	t.mu.Unlock()
	if !said {
		t.say(line)
	}
}

// event is one line: 12:00:01 finish_login ok alice totp
func (t *terminal) event(e registry.Event) {
	who, _ := personWith(e.User)
	words := []string{e.At.Local().Format("15:04:05"), e.Op, e.Result, who.Name}
	if e.Kind != "" {
		words = append(words, e.Kind)
	}
	if e.Reason != "" {
		words = append(words, "("+e.Reason+")")
	}
	t.say(strings.Join(words, " "))
}

var _ io.Writer = (*terminal)(nil)

// Write is for the senders of messages, which print them instead.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = ""
	return t.w.Write(b)
}
