package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Schema is the JSON schema (2020-12) of a configuration with these factories, for editors: the first line of a file names it,
//
//	# yaml-language-server: $schema=./cofactor.schema.json
//
// It knows names, types, words, and the ranges of numbers. Load knows more, and has the last word; an overlay need not have what is required.
func Schema(own ...Factory) ([]byte, error) {
	known, err := newFactories(own)
	if err != nil {
		return nil, err
	}
	w := &schemaWriter{factories: known, defs: map[string]any{
		"elsewhere": object{"description": "A variable, ${NAME} or ${NAME:-default}, or a file of its own.", "anyOf": []any{
			object{"type": "string", "pattern": `\$\{`},
			object{"$ref": "#/$defs/file"},
		}},
		"file": object{"type": "object", "properties": object{"file": object{"type": "string", "minLength": 1}}, "required": []string{"file"}, "additionalProperties": false},
	}, names: map[reflect.Type]string{}}
	root := w.section(reflect.TypeFor[deployment](), whole)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "cofactor.yaml"
	root["$defs"] = w.defs
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(root)
	return out.Bytes(), err
}

type object = map[string]any

// extent says how much of a section has to be there.
type extent int

const (
	whole extent = iota // everything required
	part                // anything: what goes over other settings, or is not in use
)

type schemaWriter struct {
	factories
	defs  map[string]any
	names map[reflect.Type]string
}

// ref is a reference to the definition of a section, which is written when it is first needed.
func (w *schemaWriter) ref(t reflect.Type, e extent) object {
	name, known := w.names[t]
	if !known {
		base := strings.ToLower(strings.TrimSuffix(t.Name(), "Section"))
		name = base
		for i := 2; slices.Contains(valuesOf(w.names), name); i++ {
			name = fmt.Sprintf("%s%d", base, i)
		}
		w.names[t] = name
	}
	if e == part {
		name += "-part"
	}
	if _, done := w.defs[name]; !done {
		w.defs[name] = nil // It may refer to itself.
		w.defs[name] = w.section(t, e)
	}
	return object{"$ref": "#/$defs/" + name}
}

