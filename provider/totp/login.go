package totp

import (
	"context"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider"
)

// LoginPrompt is what LoginHook shows: how many digits the field takes.
type LoginPrompt struct {
	Digits int `json:"digits"`
}

// LoginHook asks for the code of one app. There is nothing to remember or to send.
func (p *Provider) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	_, k, err := only(req.Factors)
	if err != nil {
		return provider.Prompt{}, err
	}
	return provider.Prompt{Public: LoginPrompt{Digits: k.digits}}, nil
}

// LoginVerify accepts a code that is right and unused, and uses up its step together with all before it. What it burns is
// the step and not the text, so another spelling of a code is the same code; and a wrong code burns nothing. // attack
func (p *Provider) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	id, k, err := only(req.Factors)
	if err != nil {
		return provider.Match{}, err
	}
	code, err := ans.Code()
	if err != nil {
		return provider.Match{}, err
	}
	step, right, err := k.find(code, req.Now, p.skew.steps())
	if err != nil {
		return provider.Match{}, err
	}
	if !right {
		return provider.Match{}, provider.ErrRejected
	}
	k.last = step
	return provider.Match{FactorID: id, Data: k.encode()}, nil
}

// only is the one factor that a challenge is for. With more, a guess would have as many chances as the user has apps.
func only(factors []provider.Factor) (id string, k key, err error) {
	if len(factors) != 1 {
		return "", key{}, fmt.Errorf("totp: want one factor, not %d", len(factors))
	}
	k, err = decode(factors[0].Data)
	return factors[0].ID, k, err
}
