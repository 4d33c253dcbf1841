package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

// decoder turns what was written into sections, and notes all that is wrong with it. It goes on after a mistake: people want to hear of all of them at once.
type decoder struct {
	problems []Problem
	values   []Value
	factories
	lookup func(name string) (string, bool) // an environment variable
	orders map[string]int                   // of files
	hide   []string                         // what must not be in any problem
	plain  []literal                        // secrets that are written out
	idle   int                              // above zero: what is read is not in use, so that nothing need be there
	mute   bool                             // do not note values
	// catalogues are the texts that have been read, by language and folder.
	catalogues map[string]*catalogue.Catalogue
	meant      map[string]bool // keys that are not there, because somebody has misspelled them
}

// literal is a secret in a file of the configuration.
type literal struct {
	at   tree.Pos
	path string
}

func (d *decoder) add(l Level, at tree.Pos, path, message, hint string) {
	p := Problem{Level: l, Path: path, Message: d.clean(message), Hint: d.clean(hint), Line: at.Line, Column: at.Col, order: len(d.orders)}
	switch {
	case at.Env != "":
		p.File = "$" + at.Env
		p.order++
	case at.File != "":
		p.File, p.order = at.File, d.orders[at.File]
	}
	d.problems = append(d.problems, p)
}

func (d *decoder) fail(n *tree.Node, message, hint string) {
	d.add(Error, n.Pos, n.Path, message, hint)
}

// errors is how many there are so far.
func (d *decoder) errors() (n int) {
	for _, p := range d.problems {
		if p.Level == Error {
			n++
		}
	}
	return n
}

