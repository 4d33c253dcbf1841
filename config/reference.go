package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Reference is the page of every key there is with these factories, in Markdown.
func Reference(own ...Factory) ([]byte, error) {
	known, err := newFactories(own)
	if err != nil {
		return nil, err
	}
	p := &page{}
	p.WriteString(`# Configuration

For those who deploy a program with cofactor: every key of ` + "`cofactor.yaml`" + `, what it is by default, and the variable that sets it. [Configure a
deployment](../how-to/configure.md) is the way there. This page is made from the program itself.

**!** is a key that has to be there. Durations are written ` + "`30s`, `10m`, `1h30m`, `30d`" + `. Any value may be ` + "`${NAME}`, `${NAME:-default}` or `{file: PATH}`" + `.
A variable's value is taken as it is; where a list or a mapping is wanted it is YAML: ` + "`[\"a\", \"b\"]`" + `. Behind any variable ` + "`__FILE`" + ` names a file that
has the value.

`)
	root := reflect.TypeFor[deployment]()
	p.WriteString("## The deployment\n\nSimple keys. From `base_url` on a tenant may have its own, below `tenants.NAME`.\n\n")
	p.head()
	for _, k := range keysOf(root) {
		if sectionOf(k) == nil {
			p.row("", k)
		}
	}
	p.WriteString("\n")
	for _, k := range keysOf(root) {
		switch {
		case k.Type == instancesType:
			p.providers(known, k)
		case k.Name == "policy":
			p.section("policy", k, "A rule asks for one thing, and may be narrowed. Where a rule stands in a rule, it has the same keys.")
		case k.Name == "tenants":
			fmt.Fprintf(p, "## tenants\n\n%s\n", k.Doc)
		case k.Type.Kind() == reflect.Struct:
			p.section(k.Name, k, "")
		}
	}
	return []byte(p.String()), nil
}

type page struct{ strings.Builder }

// sectionOf is the struct behind a key, or nil.
func sectionOf(k key) reflect.Type {
	t := k.Type
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map && t != instancesType {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct || t == instancesType {
		return t
	}
	return nil
}

// section writes the keys of a section and of those in it.
func (p *page) section(path string, k key, note string) {
	fmt.Fprintf(p, "## %s\n\n%s%s\n\n", path, k.Doc, spaced(note))
	p.head()
	p.rows(sectionOf(k), path, k.Default, map[reflect.Type]bool{})
	p.WriteString("\n")
}

func (p *page) head() {
	p.WriteString("| key | what it is | default | variable |\n|---|---|---|---|\n")
}

// rows writes the keys of a struct, and those of structs in it behind them. A struct that holds itself is written once.
func (p *page) rows(t reflect.Type, path, standard string, above map[reflect.Type]bool) {
	above[t] = true
	defer delete(above, t)
	for _, k := range keysOf(t) {
		own := k
		if standard != "" {
			own.Default = within(standard, k.Name)
			own.Required = false
		}
		inner := sectionOf(k)
		if inner == nil || above[inner] {
			p.row(path, own)
			continue
		}
		if k.Default == "" || k.When != "" {
			p.row(path, own)
		}
		below := path + "." + k.Name
		switch k.Type.Kind() {
		case reflect.Map:
			below += ".NAME"
		case reflect.Slice:
			below += "[]"
		}
		p.rows(inner, below, k.Default, above)
	}
}

// within is the default of a key in that of the section around it.
func within(standard, name string) string {
	for _, part := range strings.Split(strings.Trim(standard, "{}"), ", ") {
		if value, ok := strings.CutPrefix(part, name+": "); ok {
			return value
		}
	}
	return ""
}

func (p *page) row(path string, k key) {
	full := k.Name
	if path != "" {
		full = path + "." + k.Name
	}
	mark := ""
	if k.Required {
		mark = " **!**"
	}
	what := k.Doc
	if words := wordsOf(k); words != "" {
		what += " " + words
	}
	if k.When != "" {
		what += " Required with `" + strings.Replace(k.When, "=", ": ", 1) + "`."
	}
	standard := k.Fallback
	if k.Default != "" {
		standard = "`" + k.Default + "`"
	}
	fmt.Fprintf(p, "| `%s`%s | %s | %s | %s |\n", full, mark, cell(what), cell(standard), variableOf(full, k))
}

func wordsOf(k key) string {
	if len(k.Enum) > 0 {
		quoted := make([]string, len(k.Enum))
		for i, word := range k.Enum {
			quoted[i] = "`" + word + "`"
		}
		if len(quoted) == 1 {
			return "Always " + quoted[0] + "."
		}
		return "One of " + strings.Join(quoted, ", ") + "."
	}
	if k.Type.Kind() == reflect.Slice {
		return ""
	}
	return rangeOf(k)
}

// variableOf is the environment variable of a key; what is in a list has none.
func variableOf(path string, k key) string {
	if strings.Contains(path, "[]") || sectionOf(k) != nil && k.Type.Kind() != reflect.Slice {
		return ""
	}
	return "`" + Variable(path) + "`"
}

// Variable is the name of the environment variable that sets a key: COFACTOR__PROVIDERS__TOTP__ISSUER for providers.totp.issuer.
func Variable(path string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "__", "-", "_").Replace(path))
}

func (p *page) providers(known factories, k key) {
	fmt.Fprintf(p, "## providers\n\n%s Its name is its type, unless `type` says another. With nothing behind the colon it is on, as it is by default.\n\n", k.Doc)
	p.head()
	for _, c := range keysOf(reflect.TypeFor[common]()) {
		p.row("providers.NAME", c)
	}
	p.WriteString("\n")
	for _, name := range known.names() {
		f := known[name]
		fmt.Fprintf(p, "### %s\n\n%s\n\n", name, docOf(f.typ))
		if len(keysOf(f.typ)) == 0 {
			continue
		}
		p.head()
		p.rows(f.typ, "providers."+name, "", map[reflect.Type]bool{})
		p.WriteString("\n")
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}
