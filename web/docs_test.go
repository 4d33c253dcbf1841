package web_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/web"
)

var update = flag.Bool("update", false, "write what is made from the code")

const mark = "<!-- from here on made by `go test ./web -update` from the types -->\n"

// TestThePageAboutPagesSaysWhatTemplatesGet compares it with the types, comment by comment.
func TestThePageAboutPagesSaysWhatTemplatesGet(t *testing.T) {
	const file = "../docs/reference/html-pages-and-data.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, is, _ := strings.Cut(string(page), mark)
	want := fields(t)
	if *update {
		if err := os.WriteFile(file, []byte(head+mark+want), 0o600); err != nil {
			t.Fatal(err)
		}
		is = want
	}
	if is != want {
		t.Errorf("%s is not what the types say now: go test ./web -update", file)
	}
	files, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), ".html"); name != "layout" && !strings.Contains(head, "| `"+name+"` |") {
			t.Errorf("%s has no row for %s", file, name)
		}
	}
	names := reflect.TypeFor[web.Page]()
	if names.NumField() < 20 {
		t.Errorf("a Page has %d fields", names.NumField())
	}
}

// fields is a table for each type of page.go.
func fields(t *testing.T) string {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, "page.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, decl := range parsed.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		spec := gen.Specs[0].(*ast.TypeSpec)
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| field | type | what it is |\n|---|---|---|\n", spec.Name.Name, sentence(gen.Doc.Text()))
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			var kind bytes.Buffer
			if err := format.Node(&kind, set, f.Type); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, n := range f.Names {
				names = append(names, "`"+n.Name+"`")
			}
			if len(names) == 0 {
				names = []string{"the fields of `" + kind.String() + "`"}
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", strings.Join(names, ", "), kind.String(), sentence(f.Doc.Text()+f.Comment.Text()))
		}
	}
	return b.String()
}

func sentence(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

var property = regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| `([A-Za-z]+)` \\|")

// TestThePageAboutVariablesSaysWhatAThemeHas compares it with Theme and with the style sheet.
func TestThePageAboutVariablesSaysWhatAThemeHas(t *testing.T) {
	page, err := os.ReadFile("../docs/reference/css-variables.md")
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := os.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range property.FindAllStringSubmatch(string(page), -1) {
		told[m[2]] = true
		if !strings.Contains(string(sheet), "--"+m[1]+":") || !strings.Contains(string(sheet), "var(--"+m[1]+")") {
			t.Errorf("the style sheet has no --%s, or does not use it", m[1])
		}
	}
	for f := range reflect.TypeFor[web.Theme]().Fields() {
		if name := strings.TrimSuffix(f.Name, "Dark"); !told[name] {
			t.Errorf("the page does not tell of Theme.%s", f.Name)
		}
	}
}
