package providertest_test

import (
	"context"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

// changed is a provider of which some methods are replaced. A replacement is given the method it replaces.
type changed struct {
	provider.MultiFactorProvider
	info        func(provider.Info) provider.Info
	setupHook   func(provider.SetupRequest, offers) (provider.Prompt, error)
	setupVerify func(provider.SetupRequest, provider.Answer, enrols) (provider.Enrollment, error)
	loginHook   func(provider.LoginRequest, asks) (provider.Prompt, error)
	loginVerify func(provider.LoginRequest, provider.Answer, matches) (provider.Match, error)
}

type (
	offers  func(provider.SetupRequest) (provider.Prompt, error)
	asks    func(provider.LoginRequest) (provider.Prompt, error)
	enrols  func(provider.SetupRequest, provider.Answer) (provider.Enrollment, error)
	matches func(provider.LoginRequest, provider.Answer) (provider.Match, error)
)

// with changes every provider that a harness makes.
func with(h providertest.Harness, c changed) providertest.Harness {
	original := h.New
	h.New = func() (provider.MultiFactorProvider, error) {
		p, err := original()
		own := c
		own.MultiFactorProvider = p
		return own, err
	}
	return h
}

func (c changed) Info() provider.Info {
	i := c.MultiFactorProvider.Info()
	if c.info != nil {
		return c.info(i)
	}
	return i
}

func (c changed) SetupHook(ctx context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	next := func(req provider.SetupRequest) (provider.Prompt, error) {
		return c.MultiFactorProvider.SetupHook(ctx, req)
	}
	if c.setupHook != nil {
		return c.setupHook(req, next)
	}
	return next(req)
}

func (c changed) SetupVerify(ctx context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	next := func(req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
		return c.MultiFactorProvider.SetupVerify(ctx, req, ans)
	}
	if c.setupVerify != nil {
		return c.setupVerify(req, ans, next)
	}
	return next(req, ans)
}

func (c changed) LoginHook(ctx context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	next := func(req provider.LoginRequest) (provider.Prompt, error) {
		return c.MultiFactorProvider.LoginHook(ctx, req)
	}
	if c.loginHook != nil {
		return c.loginHook(req, next)
	}
	return next(req)
}

func (c changed) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	next := func(req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
		return c.MultiFactorProvider.LoginVerify(ctx, req, ans)
	}
	if c.loginVerify != nil {
		return c.loginVerify(req, ans, next)
	}
	return next(req, ans)
}
