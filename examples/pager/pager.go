// Package pager is a factor for people who carry a pager: a code is sent to it, and they type it back. Copy it to write your own.
package pager

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"regexp"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Provider sends a text to a pager. That is all it knows: what a factor is comes back in Data, what was sent in Private.
type Provider func(ctx context.Context, number, text string) error

var private = regexp.MustCompile(`^1([0-9]{4,12})([0-9]{6})$`) // Data, which is format 1 and the number, and then the code

func (Provider) Info() provider.Info {
	return provider.Info{Kind: "pager", Class: provider.Possession, Channel: "pager"}
}

func (p Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	var in struct{ Number string }
	_ = json.Unmarshal(req.Input, &in) // What cannot be read leaves no number, and page refuses that.
	return p.page("1"+in.Number, req.Previous)
}

func (Provider) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	data := string(ans.Private[:max(0, len(ans.Private)-6)])
	return provider.Enrollment{Data: []byte(data), Label: "Pager", Hint: "···" + data[max(0, len(data)-2):]}, check(ans, data)
}

func (p Provider) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	return p.page(string(req.Factors[0].Data), req.Previous)
}

func (Provider) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	return provider.Match{FactorID: req.Factors[0].ID}, check(ans, string(req.Factors[0].Data))
}

// page sends a new code or, with previous, the same again: the first message may still be on its way.
func (p Provider) page(data string, previous []byte) (provider.Prompt, error) {
	code, err := provider.NewCode(6)
	m := private.FindStringSubmatch(cmp.Or(string(previous), data+code))
	if err != nil || m == nil {
		return provider.Prompt{}, cmp.Or(err, provider.Invalid("A pager number has 4 to 12 digits."))
	}
	send := func(ctx context.Context) error { return p(ctx, m[1], m[2]+" is your code.") }
	return provider.Prompt{Private: []byte(m[0]), Deliver: &provider.Delivery{Uses: []provider.Use{{Budget: "address", Of: m[1]}}, Send: send}}, nil
}

// check compares the factor and the code in constant time: how long it takes must not tell how much of a code was right.
func check(ans provider.Answer, data string) error {
	code, err := ans.Code()
	if err == nil && subtle.ConstantTimeCompare([]byte(data+code), ans.Private) != 1 {
		err = provider.ErrRejected
	}
	return err
}
