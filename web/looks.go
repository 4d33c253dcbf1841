package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

//go:embed templates/*.html
var embedded embed.FS

const layout = "layout"

// names are the pages. A template of the same name, NAME.html, replaces one; "layout" is what they all stand in, with the parts that several share.
func names() []string {
	return []string{
		"challenge", "choose", "codes", "finished", "input", "problem", "recovered", "remove", "rename",
		"settings", "setup-app", "setup-other", "setup-passkey", "setup-sent",
	}
}

// looks are the templates in every language, and the files that pages load.
type looks struct {
	assets assets
	pages  map[string]map[string]*template.Template // by language and name
}

func newLooks(cfg Config, prefix string, languages []words) (*looks, error) {
	theme, err := cfg.Theme.css()
	if err != nil {
		return nil, err
	}
	files, err := newAssets(prefix, theme)
	if err != nil {
		return nil, err
	}
	l := &looks{assets: files, pages: map[string]map[string]*template.Template{}}
	faults := strangers(cfg.Templates)
	for _, name := range names() {
		t, err := parse(cfg.Templates, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for _, w := range languages { // each with the texts of its own
			spoken, err := t.Clone()
			if err != nil {
				faults = append(faults, fmt.Errorf("web: template %s: %w", name, err))
				continue
			}
			if l.pages[w.Tag()] == nil {
				l.pages[w.Tag()] = map[string]*template.Template{}
			}
			l.pages[w.Tag()][name] = spoken.Funcs(w.funcs())
		}
	}
	return l, errors.Join(faults...)
}

// strangers are files that would replace nothing: a misspelt page must not leave the built-in one in use unnoticed.
func strangers(own fs.FS) []error {
	if own == nil {
		return nil
	}
	files, err := fs.Glob(own, "*.html")
	if err != nil {
		return []error{fmt.Errorf("web: Config.Templates: %w", err)}
	}
	var faults []error
	for _, file := range files {
		name := file[:len(file)-len(".html")]
		if name != layout && !slices.Contains(names(), name) && !strings.HasPrefix(name, "fragment-") {
			faults = append(faults, fmt.Errorf("web: Config.Templates: %s replaces no page; there are %v, layout, and fragment-NAME of a kind's own", file, names()))
		}
	}
	if len(files) == 0 {
		faults = append(faults, errors.New("web: Config.Templates has no .html file"))
	}
	return faults
}

// parse reads a page with its layout, and with the fragments of kinds.
func parse(own fs.FS, name string) (*template.Template, error) {
	t := template.New(name).Funcs(words{}.funcs()).Option("missingkey=error")
	for _, part := range []string{layout, name} {
		file, from := part+".html", fs.FS(embedded)
		if exists(own, file) {
			from = own
		} else {
			file = "templates/" + file
		}
		var err error
		if t, err = t.ParseFS(from, file); err != nil {
			return nil, fmt.Errorf("web: template %s: %w", part, err)
		}
	}
	if own != nil {
		if fragments, err := fs.Glob(own, "fragment-*.html"); err == nil && len(fragments) > 0 {
			if t, err = t.ParseFS(own, fragments...); err != nil {
				return nil, fmt.Errorf("web: template %s: %w", name, err)
			}
		}
	}
	return t, nil
}

// Templates are the pages that are built in, NAME.html each, to be copied and changed.
func Templates() fs.FS {
	files, err := fs.Sub(embedded, "templates")
	if err != nil { // It was there when the program was built.
		return embedded
	}
	return files
}

func exists(own fs.FS, file string) bool {
	if own == nil {
		return false
	}
	_, err := fs.Stat(own, file)
	return err == nil
}

// funcs are what templates may call: t for a text, h for one with markup in it, icon for a drawing, and fragment for a template by its name.
func (l words) funcs() template.FuncMap {
	return template.FuncMap{
		"t": func(id string, pairs ...any) (string, error) { a, err := paired(pairs); return l.text(id, a), err },
		"h": func(id string, pairs ...any) (template.HTML, error) {
			a, err := paired(pairs)
			return l.html(id, a), err
		},
		"icon": icon,
	}
}

// paired makes arguments from names and values that follow each other.
func paired(pairs []any) (catalogue.Args, error) {
	a := args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("the argument %v has to be a name", pairs[i])
		}
		a[name] = pairs[i+1]
	}
	if len(pairs)%2 != 0 {
		return nil, errors.New("arguments are names and values")
	}
	return a, nil
}

// draw makes a page, or none of it.
func (l *looks) draw(w words, p Page) ([]byte, error) {
	t := l.pages[w.Tag()][p.Name]
	if t == nil {
		return nil, fmt.Errorf("web: there is no page %q in %q", p.Name, w.Tag())
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, layout, p); err != nil {
		return nil, fmt.Errorf("web: page %s: %w", p.Name, err)
	}
	return b.Bytes(), nil
}

// fragment draws what a kind of one's own wants shown.
func (l *looks) fragment(w words, name string, public any) (template.HTML, error) {
	if name == "" {
		return "", nil
	}
	t := l.pages[w.Tag()]["challenge"].Lookup(name + ".html")
	if t == nil {
		return "", fmt.Errorf("web: there is no template %s.html", name)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, public); err != nil {
		return "", fmt.Errorf("web: template %s: %w", name, err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // a template's output, escaped where it has to be
}

// passkeyButton draws what stands on the application's own page.
func (l *looks) passkeyButton(w words, b passkeyButton) (template.HTML, error) {
	var out bytes.Buffer
	if err := l.pages[w.Tag()]["challenge"].ExecuteTemplate(&out, "passkey-button", b); err != nil {
		return "", fmt.Errorf("web: passkey-button: %w", err)
	}
	return template.HTML(out.String()), nil //nolint:gosec // a template's output
}

// missing are the fragments that kinds name and that are not there.
func (l *looks) missing(kinds []Kind) (faults []error) {
	for _, pages := range l.pages {
		for _, k := range kinds {
			if k.Fragment != "" && pages["challenge"].Lookup(k.Fragment+".html") == nil {
				faults = append(faults, fmt.Errorf("web: kind %q: there is no template %s.html", k.Name, k.Fragment))
			}
		}
		break // the other languages have the same
	}
	return faults
}
