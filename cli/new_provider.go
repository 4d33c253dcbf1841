package cli

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	texts "text/template"
)

//go:embed scaffold
var scaffold embed.FS

type newCommands struct {
	Provider newProviderCommand `cmd:"" help:"Write the beginning of a kind of factor of your own: it works, and passes the conformance suite."`
}

type newProviderCommand struct {
	Name   string `arg:"" help:"The wire name of the kind: small letters, digits and hyphens. It never changes once somebody has such a factor."`
	Dir    string `type:"path" placeholder:"DIR" help:"The folder, which must not be there yet. By default the name without hyphens."`
	Module string `placeholder:"PATH" help:"The path of a module of its own. By default the folder belongs to the module around it, or is a module of the package's name."`
	Clone  string `type:"existingdir" placeholder:"DIR" help:"A clone of cofactor to build with, instead of a release."`
}

// written is what was written, and what to do next.
type written struct {
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
	Next   string   `json:"next"`
}

func (w written) print(p *page) {
	for _, f := range w.Files {
		p.line("%s", filepath.Join(w.Folder, f))
	}
	p.line("\nNow: %s", w.Next)
}

// parts is what the templates are filled in with.
type parts struct{ Kind, Package, Label, Import, Version, Clone string }

// release is a version that a proxy of modules may have.
var release = regexp.MustCompile(`^v\d+\.\d+\.\d+(-(alpha|beta|rc)\.?\d*)?$`)

// kindName is what provider.Info.Validate accepts.
var kindName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// Run writes the files. It writes over none.
func (c newProviderCommand) Run(s *session) error {
	t := parts{Kind: c.Name, Package: strings.ReplaceAll(c.Name, "-", ""), Clone: c.Clone}
	if !kindName.MatchString(c.Name) {
		return misused(errors.New("a name has small letters, digits and hyphens, begins with a letter, and has at most 32 of them"))
	}
	if token.IsKeyword(t.Package) || t.Package == "main" || t.Package == "internal" || t.Package == "provider" || t.Package == "providertest" {
		return misused(fmt.Errorf("%s cannot be the name of the package: choose another", t.Package))
	}
	words := strings.ReplaceAll(c.Name, "-", " ")
	t.Label = strings.ToUpper(words[:1]) + words[1:]
	if v := built().Version; release.MatchString(v) && c.Clone == "" {
		t.Version = v
	}
	if c.Dir == "" {
		c.Dir = t.Package
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	files := []template{
		{t.Package + ".go", "provider.go.tmpl"},
		{t.Package + "_test.go", "provider_test.go.tmpl"},
		{"factory.go", "factory.go.tmpl"},
		{"cofactor/main.go", "main.go.tmpl"},
	}
	next := "go test ./..."
	if t.Import, err = within(dir); err != nil {
		return err
	}
	if t.Import == "" || c.Module != "" {
		if t.Import = c.Module; t.Import == "" {
			t.Import = t.Package
		}
		files = append(files, template{"go.mod", "go.mod.tmpl"})
		next = "go mod tidy && go test ./..."
	}
	made := written{Folder: c.Dir, Next: "cd " + c.Dir + " && " + next}
	if err := t.write(dir, files); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; nothing is written over", c.Dir)
	} else if err != nil {
		return err
	}
	for _, f := range files {
		made.Files = append(made.Files, f.name)
	}
	return s.show(made)
}

// template is a file, and what it is made of.
type template struct{ name, from string }

// write writes the files into a folder, which must not be there.
func (t parts) write(dir string, files []template) error {
	contents := map[string][]byte{}
	for _, f := range files {
		text, err := t.fill(f.from)
		if err != nil {
			return err
		}
		contents[f.name] = text
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	for name, text := range contents {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// fill makes a file of a template.
func (t parts) fill(from string) ([]byte, error) {
	tmpl, err := texts.ParseFS(scaffold, "scaffold/"+from)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, t); err != nil {
		return nil, err
	}
	if strings.HasSuffix(from, ".go.tmpl") {
		return format.Source(out.Bytes())
	}
	return out.Bytes(), nil
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)

// within is the import path that a folder has in the module around it, or nothing if there is none.
func within(dir string) (string, error) {
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		b, err := os.ReadFile(filepath.Join(up, "go.mod")) //nolint:gosec // the folder is the user's choice
		if err == nil {
			m := moduleLine.FindSubmatch(b)
			if m == nil {
				return "", fmt.Errorf("%s names no module", filepath.Join(up, "go.mod"))
			}
			rel, err := filepath.Rel(up, dir)
			return string(m[1]) + "/" + filepath.ToSlash(rel), err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if up == filepath.Dir(up) {
			return "", nil
		}
	}
}
