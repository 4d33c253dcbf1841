// Package tree reads YAML into nodes that remember where they were written, and puts several sources together. What the nodes mean is not known here.
package tree

// Pos is where something was written: a place in a file, or an environment variable.
type Pos struct {
	File      string // "" if Env
	Line, Col int    // from 1; 0 if the whole file is meant
	Env       string // the name of a variable
}

// Kind is the form of a node.
type Kind uint8

const (
	Scalar Kind = iota + 1
	Map
	List
	Raw  // the text of a variable: a scalar as it is, or YAML if a list or a mapping is wanted
	File // Text is the path of the file that has the text
)

// Node is a value somebody wrote.
type Node struct {
	Kind Kind
	Pos  Pos
	Path string // as written: "providers.totp.issuer"

	Text   string // of a scalar
	Tag    string // of a scalar, as YAML resolves it: "!!str", "!!int", "!!bool", "!!null", ...
	Fields []Field
	Items  []*Node
}

// Field is an entry of a mapping, in the order of the source.
type Field struct {
	Name  string
	Pos   Pos // of the name
	Value *Node
}

// Null says whether nothing was written where a value could be.
func (n *Node) Null() bool { return n.Kind == Scalar && n.Tag == "!!null" }

// Get returns the value of a name in a mapping, or nil.
func (n *Node) Get(name string) *Node {
	if n != nil && n.Kind == Map {
		for _, f := range n.Fields {
			if f.Name == name {
				return f.Value
			}
		}
	}
	return nil
}

// Join is the path of a name below another path.
func Join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Fault is something that cannot be read.
type Fault struct {
	Pos           Pos
	Path          string
	Message, Hint string
	Err           error // of the operating system, if it is to blame
}

// Merge puts over on top of base: mappings are joined, name by name and at every depth, and everything else is replaced. Neither is changed.
func Merge(base, over *Node) *Node {
	switch {
	case over == nil:
		return base
	case base == nil:
		return over
	case over.Null() && base.Kind == Map: // "backup:" says that it is there, and nothing of it.
		return base
	case over.Kind != Map || base.Kind != Map:
		return over
	}
	merged := *over
	merged.Fields = nil
	for _, f := range base.Fields {
		if v := over.Get(f.Name); v != nil {
			f = Field{Name: f.Name, Pos: v.Pos, Value: Merge(f.Value, v)}
		}
		merged.Fields = append(merged.Fields, f)
	}
	for _, f := range over.Fields {
		if base.Get(f.Name) == nil {
			merged.Fields = append(merged.Fields, f)
		}
	}
	return &merged
}

// Without is a mapping that lacks some names.
func (n *Node) Without(names func(string) bool) *Node {
	if n == nil || n.Kind != Map {
		return n
	}
	rest := *n
	rest.Fields = nil
	for _, f := range n.Fields {
		if !names(f.Name) {
			rest.Fields = append(rest.Fields, f)
		}
	}
	return &rest
}
