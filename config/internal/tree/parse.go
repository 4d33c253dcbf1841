package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What a configuration may be at most. One of a large deployment with a hundred tenants is below a tenth of it; a few lines of aliases to aliases are above.
const (
	maxBytes = 1 << 20
	maxNodes = 50_000
	maxDepth = 64
)

// Parse reads one document. Its positions are in the file of this name.
func Parse(name string, text []byte) (*Node, []Fault) {
	p := parser{file: name}
	return p.document(text), p.faults
}

// Inline reads the YAML of a variable or of a default, all of which is at one place.
func Inline(at Pos, path string, text string) (*Node, []Fault) {
	p := parser{at: &at}
	n := p.document([]byte(text))
	if n != nil {
		n = n.Moved(path)
	}
	for i := range p.faults {
		p.faults[i].Path = path
	}
	return n, p.faults
}

// Moved is the node under another path.
func (n *Node) Moved(path string) *Node {
	moved := *n
	moved.Path = path
	moved.Fields, moved.Items = nil, nil
	for _, f := range n.Fields {
		f.Value = f.Value.Moved(Join(path, f.Name))
		moved.Fields = append(moved.Fields, f)
	}
	for i, item := range n.Items {
		moved.Items = append(moved.Items, item.Moved(fmt.Sprintf("%s[%d]", path, i)))
	}
	return &moved
}

type parser struct {
	file   string
	at     *Pos // of everything, if it is not nil
	faults []Fault
	nodes  int
	open   []*yaml.Node // aliases that are being followed
}

func (p *parser) fault(at Pos, path, message, hint string) {
	p.faults = append(p.faults, Fault{Pos: at, Path: path, Message: message, Hint: hint})
}

func (p *parser) pos(line, col int) Pos {
	if p.at != nil {
		return *p.at
	}
	return Pos{File: p.file, Line: line, Col: col}
}

func (p *parser) document(text []byte) *Node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > maxBytes:
		p.fault(p.pos(0, 0), "", "is larger than 1 MiB, which no configuration is", "")
		return nil
	case bytes.ContainsRune(text, 0) || !utf8.Valid(text):
		p.fault(p.pos(0, 0), "", "is not text in UTF-8", "")
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := decode(d, &doc); err != nil {
		if !errors.Is(err, io.EOF) {
			p.syntax(err, text)
			return nil
		}
		return &Node{Kind: Map, Pos: p.pos(1, 1)}
	}
	var second yaml.Node
	if err := decode(d, &second); err == nil {
		p.fault(p.pos(second.Line, second.Column), "", "a second document begins here, and a configuration is one", "take out the line ---, or make two files of it: later ones go over earlier ones")
		return nil
	} else if !errors.Is(err, io.EOF) {
		p.syntax(err, text)
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return &Node{Kind: Map, Pos: p.pos(1, 1)}
	}
	return p.node(doc.Content[0], "", 0)
}

// decode keeps a panic of the library, of which some have been found, from ending the program.
func decode(d *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("yaml: cannot be read")
		}
	}()
	return d.Decode(into)
}

var (
	yamlLine = regexp.MustCompile(`^line (\d+): `)
	// The library quotes the name of an anchor, which is a secret if somebody has written a password that begins with a star and forgotten the quotes.
	anchorName = regexp.MustCompile(`^unknown anchor .*`)
	quoted     = regexp.MustCompile(`'[^']{2,}'`)
)

// syntax reports what the library says of a text, without what it quotes of it.
func (p *parser) syntax(err error, text []byte) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = message[len(m[0]):]
	}
	hint := ""
	lines := strings.Split(string(text), "\n")
	if line > len(lines) {
		line = len(lines)
	}
	near := strings.Join(lines[max(0, line-2):min(len(lines), line+1)], "\n")
	switch {
	case anchorName.MatchString(message):
		message, hint = "a value begins with *, which stands for an anchor, and there is none of this name", "put the value in quotes"
	case tabbed.MatchString(near):
		hint = "YAML is indented by spaces, and there is a tab here"
	case strings.Contains(near, "${"):
		hint = "between { } and [ ], ${NAME} needs quotes: \"${NAME}\""
	case strings.Contains(message, "mapping values are not allowed"):
		hint = "a value with a colon and a space in it needs quotes; otherwise look at the indentation"
	}
	p.fault(p.pos(line, 1), "", "is no YAML: "+quoted.ReplaceAllString(message, "what is written there"), hint)
}

