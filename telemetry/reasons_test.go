package telemetry

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The list of reasons is the registry's own: each that it writes as it stands is on the list, and nothing else is.
func TestReasonsAreThoseOfTheRegistry(t *testing.T) {
	t.Parallel()
	written := reasonsIn(t, "../registry")
	for _, r := range written {
		if reasonOf(r) == other {
			t.Errorf("the registry says %q, which is counted as %q: put it on the list, if it is the same whoever it is about", r, other)
		}
	}
	for r := range reasons {
		if !slices.Contains(written, r) {
			t.Errorf("%q is on the list, and the registry does not say it", r)
		}
	}
	if len(written) < 50 {
		t.Errorf("only %d reasons were found in the registry: it was not understood", len(written))
	}
}

// What is on no list may quote somebody.
func TestOtherReasonsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, r := range []string{
		"", "sqlstore: load: dial tcp 10.0.0.7:5432", "wrong answer ", "budget of alice@example.com is shut", "budget failures is shut; alice",
	} {
		if got := reasonOf(r); got != other {
			t.Errorf("%q is repeated as %q", r, got)
		}
	}
	for r, want := range map[string]string{
		"wrong answer":                               "wrong answer",
		"budget failures is shut":                    "budget failures is shut",
		"budget wait sms is shut":                    "budget wait sms is shut",
		"budget attempts of the tenant is shut":      "budget attempts of the tenant is shut",
		"challenge: gone: expired":                   "challenge: gone",
		"refused by the application: alice has left": "refused by the application",
		"the provider could not send: 550 no alice":  "the provider could not send",
	} {
		if got := reasonOf(r); got != want {
			t.Errorf("%q is repeated as %q", r, got)
		}
	}
}

// telling are the functions of the registry whose last argument is a reason; returning are those that return one.
var (
	telling   = []string{"fail", "undecided", "rejected", "disguised"}
	returning = []string{"mismatch", "lacks", "evidenceOf", "pending", "proof"}
)

// reasonsIn are the reasons that are written in the source as they are told.
func reasonsIn(t *testing.T, folder string) (found []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), folder+"/"+f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			in := ""
			if fn, ok := d.(*ast.FuncDecl); ok {
				in = fn.Name.Name
			}
			ast.Inspect(d, func(n ast.Node) bool {
				found = append(found, reasonsAt(n, in)...)
				return true
			})
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func reasonsAt(n ast.Node, in string) (found []string) {
	literal := func(e ast.Expr) {
		if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.STRING {
			if s, err := strconv.Unquote(b.Value); err == nil && strings.Contains(s, " ") {
				found = append(found, s)
			}
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(telling, s.Sel.Name) {
			literal(n.Args[len(n.Args)-1])
		}
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "New" && slices.Contains(returning, in) { // an error that is told as it is
			literal(n.Args[0])
		}
	case *ast.ReturnStmt:
		if slices.Contains(returning, in) {
			literal(n.Results[len(n.Results)-1])
		}
	case *ast.AssignStmt:
		if v, ok := n.Lhs[0].(*ast.Ident); ok && v.Name == "reason" && len(n.Rhs) == 1 {
			literal(n.Rhs[0])
		}
	case *ast.ValueSpec:
		if n.Names[0].Name == "weak" && len(n.Values) == 1 {
			literal(n.Values[0])
		}
	}
	return found
}
