package config_test

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/config"
)

// clientOf is the client of a redis section.
func clientOf(t *testing.T, section string) redis.UniversalClient {
	t.Helper()
	c, err := load(t, strings.Replace(small(), "  redis:\n    url: \"${REDIS_URL}\"\n", "  redis: "+section+"\n", 1))
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.OpenChallenges()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store.Redis
}

func TestRedisIsOneServerSentinelsOrACluster(t *testing.T) {
	secured := func(what string, c *tls.Config) {
		if c == nil || c.MinVersion < tls.VersionTLS12 || c.InsecureSkipVerify {
			t.Errorf("%s: TLS 1.2 at least, with certificates that are checked: %v", what, c)
		}
	}
	one, ok := clientOf(t, `{url: "${REDIS_URL}"}`).(*redis.Client)
	if !ok {
		t.Fatal("a url is one server")
	}
	o := one.Options()
	if !o.ContextTimeoutEnabled || o.Addr != "redis.internal:6380" || o.Username != "cofactor" || o.Password != canary {
		t.Errorf("one server: a call ends when its context does, and the URL is used: %s %v", o.Addr, o.ContextTimeoutEnabled)
	}
	secured("one server", o.TLSConfig)
	if o.TLSConfig.ServerName != "redis.internal" {
		t.Errorf("the certificate has to be for %q", o.TLSConfig.ServerName)
	}

	cluster, ok := clientOf(t, `{addresses: ["a:1", "b:2"], username: u, password: "${SMTP_PASSWORD}"}`).(*redis.ClusterClient)
	if !ok {
		t.Fatal("addresses are a Cluster")
	}
	co := cluster.Options()
	if !co.ContextTimeoutEnabled || co.ClusterStateReloadInterval != time.Second || co.Username != "u" || co.Password != canary || len(co.Addrs) != 2 {
		t.Errorf("a Cluster: a new master is noticed within a second: %v", co.ClusterStateReloadInterval)
	}
	secured("a Cluster", co.TLSConfig)

	sentinels, ok := clientOf(t, `{addresses: ["a:1"], master: mfa, password: "${SMTP_PASSWORD}", sentinel_username: s, sentinel_password: "${TWILIO_SECRET}"}`).(*redis.Client)
	if !ok {
		t.Fatal("with a master, addresses are Sentinels")
	}
	so := sentinels.Options()
	if !so.ContextTimeoutEnabled || so.Addr != "FailoverClient" || so.Password != canary {
		t.Errorf("Sentinels: %s", so.Addr)
	}
	secured("Sentinels", so.TLSConfig)
}

func TestChecksAreNamedAndConnectToNothingByThemselves(t *testing.T) {
	c, err := load(t, production+"tenants: {emea: {product_name: Acme EMEA}}\n")
	if err != nil {
		t.Fatal(err)
	}
	checks, err := c.Checks(config.Program{Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, check := range checks {
		names = append(names, check.Name)
	}
	for _, want := range []string{"challenges: redis", "factors: postgres", "providers.email: mail server", "tenants.emea.providers.email: mail server"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no check %q among %q", want, names)
		}
	}
}
