package totp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Nothing in the program may call the library's Validate functions: they keep no step, so they accept a code as often as it is
// typed. // attack: A-3
func TestNothingCallsTheLibrarysValidate(t *testing.T) {
	t.Parallel()
	wrapperSeen := false
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		names := libraryNames(parsed)
		if len(names) > 0 && filepath.ToSlash(file) == "../../provider/totp/code.go" {
			wrapperSeen = true
		}
		if names["."] {
			t.Errorf("%s imports the library with a dot, so its calls cannot be seen", file)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || !strings.HasPrefix(sel.Sel.Name, "Validate") || sel.Sel.Name == "ValidateOpts" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && names[x.Name] {
				t.Errorf("%s uses %s.%s, which accepts a code twice", file, x.Name, sel.Sel.Name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !wrapperSeen {
		t.Error("code.go was not seen to use the library, so this test sees nothing")
	}
}

// libraryNames are the names by which a file knows the parts of the library that validate.
func libraryNames(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, i := range file.Imports {
		from, err := strconv.Unquote(i.Path.Value)
		if err != nil || path.Dir(from) != "github.com/pquerna/otp" {
			continue
		}
		name := path.Base(from)
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = true
	}
	return names
}
