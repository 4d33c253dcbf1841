package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

func TestAFileThatCannotBeReadIsOneClearLine(t *testing.T) {
	folder := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	huge := put("huge.yaml", "version: 1\n")
	if err := os.Truncate(huge, 100<<20); err != nil { // It has holes, and takes no room.
		t.Fatal(err)
	}
	closed := put("closed.yaml", production)
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "none.yaml"): "does not exist",
		folder:                             "is a directory, not a file",
		put("binary.yaml", "version: 1\n\x00\x01\x02"+canary): "is not text in UTF-8",
		put("latin1.yaml", "version: 1 # \xe4"+canary):        "is not text in UTF-8",
		put("utf16.yaml", "\xff\xfev\x00e\x00r\x00"):          "is not text in UTF-8",
		huge:                          "is larger than it can be meant to be",
		put("scalar.yaml", canary):    "must be keys and values, such as version: 1",
		put("list.yaml", "- "+canary): "must be keys and values, such as version: 1",
		put("dotenv.yaml", "SMTP_PASSWORD="+canary):   "must be keys and values, such as version: 1",
		put("anchor.yaml", "version: *"+canary):       "a value begins with *, which stands for an anchor, and there is none of this name",
		put("tab.yaml", "version: 1\nweb:\n\tx: 1"):   "there is a tab here",
		put("two.yaml", "version: 1\n---\nmode: x"):   "a second document begins here",
		put("tag.yaml", "version: !"+canary+" 1"):     "has a tag, and there are none",
		put("colon.yaml", "product_name: a: "+canary): "is no YAML",
		put("flow.yaml", "keys: {keyset: ${X}}"):      "${NAME} needs quotes",
		put("open.yaml", "product_name: \""+canary):   "is no YAML",
		put("key.yaml", "? [a]\n: b\nversion: 1"):     "a key must be a name",
	} {
		_, err := config.Load(config.Source{Files: []string{path}, Environ: environ(t)})
		var problems *config.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: want %q, got %v", filepath.Base(path), want, err)
			continue
		}
		if name := filepath.Base(path); len(problems.List) != 1 && name != "key.yaml" && name != "tag.yaml" {
			t.Errorf("%s: want nothing else, got %v", name, err)
		}
	}
	if os.Geteuid() != 0 { // Root may read everything.
		if _, err := config.Load(config.Source{Files: []string{closed}}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "may not be read by this user") {
			t.Errorf("unreadable: %v", err)
		}
	}
	if _, err := config.Load(config.Source{Files: []string{filepath.Join(folder, "none.yaml")}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what the operating system said is to be found in the error: %v", err)
	}
}

func TestHowAFileIsWrittenDoesNotMatter(t *testing.T) {
	for what, text := range map[string]string{
		"a byte order mark":  "\ufeff" + production,
		"lines of Windows":   strings.ReplaceAll(production, "\n", "\r\n"),
		"a document's start": "---\n" + production,
		"a document's end":   production + "...\n",
		"a comment":          "# yaml-language-server: $schema=./cofactor.schema.json\n" + production,
	} {
		if out := said(t, text); out != "0 errors, 0 warnings." {
			t.Errorf("%s: %s", what, out)
		}
	}
	if out := said(t, "\ufeff"+strings.Replace(production, "version: 1", "version: 1\r\nmodee: x\r", 1)); !strings.HasPrefix(out, "cofactor.yaml:2:1: error: modee: unknown key") {
		t.Errorf("a place is counted as an editor does: %s", out)
	}
}

func TestYAMLThatGrowsOrNestsIsRefused(t *testing.T) {
	bomb := "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += "x-" + string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "*" + string(c-1) + "]\n"
	}
	for text, want := range map[string]string{
		production + bomb: "has more than 50000 values",
		production + "x-deep: " + strings.Repeat("[", 500) + strings.Repeat("]", 500): "is nested more than 64 deep",
		production + "x-self: &self [*self]\n":                                        "an alias stands within its own anchor",
		production + "x-self: &self {a: {<<: *self}}\n":                               "an alias stands within its own anchor",
		strings.Replace(production, "policy: standard", "policy: "+strings.Repeat("{all_of: [", 40)+"required"+strings.Repeat("]}", 40), 1): "is nested more than 64 deep",
	} {
		if out := said(t, text); !strings.Contains(out, want) || strings.Count(out, "error:") != 1 {
			t.Errorf("want %q alone, got %.600s", want, out)
		}
	}
}

func TestAnchorsAliasesAndMergesWork(t *testing.T) {
	text := strings.Replace(production, "policy: standard", `x-code: &code {digits: 8, ttl: 2m}
policy: standard`, 1)
	text = strings.Replace(text, "  totp:\n", "  x-not: {any: thing}\n  totp:\n", 1)
	text = strings.Replace(text, "  email:\n", "  email:\n    <<: *code\n    ttl: 3m\n", 1)
	c, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"providers.email.digits": "8", "providers.email.ttl": "3m", "providers.sms.ttl": "5m"} {
		if got := valueOf(c, path); got != want {
			t.Errorf("%s is %s, not %s: what is written out wins over what is merged in", path, got, want)
		}
	}
	if out := said(t, strings.Replace(text, "<<: *code", "<<: 12", 1)); !strings.Contains(out, "<< stands for a mapping") {
		t.Error(out)
	}
	if out := said(t, strings.Replace(text, "digits: 8", "digits: 7", 1)); !strings.HasPrefix(out, "cofactor.yaml:5:24: error: ") || !strings.Contains(out, "must be 6 or 8, not 7") {
		t.Errorf("a mistake is where it was written: %s", out)
	}
}

