package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

func handsOff(s *suite) error {
	x, err := s.person()
	if err != nil {
		return err
	}
	w := &witness{MultiFactorProvider: x.MultiFactorProvider}
	x.MultiFactorProvider = w
	su, err := x.setup()
	if err != nil {
		return w.blame(err)
	}
	if _, err := su.again(x.now); err != nil {
		return w.blame(err)
	}
	f, err := x.enrol()
	if err != nil {
		return w.blame(err)
	}
	for range 2 { // What was kept of the first login does harm in the second.
		if f, err = x.loginHandsOff(f); err != nil {
			return w.blame(err)
		}
		x.now = x.now.Add(time.Minute)
	}
	return w.blame(nil)
}

func (x *person) loginHandsOff(f provider.Factor) (provider.Factor, error) {
	lo, err := x.login(f)
	if err != nil {
		return f, err
	}
	if _, err := lo.again(x.now); err != nil {
		return f, err
	}
	if err := lo.refuses("no answer", provider.Answer{Private: lo.right.Private}); err != nil {
		return f, err
	}
	return x.match(lo)
}

// witness passes copies on, overwrites them after the call, and looks at what has changed that should not have.
type witness struct {
	provider.MultiFactorProvider
	faults []error
}

// blame prefers what the witness saw to what came of it.
func (w *witness) blame(err error) error {
	if len(w.faults) > 0 {
		return errors.Join(w.faults...)
	}
	return err
}

func (w *witness) SetupHook(ctx context.Context, req provider.SetupRequest) (p provider.Prompt, err error) {
	lent := w.lend(&req.User.Handle, (*[]byte)(&req.Input), &req.Previous)
	lent = append(lent, w.lendFactors(&req.Existing)...)
	p, err = w.MultiFactorProvider.SetupHook(ctx, req)
	w.takeBack("SetupHook", lent, p.Private)
	return p, err
}

func (w *witness) SetupVerify(ctx context.Context, req provider.SetupRequest, ans provider.Answer) (e provider.Enrollment, err error) {
	lent := w.lend(&req.User.Handle, &ans.Private, (*[]byte)(&ans.Response))
	lent = append(lent, w.lendFactors(&req.Existing)...)
	e, err = w.MultiFactorProvider.SetupVerify(ctx, req, ans)
	w.takeBack("SetupVerify", lent, e.Data)
	return e, err
}

func (w *witness) LoginHook(ctx context.Context, req provider.LoginRequest) (p provider.Prompt, err error) {
	lent := w.lend(&req.User.Handle, &req.Previous)
	lent = append(lent, w.lendFactors(&req.Factors)...)
	p, err = w.MultiFactorProvider.LoginHook(ctx, req)
	w.takeBack("LoginHook", lent, p.Private)
	return p, err
}

func (w *witness) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (m provider.Match, err error) {
	lent := w.lend(&req.User.Handle, &ans.Private, (*[]byte)(&ans.Response))
	lent = append(lent, w.lendFactors(&req.Factors)...)
	m, err = w.MultiFactorProvider.LoginVerify(ctx, req, ans)
	w.takeBack("LoginVerify", lent, m.Data)
	return m, err
}

// loan is a slice that a provider got, and what was in it.
type loan struct{ lent, original []byte }

func (w *witness) lend(slices ...*[]byte) (lent []loan) {
	for _, b := range slices {
		original := *b
		*b = bytes.Clone(original)
		lent = append(lent, loan{*b, original})
	}
	return lent
}

func (w *witness) lendFactors(fs *[]provider.Factor) (lent []loan) {
	*fs = slices.Clone(*fs)
	for i := range *fs {
		lent = append(lent, w.lend(&(*fs)[i].Data)...)
	}
	return lent
}

// takeBack looks for changes, and then changes what was lent: a result that changes with it is the request's memory.
func (w *witness) takeBack(method string, lent []loan, result []byte) {
	before := bytes.Clone(result)
	for _, l := range lent {
		if !bytes.Equal(l.lent, l.original) {
			w.faults = append(w.faults, fmt.Errorf("%s changed a slice of its request", method))
		}
		for i := range l.lent {
			l.lent[i] ^= 0xff
		}
	}
	if !bytes.Equal(before, result) {
		w.faults = append(w.faults, fmt.Errorf("%s returned a slice of its request", method))
	}
}
