package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

// Report is where a section says what is wrong with it beyond what its tags say. A section that has a method Validate(*Report) is asked once each of its keys is
// good by itself.
type Report struct {
	d    *decoder
	node *tree.Node
}

// Error notes a mistake that keeps the program from starting. key is within the section, such as "smtp.host" or "origins[1]", or "" for the whole of it.
func (r *Report) Error(key, message, hint string) { r.add(Error, key, message, hint) }

// packageFound notes what a package finds wrong with what a section is made into.
func (r *Report) packageFound(section any, err error) {
	r.d.faults(r.node, reflect.TypeOf(section).Elem(), err)
}

// Warning notes something that should be mended.
func (r *Report) Warning(key, message, hint string) { r.add(Warning, key, message, hint) }

func (r *Report) add(l Level, key, message, hint string) {
	at, path := locate(r.node, key)
	if !r.d.failed(path) { // One mistake is enough, and the rest is often its consequence.
		r.d.add(l, at, path, message, hint)
	}
}

// failed says whether a key, or one below it, has a mistake.
func (d *decoder) failed(path string) bool {
	return d.meant[path] || slices.ContainsFunc(d.problems, func(p Problem) bool {
		rest, below := strings.CutPrefix(p.Path, path)
		return p.Level == Error && below && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// At says which key of its section an error of Factory.Build is about: "url", or "smtp.host".
func At(key string, err error) error {
	if err == nil {
		return nil
	}
	return &keyError{key, err}
}

type keyError struct {
	key string
	err error
}

// Error implements error.
func (e *keyError) Error() string { return e.key + ": " + e.err.Error() }

// Unwrap implements errors.Is.
func (e *keyError) Unwrap() error { return e.err }

// locate finds the place of a key, or of the innermost section above it that was written.
func locate(n *tree.Node, key string) (tree.Pos, string) {
	at, path := n.Pos, n.Path
	for key != "" {
		part := key
		if i := strings.IndexAny(key[1:], ".["); i >= 0 {
			part, key = key[:i+1], key[i+1:]
		} else {
			key = ""
		}
		part = strings.TrimPrefix(part, ".")
		if strings.HasPrefix(part, "[") {
			path += part
		} else {
			path = tree.Join(path, part)
		}
		if n != nil {
			n = child(n, part)
		}
		if n != nil {
			at, path = n.Pos, n.Path
		}
	}
	return at, path
}

func child(n *tree.Node, part string) *tree.Node {
	if index, ok := strings.CutPrefix(part, "["); ok {
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if err != nil || i < 0 || i >= len(n.Items) {
			return nil
		}
		return n.Items[i]
	}
	return n.Get(part)
}

// leaves are the single errors of a joined one, each with the key that it is about.
func leaves(err error, key string) (list []keyError) {
	switch e := err.(type) { //nolint:errorlint // The tree is walked node by node.
	case nil:
		return nil
	case *keyError:
		return leaves(e.err, strings.TrimPrefix(key+"."+e.key, "."))
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			list = append(list, leaves(one, key)...)
		}
		return list
	}
	return []keyError{{key, err}}
}

// goSentence takes what packages say of their Go configuration apart: "totp: Config.Digits is 7, not 6 or 8".
var goSentence = regexp.MustCompile(`^(?s:[a-z]+: )?(?:(Config|Account|Numbers)\.([A-Za-z]+(?:\.[A-Za-z]+)*)(?:\["?([^"\]]*)"?\])?[ :.]\s*)?(.*)$`)

// goList is how what is in a field is spoken of, and camels are names of fields alone.
var (
	goList = regexp.MustCompile(`^([A-Z]\w+)(?:\[[^\]]*\])?[: ]\s*(.*)$`)
	camels = regexp.MustCompile(`\b[A-Z]+[a-z]*[A-Z]\w*\b`)
)

// goName finds what else is said of fields.
var goName = regexp.MustCompile(`\b(?:Config|Account|Numbers)\.([A-Z][A-Za-z]*)`)

// faults turns the error of a package into problems at the keys that it is about.
func (d *decoder) faults(n *tree.Node, t reflect.Type, err error) {
	for _, leaf := range leaves(err, "") {
		within := t
		for _, part := range strings.Split(leaf.key, ".") {
			if part == "" {
				continue
			}
			if k, ok := find(within, func(k key) bool { return k.Name == part }); ok && k.Type.Kind() == reflect.Struct {
				within = k.Type
			}
		}
		key, message := leaf.key, leaf.err.Error()
		if m := goSentence.FindStringSubmatch(message); m != nil {
			name := ""
			if message = m[4]; m[2] != "" {
				name = keyFor(within, m[1]+"."+m[2])
			}
			if word, _, _ := strings.Cut(message, " "); name != "" && (word == "and" || word == "or") { // It is the first of two that the sentence is about.
				message = name + " " + message
			}
			if listed := goList.FindStringSubmatch(message); name == "" && listed != nil {
				if name = keyFor(within, "Config."+listed[1]); name != "" {
					message = listed[2]
				}
			}
			key = strings.Trim(key+"."+name, ".")
		}
		message = goName.ReplaceAllStringFunc(message, func(name string) string {
			if k := keyFor(within, name); k != "" {
				return k
			}
			return name[strings.Index(name, ".")+1:]
		})
		message = camels.ReplaceAllStringFunc(message, func(name string) string { return or(keyFor(within, "Config."+name), name) })
		at, path := locate(n, key)
		at, path = d.element(n, key, message, at, path)
		if d.failed(path) || d.follows(n, leaf.key, within, message) {
			continue
		}
		hint := ""
		var hinted interface{ Hint() string }
		if errors.As(leaf.err, &hinted) {
			hint = hinted.Hint()
		}
		d.add(Error, at, path, d.quiet(n, key, message), hint)
	}
}

// follows says whether a message is about a key that has a mistake already: "username and password go together", where the password cannot be read.
func (d *decoder) follows(n *tree.Node, section string, t reflect.Type, message string) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	_, path := locate(n, section)
	words := strings.Fields(message)
	return slices.ContainsFunc(keysOf(t), func(k key) bool { return slices.Contains(words, k.Name) && d.failed(tree.Join(path, k.Name)) })
}

// faultsAt adds a fault of a key, of which there may be several.
func (d *decoder) faultsAt(n *tree.Node, key, message string) {
	at, path := locate(n, key)
	d.add(Error, at, path, message, "")
}

// keyFor is the key of a section that holds a field of the Go configuration: "Config.RPID" is rp_id, unless a key says that it is another.
func keyFor(t reflect.Type, goField string) string {
	if k, ok := find(t, func(k key) bool { return k.Of == goField || "Config."+k.Of == goField }); ok {
		return k.Name
	}
	path := ""
	for _, part := range strings.Split(goField, ".")[1:] {
		if t.Kind() != reflect.Struct {
			break
		}
		k, ok := find(t, func(k key) bool { return strings.EqualFold(strings.ReplaceAll(k.Name, "_", ""), part) })
		if !ok {
			break
		}
		path = tree.Join(path, k.Name)
		t = k.Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return path
}

func find(t reflect.Type, is func(key) bool) (key, bool) {
	if t.Kind() != reflect.Struct {
		return key{}, false
	}
	keys := keysOf(t)
	if i := slices.IndexFunc(keys, is); i >= 0 {
		return keys[i], true
	}
	return key{}, false
}

var firstQuoted = regexp.MustCompile(`^"(?:[^"\\]|\\.)*"`)

// element finds which item of a list a message quotes at its beginning.
func (d *decoder) element(n *tree.Node, key, message string, at tree.Pos, path string) (tree.Pos, string) {
	list := n
	for _, part := range strings.Split(key, ".") {
		if part != "" && list != nil {
			list = list.Get(part)
		}
	}
	value, err := strconv.Unquote(firstQuoted.FindString(message))
	if list == nil || list.Kind != tree.List || err != nil {
		return at, path
	}
	for _, item := range list.Items {
		if item.Text == value {
			return item.Pos, item.Path
		}
	}
	return at, path
}

var anyQuoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// userinfo and query are the parts of a URL that may be secrets.
var (
	userinfo = regexp.MustCompile(`://[^/\s"@]*@`)
	query    = regexp.MustCompile(`(://[^\s"?]*\?)[^\s"]+`)
)

// quiet takes out of a message what it quotes of a value that nobody may see: one from a variable, or what is secret in a URL.
func (d *decoder) quiet(n *tree.Node, key, message string) string {
	v := n
	for _, part := range strings.Split(key, ".") {
		if part != "" && v != nil {
			v = v.Get(part)
		}
	}
	if v != nil && v.Kind != tree.Map && given(v) {
		message = anyQuoted.ReplaceAllString(message, hidden)
	}
	message = userinfo.ReplaceAllString(message, "://hidden@")
	return query.ReplaceAllString(message, "${1}hidden")
}

// given says whether any of a value was not written where it stands.
func given(n *tree.Node) bool {
	switch n.Kind {
	case tree.Raw, tree.File, tree.Map:
		return true
	case tree.List:
		return slices.ContainsFunc(n.Items, given)
	}
	return strings.Contains(n.Text, "${")
}
