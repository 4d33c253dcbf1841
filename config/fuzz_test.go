package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

// FuzzDecode hands anything to the decoder, as a file and as a variable. It returns, and what it says are problems, each in one line, with no secret in it.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		production, development, small(), "", "null", "version: 1", "providers: {totp: {digits: ${X}}}", "x-a: &a [1]\nproviders: {totp: *a}", "policy: {all_of: [{when: {then: x}}]}",
		"tenants: {a: {providers: {sms: {type: email}}}}", "<<: {version: 1}", "? {a: b}\n: c", "keys: {keyset: {file: /dev/null}}", "budgets: {custom: {a: {limit: 1}}}", "\ufeffversion: 1\r\n",
	} {
		f.Add(text, "COFACTOR__PROVIDERS__TOTP__ISSUER", "Beta")
	}
	f.Add("version: 1", "COFACTOR__PROVIDERS__A__TYPE", "totp")
	f.Add("version: 1", "COFACTOR__LIMITS__MAX_OF_KIND", "{totp: [}")
	f.Add("version: 1", "COFACTOR__TENANTS__A__POLICY__WHEN__THEN__FORBID", "[sms]")
	f.Add("version: 1", "COFACTOR__KEYS__PEPPER__FILE", "/dev/null")
	folder := f.TempDir()
	env := environ(f)
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if strings.Contains(text, canary) || strings.Contains(name+value, canary) || strings.Contains(text+value, "/") {
			t.Skip("the secret is in the file, where paths and keys would show it; or a path leads anywhere")
		}
		path := filepath.Join(folder, "cofactor.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range config.Decode(path, append(env, "COFACTOR__"+strings.TrimPrefix(name, "COFACTOR__")+"="+value)) {
			if p.Message == "" || strings.ContainsAny(p.Message+p.Hint, "\n\r") || strings.Contains(p.String(), canary) {
				t.Errorf("a problem is one line, and shows no secret: %q", p.String())
			}
		}
	})
}