// valueOf is the value of a key, as print shows it.
func valueOf(c *config.Config, path string) string {
	for _, v := range c.Values() {
		if v.Path == path {
			return v.Text
		}
	}
	return "(none)"
}

func TestASecretInAFileOfItsOwn(t *testing.T) {
	folder := t.TempDir()
	secret := filepath.Join(folder, "smtp")
	if err := os.WriteFile(secret, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := changed(t, `"${SMTP_PASSWORD}"`, "{file: "+secret+"}")
	if out := said(t, text); out != "0 errors, 0 warnings." {
		t.Error(out)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	if out := said(t, text); !strings.Contains(out, "warning: providers.email.smtp.password: the file with its value can be read by everybody on this machine") {
		t.Error(out)
	}
	for what, with := range map[string]string{
		"the secret itself":  "{file: " + canary + "}",
		"a folder":           "{file: " + folder + "}",
		"nothing":            `{file: ""}`,
		"another key beside": "{file: " + secret + ", x: 1}",
		"a list":             "{file: [a]}",
	} {
		if out := said(t, changed(t, `"${SMTP_PASSWORD}"`, with)); !strings.Contains(out, "error: providers.email.smtp.password") || strings.Count(out, "error:") != 1 {
			t.Errorf("%s: want one error, got %s", what, out)
		}
	}
	// A relative path begins where the file is that has it.
	path := write(t, changed(t, `"${SMTP_PASSWORD}"`, "{file: secrets/smtp}"))
	if err := errors.Join(os.Mkdir(filepath.Join(filepath.Dir(path), "secrets"), 0o700),
		os.WriteFile(filepath.Join(filepath.Dir(path), "secrets", "smtp"), []byte(canary), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(config.Source{Files: []string{path}, Environ: environ(t)}); err != nil {
		t.Error(err)
	}
}

func TestASecretThatIsWrittenDown(t *testing.T) {
	text := changed(t, `"${SMTP_PASSWORD}"`, canary)
	if out := said(t, text); !strings.Contains(out, "error: providers.email.smtp.password: a secret is written in the file") {
		t.Errorf("in production it is an error: %s", out)
	}
	if out := said(t, "allow_insecure: [literal_secrets]\n"+text); out != "0 errors, 0 warnings." {
		t.Errorf("it may be meant: %s", out)
	}
	if out := said(t, "mode: development\n"+text); !strings.Contains(out, "warning: providers.email.smtp.password: a secret is written in the file") || strings.Contains(out, "error:") {
		t.Errorf("in development it is a warning: %s", out)
	}
	if out := said(t, changed(t, `"${REDIS_URL}"`, "rediss://redis.internal")); out != "0 errors, 0 warnings." {
		t.Errorf("a URL without a password is no secret: %s", out)
	}
}

// TestAValueFromAVariableIsNotQuoted has one that is longer than what packages quote, so that it cannot be recognised.
func TestAValueFromAVariableIsNotQuoted(t *testing.T) {
	long := "LONG=https://" + canary + strings.Repeat("x", 200) + "/"
	for _, text := range []string{`"${LONG}"`, `["https://acme.example", "${LONG}"]`} {
		key := "origins: "
		if !strings.HasPrefix(text, "[") {
			key = "rp_name: "
		}
		if out := said(t, changed(t, "rp_id: acme.example", "rp_id: acme.example\n    "+key+text), long); !strings.Contains(out, "error: providers.webauthn.") || !strings.Contains(out, "[secret]") {
			t.Errorf("%s: %s", text, out)
		}
	}
}

func TestSecretsInWrongPlacesAreNotPrinted(t *testing.T) {
	for old, with := range map[string]string{
		"issuer: Acme":                   "digits: " + canary,
		"policy: standard":               "policy: " + canary,
		"version: 1":                     "version: " + canary,
		"rp_id: acme.example":            "rp_id: https://u:" + canary + "@acme.example",
		"base_url: https://":             "base_url: https://u:" + canary + "@",
		"sender: twilio":                 "sender: " + canary,
		`"${KEYSET}"`:                    `{"primaryKeyId": "` + canary + `"}`,
		`"${PEPPER}"`:                    canary,
		`"${REDIS_URL}"`:                 "redis://u:" + canary + "@h:port",
		`"${DATABASE_URL}"`:              "postgres://u:" + canary + "@h:port/x y",
		`"${TWILIO_SID}"`:                `"${TWILIO_SECRET}"`,
		`["+44", "+49"]`:                 `["${TWILIO_SECRET}"]`,
		`"Acme <no-reply@acme.example>"`: `"${TWILIO_SECRET}"`,
		"  backup:":                      "  " + canary + ".secret: {}",
	} {
		if out := said(t, changed(t, old, with)); !strings.Contains(out, "error:") {
			t.Errorf("%s is accepted: %s", with, out)
		}
	}
}
