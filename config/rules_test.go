package config_test

import (
	"strings"
	"testing"
)

// TestWhatTypesCannotSay goes through the rules between keys. Each line changes the sample at one place, and wants one problem.
func TestWhatTypesCannotSay(t *testing.T) {
	for _, c := range []struct{ old, with, want string }{
		// Passkeys.
		{"rp_id: acme.example", "rp_id: other.example", "error: providers.webauthn.rp_id: does not fit https://acme.example, the origin of base_url"},
		{"rp_id: acme.example", "rp_id: example", "error: providers.webauthn.rp_id: "},
		{"rp_id: acme.example", "rp_id: co.uk\n    origins: [\"https://acme.co.uk\"]", "error: providers.webauthn.rp_id: anybody can have a domain under it"},
		{"rp_id: acme.example", "rp_id: github.io\n    origins: [\"https://acme.github.io\"]", "error: providers.webauthn.rp_id: anybody can have a domain under it"},
		{"rp_id: acme.example", "rp_id: 192.0.2.1", "error: providers.webauthn.rp_id: "},
		{"rp_id: acme.example", "rp_id: Acme.example", "error: providers.webauthn.rp_id: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    origins: [\"https://acme.example/\"]", "error: providers.webauthn.origins[0]: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    origins: [\"https://ACME.example\"]", "error: providers.webauthn.origins[0]: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    origins: [\"https://acme.example\", \"https://192.0.2.1\"]", "error: providers.webauthn.origins[1]: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    origins: [\"http://acme.example\"]", "error: providers.webauthn.origins[0]: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    related_origins: [\"https://www.acme.example\"]", "error: providers.webauthn.related_origins[0]: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    attestation: {demand: require}", "error: providers.webauthn.attestation.metadata: is required by RequireAttestation"},
		{"rp_id: acme.example", "rp_id: acme.example\n    attestation: {deny: [x]}", "error: providers.webauthn.attestation.deny[0]: "},
		{"rp_id: acme.example", "rp_id: acme.example\n    attestation: {metadata: nowhere}", "error: providers.webauthn.attestation.metadata: cannot be read"},
		{"rp_id: acme.example", "rp_id: acme.example\n    timeout: 90500ms", "error: providers.webauthn.timeout: "},
		// Text messages.
		{`    countries: ["+44", "+49"]` + "\n", "", "error: providers.sms.countries: is required"},
		{`"+44", "+49"`, `"44"`, `error: providers.sms.countries[0]: "44" is neither a calling code`},
		{"from: \"+15005550006\"\n", "from: \"+15005550006\"\n      messaging_service: MG0123456789abcdef0123456789abcdef\n", "error: providers.sms.twilio.messaging_service: messaging_service or from is required, and not both"},
		{`      from: "+15005550006"` + "\n", "", "error: providers.sms.twilio.messaging_service: messaging_service or from is required, and not both"},
		{"countries:", "languages: [xx]\n    countries:", "error: providers.sms"},
		{"    sender: twilio", "    sender: webhook\n    webhook: {url: \"http://gateway.example/\", secret: \"${SMTP_PASSWORD}xxxxxxxxxxxxxxxxxxxxxxxxxx\"}", "error: providers.sms.webhook.url: "},
		{"    sender: twilio", "    sender: webhook\n    webhook: {url: \"https://gateway.example/\"}", "error: providers.sms.webhook.secret: "},
		{"    sender: twilio", "    sender: webhook\n    webhook: {url: \"https://gateway.example/\", secret: \"${SMTP_PASSWORD}\"}", "error: providers.sms.webhook.secret: has 12 bytes, fewer than 32"},
		{"    sender: twilio", "    sender: webhook\n    webhook: {url: \"https://gateway.example/\", headers: {A: \"${SMTP_PASSWORD}\"}, json: \"{{\"}", "error: providers.sms.webhook.json: "},
		// E-mail.
		{"Acme <no-reply@acme.example>", "no-reply", "error: providers.email.from: is not an address"},
		{"smtp:\n", "smtp:\n      security: plaintext\n", "error: providers.email.smtp.security: is insecure, and not allowed here"},
		{"      username: acme\n      password: \"${SMTP_PASSWORD}\"\n", "", "error: providers.email.smtp.username: is required; if the server takes mail without, say so with open"},
		{"smtp:\n", "smtp:\n      ca: nowhere.pem\n", "error: providers.email.smtp.ca: "},
		{"smtp:\n", "smtp:\n      dkim: {domain: acme.example, selector: s, key: \"${SMTP_PASSWORD}\"}\n", "error: providers.email.smtp.dkim.key: is not a private key in PEM"},
		{"    smtp:\n", "    account_url: ftp://acme.example\n    smtp:\n", "error: providers.email.account_url: "},
		{"sender: twilio", "sender: terminal", "error: providers.sms.sender: is insecure, and not allowed here"},
		// Authenticator apps and trusted browsers.
		{"issuer: Acme", `issuer: "Acme: x"`, "error: providers.totp.issuer: "},
		{"issuer: Acme", "period: 15500ms", "error: providers.totp.period: "},
		{"  device:", "  device: {lifetime: 36h}", "error: providers.device.lifetime: "},
		{"  device:", "  totp-2: {type: totp}", `error: providers.totp-2: is of kind "totp", and so is totp: there can be one`},
		// Stores and keys.
		{`"${REDIS_URL}"`, "redis://redis.internal:6379", "error: challenges.redis.url: is not encrypted"},
		{`"${REDIS_URL}"`, "http://redis.internal:6379", "error: challenges.redis.url: is not the URL of a Redis server"},
		{`"${REDIS_URL}"`, "rediss://a:1\n    addresses: [\"a:1\"]", "error: challenges.redis: must have either url or addresses"},
		{`    url: "${REDIS_URL}"`, `    prefix: "x:"`, "error: challenges.redis: must have either url or addresses"},
		{`    url: "${REDIS_URL}"`, "    addresses: [a]", "error: challenges.redis.addresses: must be host:port, each"},
		{`    url: "${REDIS_URL}"`, "    addresses: [\"a:1\"]\n    tls: false", "error: challenges.redis.url: is not encrypted"},
		{`    url: "${REDIS_URL}"`, "    addresses: [\"a:1\"]\n    ca: nowhere", "error: challenges.redis: ca is not a file"},
		{`    url: "${REDIS_URL}"`, "    addresses: [\"a:1\"]\n    sentinel_username: x", "error: challenges.redis.master: required key is missing"},
		{`    url: "${REDIS_URL}"`, "    addresses: [\"a:1\"]\n    certificate: x", "error: challenges.redis.certificate: certificate and certificate_key go together"},
		{`"${REDIS_URL}"`, "rediss://redis.internal:6379\n    username: x", "error: challenges.redis.username: goes with addresses"},
		{"  redis:\n", "  redis:\n    prefix: \"{x}\"\n", "error: challenges.redis.prefix: "},
		{`"${DATABASE_URL}"`, "postgres://db.internal/acme", "error: factors.postgres.url: may not be encrypted"},
		{`"${DATABASE_URL}"`, "postgres://db.internal/acme?sslmode=prefer", "error: factors.postgres.url: may not be encrypted"},
		{`"${DATABASE_URL}"`, "mysql://db.internal/acme", "error: factors.postgres.url: is not the URL of a PostgreSQL database"},
		{`  postgres:` + "\n" + `    url: "${DATABASE_URL}"`, "  store: memory", "error: factors.store: memory is one process"},
		{`  redis:` + "\n" + `    url: "${REDIS_URL}"`, "  store: memory", "error: challenges.store: memory is one process"},
		{`  keyset: "${KEYSET}"` + "\n", "", "error: keys.keyset: required key is missing"},
		{`"${KEYSET}"`, `"${PEPPER}"`, "error: keys.keyset: is not a Tink keyset"},
		{`"${PEPPER}"`, `"${KEYSET}"`, "error: keys.pepper: must be at least 32 random bytes in base64"},
		{`"${PEPPER}"`, `"${ZEROS}"`, "error: keys.pepper: must be at least 32 random bytes in base64"},
		{"version: 1", "version: 1\nevents: {queues: [Events]}", "error: events.queues: "},
		{"version: 1", "version: 1\nevents: {queues: [notices]}", "error: events.queues: "},
		// Policy.
		{"policy: standard", "policy: asvs-l2", `error: policy: a code of kind "totp" is accepted for`},
		{"policy: standard", "policy: {require: standard, forbid: [tottp]}", "error: policy.forbid[0]: no provider is of this kind"},
		{"policy: standard", "policy: {all_of: [{require: required, only: [x]}]}", "error: policy.all_of[0].only[0]: no provider is of this kind"},
		{"policy: standard", "policy: {when: {roles: [admin], then: {require: required, only: [x]}, otherwise: optional}}", "error: policy.when.then.only[0]: no provider is of this kind"},
		{"policy: standard", "policy: {grace: 14d}", "error: policy.require: required key is missing"},
		{"policy: standard", "policy: {require: required, at_least: 2}", "error: policy.at_least: cannot stand beside require"},
		{"policy: standard", "policy: {when: {then: required, otherwise: optional}}", "error: policy.when: has no condition"},
		{"policy: standard", "policy: {require: required, only: [backup]}", "error: policy: "},
		{"policy: standard", "policy: standard\nlimits: {max_of_kind: {tottp: 1}}", "error: limits.max_of_kind.tottp: no provider is of this kind"},
		{"policy: standard", "policy: standard\nbudgets: {failures: {limit: 101}}", "error: budgets.failures: "},
		{"policy: standard", "policy: standard\nbudgets: {failures: {window: 2d}}", "error: budgets.failures: "},
		{"policy: standard", "policy: standard\nbudgets: {custom: {a-name-that-is-far-too-long: {limit: 1, window: 1s, max: 1s}}}", "error: budgets: "},
		// Addresses.
		{"base_url: https://acme.example/mfa", "base_url: acme.example/mfa", "error: base_url: must be a URL with scheme and host"},
		{"base_url: https://acme.example/mfa", "base_url: https://acme.example", "error: base_url: must end in the path"},
		{"base_url: https://acme.example/mfa", "base_url: https://acme.example/mfa/", "error: base_url: must end in the path"},
		{"base_url: https://acme.example/mfa", "base_url: https://acme.example/mfa?x", "error: base_url: has a user, a query or a fragment"},
		{"base_url: https://acme.example/mfa", "base_url: https://Acme.example/mfa", "error: base_url: must have its host in lower case"},
		{"base_url: https://acme.example/mfa", "base_url: http://acme.example/mfa", "error: base_url: must be https"},
		{"support_url: https://acme.example/help", "support_url: \"javascript:alert(1)\"", "error: support_url: "},
		{"support_url: https://acme.example/help\n", "", "warning: support_url: is not set"},
		{"version: 1", "version: 1\nweb: {sign_in: \"//evil.example\"}", "error: web.sign_in: "},
		{"version: 1", "version: 1\nweb: {home: \"https://evil.example\"}", "error: web.home: "},
		{"version: 1", "version: 1\nweb: {return_origins: [\"https://a.example\", \"https://b.example/x\"]}", "error: web.return_origins[1]: "},
		{"version: 1", "version: 1\nweb: {return_origins: [\"http://a.example\"]}", "error: web.return_origins[0]: must have the scheme of base_url"},
		{"version: 1", "version: 1\nweb: {logo: \"https://cdn.example/logo.svg\"}", "error: web.logo: "},
		{"version: 1", "version: 1\nweb: {theme: {on_accent: \"red; }\"}}", "error: web.theme.on_accent: "},
		{"version: 1", "version: 1\nweb: {templates: nowhere}", "error: web.templates: is not a folder"},
		{"version: 1", "version: 1\nweb: {time_zone: Mars/Olympus}", "error: web.time_zone: is no time zone"},
		{"version: 1", "version: 1\nlocale: xx", "error: locale: is none of the languages there are"},
		{"version: 1", "version: 1\nwords: nowhere", "error: words: is not a folder"},
		// What is insecure.
		{"version: 1", "version: 1\nallow_insecure: [memory_stores]", "error: allow_insecure[0]: memory_stores is for development, and mode is production"},
	} {
		out := said(t, changed(t, c.old, c.with), "ZEROS="+strings.Repeat("A", 43)+"=")
		if !strings.Contains(out, c.want) || strings.Count(out, "error:")+strings.Count(out, "warning:") != 1 {
			t.Errorf("%s\nwant %q alone, got\n%s", c.with, c.want, out)
		}
	}
}

