package config

import (
	"reflect"
	"slices"
	"strings"
)

// Style is what a configuration that Init writes is for.
type Style int

// The styles.
const (
	Short       Style = iota // what a deployment has to say
	Full                     // every key there is, with what it is for; what need not be said is behind a #
	Development              // what runs on one's own machine, with nothing else
)

// Init is a configuration to begin with, and what each of its keys is for.
func Init(s Style, own ...Factory) ([]byte, error) {
	known, err := newFactories(own)
	if err != nil {
		return nil, err
	}
	if s == Development {
		return []byte(onOwnMachine), nil
	}
	w := &sample{full: s == Full}
	w.WriteString("# yaml-language-server: $schema=./cofactor.schema.json\n")
	keys := keysOf(reflect.TypeFor[deployment]())
	for _, k := range keys {
		switch {
		case k.Type == instancesType:
			w.providers(known, k)
		case k.Name == "tenants":
		case w.full || written(k, keys):
			w.key(k, 0, !written(k, keys))
		}
	}
	return []byte(w.String()), nil
}

// onOwnMachine runs without a server, a keyset or a certificate.
const onOwnMachine = `# yaml-language-server: $schema=./cofactor.schema.json
# For development: everything is in memory, and messages are printed on the terminal.
version: 1
mode: development
allow_insecure: [memory_stores, ephemeral_keys, terminal_sender, http_origin, any_country]
base_url: http://localhost:8080/mfa
product_name: Acme
support_url: https://acme.example/help
policy: optional
challenges: {store: memory}
factors: {store: memory}
providers:
  webauthn: {rp_id: localhost}
  totp: {issuer: Acme}
  email: {sender: terminal, from: no-reply@acme.example}
  sms: {sender: terminal}
  backup:
  device:
`

// briefly are the providers of the short style. Others of one's own are there as well.
var briefly = []string{"webauthn", "totp", "email", "backup", "recovery"}

type sample struct {
	strings.Builder
	full bool
}

// line writes a line at a depth, behind a # if it need not be said.
func (w *sample) line(depth int, off bool, text string) {
	mark := ""
	if off {
		mark = "#"
	}
	w.WriteString(strings.Repeat("  ", depth) + mark + text + "\n")
}

// written says whether the short style has a key: one that is required, or has a sample, or a section that has such a one.
func written(k key, siblings []key) bool {
	inner := sectionOf(k)
	switch {
	case !usual(k, siblings):
		return false
	case k.Required || k.Sample:
		return true
	case inner == nil || k.Type.Kind() != reflect.Struct || k.Default != "":
		return false
	}
	below := keysOf(inner)
	return slices.ContainsFunc(below, func(k key) bool { return written(k, below) })
}

// usual says whether a section is for the word that the key beside it has by default, or in its example.
func usual(k key, siblings []key) bool {
	name, word, special := strings.Cut(k.When, "=")
	return !special || slices.ContainsFunc(siblings, func(s key) bool { return s.Name == name && or(s.Default, s.Example) == word })
}

func (w *sample) section(keys []key, depth int, off bool) {
	for _, k := range keys {
		if w.full || written(k, keys) {
			w.key(k, depth, off || !written(k, keys))
		}
	}
}

func (w *sample) key(k key, depth int, off bool) {
	if w.full {
		w.line(depth, false, "# "+k.Doc+spaced(strings.ReplaceAll(wordsOf(k), "`", ""))+fallback(k))
	}
	if inner := sectionOf(k); inner != nil && k.Type.Kind() == reflect.Struct && k.Example == "" && k.Default == "" {
		w.line(depth, off, k.Name+":")
		w.section(keysOf(inner), depth+1, off)
		return
	}
	w.line(depth, off, k.Name+": "+or(or(k.Example, standard(k)), placeholder(k)))
}

// standard is the default as YAML.
func standard(k key) string {
	if k.Default != "" && k.Type.Kind() == reflect.String {
		return quote(k.Default)
	}
	return k.Default
}

func fallback(k key) string {
	if k.Fallback == "" {
		return ""
	}
	return " By default " + k.Fallback + "."
}

// placeholder shows the form of a value that has no default and no example.
func placeholder(k key) string {
	switch k.Type.Kind() {
	case reflect.Slice:
		return "[]"
	case reflect.Map, reflect.Struct, reflect.Pointer:
		return "{}"
	case reflect.Bool:
		return "false"
	case reflect.Int:
		if k.Min != "" {
			return k.Min
		}
		if len(k.Enum) > 0 {
			return k.Enum[0]
		}
	}
	if len(k.Enum) > 0 {
		return k.Enum[0]
	}
	if k.Type == durationType && k.Min != "" {
		return k.Min
	}
	return `""`
}

func (w *sample) providers(known factories, k key) {
	if w.full {
		w.line(0, false, "# "+k.Doc)
	}
	w.line(0, false, k.Name+":")
	for _, name := range order(known) {
		off := isBuiltIn(name) && !slices.Contains(briefly, name)
		if off && !w.full {
			continue
		}
		if doc := docOf(known[name].typ); w.full && doc != "" {
			w.line(1, false, "# "+doc)
		}
		w.line(1, off, name+":")
		w.section(keysOf(known[name].typ), 2, off)
	}
}

// order is that of the sample: what is best for users first.
func order(known factories) []string {
	list := slices.Clone(briefly)
	for _, name := range known.names() {
		if !slices.Contains(briefly, name) {
			list = append(list, name)
		}
	}
	return list
}

func isBuiltIn(name string) bool {
	return slices.ContainsFunc(builtIn(), func(f Factory) bool { return f.name == name })
}
