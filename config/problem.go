package config

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Level says whether a problem keeps a program from starting.
type Level string

// The levels.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Problem is one mistake in a configuration. It never has a secret in it.
type Problem struct {
	File    string `json:"file,omitempty"`   // or the environment variable, as $NAME
	Line    int    `json:"line,omitempty"`   // from 1; 0 if the whole file is meant, or a variable
	Column  int    `json:"column,omitempty"` // from 1
	Level   Level  `json:"level"`
	Path    string `json:"path,omitempty"` // of the key: "providers.totp.issuer"
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do
	err     error
	order   int // of the file
}

// String is the problem in a line as editors read it, file:line:column: level: path: message, and the hint in another.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
		if p.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
		}
		b.WriteString(" ")
	}
	b.WriteString(string(p.Level) + ": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("\n    hint: " + p.Hint)
	}
	return b.String()
}

// Problems are all that is wrong with a configuration, in the order of its lines. It is the error of Load; errors.Is finds fs.ErrNotExist and its like in it.
type Problems struct {
	List []Problem
}

// Error is every problem, and how many there are.
func (p *Problems) Error() string {
	var b strings.Builder
	_ = p.Write(&b)
	return strings.TrimSuffix(b.String(), "\n")
}

// Write writes the problems for people: one after the other, and how many there are.
func (p *Problems) Write(w io.Writer) error {
	var b strings.Builder
	for _, one := range p.List {
		b.WriteString(one.String() + "\n")
	}
	errs, warnings := p.Count(Error), p.Count(Warning)
	b.WriteString(count(errs, "error") + ", " + count(warnings, "warning") + ".")
	if errs > 0 {
		b.WriteString(" Nothing was started.")
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// Count is how many problems are of a level.
func (p *Problems) Count(l Level) (n int) {
	for _, one := range p.List {
		if one.Level == l {
			n++
		}
	}
	return n
}

// Unwrap gives what the operating system said of files.
func (p *Problems) Unwrap() (errs []error) {
	for _, one := range p.List {
		if one.err != nil {
			errs = append(errs, one.err)
		}
	}
	return errs
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sorted are the problems in the order of files and lines, each once. What variables have is last.
func sorted(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.order, b.order), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var once []Problem
	for _, p := range list {
		same := func(o Problem) bool {
			return o.File == p.File && o.Line == p.Line && o.Column == p.Column && o.Message == p.Message && o.Path == p.Path
		}
		if !slices.ContainsFunc(once, same) {
			once = append(once, p)
		}
	}
	return once
}
