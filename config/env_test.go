package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

func TestAVariableGoesOverTheFile(t *testing.T) {
	c, err := load(t, production,
		"COFACTOR__PROVIDERS__TOTP__ISSUER=Beta", "COFACTOR__PROVIDERS__TOTP__DIGITS=8", `COFACTOR__PROVIDERS__SMS__COUNTRIES=["+43"]`,
		"COFACTOR__BUDGETS__FAILURES__LIMIT=5", "COFACTOR__PROVIDERS__DEVICE__LIFETIME=7d", "COFACTOR__POLICY={require: required, grace: 14d}",
		"COFACTOR__LIMITS__MAX_OF_KIND={totp: 2}", "COFACTOR__PROVIDERS__SMS_VERIFY__ENABLED=false", "OTHER__X=1", "COFACTOR_X=1")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"providers.totp.issuer": "Beta", "providers.totp.digits": "8", "providers.sms.countries[0]": `"+43"`, "providers.sms.countries[1]": "(none)",
		"budgets.failures.limit": "5", "budgets.failures.window": "15m", "providers.device.lifetime": "7d", "policy.grace": "14d", "limits.max_of_kind.totp": "2",
	} {
		if got := valueOf(c, path); got != want {
			t.Errorf("%s is %s, not %s", path, got, want)
		}
	}
	for _, v := range c.Values() {
		if v.Path == "providers.totp.issuer" && v.Origin != "env COFACTOR__PROVIDERS__TOTP__ISSUER" {
			t.Errorf("its origin is %q", v.Origin)
		}
	}
}

func TestAConfigurationMayBeVariablesAlone(t *testing.T) {
	env := environ(t,
		"COFACTOR__VERSION=1", "COFACTOR__MODE=development", "COFACTOR__ALLOW_INSECURE=[memory_stores, ephemeral_keys]", "COFACTOR__BASE_URL=https://acme.example/mfa",
		"COFACTOR__PRODUCT_NAME=Acme", "COFACTOR__SUPPORT_URL=https://acme.example/help", "COFACTOR__POLICY=standard", "COFACTOR__CHALLENGES__STORE=memory",
		"COFACTOR__FACTORS__STORE=memory", "COFACTOR__PROVIDERS__TOTP__ENABLED=true", "COFACTOR__PROVIDERS__BACKUP__COUNT=8")
	c, err := config.Load(config.Source{Environ: env})
	if err != nil {
		t.Fatal(err)
	}
	if got := valueOf(c, "providers.backup.count"); got != "8" {
		t.Errorf("the count is %s", got)
	}
}

func TestAVariableThatMeansNoKeyIsAnError(t *testing.T) {
	for variable, want := range map[string]string{
		"COFACTOR__PROVIDERS__TOTP__ISUER=x":      "$COFACTOR__PROVIDERS__TOTP__ISUER: error: providers.totp.isuer: unknown key\n    hint: did you mean COFACTOR__PROVIDERS__TOTP__ISSUER?",
		"COFACTOR__PROVIDERS__TOPT__ISSUER=x":     "providers.topt: unknown type of provider",
		"COFACTOR__MODE__X=x":                     "is a value, and has no keys of its own",
		"COFACTOR__=x":                            "names no key",
		"COFACTOR____MODE=x":                      "unknown key",
		"COFACTOR__LIMITS__ATTEMPTS=eleven":       "$COFACTOR__LIMITS__ATTEMPTS: error: limits.attempts: must be a whole number",
		"COFACTOR__LIMITS__ATTEMPTS=11":           "must be from 1 to 10",
		"COFACTOR__LIMITS=" + canary:              "must have keys of its own",
		"COFACTOR__PROVIDERS__SMS__COUNTRIES=+44": "must be a list",
		"COFACTOR__PROVIDERS__SMS__COUNTRIES=[":   "is no YAML",
		"COFACTOR__PROVIDERS=":                    "has no provider",
		"COFACTOR__PROVIDERS__TOTP=[a]":           "must have keys of its own",
	} {
		if out := said(t, production, variable); !strings.Contains(out, want) {
			t.Errorf("%s: want %q, got %s", variable, want, out)
		}
	}
}

func TestVariablesOfOneSectionGoTogetherAndOverlapNever(t *testing.T) {
	c, err := load(t, changed(t, "policy: standard", "policy: {at_least: 2, forbid: [device]}"), "COFACTOR__POLICY__GRACE=14d", "COFACTOR__POLICY__REQUIRE=required")
	if err != nil || valueOf(c, "policy.require") != "required" || valueOf(c, "policy.grace") != "14d" || valueOf(c, "policy.forbid[0]") != "(none)" {
		t.Errorf("two variables are one policy: %v", err)
	}
	for _, more := range [][]string{
		{"COFACTOR__POLICY=required", "COFACTOR__POLICY__GRACE=14d"},
		{"COFACTOR__PROVIDERS__BACKUP__COUNT=8", "COFACTOR__PROVIDERS__backup__COUNT=9"},
	} {
		if out := said(t, small(), more...); !strings.Contains(out, "is set twice") {
			t.Errorf("%s: %s", more, out)
		}
	}
}

func TestAVariableMayNameAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "smtp")
	if err := os.WriteFile(secret, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	text := changed(t, `      password: "${SMTP_PASSWORD}"`+"\n", "")
	if out := said(t, text, "COFACTOR__PROVIDERS__EMAIL__SMTP__PASSWORD__FILE="+secret); out != "0 errors, 0 warnings." {
		t.Error(out)
	}
	out := said(t, text, "COFACTOR__PROVIDERS__EMAIL__SMTP__PASSWORD__FILE="+canary)
	if !strings.Contains(out, "must be the path of a file; if what it has is the secret itself, leave out __FILE") {
		t.Errorf("the secret itself, where the name of its file should be: %s", out)
	}
	out = said(t, text, "COFACTOR__PROVIDERS__EMAIL__SMTP__PASSWORD__FILE="+secret, "COFACTOR__PROVIDERS__EMAIL__SMTP__PASSWORD="+canary)
	if !strings.Contains(out, "is set twice") {
		t.Errorf("both ways at once: %s", out)
	}
}

func TestWhatIsPutIntoAValueIsNoYAML(t *testing.T) {
	for text, want := range map[string]string{
		`"${X}"`:                  `"a: [b]"`,
		`"x${X}y"`:                `"xa: [b]y"`,
		`"${NONE:-Acme}"`:         "Acme",
		`"${EMPTY:-Acme}"`:        "Acme",
		`"${X:-Acme}"`:            `"a: [b]"`,
		`"$${X}"`:                 `"${X}"`,
		`"US$ 5 $X"`:              `"US$ 5 $X"`,
		`"${NESTED}"`:             `"${X}"`,
		`"${NONE:-}${NONE:-b c}"`: `"b c"`,
	} {
		c, err := load(t, changed(t, "product_name: Acme", "product_name: "+text), "X=a: [b]", "EMPTY=", "NESTED=${X}")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := valueOf(c, "product_name"); got != want {
			t.Errorf("%s is %s, not %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`"${NONE}"`: "the environment variable NONE is not set", `"${"`: "has a ${ that no name and } follow", `"${}"`: "has a ${", `"${A B}"`: "has a ${", `"${1}"`: "has a ${",
		`"${A:B}"`: "has a ${", `"${EMPTY}"`: "is empty",
	} {
		if out := said(t, changed(t, "product_name: Acme", "product_name: "+text), "EMPTY="); !strings.Contains(out, "product_name: "+want) {
			t.Errorf("%s: want %q, got %s", text, want, out)
		}
	}
}

func TestALaterFileGoesOverAnEarlierOne(t *testing.T) {
	base, over := write(t, production), write(t, `policy: {require: required}
providers:
  totp: {digits: 8}
  sms: {enabled: false}
  device: {lifetime: 7d}
  backup:
  webauthn: {hints: [hybrid]}
`)
	c, err := config.Load(config.Source{Files: []string{base, over}, Environ: environ(t)})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"policy.require": "required", "providers.totp.digits": "8", "providers.totp.issuer": "Acme", "providers.sms.digits": "(none)", "providers.webauthn.rp_id": "acme.example",
	} {
		if got := valueOf(c, path); got != want {
			t.Errorf("%s is %s, not %s", path, got, want)
		}
	}
	if err := os.WriteFile(over, []byte("providers: {totp: {digits: 7}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(config.Source{Files: []string{base, over}, Environ: environ(t)}); err == nil || !strings.Contains(err.Error(), over+":1:28: error: providers.totp.digits") {
		t.Errorf("a mistake is in the file that has it: %v", err)
	}
}

func TestPrintShowsWhereEachValueComesFromAndNoSecret(t *testing.T) {
	c, err := load(t, production, "COFACTOR__PROVIDERS__TOTP__ISSUER=Beta")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"providers.totp.issuer: Beta", "# env COFACTOR__PROVIDERS__TOTP__ISSUER", "keys.keyset: [secret]", "${KEYSET}", "providers.totp.digits: 6", "# default", "cofactor.yaml:3:15",
		`challenges.redis.url: "rediss://hidden@redis.internal:6380/0"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("print has no %q:\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), canary) {
		t.Errorf("print shows a secret:\n%s", &b)
	}
}