func valuesOf(m map[reflect.Type]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// section is the schema of a struct.
func (w *schemaWriter) section(t reflect.Type, e extent) object {
	properties, required, conditions := object{}, []string{}, []any{}
	keys := keysOf(t)
	for _, k := range keys {
		extentOf := e
		if k.When != "" {
			extentOf = part
		}
		properties[k.Name] = describe(w.value(k, k.Type, extentOf), k)
		if e == part {
			continue
		}
		if k.Required {
			required = append(required, k.Name)
		}
		if k.When != "" {
			conditions = append(conditions, w.condition(k, keys))
		}
	}
	s := object{"type": "object", "properties": properties, "patternProperties": object{"^x-": true}, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	} else {
		s["type"] = []string{"object", "null"}
	}
	if len(conditions) > 0 {
		s["allOf"] = conditions
	}
	if doc := docOf(t); doc != "" {
		s["description"] = doc
	}
	if i := slices.IndexFunc(keys, func(k key) bool { return k.Short }); i >= 0 {
		return object{"anyOf": []any{w.value(keys[i], keys[i].Type, e), s}}
	}
	return s
}

// condition says that a section is required where the key beside it has the word that it is for.
func (w *schemaWriter) condition(k key, keys []key) object {
	name, word, _ := strings.Cut(k.When, "=")
	holds := object{"properties": object{name: object{"const": word}}}
	if i := slices.IndexFunc(keys, func(k key) bool { return k.Name == name }); keys[i].Default != word {
		holds["required"] = []string{name}
	}
	return object{"if": holds, "then": object{"required": []string{k.Name}, "properties": object{k.Name: w.value(k, k.Type, whole)}}}
}

// value is the schema of a value of a type.
func (w *schemaWriter) value(k key, t reflect.Type, e extent) object {
	switch {
	case t == instancesType:
		return w.instances(e)
	case t == durationType:
		return elsewhere(object{"type": "string", "minLength": 1, "pattern": `^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`})
	case t == secretType || t == urlType || t == pathType:
		return object{"anyOf": []any{object{"type": "string"}, object{"$ref": "#/$defs/file"}}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.value(k, t.Elem(), e)
	case reflect.Struct:
		return w.ref(t, e)
	case reflect.Slice:
		item := k
		item.Min, item.Max = "", ""
		list := object{"type": "array", "items": w.value(item, t.Elem(), e)}
		if k.Min != "" {
			list["minItems"] = 1
		}
		return list
	case reflect.Map:
		if t.Elem() == settingsType {
			e = part
		}
		return object{"type": []string{"object", "null"}, "additionalProperties": w.value(k, t.Elem(), e), "patternProperties": object{"^x-": true}}
	case reflect.Bool:
		return elsewhere(object{"type": "boolean"})
	case reflect.Int:
		number := object{"type": "integer"}
		if k.Min != "" {
			number["minimum"] = json.Number(k.Min)
		}
		if k.Max != "" {
			number["maximum"] = json.Number(k.Max)
		}
		if len(k.Enum) > 0 {
			words := []any{}
			for _, word := range k.Enum {
				words = append(words, json.Number(word))
			}
			number["enum"] = words
		}
		return elsewhere(number)
	}
	if len(k.Enum) > 0 {
		return elsewhere(object{"enum": k.Enum})
	}
	text := object{"type": "string"}
	if k.Required {
		text["minLength"] = 1
	}
	return object{"anyOf": []any{text, object{"$ref": "#/$defs/file"}}}
}

func elsewhere(s object) object {
	return object{"anyOf": []any{s, object{"$ref": "#/$defs/elsewhere"}}}
}

// describe adds what people want to read while they type.
func describe(s object, k key) object {
	described := object{}
	for name, v := range s {
		described[name] = v
	}
	text := k.Doc
	if k.Type == durationType && (k.Min != "" || k.Max != "") {
		text += " " + rangeOf(k)
	}
	if k.Fallback != "" {
		text += " By default " + k.Fallback + "."
	}
	described["description"] = text
	if k.Default != "" {
		described["default"] = inYAML(k, k.Default)
	}
	if k.Example != "" {
		described["examples"] = []any{inYAML(k, k.Example)}
	}
	return described
}

// inYAML is what a default or an example means, for JSON.
func inYAML(k key, text string) any {
	if k.Type.Kind() == reflect.String && !strings.HasPrefix(text, `"`) && !strings.HasPrefix(text, "{") || k.Type == durationType {
		return text
	}
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	return v
}

// instances is the schema of the mapping of providers.
func (w *schemaWriter) instances(e extent) object {
	byName, byType, types := object{}, []any{}, []string{}
	for _, name := range w.factories.names() {
		section := w.instance(name, e)
		types = append(types, name)
		other := object{"type": "object", "required": []string{"type"}, "properties": object{"type": object{"not": object{"const": name}}}}
		byName[name] = object{"if": other, "then": object{"$ref": "#/$defs/other"}, "else": section}
		byType = append(byType, object{"if": object{"type": "object", "properties": object{"type": object{"const": name}}, "required": []string{"type"}}, "then": section})
	}
	name := "other"
	if e == part {
		name = "other-part"
		for _, v := range byName {
			v.(object)["then"] = object{"$ref": "#/$defs/other-part"} //nolint:errcheck // written above
		}
		// What goes over an instance need not say again what it is.
		w.defs[name] = object{"type": []string{"object", "null"}, "properties": object{"type": elsewhere(object{"enum": types})}, "allOf": byType}
	} else {
		w.defs[name] = object{"type": "object", "properties": object{"type": elsewhere(object{"enum": types})}, "required": []string{"type"}, "allOf": byType}
	}
	s := object{
		"type": "object", "properties": byName, "patternProperties": object{"^x-": true}, "additionalProperties": object{"$ref": "#/$defs/" + name},
		"propertyNames": object{"pattern": "^[a-z][a-z0-9-]{0,31}$"},
	}
	if e == whole {
		s["minProperties"] = 1
	}
	return s
}

// instance is the schema of the section of one type, its common keys included. One that is switched off may lack anything.
func (w *schemaWriter) instance(name string, e extent) object {
	def := func(e extent, suffix string) object {
		full := "provider-" + name + suffix
		if _, done := w.defs[full]; !done {
			w.defs[full] = nil
			s := w.section(w.factories[name].typ, e)
			properties := s["properties"].(object) //nolint:errcheck // section has written it
			for _, k := range keysOf(reflect.TypeFor[common]()) {
				properties[k.Name] = describe(w.value(k, k.Type, e), k)
			}
			w.defs[full] = s
		}
		return object{"$ref": "#/$defs/" + full}
	}
	off := def(part, "-part")
	if e == part {
		return off
	}
	return object{"if": object{"type": "object", "properties": object{"enabled": object{"const": false}}, "required": []string{"enabled"}}, "then": off, "else": def(whole, "")}
}

// rangeOf is the range of a key, in words.
func rangeOf(k key) string {
	switch {
	case k.Min != "" && k.Max != "":
		return "From " + k.Min + " to " + k.Max + "."
	case k.Min != "":
		return "At least " + k.Min + "."
	case k.Max != "":
		return "At most " + k.Max + "."
	}
	return ""
}
