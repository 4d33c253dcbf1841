package config_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

func TestATenantHasItsSettingsOverThoseOfEverybody(t *testing.T) {
	text := strings.Replace(development, "providers:", "tenants:\n  emea: {product_name: Acme EMEA, providers: {totp: {digits: 8}, sms: {enabled: false}}}\n  x-note: {}\n  apac:\nproviders:", 1)
	c, err := load(t, text, "COFACTOR__TENANTS__EMEA__LOCALE=de")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Tenants(), " "); got != "emea" {
		t.Errorf("the tenants with settings of their own are %q", got)
	}
	if s := c.Site("emea"); s.ProductName != "Acme EMEA" || s.Locale != "de" || s.BaseURL != "http://localhost:8080/mfa" {
		t.Errorf("a tenant has what it does not say from everybody: %+v", s)
	}
	d, err := c.Open(t.Context(), quietly())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close(t.Context()) }()
	kinds := func(tenant string) (list []string) {
		reg, err := d.Registry(tenant)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range reg.Kinds() {
			list = append(list, k.Kind)
		}
		return list
	}
	if got := strings.Join(kinds("emea"), " "); got != "backup email totp webauthn" {
		t.Errorf("the tenant's kinds are %s", got)
	}
	for _, other := range []string{"", "apac", "nobody"} {
		if got := strings.Join(kinds(other), " "); got != "backup email sms totp webauthn" {
			t.Errorf("the kinds of %q are %s", other, got)
		}
	}
}

func TestATenantsMistakesAreToldAtItsPlaces(t *testing.T) {
	out := said(t, strings.Replace(production, "providers:", `tenants:
  emea:
    mode: development
    product_nam: Acme
    policy: {forbid: [sms]}
    providers:
      totp: {digits: 7}
      webauthn: {rp_id: other.example}
      fax: {}
providers:`, 1))
	want := `cofactor.yaml:17:5: error: tenants.emea.mode: unknown key
    hint: known keys: `
	if !strings.HasPrefix(out, want) {
		t.Errorf("what a deployment has in common no tenant can change: %s", out)
	}
	for _, want := range []string{
		"cofactor.yaml:18:5: error: tenants.emea.product_nam: unknown key\n    hint: did you mean product_name?",
		"cofactor.yaml:21:22: error: tenants.emea.providers.totp.digits: must be 6 or 8, not 7",
		"cofactor.yaml:22:25: error: tenants.emea.providers.webauthn.rp_id: does not fit https://acme.example, the origin of base_url",
		"cofactor.yaml:23:7: error: tenants.emea.providers.fax: unknown type of provider",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("want %s\ngot %s", want, out)
		}
	}
	if n := strings.Count(out, "error:"); n != 5 {
		t.Errorf("want 5 errors, got %d:\n%s", n, out)
	}
}

func TestWhatEverybodyHasWrongIsToldOnce(t *testing.T) {
	text := strings.Replace(production, "providers:", "tenants:\n  a: {product_name: A}\n  b: {product_name: B}\nproviders:", 1)
	text = strings.Replace(text, "issuer: Acme", "digits: 7", 1)
	text = strings.Replace(text, "support_url: https://acme.example/help\n", "", 1)
	if out := said(t, text); strings.Count(out, "error:") != 1 || strings.Count(out, "warning:") != 1 {
		t.Error(out)
	}
}

func TestTenantsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"tenants: [a]":                      "tenants: must be a mapping of names to settings, not a list",
		"tenants: {a: x}":                   "tenants.a: must be a mapping of names to settings, not a single value",
		"tenants: {a: [x]}":                 "tenants.a: must be a mapping of names to settings, not a list",
		"tenants: {a: {x: 1}}":              "tenants.a.x: unknown key",
		"tenants: {a: {locale: en}, a: {}}": "tenants.a: is there twice",
	} {
		if out := said(t, small()+text+"\n"); !strings.Contains(out, want) || strings.Count(out, "error:") != 1 {
			t.Errorf("%s: want %q, got %s", text, want, out)
		}
	}
	if out := said(t, small()+"tenants:\n"); out != "0 errors, 0 warnings." {
		t.Error(out)
	}
}

// quietly is a program that says nothing.
func quietly() config.Program {
	return config.Program{Logger: discard(), Terminal: new(strings.Builder)}
}

func TestAPolicyMayBeAddedTo(t *testing.T) {
	c, err := load(t, small(), "COFACTOR__POLICY__GRACE=14d")
	if err != nil || valueOf(c, "policy.require") != "standard" || valueOf(c, "policy.grace") != "14d" {
		t.Errorf("a grace on top of a word: %v", err)
	}
	c, err = load(t, strings.Replace(small(), "policy: standard", "policy: {at_least: 2, grace: 1d}", 1), "COFACTOR__POLICY=optional")
	if err != nil || valueOf(c, "policy.require") != "optional" || valueOf(c, "policy.grace") != "(none)" {
		t.Errorf("a word takes the place of all: %v", err)
	}
	c, err = load(t, strings.Replace(small(), "policy: standard", "policy: {require: standard, grace: 1d}", 1), "COFACTOR__POLICY__AT_LEAST=2")
	if err != nil || valueOf(c, "policy.at_least") != "2" || valueOf(c, "policy.require") != "(none)" || valueOf(c, "policy.grace") != "(none)" {
		t.Errorf("what asks for something else takes the place of all: %v", err)
	}
}

func TestEachTenantHasItsNoticesInAQueueOfItsOwn(t *testing.T) {
	queues := map[string]string{}
	for _, tenant := range []string{"", "a", "b", "Acme, Inc.", strings.Repeat("x", 256)} {
		queue := config.NoticeQueue(tenant)
		if other, taken := queues[queue]; taken {
			t.Errorf("%q and %q share the queue %s, and would deliver each other's notices", tenant, other, queue)
		}
		if !regexp.MustCompile("^[a-z][a-z0-9-]{0,31}$").MatchString(queue) {
			t.Errorf("the registry refuses the queue %q", queue)
		}
		queues[queue] = tenant
	}
	if queues["notices"] != "" {
		t.Error("everybody's queue is the registry's default")
	}
}
