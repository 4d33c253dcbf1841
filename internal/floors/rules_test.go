package floors

import (
	"go/ast"
	"slices"
	"testing"
)

// Below the registry time is passed in: a provider, a policy or a store with a clock of its own cannot be tested at the edge of
// an expiry, and disagrees with the others about it.
func TestTimeIsPassedIn(t *testing.T) {
	var clocks []string
	for _, f := range parse(t) {
		r, _ := find(f.pkg)
		if f.test || r.floor > core {
			continue
		}
		for _, name := range f.mentions("time") {
			switch {
			case name != "Now" && name != "Since" && name != "Until":
			case r.floor == core:
				clocks = append(clocks, f.name)
			default:
				t.Errorf("%s uses time.%s; the time is in the request", f.name, name)
			}
		}
	}
	if len(clocks) > 1 {
		t.Errorf("the registry's default clock is the only one: %q read the time", clocks)
	}
}

// The library's Validate functions do not say which time step a code belongs to, so what calls them cannot refuse a code that was
// used before. The provider's own tests compare with them.
func TestNobodyValidatesTOTPWithoutTheStep(t *testing.T) {
	for _, f := range parse(t) {
		if f.test && f.pkg == "provider/totp" {
			continue
		}
		for _, path := range []string{"github.com/pquerna/otp/totp", "github.com/pquerna/otp/hotp"} {
			for _, name := range f.mentions(path) {
				if name == "Validate" || name == "ValidateCustom" {
					t.Errorf("%s calls %s of %s, which cannot see a replay; provider/totp can", f.name, name, path)
				}
			}
		}
	}
}

func TestDangerousImportsStayWhereTheyAre(t *testing.T) {
	allowed := map[string][]string{
		"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset": {"keyset/cleartext.go"},
		"math/rand":    nil, // attack: A-119
		"math/rand/v2": nil,
		"unsafe":       nil,
	}
	for _, f := range parse(t) {
		for _, path := range f.imports() {
			if files, dangerous := allowed[path]; dangerous && !f.test && !slices.Contains(files, f.name) {
				t.Errorf("%s imports %s, which is allowed in %q only", f.name, path, files)
			}
		}
	}
}

func TestNoFileIsLongerThanAPersonReads(t *testing.T) {
	for _, f := range parse(t) {
		if f.lines > 500 && !ast.IsGenerated(f.ast) {
			t.Errorf("%s has %d lines; a file holds one idea, in at most 500", f.name, f.lines)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := map[string]bool{}
	for _, f := range parse(t) {
		if !f.test {
			said[f.pkg] = said[f.pkg] || f.ast.Doc != nil
		}
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("package %q has no doc comment", pkg)
		}
	}
}
