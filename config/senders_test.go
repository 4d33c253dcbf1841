package config_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

// Operators ask the senders without a store, and a configuration whose servers are down is asked all the same.
func TestSendersAreThereWithoutStores(t *testing.T) {
	t.Parallel()
	c, err := load(t, production+"tenants:\n  beta:\n    product_name: Beta\n")
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.OpenProviders(t.Context(), config.Program{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var ids, checks []string
	for _, one := range all.List {
		ids = append(ids, one.Tenant+"/"+one.ID)
	}
	asked, err := c.Checks(config.Program{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range asked {
		checks = append(checks, one.Name)
	}
	for _, want := range []string{"/email", "/sms", "beta/email", "beta/totp"} {
		if !slices.Contains(ids, want) {
			t.Errorf("%s is not among %q", want, ids)
		}
	}
	for _, want := range []string{"providers.email: mail server", "providers.sms: Twilio account", "challenges: redis", "tenants.beta.providers.email: mail server"} {
		if !slices.Contains(checks, want) {
			t.Errorf("%q is not among %q", want, checks)
		}
	}
	if err := all.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
