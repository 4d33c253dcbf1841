package catalogue

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// text is one text of one language.
type text struct {
	at      place
	forms   map[string][]part // by plural form; a text without plurals has other alone
	plurals bool
}

// part is something that is written as it is, or the name of an argument.
type part struct{ text, arg string }

// place is where a text was found.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

func (t text) fault(id string, err error) error {
	return fmt.Errorf("catalogue: %s: %s %w", t.at, id, err)
}

// form is the text for a plural form. Every form that the language has is there, which check sees to.
func (t text) form(name string) []part {
	if f, ok := t.forms[name]; ok {
		return f
	}
	return t.forms[other]
}

// plain is the text, if it names nothing and has one form.
func (t text) plain() (string, bool) {
	f := t.forms[other]
	if t.plurals || len(f) != 1 || f[0].arg != "" {
		return "", false
	}
	return f[0].text, true
}

var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9-]*)\}`)

// parse takes a text apart. It has no markup, so that translators write none and nobody is tempted to insert a text unescaped.
func parse(s string) ([]part, error) {
	switch {
	case strings.TrimSpace(s) == "":
		return nil, errors.New("is empty")
	case strings.TrimSpace(s) != s:
		return nil, errors.New("begins or ends with space")
	case strings.ContainsAny(s, "<>"):
		return nil, errors.New("has markup; a text is plain")
	case strings.ContainsFunc(s, invisible):
		return nil, errors.New("has a character that cannot be seen")
	}
	var parts []part
	rest := s
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		from := len(s) - len(rest)
		if m[0] > from {
			parts = append(parts, part{text: s[from:m[0]]})
		}
		parts, rest = append(parts, part{arg: s[m[2]:m[3]]}), s[m[1]:]
	}
	if rest != "" {
		parts = append(parts, part{text: rest})
	}
	for _, p := range parts {
		if strings.ContainsAny(p.text, "{}") {
			return nil, errors.New("has a brace that belongs to no {name}")
		}
	}
	return parts, nil
}

// invisible are control and formatting characters. Directions are set around what is inserted, by Text; joiners are letters' own in several scripts.
func invisible(c rune) bool {
	return c != '\u200c' && c != '\u200d' && (unicode.In(c, unicode.C, unicode.Zl, unicode.Zp) || c == unicode.ReplacementChar)
}

// args are the names that a form of a text has, sorted; n, which selects the form, may be left out of a form and is not among them.
func args(parts []part) []string {
	var names []string
	for _, p := range parts {
		if p.arg != "" && p.arg != "n" && !slices.Contains(names, p.arg) {
			names = append(names, p.arg)
		}
	}
	slices.Sort(names)
	return names
}

func counts(t text) bool {
	return slices.ContainsFunc(t.forms[other], func(p part) bool { return p.arg == "n" })
}
