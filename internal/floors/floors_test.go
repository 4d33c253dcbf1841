// Package floors holds the tests of the module's shape: which package may import which, and a few rules that neither the compiler nor
// a linter can be told.
package floors

import (
	"slices"
	"strings"
	"testing"
)

const module = "github.com/cofactor-mfa/cofactor"

// row says where a package stands.
type row struct {
	path   string   // within the module; "x/..." is x and everything below it
	floor  int      // it may import lower floors; those on top may import each other
	beside []string // packages of its own floor that it builds on
	uses   []string // modules it may import; any is for the top floor only
}

const (
	below     = -1 // encodings, known to all
	contracts = 0
	adapters  = 1 // one technology each
	core      = 2
	top       = 3 // what applications touch
	tooling   = 4 // imported by tests only
)

var anyModule = []string{"*"}

// building is every package there is, and those that are planned. One that is not here fails the test: say first where it belongs.
var building = []row{
	{path: "internal/wire", floor: below},
	{path: "internal/webhook", floor: below},
	{path: "internal/seal", floor: below, beside: []string{"internal/wire"}},

	{path: "provider", floor: contracts},
	{path: "challenge", floor: contracts},
	{path: "factor", floor: contracts},
	{path: "policy", floor: contracts},

	{path: "catalogue", floor: adapters, uses: []string{"go.yaml.in/yaml/v3", "golang.org/x/text"}},
	{path: "provider/totp", floor: adapters, beside: []string{"provider/totp/qrcode"}, uses: []string{"github.com/pquerna/otp"}},
	{path: "provider/totp/qrcode", floor: adapters, uses: []string{"rsc.io/qr"}},
	{path: "provider/sentcode", floor: adapters},
	{path: "provider/sentcode/message", floor: adapters, beside: []string{"catalogue", "provider/sentcode"}},
	{path: "provider/sentcode/terminal", floor: adapters},
	{path: "provider/email", floor: adapters, beside: []string{"catalogue", "provider/sentcode", "provider/sentcode/message"}},
	{path: "provider/email/smtp", floor: adapters, beside: []string{"provider/email", "provider/sentcode"}, uses: []string{"github.com/wneessen/go-mail"}},
	{path: "provider/sms", floor: adapters, beside: []string{"catalogue", "provider/sentcode", "provider/sentcode/message"}, uses: []string{"github.com/nyaruka/phonenumbers"}},
	{path: "provider/sms/twilio", floor: adapters, beside: []string{"provider/sentcode", "provider/sms"}, uses: []string{"github.com/twilio/twilio-go"}},
	{path: "provider/sms/twilioverify", floor: adapters, beside: []string{"provider/sentcode", "provider/sms", "provider/sms/twilio"}, uses: []string{"github.com/twilio/twilio-go"}},
	{path: "provider/sms/webhook", floor: adapters, beside: []string{"provider/sentcode", "provider/sms"}},
	{path: "provider/sms/pumping", floor: adapters},
	{path: "provider/sms/pumping/rediscounter", floor: adapters, beside: []string{"provider/sms/pumping"}, uses: []string{"github.com/redis/go-redis/v9"}},
	{path: "provider/webauthn", floor: adapters, uses: []string{"github.com/go-webauthn/webauthn"}},
	{path: "provider/webauthn/browser", floor: adapters},
	{path: "provider/backup", floor: adapters},
	{path: "provider/device", floor: adapters},
	{path: "challenge/redisstore", floor: adapters, uses: []string{"github.com/redis/go-redis/v9"}},
	{path: "factor/sqlstore", floor: adapters, uses: []string{"github.com/pressly/goose/v3"}},
	{path: "keyset", floor: adapters, uses: []string{"github.com/tink-crypto/tink-go/v2"}},

	{path: "registry", floor: core},

	{path: "", floor: top},
	{path: "httpapi/...", floor: top, uses: anyModule},
	{path: "web/...", floor: top, uses: anyModule},
	{path: "audit", floor: top},
	{path: "telemetry", floor: top, uses: []string{"go.opentelemetry.io/otel"}},
	{path: "health", floor: top},
	{path: "config/...", floor: top, uses: anyModule},
	{path: "cofactortest/...", floor: top, uses: anyModule},
	{path: "provider/providertest", floor: top},
	{path: "provider/sms/pumping/countertest", floor: top},
	{path: "challenge/challengetest", floor: top, uses: []string{"github.com/anishathalye/porcupine", "pgregory.net/rapid"}},
	{path: "factor/factortest", floor: top, uses: []string{"github.com/anishathalye/porcupine", "pgregory.net/rapid"}},
	{path: "cli", floor: top, uses: anyModule},
	{path: "cmd/...", floor: top, uses: anyModule},
	{path: "examples/...", floor: top, uses: anyModule},
	{path: "docs/...", floor: top, uses: anyModule},
	{path: "internal/demo/...", floor: top, uses: anyModule},

	{path: "internal/testenv", floor: tooling},
	{path: "internal/testenv/stores", floor: tooling, beside: []string{"internal/testenv"}, uses: anyModule},
	{path: "internal/twiliotest", floor: tooling},
	{path: "internal/floors", floor: tooling},
	{path: "internal/bench", floor: tooling, uses: anyModule},
	{path: "internal/faults", floor: tooling, uses: anyModule},
	{path: "internal/mutants", floor: tooling},
	{path: "internal/skips", floor: tooling},
}

