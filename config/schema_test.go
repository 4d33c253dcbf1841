package config_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/cofactor-mfa/cofactor/config"
)

// compiled is the schema, by a validator of others.
func compiled(t *testing.T, own ...config.Factory) *jsonschema.Schema {
	t.Helper()
	text, err := config.Schema(own...)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("cofactor.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("cofactor.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is YAML as an editor hands it to a validator.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheSchemaAcceptsWhatLoadAccepts(t *testing.T) {
	s := compiled(t)
	for _, text := range []string{production, development} {
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

func TestTheSchemaRejectsWhatHasAWrongForm(t *testing.T) {
	s := compiled(t)
	for old, with := range map[string]string{
		"issuer: Acme":              "isuer: Acme",
		"version: 1":                "version: 2",
		"  totp:\n":                 "  totp:\n    digits: 7\n",
		"  device:":                 "  device: {lifetime: 30}",
		"host: smtp.acme":           "hots: smtp.acme",
		"policy: standard":          "policy: strict",
		"sender: twilio":            "sender: pigeon",
		"    rp_id: acme.example\n": "    rp_name: x\n",
		"product_name: Acme":        "product_name: 7",
		"  backup:":                 "  backup: [10]",
		"  recovery:":               "  fax: {}",
	} {
		text := changed(t, old, with)
		if err := s.Validate(asJSON(t, text)); err == nil {
			t.Errorf("the schema accepts %q", with)
		}
		if _, err := load(t, text); err == nil {
			t.Errorf("Load accepts %q", with)
		}
	}
}

func TestTheSchemaKnowsOverlaysOfTenants(t *testing.T) {
	s := compiled(t)
	text := production + "tenants:\n  emea:\n    providers: {email: {digits: 8}, sms: {enabled: false}}\n"
	if err := s.Validate(asJSON(t, text)); err != nil {
		t.Error(err)
	}
	if err := s.Validate(asJSON(t, strings.Replace(text, "digits: 8", "digits: 9", 1))); err == nil {
		t.Error("an overlay is checked like the rest")
	}
}
