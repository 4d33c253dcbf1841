package message

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"
)

const extension = ".tmpl"

var funcs = template.FuncMap{"isolate": isolate}

// load parses every file; one language is one set of blocks, whichever folders they come from.
func load(folders []fs.FS) ([]locale, error) {
	var locales []locale
	var faults []error
	for i, folder := range folders {
		if folder == nil {
			faults = append(faults, fmt.Errorf("message: Config.Files[%d] is nil", i))
			continue
		}
		names, err := fs.Glob(folder, "*"+extension)
		if err == nil && len(names) == 0 {
			err = errors.New("no *.tmpl in it")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("message: Config.Files[%d]: %w", i, err))
		}
		for _, name := range names {
			locales, err = add(locales, folder, name)
			if err != nil {
				faults = append(faults, fmt.Errorf("message: Config.Files[%d]: %s: %w", i, name, err))
			}
		}
	}
	if len(folders) == 0 {
		faults = append(faults, errors.New("message: Config.Files is required"))
	}
	return locales, errors.Join(faults...)
}

func add(locales []locale, folder fs.FS, file string) ([]locale, error) {
	name := strings.TrimSuffix(path.Base(file), extension)
	tag, err := language.Parse(name)
	if err != nil || tag.String() != name {
		return locales, errors.New("its name is no language tag in the usual spelling, such as de or pt-BR")
	}
	source, err := fs.ReadFile(folder, file)
	if err != nil {
		return locales, err
	}
	i := slices.IndexFunc(locales, func(l locale) bool { return l.name == name })
	if i < 0 {
		i = len(locales)
		blocks := template.New("").Funcs(funcs).Option("missingkey=error")
		locales = append(locales, locale{tag: tag, name: name, rtl: rightToLeft(tag), blocks: blocks})
	}
	before := locales[i].blocks.Templates()
	parsed, err := template.New("").Funcs(funcs).Parse(string(source))
	if err != nil {
		return locales, err
	}
	for _, b := range parsed.Templates() {
		if b.Name() == "" {
			if strings.TrimSpace(b.Root.String()) != "" {
				return locales, errors.New("there is text outside of its blocks")
			}
			continue
		}
		known := slices.ContainsFunc(before, func(t *template.Template) bool { return t.Name() == b.Name() })
		if !known && len(before) > 0 {
			return locales, fmt.Errorf("there is no message %.40q to redefine", b.Name())
		}
		if _, err := locales[i].blocks.AddParseTree(b.Name(), b.Tree); err != nil {
			return locales, err
		}
	}
	return locales, nil
}

func rightToLeft(tag language.Tag) bool {
	script, _ := tag.Script()
	return slices.Contains([]string{"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"}, script.String())
}
