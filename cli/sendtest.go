package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/provider"
)

type sendTestCommand struct {
	Channel string `arg:"" enum:"email,sms" help:"email or sms."`
	To      string `required:"" placeholder:"ADDRESS" help:"An e-mail address, or a telephone number with its country: +44 7700 900123."`
	Locale  string `placeholder:"TAG" help:"The language of the message, such as de. By default the configuration's."`
	Tenant  string `placeholder:"TENANT" help:"The tenant whose settings are tried."`
	configFlags
}

// Help says what is sent.
func (sendTestCommand) Help() string {
	return "It sends one message as a user would get it who sets the method up, through the sender that is configured. Its code opens nothing. " +
		"No limit is counted, so whoever may run this may write to anybody."
}

// sent is a message that the sender has taken.
type sent struct {
	Provider string `json:"provider"`
	To       string `json:"to"`
}

func (s sent) print(p *page) {
	p.line("%s has taken a message to %s. Its code opens nothing.", s.Provider, clean(s.To))
}

// Run sends one message.
func (c sendTestCommand) Run(ctx context.Context, s *session) error {
	cfg, err := c.load(s) //nolint:contextcheck // It reads files, and waits for nobody.
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	all, err := cfg.OpenProviders(ctx, config.Program{Logger: logger, Terminal: s.err})
	if err != nil {
		return err
	}
	id, err := c.send(ctx, all.List, cfg.Site(c.Tenant).Locale)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err = errors.Join(err, all.Close(closing)); err != nil {
		return err
	}
	return s.show(sent{Provider: "providers." + id, To: c.To})
}

// send has the provider of the channel make a message, as for somebody who sets it up, and carries it out.
func (c sendTestCommand) send(ctx context.Context, all []config.Instance, locale string) (id string, err error) {
	channel, name := "email", "email"
	if c.Channel == "sms" {
		channel, name = "phone", "phone"
	}
	one, err := c.instance(all, channel)
	if err != nil {
		return "", err
	}
	input, err := json.Marshal(map[string]string{name: c.To})
	if err != nil {
		return "", err
	}
	if c.Locale != "" {
		locale = c.Locale
	}
	user := provider.User{Tenant: c.Tenant, ID: "cofactor send-test", Name: "send-test", Locale: locale}
	prompt, err := one.Provider.SetupHook(ctx, provider.SetupRequest{User: user, Input: input, Now: time.Now()})
	var invalid *provider.InvalidError
	switch {
	case errors.As(err, &invalid):
		return "", misused(fmt.Errorf("--to: %s", strings.TrimSuffix(invalid.Text, ".")))
	case err != nil:
		return "", err
	case prompt.Deliver == nil || prompt.Deliver.Send == nil:
		return "", fmt.Errorf("providers.%s sends nothing", one.ID)
	}
	if err := limited(ctx, prompt.Deliver.Send); err != nil {
		return "", fmt.Errorf("providers.%s did not send: %w", one.ID, err)
	}
	return one.ID, nil
}

// instance is the provider of a channel, of the tenant's own settings if it has some.
func (c sendTestCommand) instance(all []config.Instance, channel string) (config.Instance, error) {
	var found config.Instance
	for _, one := range all {
		if one.Provider.Info().Channel == channel && (one.Tenant == c.Tenant || one.Tenant == "" && found.Provider == nil) {
			found = one
		}
	}
	if found.Provider == nil {
		return found, fmt.Errorf("no provider of the configuration sends by %s", c.Channel)
	}
	return found, nil
}
