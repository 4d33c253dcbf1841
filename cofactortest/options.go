package cofactortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// What a site says about residentKey.
const (
	required    = "required"
	discouraged = "discouraged"
)

// options are the members of creation and request options that make a difference here.
type options struct {
	Challenge string `json:"challenge"` // as it was written: a client repeats it
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	RPID string `json:"rpId"`
	User struct {
		ID   b64    `json:"id"`
		Name string `json:"name"`
	} `json:"user"`
	PubKeyCredParams []struct {
		Type string    `json:"type"`
		Alg  Algorithm `json:"alg"`
	} `json:"pubKeyCredParams"`
	ExcludeCredentials     []descriptor `json:"excludeCredentials"`
	AllowCredentials       []descriptor `json:"allowCredentials"`
	AuthenticatorSelection struct {
		ResidentKey        string `json:"residentKey"`
		RequireResidentKey bool   `json:"requireResidentKey"`
	} `json:"authenticatorSelection"`
	Extensions map[string]any `json:"extensions"`
}

type descriptor struct {
	ID b64 `json:"id"`
}

func parse(raw []byte) (options, error) {
	var wrapped struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	if err := json.Unmarshal(raw, &wrapped); err != nil {
		return options{}, fmt.Errorf("cofactortest: options: %w", err)
	}
	if wrapped.PublicKey != nil {
		raw = wrapped.PublicKey
	}
	var o options
	if err := json.Unmarshal(raw, &o); err != nil {
		return options{}, fmt.Errorf("cofactortest: options: %w", err)
	}
	if o.Challenge == "" {
		return options{}, errors.New("cofactortest: these options have no challenge")
	}
	return o, nil
}

func (o options) rpID(origin string) string {
	switch {
	case o.RP.ID != "":
		return o.RP.ID
	case o.RPID != "":
		return o.RPID
	}
	return host(origin)
}

func (o options) firstKnown() Algorithm {
	for _, p := range o.PubKeyCredParams {
		if p.Type == "public-key" && p.Alg.known() {
			return p.Alg
		}
	}
	return 0
}

func (o options) wantsDiscoverable() string {
	switch s := o.AuthenticatorSelection; {
	case s.ResidentKey != "":
		return s.ResidentKey
	case s.RequireResidentKey:
		return required
	}
	return discouraged
}

func (o options) allows(id []byte) bool {
	for _, d := range o.AllowCredentials {
		if bytes.Equal(d.ID, id) {
			return true
		}
	}
	return false
}
