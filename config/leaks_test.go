package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

// A pepper is bytes, which print as numbers, and a source has the whole environment.
func TestNeitherAConfigurationNorItsSourcePrintsWhatIsSecret(t *testing.T) { // attack: A-124
	t.Parallel()
	src := config.Source{Files: []string{write(t, small())}, Environ: environ(t)}
	c, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{"a configuration": c, "a copy of one": *c, "its source": src, "what has its source": struct{ Source config.Source }{src}} {
		asJSON, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out := fmt.Sprintf("%v %+v %#v %s %q %s", v, v, v, v, v, asJSON)
		for _, secret := range []string{canary, strings.Trim(fmt.Sprint([]byte(canary)), "[]"), fmt.Sprintf("%x", canary)} {
			if strings.Contains(out, secret) {
				t.Errorf("%s prints a secret:\n%s", name, out)
			}
		}
	}
}

func TestASecretWrittenInATenantsSettingsIsNoBetterThanAnyOther(t *testing.T) {
	t.Parallel()
	text := strings.Replace(production, "providers:", "tenants:\n  emea: {providers: {email: {smtp: {password: "+canary+"}}}}\nproviders:", 1)
	if out := said(t, text); !strings.Contains(out, "error: tenants.emea.providers.email.smtp.password: a secret is written in the file") {
		t.Errorf("a secret in the settings of a tenant is not refused in production:\n%s", out)
	}
}

// Sentinels on this machine name a master that may be on any other, and so do the nodes of a Cluster.
func TestRedisWithoutTLSIsNotThoughtNearForWhereItsSentinelsAre(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"", "\n    master: mymaster"} {
		out := said(t, changed(t, `    url: "${REDIS_URL}"`, `    addresses: ["127.0.0.1:26379"]`+"\n    tls: false"+more))
		if !strings.Contains(out, "error: challenges.redis.url: is not encrypted") {
			t.Errorf("connections to whatever servers are named may be in the clear%s:\n%s", more, out)
		}
	}
	if out := said(t, changed(t, `"${REDIS_URL}"`, "redis://127.0.0.1:6379")); strings.Contains(out, "error: ") {
		t.Errorf("one server on this machine needs no TLS:\n%s", out)
	}
}
