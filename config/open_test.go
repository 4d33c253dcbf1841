package config_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// development is a configuration that needs nothing but the program.
const development = `version: 1
mode: development
allow_insecure: [memory_stores, ephemeral_keys, terminal_sender, http_origin, any_country]
base_url: http://localhost:8080/mfa
product_name: Acme
support_url: https://acme.example/help
policy: optional
challenges: {store: memory}
factors: {store: memory}
providers:
  totp:
  webauthn: {rp_id: localhost}
  email: {sender: terminal, from: no-reply@acme.example}
  sms: {sender: terminal}
  backup:
`

func TestADeploymentForDevelopmentNeedsNothing(t *testing.T) {
	c, err := load(t, development)
	if err != nil {
		t.Fatal(err)
	}
	var terminal, log bytes.Buffer
	d, err := c.Open(t.Context(), config.Program{Terminal: &terminal, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := d.Registry("")
	if err != nil {
		t.Fatal(err)
	}
	who := registry.Who{User: provider.User{ID: "u1", Name: "ann"}, Binding: "b"}
	login, err := reg.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
	if err != nil || !login.Satisfied {
		t.Fatalf("optional, and no factor: %v, satisfied %v", err, login.Satisfied)
	}
	if _, err := reg.BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: login.Pending, Kind: "sms", Input: []byte(`{"phone":"+447700900123"}`)}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(terminal.String(), "@localhost #") {
		t.Errorf("the message is to be printed, and ends in the host of base_url; printed is %q", terminal.String())
	}
	if n := strings.Count(log.String(), "provider is on"); n != 5 {
		t.Errorf("a line in the log for each of 5 providers, not %d:\n%s", n, &log)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// onServers is a configuration on this run's servers, with tables and keys of its own.
func onServers(t *testing.T) string {
	t.Helper()
	name := strings.ToLower("t" + rand.Text()[:12])
	database := testenv.Postgres(t)
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.Exec("DROP SCHEMA " + name + " CASCADE")
		_ = db.Close()
	})
	return fmt.Sprintf(`version: 1
base_url: https://acme.example/mfa
product_name: Acme
support_url: https://acme.example/help
policy: optional
keys: {keyset: "${KEYSET}", pepper: "${PEPPER}"}
challenges: {redis: {url: %q, prefix: %q}}
factors: {postgres: {url: %q}}
providers: {totp: , backup: }
tenants:
  emea: {product_name: Acme EMEA, policy: required}
`, testenv.Redis(t), name+":", database+"&search_path="+name)
}

func TestADeploymentOnRealServers(t *testing.T) {
	c, err := load(t, onServers(t))
	if err != nil {
		t.Fatal(err)
	}
	program := config.Program{Logger: slog.New(slog.DiscardHandler)}
	if _, err := c.Open(t.Context(), program); err == nil || !strings.Contains(err.Error(), "Migrate") {
		t.Fatalf("a database without a schema must not be used; Open says %v", err)
	}
	factors, err := c.OpenFactors()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(factors.Migrate(t.Context()), factors.Check(t.Context()), factors.Close()); err != nil {
		t.Fatal(err)
	}
	d, err := c.Open(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	for tenant, satisfied := range map[string]bool{"": true, "emea": false, "other": true} {
		reg, err := d.Registry(tenant)
		if err != nil {
			t.Fatal(err)
		}
		who := registry.Who{User: provider.User{Tenant: tenant, ID: "u1"}, Binding: "b"}
		login, err := reg.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
		if err != nil || login.Satisfied != satisfied {
			t.Errorf("tenant %q: satisfied is %v, wanted %v; %v", tenant, login.Satisfied, satisfied, err)
		}
	}
	if d.Site("emea").ProductName != "Acme EMEA" || d.Site("other").ProductName != "Acme" {
		t.Error("a tenant has the name of its own settings, and others that of everybody")
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestWhatCannotBeReachedIsAnErrorWithoutItsPassword(t *testing.T) {
	for old, with := range map[string]string{
		`"${REDIS_URL}"`:    `"redis://u:` + canary + `@127.0.0.1:1/0"`,
		`"${DATABASE_URL}"`: `"postgres://u:` + canary + `@127.0.0.1:1/x"`,
	} {
		text := strings.Replace(changed(t, old, with), "policy:", "allow_insecure: [literal_secrets]\npolicy:", 1)
		c, err := load(t, text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Open(t.Context(), config.Program{Logger: slog.New(slog.DiscardHandler)})
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), canary) {
			t.Errorf("Open of a server that is not there says %v", err)
		}
	}
}
