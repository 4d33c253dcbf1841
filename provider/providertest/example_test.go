package providertest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

// optimist believes everybody.
type optimist struct{}

func (optimist) Info() provider.Info {
	return provider.Info{Kind: "optimist", Class: provider.Knowledge}
}

func (optimist) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (optimist) SetupVerify(context.Context, provider.SetupRequest, provider.Answer) (provider.Enrollment, error) {
	return provider.Enrollment{Data: []byte{1}}, nil
}

func (optimist) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (optimist) LoginVerify(_ context.Context, req provider.LoginRequest, _ provider.Answer) (provider.Match, error) {
	return provider.Match{FactorID: req.Factors[0].ID}, nil
}

// A test calls Run. Check returns what Run would report, and here it is not short of things to say.
func ExampleCheck() {
	err := providertest.Check(providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return optimist{}, nil },
		Device: func(int) providertest.Device {
			return func(providertest.Shown) any { return map[string]string{"code": "please"} }
		},
	})
	var first *providertest.Violation
	fmt.Println(errors.As(err, &first))
	fmt.Println(first.Case)
	fmt.Println(first.Err)
	// Output:
	// true
	// public
	// a set-up with Public as the answer succeeded
}
