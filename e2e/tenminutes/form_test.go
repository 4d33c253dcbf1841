package tenminutes_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// form is one that a page has.
type form struct {
	action string
	fields url.Values // hidden ones, and the button's
}

var (
	forms      = regexp.MustCompile(`(?s)<form[^>]*>.*?</form>`)
	tags       = regexp.MustCompile(`<(form|input|button)\b[^>]*>`)
	attributes = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// pageForm is the first form of a page that is posted, but not the one that leaves.
func pageForm(t testing.TB, page cofactortest.Reply) form {
	t.Helper()
	for _, text := range forms.FindAllString(string(page.Body), -1) {
		f := form{fields: url.Values{}}
		for _, tag := range tags.FindAllStringSubmatch(text, -1) {
			has := map[string]string{}
			for _, a := range attributes.FindAllStringSubmatch(tag[0], -1) {
				has[a[1]] = html.UnescapeString(a[2])
			}
			switch {
			case tag[1] == "form":
				f.action = has["action"]
			case has["name"] != "" && (has["type"] == "hidden" || tag[1] == "button"):
				f.fields.Set(has["name"], has["value"])
			}
		}
		if f.action != "" && !strings.Contains(f.action, "sign-out") {
			return f
		}
	}
	t.Fatalf("the page %s has no form:\n%s", page, page.Body)
	return form{}
}
