package config

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/config/internal/tree"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// scope is the settings of everybody, or of one tenant.
type scope struct {
	tenant   string
	settings *settings
	node     *tree.Node
}

// settings checks what the types of the keys cannot say: it makes the providers and a registry of them, in memory, and throws them away.
func (d *decoder) settings(c *Config, s *scope) {
	report := &Report{d: d, node: s.node}
	s.settings.check(report)
	if site := s.settings.site(); strings.HasPrefix(site.BaseURL, "http:") && (!slices.Contains(c.deployment.AllowInsecure, httpOrigin) || !localhost(site.Host())) {
		report.Error("base_url", "must be https: browsers keep cookies and passkeys from everything else", "localhost may do without, for development: mode: development, and allow_insecure: ["+httpOrigin+"]")
	}
	// What has a mistake is another thing while the rest is checked, so that nothing else fails for it.
	trial := *s.settings
	_, base := locate(s.node, "base_url")
	_, product := locate(s.node, "product_name")
	if d.failed(base) || trial.BaseURL == "" {
		trial.BaseURL, trial.unknown = "https://acme.example/mfa", true
	}
	if d.failed(product) || trial.ProductName == "" {
		trial.ProductName = "Acme"
	}
	if s.settings.SupportURL == "" {
		report.Warning("support_url", "is not set: users who cannot sign in are shown nobody to ask", "")
	}
	before := d.errors()
	providers := d.build(c, s, trial.site())
	d.kindsOf(s, providers, report)
	if d.errors() > before || d.failed("policy") || d.failed("providers") || d.failed("limits") || d.failed("budgets") || d.failed("keys") || s.settings.Providers == nil {
		return
	}
	cfg := s.settings.registry(s.tenant)
	cfg.Challenges, cfg.Factors, cfg.Pepper = challenge.NewMemory(), factor.NewMemory(), c.pepper
	cfg.Queues = c.deployment.Events.Queues
	aead, err := keyset.Ephemeral()
	if err != nil {
		report.Error("", "no keys can be made for a trial", "")
		return
	}
	cfg.AEAD = aead
	if c.pepper == nil && slices.Contains(c.deployment.AllowInsecure, ephemeralKeys) {
		cfg.Pepper = make([]byte, 32)
	}
	reg, err := registry.New(cfg, providers...)
	if err != nil {
		d.placed(s.node, err, "providers")
		return
	}
	d.trial(&trial, s.node, reg)
	d.wayBack(reg, s, report)
}

func localhost(host string) bool { return host == "localhost" || strings.HasSuffix(host, ".localhost") }

// build makes every provider there is, and reports what their packages find wrong.
func (d *decoder) build(c *Config, s *scope, site Site) (list []provider.MultiFactorProvider) {
	kinds := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(s.settings.Providers)) {
		one := s.settings.Providers[id]
		p, err := one.factory.make(context.Background(), one.section, Deps{
			ID: id, Tenant: s.tenant, Site: site, Logger: slog.New(slog.DiscardHandler), Terminal: io.Discard, Now: clock, allowed: c.deployment.AllowInsecure, made: &made{},
		})
		if err != nil { // Also of a section with mistakes: what else is wrong with it is to be told at once.
			d.faults(one.node, one.factory.typ, err)
			continue
		}
		if one.fault {
			continue
		}
		kind := p.Info().Kind
		if other, taken := kinds[kind]; taken {
			d.fail(one.node, fmt.Sprintf("is of kind %q, and so is %s: there can be one", kind, other), "")
			continue
		}
		kinds[kind] = id
		list = append(list, p)
	}
	return list
}

// make has a provider built. A factory that panics, or gives nothing, has failed.
func (f Factory) make(ctx context.Context, section reflect.Value, d Deps) (p provider.MultiFactorProvider, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("the factory of %s panicked", f.name) // What it says may have a secret in it.
		}
	}()
	p, err = f.build(ctx, section, d)
	if err == nil && p == nil {
		err = fmt.Errorf("the factory of %s made nothing", f.name)
	}
	return p, err
}

// kindsOf looks for kinds in the policy that nobody has: a misspelled one would forbid nothing.
func (d *decoder) kindsOf(s *scope, providers []provider.MultiFactorProvider, report *Report) {
	known := d.names()
	for _, p := range providers {
		known = append(known, p.Info().Kind)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	s.settings.Policy.kinds("policy", func(key, kind string) {
		if slices.Contains(known, kind) {
			return
		}
		hint := "known kinds: " + strings.Join(known, ", ")
		if near := nearest(kind, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		report.Error(key, "no provider is of this kind", hint)
	})
	for kind := range s.settings.Limits.MaxOfKind {
		if !slices.Contains(known, kind) {
			report.Error("limits.max_of_kind."+tree.Shown(kind), "no provider is of this kind", "known kinds: "+strings.Join(known, ", "))
		}
	}
}

// wayBack warns of users who could be locked out for good.
func (d *decoder) wayBack(reg *registry.Registry, s *scope, report *Report) {
	counting, back := 0, s.settings.SupportURL != ""
	for _, k := range reg.Kinds() {
		switch k.Role {
		case provider.Recovery:
			back = true
		case provider.Transient:
		default:
			counting++
		}
	}
	if counting == 1 && !back {
		report.Warning("providers", "whoever loses their only factor has no way back", "add backup, or a second kind, or a support_url")
	}
}

// registry is the configuration of a registry, without stores and keys.
func (s *settings) registry(tenant string) registry.Config {
	l := s.Limits
	return registry.Config{
		Policy: s.Policy.policy(), Attempts: l.Attempts, ChallengeTTL: l.ChallengeTTL, MaxPerKind: l.MaxPerKind, MaxFactors: l.MaxFactors, MaxOfKind: l.MaxOfKind,
		FinishTimeout: l.FinishTimeout, Budgets: s.Budgets.registry(), NoticeQueue: noticeQueue(tenant),
	}
}

func (b budgets) registry() map[string]registry.Budget {
	all := map[string]budget{
		"failures": b.Failures, "begin": b.Begin, "send": b.Send, "wait": b.Wait, "notice": b.Notice, "guessing": b.Guessing,
		"address": b.Address, "prefix": b.Prefix, "country": b.Country, "tenant": b.Tenant, "deployment": b.Deployment,
	}
	if b.Attempts != nil {
		all["attempts"] = *b.Attempts
	}
	maps.Copy(all, b.Custom)
	list := make(map[string]registry.Budget, len(all))
	for name, one := range all {
		list[name] = registry.Budget{Limit: one.Limit, Window: one.Window, Max: one.Max}
	}
	return list
}