func find(path string) (row, bool) {
	for _, r := range building {
		tree, whole := strings.CutSuffix(r.path, "/...")
		if path == r.path || whole && (path == tree || strings.HasPrefix(path, tree+"/")) {
			return r, true
		}
	}
	return row{}, false
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range parse(t) {
		from, ok := find(f.pkg)
		if !ok {
			t.Errorf("%s: package %q has no floor; give it a row in internal/floors", f.name, f.pkg)
			continue
		}
		if f.test {
			continue // tests may look from above
		}
		for _, path := range f.imports() {
			if fault := from.forbids(path); fault != "" {
				t.Errorf("%s imports %s: %s", f.name, path, fault)
			}
		}
	}
}

// forbids says why a package must not import path, or nothing.
func (r row) forbids(path string) string {
	if inside, ok := strings.CutPrefix(path+"/", module+"/"); ok {
		inside = strings.TrimSuffix(inside, "/")
		to, known := find(inside)
		switch {
		case !known:
			return "it has no floor"
		case to.floor < r.floor, slices.Contains(r.beside, inside):
			return ""
		case to.floor == top && r.floor == top:
			return ""
		case to.floor == r.floor:
			return "packages of one floor do not know each other"
		}
		return "imports point down, and this one points up"
	}
	if standard := !strings.Contains(strings.SplitN(path, "/", 2)[0], "."); standard {
		return ""
	}
	for _, m := range r.uses {
		if m == "*" || path == m || strings.HasPrefix(path, m+"/") {
			return ""
		}
	}
	return "the package does not use this module; its row in internal/floors lists those it does"
}

func TestTheRuleItself(t *testing.T) {
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"registry", module + "/challenge", true},
		{"registry", module + "/internal/wire", true},
		{"registry", module + "/provider/totp", true},
		{"registry", "github.com/redis/go-redis/v9", false},
		{"challenge", module + "/factor", false},
		{"challenge", module + "/registry", false},
		{"challenge", "crypto/rand", true},
		{"challenge/redisstore", "github.com/redis/go-redis/v9/maintnotifications", true},
		{"provider/email", module + "/provider/sentcode", true},
		{"provider/email", module + "/provider/sms", false},
		{"provider/totp", module + "/provider/providertest", false},
		{"web", module + "/httpapi", true},
		{"cmd/cofactor", "github.com/alecthomas/kong", true},
		{"cmd/cofactor", module + "/internal/testenv", false},
		{"cmd/cofactor", module + "/util", false},
	} {
		from, ok := find(c.from)
		if !ok {
			t.Fatalf("%s has no floor", c.from)
		}
		if fault := from.forbids(c.to); (fault == "") != c.allowed {
			t.Errorf("%s importing %s: allowed must be %v; the rule says %q", c.from, c.to, c.allowed, fault)
		}
	}
}
