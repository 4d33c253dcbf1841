package message

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

// lint reads the blocks without executing them, so that a field in a branch that is seldom taken is checked too. It allows what messages need, text, fields,
// if, template and comparisons, and nothing else.
func lint(blocks *template.Template) error {
	l := linter{blocks: blocks, used: map[string]bool{}}
	for _, name := range append([]string{SignIn, SetUp, Confirm}, append(slices.Clone(notices), General)...) {
		b := blocks.Lookup(name)
		if b == nil {
			l.fault("there is no message %q", name)
			continue
		}
		l.name, l.data, l.codes, l.nested = name, reflect.TypeFor[noticeData](), 0, 0
		isCode := name == SignIn || name == SetUp || name == Confirm
		if isCode {
			l.data = reflect.TypeFor[codeData]()
		}
		l.list(b.Root, 0)
		if isCode && (l.codes != 1 || l.nested > 0) {
			l.fault("%q must have {{.Code}} once, outside of conditions and other blocks; it has it %d times there and %d inside", name, l.codes, l.nested)
		}
		l.used[name] = true
	}
	for _, b := range blocks.Templates() {
		if b.Name() != "" && !l.used[b.Name()] {
			l.fault("%q is no message, and no message uses it", b.Name())
		}
	}
	return errors.Join(l.faults...)
}

type linter struct {
	blocks *template.Template
	faults []error
	used   map[string]bool

	name          string       // of the message
	data          reflect.Type // what it may name
	codes, nested int          // how often it has the code, and in conditions and other blocks
}

const maxDepth = 24 // of blocks in blocks and conditions in conditions, each else if among them

func (l *linter) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf(format, args...))
}

func (l *linter) list(list *parse.ListNode, depth int) {
	if list == nil {
		return
	}
	if depth > maxDepth {
		l.fault("%q is nested too deeply", l.name)
		return
	}
	for _, n := range list.Nodes {
		l.node(n, depth)
	}
}

func (l *linter) node(n parse.Node, depth int) {
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode:
	case *parse.ActionNode:
		isCode := n.String() == "{{.Code}}"
		switch {
		case isCode && depth == 0:
			l.codes++
		case isCode:
			l.nested++
		}
		l.pipe(n.Pipe, isCode)
	case *parse.IfNode:
		l.pipe(n.Pipe, false)
		l.list(n.List, depth+1)
		l.list(n.ElseList, depth+1)
	case *parse.TemplateNode:
		b := l.blocks.Lookup(n.Name)
		if b == nil || n.Pipe == nil || n.Pipe.String() != "." {
			l.fault("%q: %s must name a block and pass it the dot", l.name, n)
			return
		}
		l.used[n.Name] = true
		l.list(b.Root, depth+1)
	default:
		l.fault("%q: %.40q is not for messages", l.name, n)
	}
}

func (l *linter) pipe(p *parse.PipeNode, bareCode bool) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		l.fault("%q: %.40q is not for messages", l.name, p)
		return
	}
	for _, arg := range p.Cmds[0].Args {
		l.arg(arg, bareCode)
	}
}

var allowed = []string{"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "isolate"}

func (l *linter) arg(n parse.Node, bareCode bool) {
	switch n := n.(type) {
	case *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
	case *parse.IdentifierNode:
		if !slices.Contains(allowed, n.Ident) {
			l.fault("%q: the function %q is not for messages", l.name, n.Ident)
		}
	case *parse.PipeNode:
		l.pipe(n, false)
	case *parse.FieldNode:
		l.field(n.Ident, bareCode)
	default:
		l.fault("%q: %.40q is not for messages", l.name, n)
	}
}

func (l *linter) field(path []string, bareCode bool) {
	f, ok := l.data.FieldByName(path[0])
	isTime := ok && f.Type == reflect.TypeFor[time.Time]()
	switch {
	case !ok, isTime != (len(path) == 2 && path[1] == "Format"), !isTime && len(path) > 1:
		l.fault("%q: there is no {{.%s}} in this message", l.name, strings.Join(path, "."))
	case path[0] == "Code" && !bareCode:
		l.fault("%q: {{.Code}} stands by itself", l.name)
	}
}
