// Package catalogue has every text that a person reads, in every language there is: pages, the answers of the HTTP API, e-mail and text messages.
//
// A language is one YAML file, named by its BCP 47 tag: de.yaml. A text is found by its id, the keys above it with dots between them, and may name what is put
// into it: "Signing in as {user}". A text that depends on a number has a form for each that its language knows (Unicode CLDR): {one: 1 try left, other: "{n} tries left"}.
// English says what texts there are, and what each may name.
//
// Everything that can be wrong with a text is found by New, with file and line. After that nothing fails. A text is never parsed as HTML, nor as a template; what
// is put into it is data.
//
// The pseudo-locale en-XA is for testing: it is made from English when asked for by name, a third longer, accented and in brackets, so that what is not translated
// or does not fit can be seen.
package catalogue

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:embed *.yaml
var embedded embed.FS

const (
	reference = "en"    // the language that says what texts there are
	pseudoTag = "en-XA" // the language that is made from it
	own       = "own."  // the ids that deployments add
)

// Config is what a Catalogue is made from. The zero value is every embedded language.
type Config struct {
	// Files are folders of LANGUAGE.yaml. A file adds a language, or changes single texts of one: a later one wins. Ids that begin with "own." may be added, for
	// providers and pages of a deployment; in English first, and then in every language.
	Files []fs.FS
	// Languages are those to use, by default all that there are.
	Languages []string
	// Default is the language for people whose own there is not: "en" if nothing is said.
	Default string
}

// Catalogue is all texts. It does not change, and is safe for concurrent use.
type Catalogue struct {
	languages []*words // the default first
	byName    map[string]*words
	english   *words
	matcher   language.Matcher
	matched   []*words // by the matcher's tags
}

// words is one language.
type words struct {
	tag     language.Tag
	name    string
	numbers language.Tag // the same with Latin digits, which are those of codes and times
	rtl     bool
	forms   []string // of its plurals
	months  []string
	texts   map[string]text
	said    map[string]string // of English: the id of a sentence that a provider says
}

// New reads and checks every text. It reports all faults, joined, each with its file and line.
func New(cfg Config) (*Catalogue, error) {
	if len(cfg.Files)+len(cfg.Languages) == 0 && (cfg.Default == "" || cfg.Default == reference) {
		return embeddedOnly()
	}
	return build(cfg)
}

// embeddedOnly is the same for all who ask, since it never changes and everything that sends or shows words asks for it.
var embeddedOnly = sync.OnceValues(func() (*Catalogue, error) { return build(Config{}) })

func build(cfg Config) (*Catalogue, error) {
	languages, faults := read(cfg.Files)
	english, original := languages[reference], ours()[reference]
	named := func(name string) bool { return len(cfg.Languages) == 0 || slices.Contains(cfg.Languages, name) }
	c := &Catalogue{byName: map[string]*words{}, english: english}
	for _, w := range languages {
		if w == english || named(w.name) {
			faults = append(faults, w.check(english, original)...)
		}
		if named(w.name) {
			c.languages = append(c.languages, w)
		}
	}
	english.hear(original)
	if named(pseudoTag) {
		c.languages = append(c.languages, pseudo(english))
	}
	for _, name := range cfg.Languages {
		if !slices.ContainsFunc(c.languages, func(w *words) bool { return w.name == name }) {
			faults = append(faults, fmt.Errorf("catalogue: Config.Languages: there is no %.40q", name))
		}
	}
	if err := errors.Join(sorted(faults)...); err != nil {
		return nil, err
	}
	return c.order(cfg.Default)
}

// order puts the default first and the rest by name, and prepares what finds them.
func (c *Catalogue) order(standard string) (*Catalogue, error) {
	if standard == "" {
		standard = reference
	}
	slices.SortFunc(c.languages, func(a, b *words) int {
		switch {
		case a.name == standard:
			return -1
		case b.name == standard:
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	if len(c.languages) == 0 || c.languages[0].name != standard {
		return nil, fmt.Errorf("catalogue: the default language, %.40q, is not among those to use", standard)
	}
	c.match()
	return c, nil
}

// Only is the same texts in fewer languages, the default among them: for a channel that cannot carry all.
func (c *Catalogue) Only(languages ...string) (*Catalogue, error) {
	only := &Catalogue{byName: map[string]*words{}, english: c.english}
	for _, name := range languages {
		w := c.byName[strings.ToLower(name)]
		if w == nil {
			return nil, fmt.Errorf("catalogue: there is no language %.40q", name)
		}
		if !slices.Contains(only.languages, w) {
			only.languages = append(only.languages, w)
		}
	}
	return only.order(c.languages[0].name)
}

// Languages are the languages there are, the default first.
func (c *Catalogue) Languages() []string {
	names := make([]string, len(c.languages))
	for i, w := range c.languages {
		names[i] = w.name
	}
	return names
}

// Locales are the same, to be gone through.
func (c *Catalogue) Locales() []Locale {
	locales := make([]Locale, len(c.languages))
	for i, w := range c.languages {
		locales[i] = Locale{w, c.english}
	}
	return locales
}

// Has says whether there is a text with this id.
func (c *Catalogue) Has(id string) bool {
	_, ok := c.english.texts[id]
	return ok
}
