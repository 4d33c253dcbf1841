package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/cofactor-mfa/cofactor/config"
)

// session is one run of the program: whom it talks to, and how.
type session struct {
	in       *bufio.Reader
	out, err io.Writer
	json     bool
	asks     bool // somebody is there to answer a question
	watched  bool // somebody sees err as it is written
	coloured bool // out shows colours

	factories []config.Factory
}

func newSession(in, out, err *os.File) *session {
	is := func(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
	dumb := os.Getenv("TERM") == "dumb"
	return &session{
		in: bufio.NewReader(in), out: out, err: err,
		asks: is(in), watched: is(err) && !dumb, coloured: is(out) && !dumb && os.Getenv("NO_COLOR") == "",
	}
}

// result is what a command was asked for: people read what print writes, and programs read it as JSON.
type result interface{ print(p *page) }

// show prints a result.
func (s *session) show(r result) error {
	if s.json {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	p := &page{w: s.out, coloured: s.coloured}
	r.print(p)
	return p.failed
}

// say tells whoever is watching something that is no result.
func (s *session) say(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }

// page is what a result is printed on. It remembers the first failure, so that a full disk is no success.
type page struct {
	w        io.Writer
	coloured bool
	failed   error
}

func (p *page) line(format string, args ...any) {
	if p.failed == nil {
		_, p.failed = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// colour is an ANSI foreground colour.
type colour int

const (
	red    colour = 31
	green  colour = 32
	yellow colour = 33
)

// in colours a word that says the same without its colour.
func (p *page) in(c colour, word string) string {
	if !p.coloured {
		return word
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, word)
}