var tabbed = regexp.MustCompile(`(?m)^[ ]*\t`)

// node turns a node of the library into one of ours. Aliases become copies, so that whoever reads the result need not know of them.
func (p *parser) node(y *yaml.Node, path string, depth int) *Node {
	n := &Node{Pos: p.pos(y.Line, y.Column), Path: path}
	if p.nodes++; p.nodes > maxNodes {
		if p.nodes == maxNodes+1 {
			p.fault(n.Pos, "", fmt.Sprintf("has more than %d values, aliases followed", maxNodes), "")
		}
		return nil
	}
	if depth > maxDepth {
		p.fault(n.Pos, "", fmt.Sprintf("is nested more than %d deep", maxDepth), "")
		p.nodes = maxNodes + 1 // One such fault is enough.
		return nil
	}
	if y.Style&yaml.TaggedStyle != 0 {
		p.fault(n.Pos, path, "has a tag, and there are none in a configuration", "take out the word that begins with !")
		return nil
	}
	switch y.Kind {
	case yaml.AliasNode:
		for _, o := range p.open {
			if o == y.Alias {
				p.fault(n.Pos, path, "an alias stands within its own anchor", "")
				return nil
			}
		}
		p.open = append(p.open, y.Alias)
		defer func() { p.open = p.open[:len(p.open)-1] }()
		return p.node(y.Alias, path, depth+1)
	case yaml.ScalarNode:
		n.Kind, n.Text, n.Tag = Scalar, y.Value, y.ShortTag()
		return n
	case yaml.SequenceNode:
		n.Kind = List
		for i, c := range y.Content {
			item := p.node(c, fmt.Sprintf("%s[%d]", path, i), depth+1)
			if item == nil {
				return nil
			}
			n.Items = append(n.Items, item)
		}
		return n
	case yaml.MappingNode:
		return p.mapping(n, y, depth)
	}
	p.fault(n.Pos, path, "is no YAML that a configuration may have", "")
	return nil
}

func (p *parser) mapping(n *Node, y *yaml.Node, depth int) *Node {
	n.Kind = Map
	var merged []*Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		at := p.pos(k.Line, k.Column)
		if k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
			merged = append(merged, p.mergeKey(v, n.Path, depth)...)
			continue
		}
		if k.Kind != yaml.ScalarNode {
			p.fault(at, n.Path, "a key must be a name", "")
			continue
		}
		if first := n.Get(k.Value); first != nil {
			for _, f := range n.Fields {
				if f.Name == k.Value {
					p.fault(at, Join(n.Path, Shown(k.Value)), fmt.Sprintf("is there twice; the first is in line %d", f.Pos.Line), "")
				}
			}
			continue
		}
		value := p.node(v, Join(n.Path, Shown(k.Value)), depth+1)
		if value == nil {
			if p.nodes > maxNodes {
				return nil
			}
			continue
		}
		n.Fields = append(n.Fields, Field{Name: k.Value, Pos: at, Value: value})
	}
	for _, m := range merged { // What is written out wins over what is merged in, and the first that is merged in over the next.
		for _, f := range m.Fields {
			if n.Get(f.Name) == nil {
				n.Fields = append(n.Fields, f)
			}
		}
	}
	return n
}

// mergeKey reads what stands behind "<<": a mapping, or several.
func (p *parser) mergeKey(v *yaml.Node, path string, depth int) []*Node {
	sources := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		sources = v.Content
	}
	var merged []*Node
	for _, s := range sources {
		m := p.node(s, path, depth+1)
		if m != nil && m.Kind != Map {
			p.fault(m.Pos, path, "<< stands for a mapping, or a list of them", "")
			m = nil
		}
		if m != nil {
			merged = append(merged, m)
		}
	}
	return merged
}

var (
	name   = regexp.MustCompile(`^[A-Za-z_+][A-Za-z0-9_./+-]{0,39}$`)
	random = regexp.MustCompile(`[A-Z].*[0-9]|[0-9].*[A-Z]|[A-Za-z0-9]{25}`)
)

// Shown is a key as it may be printed. What is no name, or looks as if nobody had made it up, may be a secret in the wrong place.
func Shown(key string) string {
	if name.MatchString(key) && !random.MatchString(key) {
		return key
	}
	return "(not shown)"
}