func TestWhatMayBeMeantIsAllowedByItsName(t *testing.T) {
	for _, c := range []struct{ old, with, name string }{
		{`"${REDIS_URL}"`, "redis://redis.internal:6379", "plaintext_redis"},
		{`"${DATABASE_URL}"`, "postgres://db.internal/acme", "plaintext_database"},
	} {
		if out := said(t, "allow_insecure: ["+c.name+"]\n"+changed(t, c.old, c.with)); out != "0 errors, 0 warnings." {
			t.Errorf("%s: %s", c.name, out)
		}
	}
	for _, with := range []string{"redis://127.0.0.1:6379", "redis://localhost:6379", "redis://[::1]:6379", "unix:///run/redis.sock"} {
		if out := said(t, changed(t, `"${REDIS_URL}"`, `"`+with+`"`)); out != "0 errors, 0 warnings." {
			t.Errorf("nobody listens within the machine, %s: %s", with, out)
		}
	}
	for _, with := range []string{"postgres://127.0.0.1/acme", "postgres:///acme?host=/run/postgresql", "postgres://db.internal/acme?sslmode=require"} {
		if out := said(t, changed(t, `"${DATABASE_URL}"`, with)); out != "0 errors, 0 warnings." {
			t.Errorf("nobody listens, %s: %s", with, out)
		}
	}
}

