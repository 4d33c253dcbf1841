package config

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

const (
	prefix     = "COFACTOR__"
	fileSuffix = "__FILE"
)

// variable is one that sets a key.
type variable struct {
	name, text string
	path       []string // in lower case
	file       bool
}

// variables are those of the environment that begin with COFACTOR__, in the order of their names.
func variables(environ []string) (list []variable) {
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		v := variable{name: name, text: text}
		if rest, v.file = strings.CutSuffix(rest, fileSuffix); rest == "" {
			v.path = nil
		} else {
			v.path = strings.Split(strings.ToLower(rest), "__")
		}
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b variable) int { return cmp.Compare(a.name, b.name) })
	return list
}

// environment puts what variables say over what files say.
func (d *decoder) environment(root *tree.Node, environ []string) *tree.Node {
	list := variables(environ)
	set := map[string]string{}
	// The type of an instance decides which keys it has, so it comes first.
	slices.SortStableFunc(list, func(a, b variable) int { return cmp.Compare(rank(a), rank(b)) })
	var over *tree.Node
	for _, v := range list {
		at := tree.Pos{Env: v.name}
		names, ok := d.resolve(v, at, tree.Merge(root, over))
		if !ok {
			continue
		}
		path := strings.Join(names, ".")
		if other := overlapping(set, path); other != "" {
			d.add(Error, at, path, "is set twice", "also by "+other)
			continue
		}
		set[path] = v.name
		n := &tree.Node{Kind: tree.Raw, Pos: at, Path: path, Text: v.text}
		if v.file {
			n.Kind = tree.File
		}
		for i := len(names) - 1; i >= 0; i-- {
			n = &tree.Node{Kind: tree.Map, Pos: at, Path: strings.Join(names[:i], "."), Fields: []tree.Field{{Name: names[i], Pos: at, Value: n}}}
		}
		over = tree.Merge(over, n)
	}
	if over == nil {
		return root
	}
	return merge(root, keepPlace(root, over))
}

// overlapping is the variable that has set a key already, or one above or below it.
func overlapping(set map[string]string, path string) string {
	for other, name := range set {
		if other == path || strings.HasPrefix(other, path+".") || strings.HasPrefix(path, other+".") {
			return name
		}
	}
	return ""
}

// keepPlace lets sections that a file has stay where they are: a variable sets a key in them, and does not write them anew.
func keepPlace(base, over *tree.Node) *tree.Node {
	if base == nil || base.Kind != tree.Map || over.Kind != tree.Map {
		return over
	}
	moved := *over
	moved.Pos, moved.Path = base.Pos, base.Path
	moved.Fields = nil
	for _, f := range over.Fields {
		f.Value = keepPlace(base.Get(f.Name), f.Value)
		moved.Fields = append(moved.Fields, f)
	}
	return &moved
}

func rank(v variable) int {
	if n := len(v.path); n > 0 && v.path[n-1] == "type" {
		return 0
	}
	return 1
}

// resolve finds the key that a variable means. Its name is in capitals and has no hyphens, and names in the configuration may have both.
func (d *decoder) resolve(v variable, at tree.Pos, root *tree.Node) (path []string, ok bool) {
	unknown := func(name string, known []string) ([]string, bool) {
		hint := "known here: " + strings.Join(known, ", ")
		if near := nearest(name, known); near != "" {
			hint = "did you mean " + prefix + strings.ToUpper(strings.Join(append(slices.Clone(path), near), "__")) + "?"
		}
		d.add(Error, at, strings.Join(append(path, tree.Shown(name)), "."), "unknown key", hint)
		return nil, false
	}
	t := reflect.TypeFor[deployment]()
	n := root
	for i := 0; i < len(v.path); i++ {
		part := v.path[i]
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case t == instancesType:
			part = existing(n, part)
			n = n.Get(part)
			path = append(path, part)
			typ := part
			if given := n.Get("type"); given != nil {
				typ = given.Text
			}
			f, known := d.factories[typ]
			if !known { // The decoder says so, at its place.
				path = append(path, v.path[i+1:]...)
				return path, true
			}
			if i+1 < len(v.path) && slices.Contains(commonNames, v.path[i+1]) {
				return append(path, v.path[i+1:]...), true
			}
			t = f.typ
		case t.Kind() == reflect.Struct:
			k, found := find(t, func(k key) bool { return k.Name == part })
			if !found {
				return unknown(part, names(keysOf(t)))
			}
			path, t, n = append(path, part), k.Type, n.Get(part)
		case t.Kind() == reflect.Map:
			part = existing(n, part)
			path, t, n = append(path, part), t.Elem(), n.Get(part)
		default:
			d.add(Error, at, strings.Join(path, "."), "is a value, and has no keys of its own", "")
			return nil, false
		}
	}
	if len(path) == 0 {
		d.add(Error, at, "", "names no key", "a name is "+prefix+"SECTION__KEY")
		return nil, false
	}
	return path, true
}

// existing is the name in a mapping that a part of a variable's name means: the one that is there, whatever its case and hyphens, or a new one with hyphens.
func existing(n *tree.Node, part string) string {
	if n != nil {
		for _, f := range n.Fields {
			if strings.EqualFold(strings.ReplaceAll(f.Name, "-", "_"), part) {
				return f.Name
			}
		}
	}
	return strings.ReplaceAll(part, "_", "-")
}
