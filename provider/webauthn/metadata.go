package webauthn

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/metadata/providers/memory"
)

// maxMetadata is the largest blob that is read. That of the FIDO Alliance has about 10 MB.
const maxMetadata = 64 << 20

// MetadataConfig is whose metadata to believe.
type MetadataConfig struct {
	// Root is the certificate that vouches for the signer. The default is the FIDO Alliance's: GlobalSign Root R46.
	Root *x509.Certificate
	// Host is the name that the signer's certificate must be for, because a root like that one vouches for web servers of anybody. The default is
	// mds.fidoalliance.org, or with a Root of one's own any name.
	Host string
	// Least is the number of the oldest blob that is accepted: that of the one that was loaded last, by any replica, before this program was
	// started. An older one could be played back to hide that a model has been broken since.
	Least int
}

// Metadata is what makers, through the FIDO Metadata Service (version 3), tell about models of authenticators. It is empty until a blob is loaded. Nothing is
// ever fetched: programs get the blob from https://mds.fidoalliance.org or a file, as often as it says, and load it while the provider is in use.
type Metadata struct {
	root    *x509.Certificate
	host    string // that the signer must be; "" for any
	least   int
	current atomic.Pointer[blob]
}

// blob is metadata whose signature was right.
type blob struct {
	number  int
	next    time.Time
	entries map[AAGUID]*metadata.Entry
	lookup  metadata.Provider
}

// NewMetadata makes an empty one.
func NewMetadata(cfg MetadataConfig) (*Metadata, error) {
	m := &Metadata{root: cfg.Root, host: cfg.Host, least: cfg.Least}
	if cfg.Least < 0 {
		return nil, fmt.Errorf("webauthn: MetadataConfig.Least is %d, below 0", cfg.Least)
	}
	if m.root != nil {
		return m, nil
	}
	der, err := base64.StdEncoding.DecodeString(metadata.ProductionMDSRoot)
	if err == nil {
		m.root, err = x509.ParseCertificate(der)
	}
	if err != nil {
		return nil, fmt.Errorf("webauthn: the FIDO Alliance's root certificate: %w", err)
	}
	m.host = cmp.Or(cfg.Host, "mds.fidoalliance.org")
	return m, nil
}

// Load replaces the metadata by a newer blob, a JWT as the service has it, if its signature is right and its number is not below that of the one before. On
// an error what was loaded before stays. now is for the validity of the certificates.
func (m *Metadata) Load(jwt []byte, now time.Time) error {
	b, err := m.read(jwt, now)
	if err != nil {
		return fmt.Errorf("webauthn: metadata: %w", err)
	}
	for {
		before := m.current.Load()
		if b.number < m.least || (before != nil && b.number < before.number) {
			return fmt.Errorf("webauthn: metadata: number %d is older than what was loaded before", b.number)
		}
		if m.current.CompareAndSwap(before, b) {
			return nil
		}
	}
}

// Loaded is the number of the metadata, and when they say that there will be newer ones; 0 if there are none.
func (m *Metadata) Loaded() (number int, next time.Time) {
	b := m.current.Load()
	if b == nil {
		return 0, time.Time{}
	}
	return b.number, b.next
}

// read checks the signature before it looks at anything else.
func (m *Metadata) read(jwt []byte, now time.Time) (*blob, error) {
	if len(jwt) > maxMetadata {
		return nil, fmt.Errorf("over %d bytes", maxMetadata)
	}
	raw, err := m.signed(bytes.TrimSpace(jwt), now)
	if err != nil {
		return nil, err
	}
	var payload metadata.PayloadJSON
	if err := json.Unmarshal(raw, &payload); err != nil {
		return nil, err
	}
	decoder, err := metadata.NewDecoder(metadata.WithIgnoreEntryParsingErrors()) // One maker's mistake is not to take the others away; that model has no entry then.
	if err != nil {
		return nil, err
	}
	parsed, err := decoder.Parse(&payload)
	if err != nil {
		return nil, err
	}
	if parsed.Parsed.Number <= 0 {
		return nil, errors.New("no number")
	}
	b := &blob{number: parsed.Parsed.Number, next: parsed.Parsed.NextUpdate, entries: map[AAGUID]*metadata.Entry{}}
	byID := parsed.ToMap()
	for id, e := range byID {
		b.entries[AAGUID(id)] = e
	}
	b.lookup, err = memory.New(
		memory.WithMetadata(byID),
		memory.WithValidateEntry(false), memory.WithValidateStatus(false), // Both are the policy's, which knows the time.
		memory.WithValidateAAGUID(true), memory.WithValidateBackupEligibility(true), memory.WithValidateUserVerification(true),
	)
	return b, err
}

// chain is the digests of the certificates by which a model's maker vouched for a key: the first of an answer's, those that signed it, and the maker's roots,
// which an answer seldom has and a report may be about. What else an answer has does not count. None, if it has none, or too many to be a chain: a
// certificate could be hidden among them.
func (b *blob) chain(model AAGUID, x5c []any) (digests [][certDigestSize]byte) {
	if len(x5c) == 0 || len(x5c) > maxChain {
		return nil
	}
	var sent []*x509.Certificate
	for _, c := range x5c {
		raw, _ := c.([]byte)
		parsed, err := x509.ParseCertificate(raw)
		if err != nil {
			return nil
		}
		sent = append(sent, parsed)
	}
	issuers := slices.Concat(sent[1:], b.entries[model].MetadataStatement.AttestationRootCertificates)
	path := sent[:1:1]
	for i := 0; i < len(path); i++ {
		digests = append(digests, certDigest(path[i].Raw))
		for _, c := range issuers {
			if bytes.Equal(path[i].RawIssuer, c.RawSubject) && !slices.ContainsFunc(path, c.Equal) && path[i].CheckSignatureFrom(c) == nil {
				path = append(path, c)
			}
		}
	}
	if len(digests) > maxChain {
		return nil
	}
	return digests
}

// undesired is what reports in force at the time say that makes a model one not to trust; none, if there is no such report. A report about one batch of devices is about those
// whose certificates are in the chain.
func (b *blob) undesired(model AAGUID, chain [][certDigestSize]byte, now time.Time) (statuses []string) {
	e := b.entries[model]
	if e == nil {
		return nil
	}
	for _, r := range metadata.EffectiveStatusReports(e.StatusReports, now) {
		if slices.Contains(statuses, string(r.Status)) {
			continue
		}
		if metadata.IsUndesiredAuthenticatorStatus(r.Status) && (inChain(r.Certificate, chain) || inChain(r.BatchCertificate, chain) || (r.Certificate == nil && r.BatchCertificate == nil)) {
			statuses = append(statuses, string(r.Status))
		}
	}
	return statuses
}

func inChain(c *x509.Certificate, chain [][certDigestSize]byte) bool {
	return c != nil && slices.Contains(chain, certDigest(c.Raw))
}

// keepsInHardware says whether the maker claims that keys of this model stay in hardware (FIDO Registry, section 3.2).
func (b *blob) keepsInHardware(model AAGUID) bool {
	e := b.entries[model]
	return e != nil && slices.Contains(e.MetadataStatement.KeyProtection, "hardware") && !slices.Contains(e.MetadataStatement.KeyProtection, "software")
}

// vouches says whether the model's maker is known, so that a chain of certificates was checked against that maker's root.
func (b *blob) vouches(model AAGUID) bool { return b.entries[model] != nil }
