package factor_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/factor"
)

func FuzzParseCursor(f *testing.F) {
	f.Add("")
	f.Add("!")
	f.Add("AA")
	f.Add(factor.Cursor("", "alice"))
	f.Add(factor.Cursor("a\x00b", "\xff"))
	f.Add(factor.Cursor("acme", "alice"))
	f.Fuzz(func(t *testing.T, after string) {
		tenant, user, err := factor.ParseCursor(after)
		switch {
		case err != nil && (tenant != "" || user != ""):
			t.Errorf("a cursor that is refused leads to %q, %q", tenant, user)
		case !utf8.ValidString(tenant+user) || strings.ContainsRune(tenant+user, 0):
			t.Errorf("a cursor leads to %q, %q, which no row can have", tenant, user)
		case err == nil && user == "" && (after != "" || tenant != ""):
			t.Errorf("%q leads to nobody of %q", after, tenant)
		case err == nil && user != "" && factor.Cursor(tenant, user) != after:
			t.Errorf("%q is a second spelling of the cursor after %q, %q", after, tenant, user)
		}
	})
}

func TestACursorLeadsBackToItsUser(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"", "alice"}, {"acme", "alice"}, {"a", "b\x1fc"}, {"ä", "✆"}} {
		tenant, user, err := factor.ParseCursor(factor.Cursor(c[0], c[1]))
		if err != nil || tenant != c[0] || user != c[1] {
			t.Errorf("the cursor after %q leads to %q, %q, %v", c, tenant, user, err)
		}
	}
}