func TestEachInsecureThingOfDevelopmentIsNamedByItself(t *testing.T) {
	names := []string{"memory_stores", "ephemeral_keys", "terminal_sender", "http_origin", "any_country"}
	for _, name := range names {
		text := strings.Replace(development, name, "literal_secrets", 1)
		if out := said(t, text); !strings.Contains(out, "error:") {
			t.Errorf("without %s: %s", name, out)
		}
	}
	if out := said(t, strings.Replace(development, "mode: development", "mode: production", 1)); strings.Count(out, "is for development, and mode is production") != len(names) {
		t.Errorf("in production none of them may be named: %s", out)
	}
	if out := said(t, strings.Replace(development, "http://localhost:8080", "http://acme.example", 1)); !strings.Contains(out, "base_url: must be https") {
		t.Errorf("http is for localhost, allowed or not: %s", out)
	}
}

func TestRulesMayBePutTogether(t *testing.T) {
	for _, rule := range []string{
		"optional", "required", "nist-aal2", "{require: standard}", "{at_least: 2, grace: 14d}", "{assurance: 2, phishing_resistant: true, passkey_satisfies: true}",
		"{all_of: [required, {assurance: 2}], forbid: [sms], trusted_browsers: false}", "{one_of: [{at_least: 2}, {require: required, only: [webauthn]}], strict_recovery: true}",
		"{require: required, forbid_channels: [phone, email], not_only: phone, single_sign_on: true}",
		"{when: {tenants: [a], roles: [admin], attribute: {name: a, value: b}, risk: high, signed_in_by: [fed], then: {at_least: 2}, otherwise: {when: {risk: low, then: optional, otherwise: required}}}}",
	} {
		if out := said(t, changed(t, "policy: standard", "policy: "+rule)); out != "0 errors, 0 warnings." {
			t.Errorf("%s: %s", rule, out)
		}
	}
}

