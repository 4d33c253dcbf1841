package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

func TestAConfigurationWithoutMistakesIsSilent(t *testing.T) {
	if out := said(t, production); out != "0 errors, 0 warnings." {
		t.Errorf("production:\n%s", out)
	}
}

func TestAllMistakesAreToldAtOnceAtTheirPlaces(t *testing.T) {
	got := said(t, `version: 1
base_url: https://acme.example/mfa
product_name: Acme
support_url: https://acme.example/help
policy: standard
keys: {keyset: "${KEYSET}", pepper: "${PEPPER}"}
challenges: {redis: {url: "${REDIS_URL}"}}
factors: {postgres: {url: "${DATABASE_URL}"}}
providers:
  totp:
    isuer: Acme
    digits: 7
    period: 30
  email:
    from: Acme <no-reply@acme.example>
    smtp: {host: smtp.acme.example, usrname: acme, password: "c4n4ryS3cret"}
  sms: {sender: twilio, countries: ["+44", "49"], ttl: 1h, twilio: {account_sid: "AC0", secret: "${TWILIO_SECRET}", from: "+15005550006"}}
  webauthn:
    rp_id: acme.example
    origins: ["https://acme.example/", "http://acme.example"]
  fax: {}
`)
	want := `cofactor.yaml:11:5: error: providers.totp.isuer: unknown key
    hint: did you mean issuer?
cofactor.yaml:12:13: error: providers.totp.digits: must be 6 or 8, not 7
cofactor.yaml:13:13: error: providers.totp.period: must be a duration such as 30s, 10m or 30d, not 30
    hint: a number alone says nothing; write its unit: ms, s, m, h or d
cofactor.yaml:16:37: error: providers.email.smtp.usrname: unknown key
    hint: did you mean username?
cofactor.yaml:16:62: error: providers.email.smtp.password: a secret is written in the file
    hint: use ${NAME} or {file: /run/secrets/name}
cofactor.yaml:17:44: error: providers.sms.countries[1]: "49" is neither a calling code, such as +44, nor an area of +1, such as +1787
cofactor.yaml:17:56: error: providers.sms.ttl: must be from 1m to 10m, not 1h
cofactor.yaml:17:82: error: providers.sms.twilio.account_sid: is required: AC and 32 hexadecimal digits
cofactor.yaml:20:15: error: providers.webauthn.origins[0]: "https://acme.example/": an origin has no user, path, query or slash at its end
cofactor.yaml:20:40: error: providers.webauthn.origins[1]: "http://acme.example": only https is safe from listeners, and only localhost needs none
cofactor.yaml:21:3: error: providers.fax: unknown type of provider
    hint: known types: backup, device, email, recovery, sms, sms-verify, totp, webauthn; one of your own is given to Load
11 errors, 0 warnings. Nothing was started.`
	if got != want {
		t.Errorf("told is:\n%s\n\nwanted:\n%s", got, want)
	}
}

func TestAMistakeIsAProblemForPrograms(t *testing.T) {
	_, err := load(t, changed(t, "issuer: Acme", "issuer: 12"))
	var problems *config.Problems
	if !errors.As(err, &problems) || len(problems.List) != 1 {
		t.Fatalf("want one problem, got %v", err)
	}
	if p := problems.List[0]; p.Path != "providers.totp.issuer" || p.Line != 19 || p.Column != 13 || p.Level != config.Error || !strings.HasSuffix(p.File, "cofactor.yaml") {
		t.Errorf("the problem is %+v", p)
	}
}
