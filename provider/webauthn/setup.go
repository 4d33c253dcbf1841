package webauthn

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	lib "github.com/go-webauthn/webauthn/webauthn"

	"github.com/cofactor-mfa/cofactor/provider"
)

// CreatePrompt is what SetupHook shows: options for navigator.credentials.create, to be read with PublicKeyCredential.parseCreationOptionsFromJSON. The
// answer is the credential's toJSON().
type CreatePrompt struct {
	PublicKey protocol.PublicKeyCredentialCreationOptions `json:"publicKey"`
}

// The hints that a factor has, in pickers and lists. They are English; a page in another language has its own words for these three.
const (
	HintSynced   = "synced"              // its maker copies it to the user's other devices, and keeps a copy
	HintUnsynced = "not synced yet"      // its maker may copy it, and has not
	HintBound    = "only on this device" // and cannot be copied
)

// SetupHook offers to make a key for the user, by whatever authenticator does not have one already.
func (p *Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	if name, _ := names(req.User); name == "" {
		return provider.Prompt{}, errNoName
	}
	if err := checkHandle(req.User.Handle); err != nil {
		return provider.Prompt{}, err
	}
	if _, err := p.cfg.Attestation.ready(req.Now); err != nil {
		return provider.Prompt{}, err
	}
	have, err := readAll(req.Existing)
	if err != nil {
		return provider.Prompt{}, err
	}
	var s session
	if len(req.Previous) > 0 {
		s, err = readSession(req.Previous, create)
	} else {
		s, err = newSession(create, p.cfg.UserVerification, req.Now)
		s.algorithms = p.cfg.Algorithms
	}
	if err != nil {
		return provider.Prompt{}, err
	}
	return provider.Prompt{Public: p.showCreate(s, req.User, have), Private: s.encode()}, nil
}

func (p *Provider) showCreate(s session, u provider.User, have []stored) CreatePrompt {
	name, display := names(u)
	o := protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{ID: p.cfg.RPID, CredentialEntity: protocol.CredentialEntity{Name: p.cfg.RPName}},
		User: protocol.UserEntity{
			ID: protocol.URLEncodedBase64(slices.Clone(u.Handle)), DisplayName: display, CredentialEntity: protocol.CredentialEntity{Name: name},
		},
		Challenge:   s.challenge,
		Parameters:  s.parameters(),
		Timeout:     int(p.cfg.Timeout.Milliseconds()),
		Hints:       p.hints(),
		Attestation: p.cfg.Attestation.preference(),
	}
	o.AuthenticatorSelection = protocol.AuthenticatorSelection{UserVerification: s.wish.requirement()}
	switch p.cfg.Preset {
	case Passkeys:
		o.AuthenticatorSelection.ResidentKey, o.AuthenticatorSelection.RequireResidentKey = protocol.ResidentKeyRequirementRequired, protocol.ResidentKeyRequired()
	case SecurityKeys:
		o.AuthenticatorSelection.ResidentKey, o.AuthenticatorSelection.AuthenticatorAttachment = protocol.ResidentKeyRequirementDiscouraged, protocol.CrossPlatform
	}
	for _, k := range have {
		o.CredentialExcludeList = append(o.CredentialExcludeList, k.descriptor())
	}
	return CreatePrompt{o}
}

// names are what the user signs in with, and what people call them; each stands for the other if that is missing.
func names(u provider.User) (name, display string) {
	return cmp.Or(u.Name, u.DisplayName), cmp.Or(u.DisplayName, u.Name)
}

// SetupVerify accepts a new key, if it was made for this user on this site, in this ceremony. That its id is new in the whole store is for the
// registry to decide, by the handle. // attack: A-103
func (p *Provider) SetupVerify(_ context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	s, err := readSession(ans.Private, create)
	if err != nil {
		return provider.Enrollment{}, err
	}
	if err := checkHandle(req.User.Handle); err != nil {
		return provider.Enrollment{}, err
	}
	makers, err := p.cfg.Attestation.ready(req.Now)
	if err != nil {
		return provider.Enrollment{}, err
	}
	parsed, err := parseAttestation(ans.Response)
	if err != nil {
		return provider.Enrollment{}, err
	}
	data := parsed.Response.AttestationObject.AuthData
	if err := checkKey(data.AttData.CredentialPublicKey, s.algorithms); err != nil { // before anything is checked with it
		return provider.Enrollment{}, refused(err.Error())
	}
	if !p.fromHere(parsed.Response.CollectedClientData) {
		return provider.Enrollment{}, refused("another origin")
	}
	if s.wish == VerificationRequired && data.Flags.HasUserPresent() && !data.Flags.HasUserVerified() {
		return provider.Enrollment{}, provider.Invalid("This device did not check that it is you. Set up a PIN, a fingerprint or a face on it, then try again.")
	}
	made, err := p.register(makers, person{handle: req.User.Handle}, s.sessionData(req.User.Handle), parsed)
	if err != nil {
		return provider.Enrollment{}, refused("registration")
	}
	k := record{
		id: made.ID, publicKey: made.PublicKey, transports: transportBits(made.Transport),
		eligible: made.Flags.BackupEligible, backedUp: made.Flags.BackupState, counter: made.Authenticator.SignCount, counted: req.Now,
	}
	copy(k.model[:], made.Authenticator.AAGUID)
	if err := p.assess(makers, &k, made, parsed.Response.AttestationObject.AttStatement, req.Now); err != nil {
		return provider.Enrollment{}, err
	}
	return provider.Enrollment{Data: k.encode(), Handle: handleOf(k.id), Label: p.label(k.model), Hint: k.hint()}, nil
}

// label is what a new key is called before its user calls it otherwise.
func (p *Provider) label(model AAGUID) string {
	if name := p.cfg.Names[model]; name != "" {
		return name
	}
	if p.cfg.Preset == SecurityKeys {
		return "Security key"
	}
	return "Passkey"
}

func (k record) hint() string {
	switch {
	case k.backedUp:
		return HintSynced
	case k.eligible:
		return HintUnsynced
	}
	return HintBound
}

func (s session) parameters() []protocol.CredentialParameter {
	list := make([]protocol.CredentialParameter, len(s.algorithms))
	for i, a := range s.algorithms {
		list[i] = protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.COSEAlgorithmIdentifier(a)}
	}
	return list
}

func (w UserVerification) requirement() protocol.UserVerificationRequirement {
	return [...]protocol.UserVerificationRequirement{
		VerificationPreferred: protocol.VerificationPreferred, VerificationRequired: protocol.VerificationRequired,
		VerificationDiscouraged: protocol.VerificationDiscouraged,
	}[w]
}

func (p *Provider) hints() []protocol.PublicKeyCredentialHints {
	list := make([]protocol.PublicKeyCredentialHints, len(p.cfg.Hints))
	for i, h := range p.cfg.Hints {
		list[i] = protocol.PublicKeyCredentialHints(h)
	}
	return list
}

// sessionData is the session, as the library has it. It has no expiry: the challenge has one.
func (s session) sessionData(handle []byte) lib.SessionData {
	return lib.SessionData{
		Challenge: protocol.URLEncodedBase64(s.challenge).String(), UserID: handle, UserVerification: s.wish.requirement(), CredParams: s.parameters(),
	}
}

// person is the user as the library has them.
type person struct {
	handle []byte
	key    []lib.Credential
}

var _ lib.User = person{}

func (u person) WebAuthnID() []byte                    { return u.handle }
func (u person) WebAuthnName() string                  { return "" }
func (u person) WebAuthnDisplayName() string           { return "" }
func (u person) WebAuthnCredentials() []lib.Credential { return u.key }