func TestALoneFactorWithoutAWayBackIsAWarning(t *testing.T) {
	text := strings.Replace(development, "support_url: https://acme.example/help\n", "", 1)
	text = text[:strings.Index(text, "providers:")]
	if out := said(t, text+"providers: {totp: }\n"); !strings.Contains(out, "warning: providers: whoever loses their only factor has no way back") {
		t.Error(out)
	}
	if out := said(t, text+"providers: {totp: , backup: }\n"); strings.Contains(out, "way back") {
		t.Error(out)
	}
	if out := said(t, text+"providers: {backup: , device: }\n"); !strings.Contains(out, "error: policy: ") {
		t.Error(out)
	}
}

func TestWhatIsSwitchedOffNeedsNothing(t *testing.T) {
	text := changed(t, "sender: twilio", "enabled: false\n    sender: twilio")
	text = strings.ReplaceAll(text, "${TWILIO_SECRET}", "${NOT_SET}")
	if out := said(t, text); out != "0 errors, 0 warnings." {
		t.Error(out)
	}
	text = strings.Replace(production, "from: \"Acme", "sender: terminal\n    from: \"Acme", 1)
	text = strings.Replace(text, "${SMTP_PASSWORD}", "${NOT_SET}", 1)
	if out := said(t, "mode: development\nallow_insecure: [terminal_sender]\n"+text); out != "0 errors, 0 warnings." {
		t.Errorf("a section that is not in use needs no variables: %s", out)
	}
	if out := said(t, strings.Replace(changed(t, "sender: twilio", "enabled: false\n    sender: twilio"), "secret:", "secrt:", 1)); !strings.Contains(out, "did you mean secret?") {
		t.Errorf("it is read as strictly as the rest: %s", out)
	}
}

func TestMessagesNeedAPepperAndATextThatFits(t *testing.T) {
	text := strings.Replace(production, "  pepper: \"${PEPPER}\"\n", "", 1)
	if out := said(t, text); !strings.Contains(out, "error: keys.pepper: is required, because kind") || strings.Count(out, "error:") != 1 && strings.Count(out, "pepper") != 2 {
		t.Error(out)
	}
	if out := said(t, strings.Replace(production, "product_name: Acme", "product_name: Привет Acme Acme Acme Acme", 1)); !strings.Contains(out, "error: providers.sms: ") || !strings.Contains(out, "does not fit one message") {
		t.Error(out)
	}
}
