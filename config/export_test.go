package config

import (
	"context"
	"reflect"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

// Known is a key as the tags describe it, for tests that go through all of them.
type Known struct {
	Path                           string
	Kind                           string // "text", "int", "bool", "duration", "list", "map", "section"
	Enum                           []string
	Min, Max                       string
	Default, Example, When         string
	Required, Short, Secret, Inner bool // Inner: a list or a map of sections
	Filled                         bool // the section around it has a default
}

// AllKeys are the keys of a configuration with every built-in provider, sections before what is in them. A section that holds itself is there once.
func AllKeys() []Known {
	return known(reflect.TypeFor[deployment](), "", map[reflect.Type]bool{})
}

func known(t reflect.Type, path string, above map[reflect.Type]bool) (list []Known) {
	above[t] = true
	defer delete(above, t)
	for _, k := range keysOf(t) {
		one := Known{
			Path: k.Name, Enum: k.Enum, Min: k.Min, Max: k.Max, Default: k.Default, Example: k.Example, When: k.When, Required: k.Required, Short: k.Short,
			Secret: k.Type == secretType || k.Type == urlType,
		}
		if path != "" {
			one.Path = path + "." + k.Name
		}
		inner := sectionOf(k)
		typ := k.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch {
		case k.Type == instancesType:
			one.Kind = "section"
			list = append(list, one)
			for _, f := range builtIn() {
				list = append(list, Known{Path: one.Path + "." + f.name, Kind: "section"})
				list = append(list, known(f.typ, one.Path+"."+f.name, above)...)
			}
			continue
		case typ == durationType:
			one.Kind = "duration"
		case typ.Kind() == reflect.Slice:
			one.Kind, one.Inner = "list", inner != nil
		case typ.Kind() == reflect.Map:
			one.Kind, one.Inner = "map", inner != nil
		case typ.Kind() == reflect.Struct:
			one.Kind = "section"
		case typ.Kind() == reflect.Int:
			one.Kind = "int"
		case typ.Kind() == reflect.Bool:
			one.Kind = "bool"
		default:
			one.Kind = "text"
		}
		list = append(list, one)
		if one.Kind == "section" && !above[inner] {
			below := known(inner, one.Path, above)
			for i := range below {
				below[i].Filled = below[i].Filled || one.Default != ""
			}
			list = append(list, below...)
		}
	}
	return list
}

// Bound is one end of a range or one word of a list, as a tag has it, for the package behind the section.
type Bound struct {
	Path   string
	At     int64                   // the value that the tag allows
	Beyond int64                   // the next one, which it does not
	Build  func(value int64) error // what the package behind the section says of a value, without asking the tags
}

// Bounds are those of the numbers and durations of every built-in section.
func Bounds(sections map[string]func(any)) (list []Bound) {
	for _, f := range builtIn() {
		fill := sections[f.name]
		list = append(list, boundsOf(f, f.typ, nil, f.name, fill)...)
	}
	return list
}

func boundsOf(f Factory, t reflect.Type, index []int, path string, fill func(any)) (list []Bound) {
	for _, k := range keysOf(t) {
		at := append(append([]int{}, index...), k.index...)
		if k.Type.Kind() == reflect.Struct {
			list = append(list, boundsOf(f, k.Type, at, path+"."+k.Name, fill)...)
			continue
		}
		if k.Type.Kind() != reflect.Int && k.Type != durationType {
			continue
		}
		build := func(value int64) error {
			section := reflect.New(f.typ)
			defaults(section.Elem())
			if fill != nil {
				fill(section.Interface())
			}
			section.Elem().FieldByIndex(at).SetInt(value)
			texts, err := catalogue.New(catalogue.Config{})
			if err != nil {
				return err
			}
			site := Site{BaseURL: "https://acme.example/mfa", ProductName: "Acme", Locale: "en", Catalogue: texts}
			_, err = f.make(context.Background(), section.Elem(), Deps{ID: f.name, Site: site, Now: clock, made: &made{}})
			return err
		}
		for _, end := range []struct {
			text string
			step int64
		}{{k.Min, -1}, {k.Max, 1}} {
			if end.text != "" {
				list = append(list, Bound{Path: path + "." + k.Name, At: int64(limit(end.text)), Beyond: int64(limit(end.text)) + end.step, Build: build})
			}
		}
		for _, word := range k.Enum {
			list = append(list, Bound{Path: path + "." + k.Name, At: int64(limit(word)), Beyond: int64(limit(word)) + 1, Build: build})
		}
	}
	return list
}

// defaults fills in what the tags say, in every section.
func defaults(v reflect.Value) {
	d := &decoder{factories: factories{}, meant: map[string]bool{}}
	for _, k := range keysOf(v.Type()) {
		field := v.FieldByIndex(k.index)
		switch {
		case k.Type.Kind() == reflect.Struct:
			defaults(field)
		case k.Default != "":
			d.value(&tree.Node{Kind: tree.Raw, Text: k.Default}, field, k)
		}
	}
}

// Fill is what the sections of built-in providers need beside their defaults.
func Fill() map[string]func(any) {
	sid := "0123456789abcdef0123456789abcdef"
	return map[string]func(any){
		"webauthn": func(s any) { s.(*webauthnSection).RPID = "acme.example" },
		"email": func(s any) {
			e := s.(*emailSection)
			e.From, e.SMTP.Host, e.SMTP.Open = "no-reply@acme.example", "smtp.acme.example", true
			if e.SMTP.Port == 0 {
				e.SMTP.Port = 587
			}
		},
		"sms": func(s any) {
			e := s.(*smsSection)
			e.Sender, e.Countries, e.Twilio.AccountSID, e.Twilio.Secret, e.Twilio.From = "twilio", []string{"+44"}, "AC"+sid, "x", "+15005550006"
		},
		"sms-verify": func(s any) {
			e := s.(*verifySection)
			e.Countries, e.AccountSID, e.Secret, e.Service = []string{"+44"}, "AC"+sid, "x", "VA"+sid
		},
	}
}

// Decode reads and decodes a configuration, and makes nothing of it.
func Decode(path string, environ []string) []Problem {
	known, err := newFactories(nil)
	if err != nil {
		panic(err)
	}
	d := newDecoder(known, environ)
	if root, ok := d.sources(Source{Files: []string{path}, Environ: environ}); ok {
		d.value(root, reflect.ValueOf(&deployment{}).Elem(), key{})
	}
	return sorted(d.problems)
}

// NoticeQueue is the queue of a tenant with settings of its own.
func NoticeQueue(tenant string) string { return noticeQueue(tenant) }
