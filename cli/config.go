package cli

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/config"
)

type configCommands struct {
	Init     configInitCommand     `cmd:"" help:"Print a configuration to begin with: cofactor config init > cofactor.yaml"`
	Validate configValidateCommand `cmd:"" help:"Find every mistake that can be found without a network, and say what is on."`
	Print    configPrintCommand    `cmd:"" help:"Print every key that is in use, defaults among them. Secrets are not printed."`
	Schema   configSchemaCommand   `cmd:"" help:"Print the JSON schema, for editors: cofactor config schema > cofactor.schema.json"`
}

// file is text that is to be written to a file.
type file struct {
	Text string `json:"text"`
}

func (f file) print(p *page) { p.line("%s", strings.TrimSuffix(f.Text, "\n")) }

type configInitCommand struct {
	Full        bool `xor:"style" help:"Every key there is, with what it is for."`
	Development bool `xor:"style" help:"What runs on your own machine: in memory, with messages on the terminal."`
}

// Run prints a sample.
func (c configInitCommand) Run(s *session) error {
	style := config.Short
	switch {
	case c.Full:
		style = config.Full
	case c.Development:
		style = config.Development
	}
	text, err := config.Init(style, s.factories...)
	if err != nil {
		return err
	}
	return s.show(file{string(text)})
}

type configSchemaCommand struct{}

// schemaText is JSON already.
type schemaText json.RawMessage

func (t schemaText) print(p *page) { p.line("%s", strings.TrimSuffix(string(t), "\n")) }

// MarshalJSON gives the schema as it is.
func (t schemaText) MarshalJSON() ([]byte, error) { return t, nil }

// Run prints the schema.
func (configSchemaCommand) Run(s *session) error {
	text, err := config.Schema(s.factories...)
	if err != nil {
		return err
	}
	return s.show(schemaText(text))
}

type configValidateCommand struct{ configFlags }

// verdict is what a configuration is found to be.
type verdict struct {
	OK        bool             `json:"ok"`
	Problems  []config.Problem `json:"problems"`
	Providers []provided       `json:"providers,omitempty"`
	settings  map[string]string
	counts    string
}

// provided is a provider that is on.
type provided struct {
	Tenant string `json:"tenant,omitempty"`
	ID     string `json:"id"`
	Kind   string `json:"kind"`
}

func (v verdict) print(p *page) {
	for _, one := range v.Problems {
		p.line("%s", one)
	}
	if !v.OK {
		p.line("%s", v.counts)
		return
	}
	word := p.in(green, "ok")
	if len(v.Problems) > 0 {
		word += ", " + v.counts
	}
	p.line("%s", word)
	for _, key := range []string{"mode", "base_url", "challenges.store", "factors.store"} {
		p.line("  %-17s %s", key, v.settings[key])
	}
	rows := [][]string{{"  PROVIDER", "KIND", "TENANT"}}
	for _, one := range v.Providers {
		rows = append(rows, []string{"  " + one.ID, one.Kind, one.Tenant})
	}
	p.table(rows)
}

// Run validates.
func (c configValidateCommand) Run(ctx context.Context, s *session) error {
	src, err := c.source()
	if err != nil {
		return err
	}
	cfg, err := config.Load(src, s.factories...) //nolint:contextcheck // It reads files, and waits for nobody.
	var problems *config.Problems
	if errors.As(err, &problems) {
		if err := s.show(verdict{Problems: problems.List, counts: lastLine(problems)}); err != nil {
			return err
		}
		if unread(problems) {
			return errUnread
		}
		return errNo
	}
	if err != nil {
		return err
	}
	warnings := cfg.Warnings()
	v := verdict{OK: true, Problems: warnings.List, settings: settings(cfg), counts: lastLine(warnings)}
	if v.Problems == nil {
		v.Problems = []config.Problem{}
	}
	all, err := cfg.OpenProviders(ctx, config.Program{Logger: slog.New(slog.DiscardHandler), Terminal: s.err})
	if err != nil {
		return err
	}
	for _, one := range all.List {
		v.Providers = append(v.Providers, provided{Tenant: one.Tenant, ID: one.ID, Kind: one.Provider.Info().Kind})
	}
	return errors.Join(s.show(v), all.Close(ctx))
}

// lastLine says how many problems there are.
func lastLine(p *config.Problems) string {
	lines := strings.Split(p.Error(), "\n")
	return lines[len(lines)-1]
}

// settings are the values of a configuration by their keys, without the quotes of YAML.
func settings(c *config.Config) map[string]string {
	all := map[string]string{}
	for _, v := range c.Values() {
		all[v.Path] = unquoted(v.Text)
	}
	return all
}

func unquoted(text string) string {
	var s string
	if strings.HasPrefix(text, `"`) && json.Unmarshal([]byte(text), &s) == nil {
		return s
	}
	return text
}

type configPrintCommand struct {
	Origin bool `help:"Say where each value comes from: a line of a file, a variable, or the default."`
	configFlags
}

// values are all keys that are in use.
type values struct {
	List    []config.Value `json:"values"`
	origins bool
}

func (v values) print(p *page) {
	width := 0
	for _, one := range v.List {
		width = max(width, len(one.Path)+2+len(one.Text))
	}
	width = min(width, 60)
	for _, one := range v.List {
		if v.origins {
			p.line("%-*s  # %s", width, one.Path+": "+one.Text, one.Origin)
		} else {
			p.line("%s: %s", one.Path, one.Text)
		}
	}
}

// Run prints the values.
func (c configPrintCommand) Run(s *session) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	return s.show(values{List: slices.Clone(cfg.Values()), origins: c.Origin})
}
