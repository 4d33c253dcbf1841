package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

const extension = ".yaml"

// segment is one key. Underscores are for the wire names of errors and notices, which have them.
var segment = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)

// ours are the embedded languages. They are read once; who changes something in them has a copy.
var ours = sync.OnceValue(func() map[string]*words {
	languages := map[string]*words{}
	if faults := readFolder(languages, embedded, ""); len(faults) > 0 { // They are in the program, and its tests have read them.
		panic(errors.Join(faults...))
	}
	return languages
})

// read reads every file of every folder. The texts of a later folder replace those of an earlier one, and all of them ours.
func read(folders []fs.FS) (map[string]*words, []error) {
	languages := map[string]*words{}
	for name, w := range ours() {
		copied := *w
		copied.texts = maps.Clone(w.texts)
		languages[name] = &copied
	}
	var faults []error
	for i, folder := range folders {
		if folder == nil {
			faults = append(faults, fmt.Errorf("catalogue: Config.Files[%d] is nil", i))
			continue
		}
		faults = append(faults, readFolder(languages, folder, fmt.Sprintf("Files[%d]/", i))...)
	}
	return languages, faults
}

// readFolder adds what is in the files of a folder, whose label goes before their names in errors.
func readFolder(languages map[string]*words, folder fs.FS, label string) (faults []error) {
	names, err := fs.Glob(folder, "*"+extension)
	if err == nil && len(names) == 0 {
		err = errors.New("no *.yaml in it")
	}
	if err != nil {
		return []error{fmt.Errorf("catalogue: %s: %w", label, err)}
	}
	for _, file := range names {
		w, more := readFile(folder, file, label)
		faults = append(faults, more...)
		switch {
		case w == nil:
		case languages[w.name] == nil:
			languages[w.name] = w
		default:
			maps.Copy(languages[w.name].texts, w.texts)
		}
	}
	return faults
}

func readFile(folder fs.FS, file, label string) (*words, []error) {
	fault := func(err error) []error { return []error{fmt.Errorf("catalogue: %s%s: %w", label, file, err)} }
	name := strings.TrimSuffix(path.Base(file), extension)
	tag, err := language.Parse(name)
	if err != nil || tag.String() != name {
		return nil, fault(errors.New("its name is no language tag in the usual spelling, such as de or pt-BR"))
	}
	if name == pseudoTag {
		return nil, fault(errors.New("the pseudo-locale is made from English, and has no file"))
	}
	source, err := fs.ReadFile(folder, file)
	if err != nil {
		return nil, fault(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, fault(err)
	}
	w := newWords(tag)
	r := reader{file: label + file, words: w}
	if len(document.Content) == 1 {
		r.mapping("", document.Content[0])
	}
	return w, r.faults
}

func newWords(tag language.Tag) *words {
	numbers, err := tag.SetTypeForKey("nu", "latn")
	if err != nil {
		numbers = tag
	}
	return &words{tag: tag, name: tag.String(), numbers: numbers, rtl: rightToLeft(tag), forms: formsOf(tag), texts: map[string]text{}}
}

// reader turns a YAML document into texts, and goes on after a fault to find the next.
type reader struct {
	file   string
	words  *words
	faults []error
}

func (r *reader) fault(n *yaml.Node, id, what string) {
	r.faults = append(r.faults, text{at: place{r.file, n.Line}}.fault(id, errors.New(what)))
}

func (r *reader) mapping(above string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, cmp.Or(above, "the file"), "must have keys")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		id := strings.TrimPrefix(above+"."+key.Value, ".")
		switch {
		case !segment.MatchString(key.Value):
			r.fault(key, id, "is no id: small letters, digits and hyphens, with dots between")
		case seen[key.Value]:
			r.fault(key, id, "is there twice")
		case value.Kind == yaml.ScalarNode:
			r.scalar(id, key, value)
		case value.Kind == yaml.MappingNode && isPlural(value):
			r.plural(id, key, value)
		default:
			r.mapping(id, value)
		}
		seen[key.Value] = true
	}
}

func (r *reader) scalar(id string, key, n *yaml.Node) {
	if parts, ok := r.parts(id, n); ok {
		r.words.texts[id] = text{at: place{r.file, key.Line}, forms: map[string][]part{other: parts}}
	}
}

func (r *reader) parts(id string, n *yaml.Node) ([]part, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		r.fault(n, id, "is no text; put it in quotes")
		return nil, false
	}
	parts, err := parse(n.Value)
	if err != nil {
		r.fault(n, id, err.Error())
		return nil, false
	}
	return parts, true
}

// isPlural says whether a mapping has the forms of one text. Its keys are no ids, so other alone decides: no language does without it.
func isPlural(n *yaml.Node) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if slices.Contains(pluralForms, n.Content[i].Value) {
			return true
		}
	}
	return false
}

func (r *reader) plural(id string, key, n *yaml.Node) {
	t := text{at: place{r.file, key.Line}, forms: map[string][]part{}, plurals: true}
	for i := 0; i+1 < len(n.Content); i += 2 {
		form, value := n.Content[i], n.Content[i+1]
		switch _, twice := t.forms[form.Value]; {
		case !slices.Contains(r.words.forms, form.Value):
			r.fault(form, id, fmt.Sprintf("has the form %.20q, and %s has the forms %s", form.Value, r.words.name, strings.Join(r.words.forms, ", ")))
		case twice:
			r.fault(form, id, fmt.Sprintf("has the form %q twice", form.Value))
		default:
			if parts, ok := r.parts(id, value); ok {
				t.forms[form.Value] = parts
			}
		}
	}
	for _, form := range r.words.forms {
		if _, ok := t.forms[form]; !ok {
			r.fault(key, id, fmt.Sprintf("has no form %q", form))
		}
	}
	r.words.texts[id] = t
}
