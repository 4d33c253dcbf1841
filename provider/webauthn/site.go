package webauthn

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
)

const localhost = "localhost"

// Endpoints are pages of the site, for password managers: https URLs (W3C, A Well-Known URL for Relying Party Passkey Endpoints). Both may be empty.
type Endpoints struct {
	Enroll string // where a signed-in user adds a passkey
	Manage string // where a signed-in user sees and removes passkeys
}

// WellKnown is what the site at the RPID should serve without a login, by path: JSON of the type application/json. /.well-known/webauthn
// is there if there are RelatedOrigins, and /.well-known/passkey-endpoints if there are Endpoints.
func (p *Provider) WellKnown() map[string]json.RawMessage {
	pages := map[string]any{}
	if len(p.cfg.RelatedOrigins) > 0 {
		pages[protocol.WellKnownPathWebAuthn] = struct {
			Origins []string `json:"origins"`
		}{p.origins}
	}
	if p.cfg.Endpoints != (Endpoints{}) {
		pages["/.well-known/passkey-endpoints"] = struct {
			Enroll string `json:"enroll,omitempty"`
			Manage string `json:"manage,omitempty"`
		}{p.cfg.Endpoints.Enroll, p.cfg.Endpoints.Manage}
	}
	documents := map[string]json.RawMessage{}
	for path, page := range pages {
		document, err := json.Marshal(page)
		if err != nil { // Structs of strings always encode.
			continue
		}
		documents[path] = document
	}
	return documents
}

func (c Config) allOrigins() []string { return slices.Concat(c.Origins, c.RelatedOrigins) }

// siteFaults is what is wrong with the names of the site.
func (c Config) siteFaults() (faults []error) {
	if err := checkDomain(c.RPID); err != nil {
		faults = append(faults, fmt.Errorf("webauthn: Config.RPID %.100q: %w", c.RPID, err))
	}
	if len(c.Origins) == 0 {
		faults = append(faults, errors.New("webauthn: Config.Origins is empty"))
	}
	for i, o := range c.allOrigins() {
		field, related := "Origins", i >= len(c.Origins)
		if related {
			field = "RelatedOrigins"
		}
		host, err := checkOrigin(o)
		below := host == c.RPID || strings.HasSuffix(host, "."+c.RPID)
		switch {
		case err != nil:
		case !related && !below:
			err = fmt.Errorf("its host is neither the RPID nor below it; if it shares the keys of %s, it is one of RelatedOrigins", c.RPID)
		case related && below:
			err = errors.New("its host is the RPID or below it, so it is one of Origins")
		case related && isLocal(host):
			err = errors.New("localhost is for development, with an RPID of localhost; browsers relate it to no site")
		case slices.Contains(c.allOrigins()[:i], o):
			err = errors.New("it is there twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("webauthn: Config.%s: %.100q: %w", field, o, err))
		}
	}
	if len(c.RelatedOrigins) > 0 {
		if _, err := protocol.NewRelatedOrigins(c.allOrigins()...); err != nil {
			faults = append(faults, fmt.Errorf("webauthn: Config.RelatedOrigins: %w", err))
		}
	}
	for _, page := range []string{c.Endpoints.Enroll, c.Endpoints.Manage} {
		if u, err := url.Parse(page); page != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
			faults = append(faults, fmt.Errorf("webauthn: Config.Endpoints: %.100q is no https URL", page))
		}
	}
	return faults
}

// checkDomain accepts what browsers accept as an RPID: a domain in lower case, in ASCII, of at least two labels. They also refuse domains under
// which anybody can have a name, such as "co.uk", for which a program would need the list. Without that check keys cannot be made there; nobody gets in.
func checkDomain(domain string) error {
	switch {
	case domain == localhost:
		return nil
	case net.ParseIP(domain) != nil:
		return errors.New("an IP address has no passkeys; use localhost for development")
	case strings.ContainsFunc(domain, func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-.", c) }):
		return errors.New("a domain has lower-case letters, digits, hyphens and dots")
	case !strings.Contains(domain, "."):
		return errors.New("want a domain of at least two labels, or localhost")
	}
	return protocol.ValidateRPID(domain)
}

// checkOrigin accepts an origin in the one spelling that browsers send, because it is compared byte for byte, and returns its host. // attack: A-110
func checkOrigin(origin string) (host string, err error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return "", errors.New("want scheme://host, with a port if it is not the usual one")
	}
	host = u.Hostname()
	local := isLocal(host)
	if origin != u.Scheme+"://"+u.Host || strings.HasSuffix(u.Host, ":") {
		return "", errors.New("an origin has no user, path, query or slash at its end")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return "", errors.New("only https is safe from listeners, and only localhost needs none")
	}
	port := cmp.Or(u.Port(), "1")
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 1<<16-1 || strconv.Itoa(n) != port {
		return "", errors.New("there is no such port, or it is not spelled like that")
	}
	if port := u.Port(); port != "" && port == map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		return "", errors.New("browsers leave out the usual port")
	}
	return host, checkDomain(host)
}

// isLocal says whether a name is of the user's own machine, where any program may have a page.
func isLocal(host string) bool { return host == localhost || strings.HasSuffix(host, "."+localhost) }
