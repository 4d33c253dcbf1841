package webauthn

import (
	"context"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Signals are what a browser should pass on to the user's passkey managers, so that they show no passkey that does not work and no name of yesterday (level 3, section
// 5.1.10). Each member that is there is the argument of the static method of PublicKeyCredential named beside it.
type Signals struct {
	UnknownCredential      *protocol.SignalUnknownCredential      `json:"unknown_credential,omitempty"`       // signalUnknownCredential
	AllAcceptedCredentials *protocol.SignalAllAcceptedCredentials `json:"all_accepted_credentials,omitempty"` // signalAllAcceptedCredentials
	CurrentUserDetails     *protocol.SignalCurrentUserDetails     `json:"current_user_details,omitempty"`     // signalCurrentUserDetails
}

var (
	_ provider.Signaler  = (*Provider)(nil)
	_ provider.Forgetter = (*Provider)(nil)
)

// Signal tells which of the user's keys can be used, and what the user is called: the whole truth, for what is left out of the list will be hidden. If one key
// cannot be read, or the user has no name here, as in a login that named nobody, that much is not said.
func (p *Provider) Signal(_ context.Context, u provider.User, fs []provider.Factor) (any, error) {
	if err := checkHandle(u.Handle); err != nil {
		return nil, err
	}
	ids := make([]protocol.URLEncodedBase64, len(fs)) // "[]" if there are none, which hides them all
	for i, f := range fs {
		k, err := readRecord(f.Data)
		if err != nil {
			return nil, err
		}
		ids[i] = append(ids[i], k.id...)
	}
	handle := append(protocol.URLEncodedBase64(nil), u.Handle...)
	s := Signals{AllAcceptedCredentials: &protocol.SignalAllAcceptedCredentials{AllAcceptedCredentialIDs: ids, RPID: p.cfg.RPID, UserID: handle}}
	if name, display := names(u); name != "" {
		s.CurrentUserDetails = &protocol.SignalCurrentUserDetails{Name: name, DisplayName: display, RPID: p.cfg.RPID, UserID: handle}
	}
	return s, nil
}

// Forget tells the user's passkey managers that nobody has this key, so that they stop offering it.
func (p *Provider) Forget(_ context.Context, handle string) (any, error) {
	id, err := credentialID(handle)
	if err != nil {
		return nil, err
	}
	return Signals{UnknownCredential: &protocol.SignalUnknownCredential{CredentialID: id, RPID: p.cfg.RPID}}, nil
}
