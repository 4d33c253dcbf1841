package config

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/terminal"
)

type emailSection struct {
	_       struct{}      `doc:"Codes and notices by e-mail."`
	Sender  string        `yaml:"sender" doc:"What sends the messages. terminal prints them, for development." default:"smtp" enum:"smtp,terminal"`
	SMTP    smtpSection   `yaml:"smtp" doc:"The mail server." when:"sender=smtp"`
	From    string        `yaml:"from" doc:"Where messages come from: an address, or a name and an address." required:"true" sample:"\"Acme <no-reply@acme.example>\""`
	Account string        `yaml:"account_url" doc:"The page where users see their factors, for the messages." fallback:"base_url" of:"Account"`
	Layout  Path          `yaml:"layout" doc:"A folder with the layout.html of messages." fallback:"the built-in one"`
	Digits  int           `yaml:"digits" doc:"The length of a code." default:"6" enum:"6,8"`
	TTL     time.Duration `yaml:"ttl" doc:"How long a code is good for." default:"5m" min:"1m" max:"10m"`
}

type smtpSection struct {
	Host        string        `yaml:"host" doc:"The name of the server, which its certificate has to have." required:"true" sample:"smtp.acme.example"`
	Port        int           `yaml:"port" doc:"The port." fallback:"587, and 465 with security: tls" example:"587" min:"1" max:"65535"`
	Security    string        `yaml:"security" doc:"How the connection is protected. plaintext is for development." default:"starttls" enum:"starttls,tls,plaintext"`
	Username    string        `yaml:"username" doc:"The account at the server." sample:"acme"`
	Password    Secret        `yaml:"password" doc:"Its password." sample:"\"${SMTP_PASSWORD}\""`
	Open        bool          `yaml:"open" doc:"Whether the server takes mail without a password." default:"false"`
	CA          Path          `yaml:"ca" doc:"A file with the certificates, in PEM, that the server's is from." fallback:"those of the system"`
	DKIM        *dkimSection  `yaml:"dkim" doc:"What messages are signed with." fallback:"not signed here"`
	Connections int           `yaml:"connections" doc:"How many messages are sent at the same time." default:"4" min:"1" max:"64"`
	Timeout     time.Duration `yaml:"timeout" doc:"How long one message may take." default:"8s" min:"1s" max:"1m"`
}

type dkimSection struct {
	Domain   string `yaml:"domain" doc:"The domain of the addresses that messages come from." required:"true"`
	Selector string `yaml:"selector" doc:"The name of the key in that domain." required:"true"`
	Key      Secret `yaml:"key" doc:"The private key in PEM (PKCS #8): RSA of at least 2048 bits, or Ed25519." required:"true" sample:"{file: /run/secrets/dkim.pem}"`
}

func buildEmail(_ context.Context, s emailSection, d Deps) (provider.MultiFactorProvider, error) {
	sender, err := s.sender(d)
	from, bad := mail.ParseAddress(s.From)
	if bad != nil {
		err = errors.Join(err, At("from", errors.New("is not an address, nor a name and an address")))
		from = &mail.Address{Address: "no-reply@acme.example"} // For the other faults to be found.
	}
	layout, fault := folder("layout", s.Layout)
	err = errors.Join(err, fault)
	p, fault := email.New(email.Config{
		Sender: sender, App: d.Site.ProductName, From: from.Address, FromName: from.Name, Account: or(s.Account, d.Site.securePage()),
		Catalogue: d.Site.Catalogue, Layout: layout, Digits: s.Digits, TTL: s.TTL,
	})
	if err = errors.Join(err, fault); err != nil {
		return nil, err
	}
	return p, nil
}

func (s emailSection) sender(d Deps) (email.Sender, error) {
	if s.Sender == "terminal" {
		return printed[email.Message](d)
	}
	security := oneOf[smtp.Security](s.SMTP.Security, "starttls", "tls", "plaintext")
	if security == smtp.Plaintext && !d.Allows(plaintextSMTP) {
		return unsent[email.Message]{}, notAllowed("smtp.security", plaintextSMTP)
	}
	cfg := smtp.Config{
		Host: s.SMTP.Host, Port: s.SMTP.Port, Security: security, Username: s.SMTP.Username, Password: string(s.SMTP.Password), Open: s.SMTP.Open,
		Connections: s.SMTP.Connections, Timeout: s.SMTP.Timeout, Development: security == smtp.Plaintext,
	}
	var faults []error
	if s.SMTP.CA != "" {
		var err error
		cfg.RootCAs, err = pool(s.SMTP.CA)
		faults = append(faults, At("smtp.ca", err))
	}
	if k := s.SMTP.DKIM; k != nil {
		key, err := privateKey(k.Key)
		faults = append(faults, At("smtp.dkim.key", err))
		if err == nil {
			cfg.DKIM = &smtp.DKIM{Domain: k.Domain, Selector: k.Selector, Key: key}
		}
	}
	sender, err := smtp.New(cfg)
	if err := errors.Join(append(faults, At("smtp", err))...); err != nil {
		return unsent[email.Message]{}, err
	}
	d.OnClose(func(context.Context) error { return sender.Close() })
	d.OnCheck("mail server", sender.Check)
	return sender, nil
}

// unsent stands in for a sender that could not be made, so that what else is wrong is found as well. Its provider is not used.
type unsent[M any] struct{}

// Send fails.
func (unsent[M]) Send(context.Context, M) error { return errors.New("config: no sender") }

// printed is a sender that prints.
func printed[M terminal.Message](d Deps) (interface {
	Send(ctx context.Context, m M) error
}, error,
) {
	if !d.Allows(terminalSender) {
		return unsent[M]{}, notAllowed("sender", terminalSender)
	}
	return terminal.New[M](terminal.Config{Out: d.Terminal, Development: true})
}

// folder is a folder of files that take the place of others; nil for "".
func folder(key string, path Path) (fs.FS, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // There is none, and none is needed.
	}
	if info, err := os.Stat(string(path)); err != nil || !info.IsDir() {
		return nil, At(key, errors.New("is not a folder that can be read"))
	}
	return os.DirFS(string(path)), nil
}

func privateKey(text Secret) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("is not a private key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if rsa, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return rsa, nil
		}
		return nil, errors.New("is not a private key that can be read")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("is not a key that signs")
	}
	return signer, nil
}
