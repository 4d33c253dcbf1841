package config

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilioverify"
	"github.com/cofactor-mfa/cofactor/provider/sms/webhook"
)

type smsSection struct {
	_         struct{}       `doc:"Codes and notices by text message. They are bound to the host of base_url."`
	Sender    string         `yaml:"sender" doc:"What sends the messages. terminal prints them, for development." required:"true" enum:"twilio,webhook,terminal" sample:"twilio"`
	Twilio    twilioSection  `yaml:"twilio" doc:"Twilio's Messages API." when:"sender=twilio"`
	Webhook   webhookSection `yaml:"webhook" doc:"An HTTP gateway." when:"sender=webhook"`
	Countries []string       `yaml:"countries" doc:"The calling codes that messages may go to; without a list anybody could send to any place, at your expense." of:"Numbers.Countries" min:"1" sample:"[\"+44\", \"+49\"]"`
	Shown     string         `yaml:"shown" doc:"How much of a number its owner is shown." default:"last-two" enum:"last-two,nothing"`
	Digits    int            `yaml:"digits" doc:"The length of a code." default:"6" enum:"6,8"`
	TTL       time.Duration  `yaml:"ttl" doc:"How long a code is good for." default:"5m" min:"1m" max:"10m"`
	Languages []string       `yaml:"languages" doc:"The languages of text messages, locale among them; what is not used need not fit into one message." fallback:"all" min:"1"`
}

type accountSection struct {
	AccountSID string `yaml:"account_sid" doc:"The account: AC and 32 hexadecimal digits." required:"true" of:"Account.SID" sample:"\"${TWILIO_ACCOUNT_SID}\""`
	APIKey     string `yaml:"api_key" doc:"An API key (SK...), whose secret can be revoked alone." fallback:"none: the secret is the auth token" of:"Account.Key"`
	Secret     Secret `yaml:"secret" doc:"The API key's secret, or the auth token." required:"true" of:"Account.Secret" sample:"\"${TWILIO_SECRET}\""`
	Region     string `yaml:"region" doc:"Where Twilio processes." fallback:"Twilio's"`
	Edge       string `yaml:"edge" doc:"Where Twilio is entered." fallback:"Twilio's"`
	APIURL     string `yaml:"api_url" doc:"What takes the place of Twilio's address, for tests." fallback:"Twilio's" of:"Account.BaseURL"`
}

func (s accountSection) account() twilio.Account {
	return twilio.Account{SID: s.AccountSID, Key: s.APIKey, Secret: string(s.Secret), Region: s.Region, Edge: s.Edge, BaseURL: s.APIURL}
}

type twilioSection struct {
	accountSection
	MessagingService string        `yaml:"messaging_service" doc:"The service that picks the number: MG and 32 hexadecimal digits. Either this or from."`
	From             string        `yaml:"from" doc:"The number, short code or name that messages come from." sample:"\"+15005550006\""`
	StatusCallback   string        `yaml:"status_callback" doc:"An https URL that is told how each message fared."`
	Validity         time.Duration `yaml:"validity" doc:"How long a message may wait at Twilio." default:"10m" min:"5s" max:"10h" of:"ValidityPeriod"`
	ContentRetention string        `yaml:"content_retention" doc:"Whether Twilio keeps the text." fallback:"what the account says" enum:"retain,discard"`
	AddressRetention string        `yaml:"address_retention" doc:"Whether Twilio keeps the number." fallback:"what the account says" enum:"retain,obfuscate"`
	Encoding         string        `yaml:"encoding" doc:"Whether Twilio replaces characters that the GSM alphabet lacks." default:"as-configured" enum:"as-configured,smart,exact"`
}

type webhookSection struct {
	URL     URL               `yaml:"url" doc:"Where messages are POSTed." required:"true" sample:"https://gateway.example/send"`
	Headers map[string]Secret `yaml:"headers" doc:"What is sent with each message, such as Authorization." of:"Header"`
	JSON    string            `yaml:"json" doc:"The body, a template." fallback:"to and text"`
	Form    map[string]string `yaml:"form" doc:"The body as a form, each field a template. Either this or json."`
	Secret  Secret            `yaml:"secret" doc:"What requests are signed with (Standard Webhooks): at least 32 bytes." fallback:"not signed; headers must say who you are"`
}

func numbers(countries []string, d Deps) sms.Numbers {
	if len(countries) > 0 || !d.Allows(anyCountry) {
		return sms.Numbers{Countries: countries}
	}
	return sms.Numbers{Reach: sms.Everywhere}
}

func buildSMS(_ context.Context, s smsSection, d Deps) (provider.MultiFactorProvider, error) {
	sender, err := s.sender(d)
	p, fault := sms.New(sms.Config{
		Sender: sender, App: d.Site.ProductName, Host: d.Site.Host(), Numbers: numbers(s.Countries, d),
		Shown:  oneOf[sms.Shown](s.Shown, "last-two", "nothing"),
		Digits: s.Digits, TTL: s.TTL, Catalogue: d.Site.Catalogue, Languages: s.Languages,
	})
	if err = errors.Join(err, fault); err != nil {
		return nil, err
	}
	return p, nil
}

func (s smsSection) sender(d Deps) (sms.Sender, error) {
	switch s.Sender {
	case "terminal":
		return printed[sms.Message](d)
	case "twilio":
		sender, err := twilio.New(twilio.Config{
			Account: s.Twilio.account(), MessagingService: s.Twilio.MessagingService, From: s.Twilio.From, StatusCallback: s.Twilio.StatusCallback,
			ValidityPeriod: s.Twilio.Validity, ContentRetention: s.Twilio.ContentRetention, AddressRetention: s.Twilio.AddressRetention,
			Encoding: oneOf[twilio.Encoding](s.Twilio.Encoding, "as-configured", "smart", "exact"),
		})
		if err != nil {
			return unsent[sms.Message]{}, At("twilio", err)
		}
		d.OnCheck("Twilio account", sender.Check)
		return sender, nil
	}
	header := http.Header{}
	for name, value := range s.Webhook.Headers {
		header.Set(name, string(value))
	}
	sender, err := webhook.New(webhook.Config{
		URL: string(s.Webhook.URL), Header: header, JSON: s.Webhook.JSON, Form: s.Webhook.Form, Secret: []byte(s.Webhook.Secret),
	})
	if err != nil {
		return unsent[sms.Message]{}, At("webhook", err)
	}
	return sender, nil
}

type verifySection struct {
	_ struct{} `doc:"Codes by text message that Twilio Verify makes, sends and checks."`
	accountSection
	Service   string   `yaml:"service" doc:"The Verify service: VA and 32 hexadecimal digits." required:"true"`
	Countries []string `yaml:"countries" doc:"The calling codes that messages may go to." of:"Numbers.Countries" min:"1" sample:"[\"+44\", \"+49\"]"`
	Digits    int      `yaml:"digits" doc:"The length of the service's codes." default:"6" min:"6" max:"10"`
	Shown     string   `yaml:"shown" doc:"How much of a number its owner is shown." default:"last-two" enum:"last-two,nothing"`
}

func buildVerify(_ context.Context, s verifySection, d Deps) (provider.MultiFactorProvider, error) {
	p, err := twilioverify.New(twilioverify.Config{
		Account: s.account(), Service: s.Service, Numbers: numbers(s.Countries, d), Digits: s.Digits,
		Shown: oneOf[sms.Shown](s.Shown, "last-two", "nothing"),
	})
	if err != nil {
		return nil, err
	}
	d.OnCheck("Twilio service", p.Check)
	return p, nil
}
