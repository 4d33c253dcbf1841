package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

var (
	errPanicked = errors.New("registry: a panic")
	errBlocked  = errors.New("registry: no return in time")
	errAnswer   = errors.New("registry: the provider's answer is not one")
)

// guarded calls somebody else's code: a panic is an error, and so is not coming back in time. The code runs in a goroutine of its own, which is abandoned
// if it blocks; it was given copies of everything, so that whatever it does later changes nothing. // attack: A-158
func guarded[T any](ctx context.Context, timeout time.Duration, f func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ch := make(chan result, 1)
	go func() {
		res := result{err: errPanicked}
		defer func() {
			if p := recover(); p != nil {
				res.err = fmt.Errorf("%w: %T", errPanicked, p) // The value may hold a secret; its type does not.
			}
			ch <- res
		}()
		v, err := f(ctx)
		res = result{v, err}
	}()
	select {
	case res := <-ch:
		return res.value, res.err
	case <-ctx.Done():
		var zero T
		return zero, fmt.Errorf("%w: %w", errBlocked, ctx.Err())
	}
}

// step is one step of a store. Its deadline holds also for a store whose client does not honour the context, as Redis clients by default do
// not while they wait for a reply. // attack: A-149
func step[T any](ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	return guarded(ctx, storeTimeout, f)
}

// does is a step that has no result but its error.
func does(ctx context.Context, f func(context.Context) error) error {
	_, err := step(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

func (r *Registry) loginHook(ctx context.Context, k kind, req provider.LoginRequest) (provider.Prompt, error) {
	req.User.Handle, req.Factors, req.Previous = slices.Clone(req.User.Handle), cloneFactors(req.Factors), slices.Clone(req.Previous)
	p, err := ask(ctx, r, "login_hook", k.Kind, func(ctx context.Context) (provider.Prompt, error) { return k.LoginHook(ctx, req) })
	return ownPrompt(p, err)
}

func (r *Registry) setupHook(ctx context.Context, k kind, req provider.SetupRequest) (provider.Prompt, error) {
	req.User.Handle, req.Existing, req.Previous = slices.Clone(req.User.Handle), cloneFactors(req.Existing), slices.Clone(req.Previous)
	req.Input = slices.Clone(req.Input)
	p, err := ask(ctx, r, "setup_hook", k.Kind, func(ctx context.Context) (provider.Prompt, error) { return k.SetupHook(ctx, req) })
	return ownPrompt(p, err)
}

func ownPrompt(p provider.Prompt, err error) (provider.Prompt, error) {
	if err != nil {
		return provider.Prompt{}, err
	}
	if len(p.Private) > maxPrivate {
		return provider.Prompt{}, fmt.Errorf("%w: %d bytes of Private", errAnswer, len(p.Private))
	}
	p.Private = slices.Clone(p.Private)
	if p.Deliver != nil {
		d := *p.Deliver
		d.Uses = slices.Clone(d.Uses)
		p.Deliver = &d
	}
	return p, nil
}

// loginVerify returns a match only if it names one of the factors that were asked about: an empty result is not a success.
// With ErrCompromised it returns the match as well.
func (r *Registry) loginVerify(ctx context.Context, k kind, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	asked := req.Factors // The provider gets copies.
	req.User.Handle, req.Factors = slices.Clone(req.User.Handle), cloneFactors(req.Factors)
	ans = cloneAnswer(ans)
	m, err := ask(ctx, r, "login_verify", k.Kind, func(ctx context.Context) (provider.Match, error) { return k.LoginVerify(ctx, req, ans) })
	if err != nil && !errors.Is(err, provider.ErrCompromised) {
		return provider.Match{}, err
	}
	if !validID(m.Note) { // It must not stand in the way of disabling a factor, nor break a line of the log.
		m.Note = "the provider's note is not one"
	}
	named := slices.ContainsFunc(asked, func(f provider.Factor) bool { return f.ID == m.FactorID })
	switch {
	case err != nil && !named:
		return provider.Match{}, provider.ErrRejected
	case err != nil:
		return m, err
	case !named:
		return provider.Match{}, fmt.Errorf("%w: it names none of the factors", errAnswer)
	case m.Data != nil && len(m.Data) == 0, len(m.Data) > maxFactorData:
		return provider.Match{}, fmt.Errorf("%w: %d bytes of Data", errAnswer, len(m.Data))
	case !validID(m.Hint):
		return provider.Match{}, fmt.Errorf("%w: its Hint is not one", errAnswer)
	case len(m.AMR) > 0 && !validMethods(m.AMR):
		return provider.Match{}, fmt.Errorf("%w: its AMR is not one", errAnswer)
	}
	m.Data, m.AMR = slices.Clone(m.Data), slices.Clone(m.AMR)
	return m, nil
}

func (r *Registry) setupVerify(ctx context.Context, k kind, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	req.User.Handle, req.Existing = slices.Clone(req.User.Handle), cloneFactors(req.Existing)
	ans = cloneAnswer(ans)
	e, err := ask(ctx, r, "setup_verify", k.Kind, func(ctx context.Context) (provider.Enrollment, error) { return k.SetupVerify(ctx, req, ans) })
	return ownEnrollment(k, e, err)
}

func ownEnrollment(k kind, e provider.Enrollment, err error) (provider.Enrollment, error) {
	switch {
	case err != nil:
		return provider.Enrollment{}, err
	case len(e.Data) == 0 || len(e.Data) > maxFactorData:
		return provider.Enrollment{}, fmt.Errorf("%w: %d bytes of Data", errAnswer, len(e.Data))
	case len(e.Handle) > maxHandle || !printable(e.Handle):
		return provider.Enrollment{}, fmt.Errorf("%w: its Handle is not one", errAnswer)
	case !validID(e.Hint):
		return provider.Enrollment{}, fmt.Errorf("%w: its Hint is not one", errAnswer)
	case e.GoodFor < 0, e.GoodFor > 0 && k.Role == provider.Ordinary:
		return provider.Enrollment{}, fmt.Errorf("%w: a GoodFor of %v", errAnswer, e.GoodFor)
	}
	e.Data = slices.Clone(e.Data)
	return e, nil
}

func cloneFactors(fs []provider.Factor) []provider.Factor {
	own := make([]provider.Factor, len(fs))
	for i, f := range fs {
		own[i] = provider.Factor{ID: f.ID, Data: slices.Clone(f.Data)}
	}
	return own
}

func cloneAnswer(a provider.Answer) provider.Answer {
	return provider.Answer{Private: slices.Clone(a.Private), Response: slices.Clone(a.Response)}
}

// wrong says that an error is a verdict: the answer is not right. Any other error is the lack of one.
func wrong(err error) bool {
	return errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrCompromised)
}
