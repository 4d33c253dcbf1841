package web_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// TestThePagesAreWhatTheyWere compares every page with its outline: what is on it, in which order, with which names and words. A change of a page, or of a
// translation, is looked at in the difference.
func TestThePagesAreWhatTheyWere(t *testing.T) {
	outlines := map[string]*strings.Builder{}
	previewed(t, func(_ *testing.T, at string, page cofactortest.Reply, doc *html.Node) {
		parts := strings.SplitN(strings.TrimPrefix(at, "/page/"), "/", 2)
		if outlines[parts[0]] == nil {
			outlines[parts[0]] = &strings.Builder{}
		}
		fmt.Fprintf(outlines[parts[0]], "== %s (%d)\n", parts[1], page.Status)
		outline(outlines[parts[0]], doc, 0)
	})
	for _, language := range []string{"en", "ar", "en-XA"} {
		if outlines[language] == nil {
			t.Errorf("there is no page in %s", language)
			continue
		}
		is, file := outlines[language].String(), "testdata/pages."+language+".txt"
		if *update {
			if err := os.WriteFile(file, []byte(is), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		was, err := os.ReadFile(file)
		if err != nil || is != string(was) {
			t.Errorf("pages differ from %s: look at what go test ./web -update changes (%v)\n%s", file, err, firstDifference(string(was), is))
		}
	}
}

// kept are the attributes that say what an element is for. Addresses, texts for the script and drawings are left out: other tests look at them.
var kept = []string{"name", "type", "value", "role", "for", "id", "autocomplete", "inputmode", "aria-describedby", "aria-labelledby", "aria-invalid", "hidden", "required", "readonly", "method", "dir", "datetime", "lang"}

func outline(b *strings.Builder, n *html.Node, depth int) {
	switch {
	case n.Type == html.TextNode:
		if words := strings.Join(strings.Fields(n.Data), " "); words != "" {
			fmt.Fprintf(b, "%*s%s\n", depth, "", words)
		}
		return
	case n.Type == html.ElementNode && slices.Contains([]string{"svg", "script", "meta", "link"}, n.Data):
		return
	case n.Type == html.ElementNode && n.Data != "head":
		fmt.Fprintf(b, "%*s<%s", depth, "", n.Data)
		for _, a := range n.Attr {
			if slices.Contains(kept, a.Key) {
				fmt.Fprintf(b, " %s=%q", a.Key, a.Val)
			}
		}
		b.WriteString(">\n")
		depth++
	}
	for c := range n.ChildNodes() {
		outline(b, c, depth)
	}
}

func firstDifference(was, is string) string {
	old, now := strings.Split(was, "\n"), strings.Split(is, "\n")
	for i := range min(len(old), len(now)) {
		if old[i] != now[i] {
			return fmt.Sprintf("line %d: %q was %q", i+1, now[i], old[i])
		}
	}
	return fmt.Sprintf("%d lines were %d", len(now), len(old))
}
