package config_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/keyset"
)

// canary is in every secret of these tests, so that none of them can be printed unnoticed.
const canary = "c4n4ryS3cret"

// production is a configuration with everything that a deployment has, and nothing wrong with it.
const production = `version: 1
base_url: https://acme.example/mfa
product_name: Acme
support_url: https://acme.example/help
policy: standard
keys:
  keyset: "${KEYSET}"
  pepper: "${PEPPER}"
challenges:
  redis:
    url: "${REDIS_URL}"
factors:
  postgres:
    url: "${DATABASE_URL}"
providers:
  webauthn:
    rp_id: acme.example
  totp:
    issuer: Acme
  email:
    from: "Acme <no-reply@acme.example>"
    smtp:
      host: smtp.acme.example
      username: acme
      password: "${SMTP_PASSWORD}"
  sms:
    sender: twilio
    countries: ["+44", "+49"]
    twilio:
      account_sid: "${TWILIO_SID}"
      secret: "${TWILIO_SECRET}"
      from: "+15005550006"
  backup:
  recovery:
  device:
`

// small is production without messages, whose texts take a while to be tried.
func small() string {
	from, to := strings.Index(production, "  email:\n"), strings.Index(production, "  backup:\n")
	return production[:from] + production[to:]
}

// environ is the environment that production needs.
func environ(t testing.TB, more ...string) []string {
	t.Helper()
	set, err := keyset.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{
		"KEYSET=" + string(set),
		"PEPPER=" + base64.StdEncoding.EncodeToString([]byte(canary+"0123456789abcdefghijklmnopqrst")),
		"REDIS_URL=rediss://cofactor:" + canary + "@redis.internal:6380/0",
		"DATABASE_URL=postgres://cofactor:" + canary + "@db.internal/acme?sslmode=verify-full",
		"SMTP_PASSWORD=" + canary,
		"TWILIO_SID=AC0123456789abcdef0123456789abcdef",
		"TWILIO_SECRET=" + canary,
	}, more...)
}

// write writes a configuration into a folder of its own, as cofactor.yaml.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cofactor.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load loads one configuration.
func load(t testing.TB, text string, more ...string) (*config.Config, error) {
	t.Helper()
	return config.Load(config.Source{Files: []string{write(t, text)}, Environ: environ(t, more...)})
}

// said is what a configuration is told, without the folder of its file.
func said(t testing.TB, text string, more ...string) string {
	t.Helper()
	path := write(t, text)
	c, err := config.Load(config.Source{Files: []string{path}, Environ: environ(t, more...)})
	out := ""
	if err != nil {
		out = err.Error()
	} else {
		out = c.Warnings().Error()
	}
	if strings.Contains(out, canary) {
		t.Errorf("a secret is printed:\n%s", out)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", err, c), canary) {
		t.Errorf("a secret is printed with %%+v")
	}
	return strings.ReplaceAll(out, filepath.Dir(path)+string(filepath.Separator), "")
}

// changed is production with one text in place of another; the small one, if that has it.
func changed(t testing.TB, old, with string) string {
	t.Helper()
	if !strings.Contains(production, old) {
		t.Fatalf("%q is not in the sample", old)
	}
	if strings.Contains(small(), old) && !strings.Contains(with, "email") && !strings.Contains(with, "phone") && !strings.Contains(with, "sms") {
		return strings.Replace(small(), old, with, 1)
	}
	return strings.Replace(production, old, with, 1)
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
