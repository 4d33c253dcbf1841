package floors

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// oldest is the oldest version of a module that has no hole we know of. // attack: A-164
var oldest = map[string]string{
	"github.com/pquerna/otp":            "v1.5.0",
	"github.com/redis/go-redis/v9":      "v9.23.0", // CVE-2025-29923 and the reload of a cluster's state
	"github.com/tink-crypto/tink-go/v2": "v2.9.0",
	"github.com/wneessen/go-mail":       "v0.7.2",  // CVE-2025-59937
	"github.com/go-webauthn/webauthn":   "v0.18.2", // older ones accept an empty challenge
	"github.com/jackc/pgx/v5":           "v5.5.4",  // CVE-2024-27304
}

var release = regexp.MustCompile(`^v(\d+)\.(\d+)\.(\d+)$`)

// unreleased are modules that have no releases at all, and why we import them all the same.
var unreleased = map[string]string{
	"github.com/emersion/go-sasl": "the mail server of our tests names its types; nothing that ships does",
}

// requirement is one module that go.mod asks for.
type requirement struct {
	path, version string
	indirect      bool
}

func TestVersionsAreExactAndNotTooOld(t *testing.T) {
	for _, r := range readGoMod(t) {
		if !r.indirect && !release.MatchString(r.version) && unreleased[r.path] == "" {
			t.Errorf("%s %s: what we import ourselves must be a release", r.path, r.version)
		}
		if floor, ok := oldest[r.path]; ok && !atLeast(r.version, floor) {
			t.Errorf("%s %s: must be %s or later", r.path, r.version, floor)
		}
	}
}

func readGoMod(t *testing.T) []requirement {
	t.Helper()
	src, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var found []requirement
	block := ""
	for line := range strings.Lines(string(src)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == ")":
			block = ""
		case len(words) == 2 && words[1] == "(":
			block = words[0]
		case block == "require":
			found = append(found, entry(words))
		case words[0] == "require":
			found = append(found, entry(words[1:]))
		case block == "replace" || words[0] == "replace":
			t.Errorf("go.mod: %s: programs that use the module do not see a replace", strings.TrimSpace(line))
		}
	}
	if len(found) == 0 {
		t.Fatal("go.mod requires nothing: it was not understood")
	}
	return found
}

func entry(words []string) requirement {
	return requirement{path: words[0], version: words[1], indirect: words[len(words)-1] == "indirect"}
}

// atLeast compares releases. A pre-release is older than any release of its number, and so never enough.
func atLeast(version, floor string) bool {
	if !release.MatchString(version) {
		return false
	}
	var a, b [3]int
	for _, v := range []struct {
		text string
		into *[3]int
	}{{version, &a}, {floor, &b}} {
		if _, err := fmt.Sscanf(v.text, "v%d.%d.%d", &v.into[0], &v.into[1], &v.into[2]); err != nil {
			return false
		}
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return true
}

func TestAtLeast(t *testing.T) {
	for version, want := range map[string]bool{
		"v1.5.0": true, "v1.5.1": true, "v1.10.0": true, "v2.0.0": true,
		"v1.4.9": false, "v0.99.0": false, "v1.5.0-rc.1": false, "v1.6.0-rc.1": false, "latest": false, "": false,
	} {
		if atLeast(version, "v1.5.0") != want {
			t.Errorf("%q against v1.5.0: want %v", version, want)
		}
	}
}
