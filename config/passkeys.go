package config

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

type webauthnSection struct {
	_                struct{}      `doc:"Passkeys and security keys (W3C Web Authentication)."`
	RPID             string        `yaml:"rp_id" doc:"The domain that keys are made for. It can never be changed: all keys would be lost." required:"true" sample:"acme.example"`
	RPName           string        `yaml:"rp_name" doc:"The name of the site for people." fallback:"product_name"`
	Origins          []string      `yaml:"origins" doc:"The origins of the pages that keys are used on." fallback:"that of base_url" min:"1" example:"[\"https://acme.example\"]"`
	RelatedOrigins   []string      `yaml:"related_origins" doc:"Origins under other domains that use the same keys."`
	EnrollURL        string        `yaml:"enroll_url" doc:"The page where a user adds a passkey, for password managers." of:"Endpoints"`
	ManageURL        string        `yaml:"manage_url" doc:"The page where a user sees passkeys, for password managers."`
	Preset           string        `yaml:"preset" doc:"What the site is mainly meant for." default:"passkeys" enum:"passkeys,security-keys"`
	UserVerification string        `yaml:"user_verification" doc:"Whether an authenticator asks for a finger, a face or a PIN." default:"by-preset" enum:"by-preset,preferred,required,discouraged"`
	Hints            []string      `yaml:"hints" doc:"Which way browsers put first, in this order." fallback:"the preset's" enum:"security-key,client-device,hybrid" min:"1"`
	Algorithms       []string      `yaml:"algorithms" doc:"The signatures that new keys may make, most wanted first." default:"[ES256, EdDSA, RS256]" enum:"ES256,EdDSA,RS256" min:"1"`
	Timeout          time.Duration `yaml:"timeout" doc:"How long a user has." default:"5m" min:"1m" max:"10m"`
	Counter          string        `yaml:"counter" doc:"What becomes of a key whose counter goes back, as that of a copy does." default:"refuse" enum:"refuse,report"`
	Attestation      attestation   `yaml:"attestation" doc:"What makers have to say about new keys. By default nobody is asked."`
}

type attestation struct {
	Demand    string   `yaml:"demand" doc:"How much is asked for." default:"none" enum:"none,ask,require"`
	Metadata  Path     `yaml:"metadata" doc:"A file with the metadata of makers (FIDO MDS3), read when the program starts."`
	Allow     []string `yaml:"allow" doc:"The only models (AAGUID) that are accepted."`
	Deny      []string `yaml:"deny" doc:"Models (AAGUID) that are not accepted."`
	BadStatus string   `yaml:"bad_status" doc:"What becomes of a login with a model that is reported as broken." default:"report" enum:"report,disable"`
	Stale     string   `yaml:"stale" doc:"What becomes of new keys when metadata are older than they should be." default:"refuse" enum:"refuse,accept"`
}

// Validate knows which domains anybody can have a name under, which browsers know as well.
func (s *webauthnSection) Validate(r *Report) {
	if suffix, _ := publicsuffix.PublicSuffix(s.RPID); suffix == s.RPID && strings.Contains(suffix, ".") {
		r.Error("rp_id", "anybody can have a domain under it, so browsers make no keys for it", "the domain of your own below it")
	}
}

func buildWebAuthn(_ context.Context, s webauthnSection, d Deps) (provider.MultiFactorProvider, error) {
	models, err := s.Attestation.models(d)
	cfg := webauthn.Config{
		RPID: s.RPID, RPName: or(s.RPName, d.Site.ProductName), Origins: s.Origins, RelatedOrigins: s.RelatedOrigins,
		Endpoints:        webauthn.Endpoints{Enroll: s.EnrollURL, Manage: s.ManageURL},
		Preset:           oneOf[webauthn.Preset](s.Preset, "passkeys", "security-keys"),
		UserVerification: oneOf[webauthn.UserVerification](s.UserVerification, "by-preset", "preferred", "required", "discouraged"),
		Timeout:          s.Timeout,
		Counter:          oneOf[webauthn.Counter](s.Counter, "refuse", "report"),
		Attestation:      models,
	}
	if s.Origins == nil {
		cfg.Origins = []string{d.Site.Origin()}
		if d.Site.unknown {
			cfg.Origins = []string{"https://" + s.RPID}
		}
	}
	for _, h := range s.Hints {
		cfg.Hints = append(cfg.Hints, webauthn.Hint(h))
	}
	for _, a := range s.Algorithms {
		cfg.Algorithms = append(cfg.Algorithms, map[string]webauthn.Algorithm{"ES256": webauthn.ES256, "EdDSA": webauthn.EdDSA, "RS256": webauthn.RS256}[a])
	}
	for _, o := range cfg.Origins {
		if u, parsed := url.Parse(o); parsed == nil && u.Scheme == "http" && localhost(u.Hostname()) && !d.Allows(httpOrigin) {
			err = errors.Join(err, notAllowed("origins", httpOrigin))
		}
	}
	p, fault := webauthn.New(cfg)
	if fault != nil && s.Origins == nil {
		fault = ofBaseURL(fault, cfg.Origins[0])
	}
	if err = errors.Join(err, fault); err != nil {
		return nil, err
	}
	return p, nil
}

// ofBaseURL says of an origin that nobody has written where it comes from.
func ofBaseURL(err error, origin string) error {
	var faults []error
	for _, leaf := range leaves(err, "") {
		if strings.HasPrefix(leaf.err.Error(), "webauthn: Config.Origins: ") {
			faults = append(faults, At("rp_id", hinted{
				errors.New("does not fit " + origin + ", the origin of base_url"),
				"it is the host of base_url, or a domain above it; if keys are used on other pages, name their origins",
			}))
			continue
		}
		faults = append(faults, leaf.err)
	}
	return errors.Join(faults...)
}

func (s attestation) models(d Deps) (webauthn.Attestation, error) {
	a := webauthn.Attestation{
		Demand:    oneOf[webauthn.Demand](s.Demand, "none", "ask", "require"),
		BadStatus: oneOf[webauthn.BadStatus](s.BadStatus, "report", "disable"),
		Stale:     oneOf[webauthn.Stale](s.Stale, "refuse", "accept"),
	}
	var faults []error
	read := func(key string, ids []string) (list []webauthn.AAGUID) {
		for _, id := range ids {
			parsed, err := webauthn.ParseAAGUID(id)
			faults = append(faults, At(key, err))
			list = append(list, parsed)
		}
		return list
	}
	a.Allow, a.Deny = read("attestation.allow", s.Allow), read("attestation.deny", s.Deny)
	if s.Metadata != "" {
		blob, err := os.ReadFile(string(s.Metadata))
		if err != nil {
			return a, errors.Join(append(faults, At("attestation.metadata", errors.New("cannot be read")))...)
		}
		metadata, err := webauthn.NewMetadata(webauthn.MetadataConfig{})
		if err == nil {
			err = metadata.Load(blob, d.Now())
		}
		faults = append(faults, At("attestation.metadata", err))
		a.Metadata = metadata
	}
	return a, errors.Join(faults...)
}
