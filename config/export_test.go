package config

import "reflect"

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
