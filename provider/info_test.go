package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

func TestInfoValidate(t *testing.T) {
	t.Parallel()
	good := provider.Info{Kind: "totp", AMR: []string{"otp"}, Class: provider.Possession}
	for _, v := range []struct {
		name   string
		change func(*provider.Info)
		fault  string // "" if there is none
	}{
		{"as it is", func(*provider.Info) {}, ""},
		{"shortest kind", func(i *provider.Info) { i.Kind = "x" }, ""},
		{"longest kind", func(i *provider.Info) { i.Kind = strings.Repeat("k", 32) }, ""},
		{"kind with digits and hyphens", func(i *provider.Info) { i.Kind = "o-2-a" }, ""},
		{"no kind", func(i *provider.Info) { i.Kind = "" }, "kind"},
		{"kind too long", func(i *provider.Info) { i.Kind = strings.Repeat("k", 33) }, "kind"},
		{"kind in capitals", func(i *provider.Info) { i.Kind = "TOTP" }, "kind"},
		{"kind begins with a digit", func(i *provider.Info) { i.Kind = "2fa" }, "kind"},
		{"kind begins with a hyphen", func(i *provider.Info) { i.Kind = "-a" }, "kind"},
		{"kind with underscore", func(i *provider.Info) { i.Kind = "a_b" }, "kind"},
		{"kind with newline", func(i *provider.Info) { i.Kind = "totp\n" }, "kind"},
		{"kind in another script", func(i *provider.Info) { i.Kind = "tоtp" }, "kind"}, // The first o is Cyrillic.
		{"no class", func(i *provider.Info) { i.Class = 0 }, "class"},
		{"unknown class", func(i *provider.Info) { i.Class = provider.Inherence + 1 }, "class"},
		{"inherence", func(i *provider.Info) { i.Class = provider.Inherence }, ""},
		{"recovery", func(i *provider.Info) { i.Role = provider.Recovery }, ""},
		{"unknown role", func(i *provider.Info) { i.Role = provider.Transient + 1 }, "role"},
		{"transient that can be guessed", func(i *provider.Info) { i.Role = provider.Transient }, "unguessable"},
		{"transient", func(i *provider.Info) { i.Role, i.Unguessable = provider.Transient, true }, ""},
		{"negative TTL", func(i *provider.Info) { i.TTL = -1 }, "TTL"},
		{"negative lifetime", func(i *provider.Info) { i.Lifetime = -1 }, "Lifetime"},
		{"long TTL of what stays with the user", func(i *provider.Info) { i.TTL = time.Hour }, ""},
		{"longest TTL of what is sent", func(i *provider.Info) { i.Channel, i.TTL = "email", 10*time.Minute }, ""},
		{"too long a TTL of what is sent", func(i *provider.Info) { i.Channel, i.TTL = "email", 10*time.Minute+1 }, "TTL"},
	} {
		info := good
		v.change(&info)
		err := info.Validate()
		if (err == nil) != (v.fault == "") || (err != nil && !strings.Contains(err.Error(), v.fault)) {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

func TestInfoReportsAllFaults(t *testing.T) {
	t.Parallel()
	err := provider.Info{Role: 9, TTL: -1}.Validate()
	for _, fault := range []string{"kind", "class", "role", "TTL"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s is missing: %v", fault, err)
		}
	}
}