// clean takes what must not be seen out of a text, and makes one line of it.
func (d *decoder) clean(text string) string {
	for _, s := range d.hide {
		if len(s) >= minHidden {
			text = strings.ReplaceAll(text, s, hidden)
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// minHidden is the length from which a value is looked for in every text. Shorter ones would be found in half of all words; they are not put into a text at all.
const minHidden = 5

// value decodes a node into v, whatever type that has.
func (d *decoder) value(n *tree.Node, v reflect.Value, k key) {
	t := v.Type()
	switch {
	case n == nil: // Its variable has no YAML, and that has been said.
	case t == instancesType:
		d.instances(n, v)
	case t == durationType || t == secretType || t == urlType || t == pathType:
		d.scalar(n, v, k)
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		d.value(n, v.Elem(), k)
	case t.Kind() == reflect.Struct:
		d.section(n, v)
	case t.Kind() == reflect.Slice:
		d.list(n, v, k)
	case t.Kind() == reflect.Map:
		d.entries(n, v, k)
	default:
		d.scalar(n, v, k)
	}
}

// composite makes YAML of the text of a variable, where a list or a mapping is wanted. It returns nil after a fault.
func (d *decoder) composite(n *tree.Node) *tree.Node {
	if n.Kind != tree.Raw && n.Kind != tree.File {
		return n
	}
	text := n.Text
	if n.Kind == tree.File {
		var ok bool
		if text, ok = d.fileText(n, Path(n.Text)); !ok {
			return nil
		}
	}
	inline, faults := tree.Inline(n.Pos, n.Path, text)
	for _, f := range faults {
		d.add(Error, n.Pos, n.Path, f.Message, f.Hint)
	}
	return inline
}

func (d *decoder) section(n *tree.Node, v reflect.Value) {
	keys := keysOf(v.Type())
	if n = d.composite(n); n == nil {
		return
	}
	if short := slices.IndexFunc(keys, func(k key) bool { return k.Short }); short >= 0 && n.Kind == tree.Scalar && !n.Null() {
		n = &tree.Node{Kind: tree.Map, Pos: n.Pos, Path: n.Path, Fields: []tree.Field{{Name: keys[short].Name, Pos: n.Pos, Value: n.Moved(tree.Join(n.Path, keys[short].Name))}}}
	}
	if n.Null() {
		n = &tree.Node{Kind: tree.Map, Pos: n.Pos, Path: n.Path}
	}
	if n.Kind != tree.Map {
		d.fail(n, "must have keys of its own, not a "+kindName(n), "known keys: "+strings.Join(names(keys), ", "))
		return
	}
	had := d.errors()
	explained := d.unknown(n, names(keys))
	for _, k := range keys {
		field := v.FieldByIndex(k.index)
		child := n.Get(k.Name)
		selected, unsure := k.When == "" || chosen(v, keys, k.When), k.When != "" && d.failed(tree.Join(n.Path, before(k.When)))
		switch {
		case unsure && child == nil:
		case child != nil && (selected || unsure):
			d.value(d.completed(child, k), field, k)
		case child != nil:
			d.idle++
			d.value(child, field, k)
			d.idle--
		case explained[k.Name] || d.idle > 0:
		case k.Required || k.When != "" && selected:
			hint := k.Doc
			if k.When != "" {
				hint = "it goes with " + strings.Replace(k.When, "=", ": ", 1) + "; " + lowerFirst(k.Doc)
			}
			d.add(Error, n.Pos, tree.Join(n.Path, k.Name), "required key is missing", hint)
		case selected:
			d.absent(n, field, k)
		}
	}
	if checked, ok := v.Addr().Interface().(interface{ Validate(r *Report) }); ok && d.idle == 0 && d.errors() == had {
		checked.Validate(&Report{d: d, node: n})
	}
}

// completed is a section that was written, over what it is by default.
func (d *decoder) completed(n *tree.Node, k key) *tree.Node {
	if k.Default == "" || k.Type.Kind() != reflect.Struct {
		return n
	}
	standard, _ := tree.Inline(tree.Pos{}, n.Path, k.Default)
	if n = d.composite(n); n == nil || n.Kind != tree.Map {
		return n
	}
	return tree.Merge(standard, n)
}

// absent gives a field its default.
func (d *decoder) absent(n *tree.Node, field reflect.Value, k key) {
	path := tree.Join(n.Path, k.Name)
	switch {
	case k.Default != "":
		d.value(&tree.Node{Kind: tree.Raw, Path: path, Text: k.Default}, field, k)
	case k.Type.Kind() == reflect.Struct:
		d.section(&tree.Node{Kind: tree.Map, Pos: n.Pos, Path: path}, field)
	}
}

// before is the key of a condition.
func before(when string) string {
	name, _, _ := strings.Cut(when, "=")
	return name
}

// chosen says whether a sibling has the value that a section is for.
func chosen(v reflect.Value, keys []key, when string) bool {
	name, want, _ := strings.Cut(when, "=")
	for _, k := range keys {
		if k.Name == name {
			return fmt.Sprint(v.FieldByIndex(k.index).Interface()) == want
		}
	}
	return false
}

// unknown reports the keys of a mapping that nobody knows, and returns those that they probably were meant to be.
func (d *decoder) unknown(n *tree.Node, known []string) (explained map[string]bool) {
	explained = map[string]bool{}
	for _, f := range n.Fields {
		if slices.Contains(known, f.Name) || strings.HasPrefix(f.Name, "x-") {
			continue
		}
		hint := "known keys: " + strings.Join(known, ", ")
		if near := nearest(f.Name, known); near != "" {
			hint = "did you mean " + near + "?"
			if n.Get(near) == nil {
				explained[near] = true
				d.meant[tree.Join(n.Path, near)] = true
			}
		}
		d.add(Error, f.Pos, tree.Join(n.Path, tree.Shown(f.Name)), "unknown key", hint)
	}
	return explained
}

func (d *decoder) list(n *tree.Node, v reflect.Value, k key) {
	if n = d.composite(n); n == nil {
		return
	}
	if n.Kind != tree.List {
		d.fail(n, "must be a list, not a "+kindName(n), "a list is written as [a, b], or line by line, each after a hyphen")
		return
	}
	if k.Min != "" && len(n.Items) == 0 && k.Type.Kind() == reflect.Slice {
		d.fail(n, "must not be empty", "")
		return
	}
	items := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	element := k
	element.Min, element.Max = "", ""
	for i, item := range n.Items {
		d.value(item, items.Index(i), element)
	}
	v.Set(items)
}

func (d *decoder) entries(n *tree.Node, v reflect.Value, k key) {
	if n = d.composite(n); n == nil {
		return
	}
	if n.Null() {
		return
	}
	if n.Kind != tree.Map {
		d.fail(n, "must be a mapping of names to values, not a "+kindName(n), "")
		return
	}
	entries := reflect.MakeMap(v.Type())
	for _, f := range n.Fields {
		if strings.HasPrefix(f.Name, "x-") {
			continue
		}
		one := reflect.New(v.Type().Elem()).Elem()
		d.value(f.Value, one, k)
		entries.SetMapIndex(reflect.ValueOf(f.Name), one)
	}
	v.Set(entries)
}

func kindName(n *tree.Node) string {
	switch {
	case n.Kind == tree.Map:
		return "mapping"
	case n.Kind == tree.List:
		return "list"
	}
	return "single value"
}

func names(keys []key) (list []string) {
	for _, k := range keys {
		list = append(list, k.Name)
	}
	return list
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
