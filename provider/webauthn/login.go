package webauthn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	lib "github.com/go-webauthn/webauthn/webauthn"

	"github.com/cofactor-mfa/cofactor/provider"
)

// GetPrompt is what LoginHook shows: options for navigator.credentials.get, to be read with PublicKeyCredential.parseRequestOptionsFromJSON. The
// answer is the credential's toJSON().
type GetPrompt struct {
	PublicKey protocol.PublicKeyCredentialRequestOptions `json:"publicKey"`
}

// LoginHook asks for any of the user's keys; or, if nobody is named, for any key of this site.
func (p *Provider) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	keys, err := readAll(req.Factors)
	if err != nil {
		return provider.Prompt{}, err
	}
	if _, err := p.cfg.Attestation.inUse(); err != nil {
		return provider.Prompt{}, err
	}
	named := req.User.ID != ""
	if named && len(keys) == 0 { // an empty list would ask for a key of anybody
		return provider.Prompt{}, fmt.Errorf("webauthn: %w: the user has no key", provider.ErrInvalid)
	}
	var s session
	switch {
	case len(req.Previous) > 0 && named:
		s, err = readSession(req.Previous, get)
	case len(req.Previous) > 0:
		s, err = readSession(req.Previous, find)
	case named:
		s, err = newSession(get, p.cfg.UserVerification, req.Now)
		for _, k := range keys[:min(len(keys), maxAllowed)] {
			s.allowed = append(s.allowed, digestOf(k.id))
		}
	default:
		s, err = newSession(find, VerificationRequired, req.Now)
	}
	if err != nil {
		return provider.Prompt{}, err
	}
	o := protocol.PublicKeyCredentialRequestOptions{
		Challenge: s.challenge, Timeout: int(p.cfg.Timeout.Milliseconds()), RelyingPartyID: p.cfg.RPID, UserVerification: s.wish.requirement(), Hints: p.hints(),
	}
	for _, k := range keys {
		if s.ceremony == get && s.asks(k.id) {
			o.AllowedCredentials = append(o.AllowedCredentials, k.descriptor())
		}
	}
	return provider.Prompt{Public: GetPrompt{o}, Private: s.encode()}, nil
}

// Locate reads the id of the key that an answer claims to come from.
func (p *Provider) Locate(_ context.Context, ans provider.Answer) (handle string, err error) {
	if len(ans.Response) > maxResponse {
		return "", errSize
	}
	var claim struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(ans.Response, &claim); err != nil {
		return "", errParse
	}
	id, err := credentialID(claim.ID)
	if err != nil {
		return "", err
	}
	return handleOf(id), nil
}

// LoginVerify accepts a signature by one of the keys that were asked for. Whose key it must be is the request's word and never the answer's. // attack
func (p *Provider) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	s, err := readSession(ans.Private, get, find)
	if err != nil {
		return provider.Match{}, err
	}
	models, err := p.cfg.Attestation.inUse()
	if err != nil {
		return provider.Match{}, err
	}
	if err := checkHandle(req.User.Handle); err != nil {
		return provider.Match{}, err
	}
	parsed, err := parseAssertion(ans.Response)
	if err != nil {
		return provider.Match{}, err
	}
	k, err := readOne(req.Factors, parsed.RawID)
	if err != nil {
		return provider.Match{}, err
	}
	if k.factor == "" || !s.asks(parsed.RawID) {
		return provider.Match{}, refused("not a key that was asked for")
	}
	if s.ceremony == find && len(parsed.Response.UserHandle) == 0 {
		return provider.Match{}, refused("no user handle")
	}
	if !p.fromHere(parsed.Response.CollectedClientData) {
		return provider.Match{}, refused("another origin")
	}
	if _, err := p.verify.ValidateLogin(person{req.User.Handle, k.credentials()}, s.sessionData(req.User.Handle), parsed); err != nil {
		return provider.Match{}, refused("assertion")
	}
	return p.proved(models, k, s, req.Now, parsed.Response.AuthenticatorData)
}

// proved is what a signature that is right says about its key.
func (p *Provider) proved(models *blob, k stored, s session, at time.Time, data protocol.AuthenticatorData) (provider.Match, error) {
	m := provider.Match{FactorID: k.factor, AMR: []string{"pop", "swk", "user"}, Verified: data.Flags.HasUserVerified()}
	var notes []string
	bad, hardware := models.standing(k.record, at)
	switch {
	case len(bad) > 0 && p.cfg.Attestation.BadStatus == DisableBadStatus:
		return compromised(k, noteStatus+strings.Join(bad, ", "))
	case len(bad) > 0:
		notes = append(notes, noteStatus+strings.Join(bad, ", "))
		m.Verified = m.Verified && !slices.Contains(bad, string(metadata.UserVerificationBypass))
	case hardware:
		m.AMR[1] = "hwk"
	}
	now := k.record
	switch verdict := k.judge(data.Counter, s.began); {
	case verdict == onward:
		now.counter, now.counted = data.Counter, at
	case verdict == behind && p.cfg.Counter == RefuseClones:
		return compromised(k, noteBehind)
	case verdict == overtaken && p.cfg.Counter == RefuseClones:
		return provider.Match{}, refused(noteOvertaken)
	case verdict == behind:
		notes = append(notes, noteBehind)
	case verdict == overtaken:
		notes = append(notes, noteOvertaken)
	}
	switch now.backedUp = data.Flags.HasBackupState(); {
	case now.backedUp && !k.backedUp:
		notes = append(notes, noteBackedUp)
	case k.backedUp && !now.backedUp:
		notes = append(notes, noteUnbacked)
	}
	if now.hint() != k.hint() {
		m.Hint = now.hint()
	}
	if now.counter != k.counter || now.backedUp != k.backedUp {
		m.Data = now.encode()
	}
	m.Note = strings.Join(notes, "; ")
	return m, nil
}

// compromised is the end of a key.
func compromised(k stored, note string) (provider.Match, error) {
	return provider.Match{FactorID: k.factor, Note: note}, fmt.Errorf("webauthn: %w: %s", provider.ErrCompromised, note)
}

// What an event may say of a key.
const (
	noteStatus    = "the key's model is reported as "
	noteBehind    = "the signature counter went back: the key may have been copied"
	noteOvertaken = "the signature counter is behind that of an answer to a later prompt"
	noteBackedUp  = "the key has been backed up"
	noteUnbacked  = "the key is no longer backed up"
)

// fromHere says whether a ceremony ran on a page of the site, spelled as browsers spell it, and in no frame of another. The library forgives a path, a
// user and upper case. // attack
func (p *Provider) fromHere(c protocol.CollectedClientData) bool {
	return slices.Contains(p.origins, c.Origin) && !c.CrossOrigin && c.TopOrigin == ""
}

// checkHandle: without the user's handle nobody could tell whose key it is. It is the registry's to give.
func checkHandle(handle []byte) error {
	if len(handle) < 16 || len(handle) > 64 {
		return fmt.Errorf("webauthn: a user handle of %d bytes, not 16 to 64", len(handle))
	}
	return nil
}

// credentials are the key, as the library has it.
func (k record) credentials() []lib.Credential {
	flags := protocol.FlagUserPresent
	if k.eligible {
		flags |= protocol.FlagBackupEligible
	}
	return []lib.Credential{{ID: k.id, PublicKey: k.publicKey, Flags: lib.NewCredentialFlags(flags)}}
}
