package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// key is one key of a section, as the tags of its field describe it. Defaults, checks, the JSON schema, the reference page and the files that Init writes
// are all made of it, so none can say what another does not.
type key struct {
	Name     string
	Doc      string   // a sentence
	Default  string   // as it would be written; "" for none
	Fallback string   // in words, what takes its place when there is no default that can be written
	Example  string   // as it would be written
	Sample   bool     // also in the short file that Init writes, as the example is
	Required bool     // in every configuration that has the section
	Short    bool     // a scalar in place of the section is this key
	Enum     []string // the values there are
	Min, Max string   // the range of a number or a duration
	When     string   // "sender=smtp": the section is for that value of that key, and then required
	Of       string   // the name that the Go package behind has for it, where it is another: "Account.SID"
	Type     reflect.Type
	index    []int
}

var (
	secretType    = reflect.TypeFor[Secret]()
	urlType       = reflect.TypeFor[URL]()
	pathType      = reflect.TypeFor[Path]()
	durationType  = reflect.TypeFor[time.Duration]()
	settingsType  = reflect.TypeFor[settings]()
	instancesType = reflect.TypeFor[instances]()
)

// keysOf are the keys of a section's type, those of embedded structs among them.
func keysOf(t reflect.Type) []key {
	var keys []key
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, k := range keysOf(f.Type) {
				k.index = append([]int{i}, k.index...)
				keys = append(keys, k)
			}
			continue
		}
		name := f.Tag.Get("yaml")
		if name == "" || !f.IsExported() {
			continue
		}
		k := key{
			Name: name, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Fallback: f.Tag.Get("fallback"), Example: or(f.Tag.Get("sample"), f.Tag.Get("example")), Sample: f.Tag.Get("sample") != "",
			Required: f.Tag.Get("required") == "true", Short: f.Tag.Get("short") == "true",
			Min: f.Tag.Get("min"), Max: f.Tag.Get("max"), When: f.Tag.Get("when"), Of: f.Tag.Get("of"), Type: f.Type, index: f.Index,
		}
		if list := f.Tag.Get("enum"); list != "" {
			k.Enum = strings.Split(list, ",")
		}
		keys = append(keys, k)
	}
	return keys
}

// docOf is what a section's blank field says of the whole.
func docOf(t reflect.Type) string {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name == "_" {
			return f.Tag.Get("doc")
		}
	}
	return ""
}

// faultsOf says what is wrong with the tags of a section's type, which is a mistake of the program that has it.
func faultsOf(t reflect.Type, path string, seen map[reflect.Type]bool) (faults []string) {
	fault := func(name, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s.%s: %s", path, name, fmt.Sprintf(format, args...)))
	}
	if seen[t] {
		return nil
	}
	seen[t] = true
	names := map[string]bool{}
	for _, k := range keysOf(t) {
		switch {
		case !snake(k.Name):
			fault(k.Name, "a key is in snake_case")
		case names[k.Name]:
			fault(k.Name, "is there twice")
		case k.Doc == "":
			fault(k.Name, "has no doc")
		}
		names[k.Name] = true
		if k.Type == instancesType {
			continue
		}
		elem := k.Type
		for elem.Kind() == reflect.Slice || elem.Kind() == reflect.Map || elem.Kind() == reflect.Pointer {
			if elem.Kind() == reflect.Map && elem.Key().Kind() != reflect.String {
				fault(k.Name, "the keys of a map are strings")
			}
			elem = elem.Elem()
		}
		switch elem.Kind() {
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
			if elem.Kind() == reflect.Int64 && elem != durationType {
				fault(k.Name, "numbers are int")
			}
		case reflect.Struct:
			faults = append(faults, faultsOf(elem, path+"."+k.Name, seen)...)
		default:
			fault(k.Name, "has a type that cannot be written in YAML: %v", k.Type)
		}
	}
	return faults
}

func snake(name string) bool {
	return name != "" && name[0] >= 'a' && name[0] <= 'z' && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
