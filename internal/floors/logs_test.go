package floors

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Whoever collects logs finds every key of every line on one page.
func TestEveryKeyOfALogIsOnItsPage(t *testing.T) {
	page := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(text(t, "docs/reference/logs.md"), -1) {
		page[m[1]] = true
	}
	found := 0
	for _, f := range parse(t) {
		r, _ := find(f.pkg)
		if f.test || r.floor > top || strings.HasPrefix(f.pkg, "examples") || strings.HasPrefix(f.pkg, "internal") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			fn, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, isPackage := fn.X.(*ast.Ident)
			key, isText := call.Args[0].(*ast.BasicLit)
			if !isPackage || from.Name != "slog" || !isText || key.Kind != token.STRING {
				return true
			}
			name, err := strconv.Unquote(key.Value)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if !page[name] {
				t.Errorf("%s logs by the key %q, which docs/reference/logs.md does not have", f.name, name)
			}
			return true
		})
	}
	if found < 20 {
		t.Errorf("only %d keys were found: the sources were not understood", found)
	}
}
