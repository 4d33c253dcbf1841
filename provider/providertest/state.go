package providertest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

func ownFactor(s *suite) error {
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	c, err := x.login(f)
	if err != nil {
		return err
	}
	alone := c.req
	alone.Factors = nil
	err = calmly(func() error { // A kind that always gets one factor may be surprised to get none.
		_, err := x.LoginVerify(context.Background(), alone, c.right)
		return err
	})
	if err == nil {
		return errors.New("an answer matched, and there was no factor")
	}
	factors := []provider.Factor{f}
	if x.Info().Unguessable {
		_, other, err := s.enrolled()
		if err != nil {
			return err
		}
		factors = []provider.Factor{{ID: "another", Data: other.Data}, f}
	}
	if c, err = x.login(factors...); err != nil {
		return err
	}
	after, err := x.match(c)
	if err != nil {
		return err
	}
	if after.ID != f.ID {
		return fmt.Errorf("the match names the factor %q, and the answer was %q's", after.ID, f.ID)
	}
	return nil
}

// calmly makes an error of a panic.
func calmly(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panicked: %v", p)
		}
	}()
	return f()
}

func unknownFormat(s *suite) error {
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	c, err := x.login(f)
	if err != nil {
		return err
	}
	try := func(data []byte) error {
		req := c.req
		req.Factors = []provider.Factor{{ID: f.ID, Data: data}}
		_, err := x.LoginVerify(context.Background(), req, c.right)
		return err
	}
	for what, data := range map[string][]byte{
		"no Data": nil, "empty Data": {}, "Data of version 0": withVersion(f.Data, 0), "Data of version 255": withVersion(f.Data, 255),
	} {
		if try(data) == nil {
			return fmt.Errorf("a login with %s succeeded", what)
		}
		begun, err := x.login(provider.Factor{ID: f.ID, Data: data})
		if err != nil {
			continue
		}
		if err := begun.denies(what, begun.right); err != nil {
			return err
		}
	}
	for n := range len(f.Data) { // It is enough that these do not panic: what was cut short does not open.
		if n < 64 || n > len(f.Data)-64 {
			_ = try(f.Data[:n])
		}
	}
	return nil
}

func withVersion(data []byte, version byte) []byte {
	b := bytes.Clone(data)
	if b[0] == version {
		version ^= 0x7f
	}
	b[0] = version
	return b
}

func setupAnswer(s *suite) error {
	x, err := s.person()
	if err != nil {
		return err
	}
	su, err := x.setup()
	if err != nil {
		return err
	}
	e, err := x.SetupVerify(context.Background(), su.req, su.right)
	if err != nil {
		return err
	}
	lo, err := x.login(provider.Factor{ID: x.factorID(), Data: e.Data})
	if err != nil {
		return err
	}
	return lo.denies("the answer of the set-up", provider.Answer{Private: lo.right.Private, Response: su.right.Response})
}

func usedUp(s *suite) error {
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	return x.spend(x, f)
}

func replicas(s *suite) error {
	here, err := s.person()
	if err != nil {
		return err
	}
	p, err := s.New()
	if err != nil {
		return err
	}
	there := *here
	there.MultiFactorProvider = p
	su, err := here.setup()
	if err != nil {
		return err
	}
	e, err := there.SetupVerify(context.Background(), su.req, su.right)
	if err != nil {
		return fmt.Errorf("the right answer to a set-up that another replica began: %w", err)
	}
	if err := there.earned(e.Once); err != nil {
		return err
	}
	there.now = there.now.Add(time.Minute)
	*here = person{here.MultiFactorProvider, here.user, here.device, there.once, there.now}
	return here.spend(&there, provider.Factor{ID: here.factorID(), Data: e.Data})
}

// spend uses an answer to a challenge that x began, at the same user's replica y, and then at x in another challenge.
func (x *person) spend(y *person, f provider.Factor) error {
	first, err := x.login(f)
	if err != nil {
		return err
	}
	second, err := x.login(f)
	if err != nil {
		return err
	}
	f, err = y.match(first)
	if err != nil || x.Info().Role == provider.Transient { // Such answers may be repeated for a while: browsers lose replies.
		return err
	}
	second.req.Factors = []provider.Factor{f}
	_, err = x.LoginVerify(context.Background(), second.req, provider.Answer{Private: second.right.Private, Response: first.right.Response})
	switch {
	case err == nil:
		return errors.New("an answer that was right before was right again, in another challenge")
	case !verdict(err):
		return fmt.Errorf("an answer that was right before ended without a verdict: %w", err)
	}
	return nil
}

func cancelled(s *suite) error {
	return s.each(func(_ *person, c ceremony) error {
		other, ok, err := s.stranger(c)
		if err != nil {
			return err
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if ok && c.verify(ended, provider.Answer{Private: c.right.Private, Response: other.right.Response}) == nil {
			return fmt.Errorf("a wrong answer to a %s was right after its context had ended", c.of)
		}
		if c.verify(ended, provider.Answer{Private: c.right.Private}) == nil {
			return fmt.Errorf("no answer to a %s was right after its context had ended", c.of)
		}
		_ = c.verify(ended, c.right)
		if err := c.verify(context.WithoutCancel(ended), c.right); err != nil {
			return fmt.Errorf("the right answer to a %s, after a call that was cancelled: %w", c.of, err)
		}
		return nil
	})
}

func concurrentUse(s *suite) error {
	const users, calls = 8, 8
	p, err := s.New()
	if err != nil {
		return err
	}
	return together(users, func(int) error {
		x := s.personAt(p)
		f, err := x.enrol()
		if err != nil {
			return err
		}
		c, err := x.login(f)
		if err != nil {
			return err
		}
		return together(calls, func(i int) error {
			if i%2 == 0 {
				return c.refuses("no answer", provider.Answer{Private: c.right.Private})
			}
			if err := c.verify(context.Background(), c.right); err != nil {
				return fmt.Errorf("the right answer, beside others: %w", err)
			}
			return nil
		})
	})
}

// together runs f n times at once. Of what goes wrong it returns one error: the others are mostly the same.
func together(n int, f func(i int) error) (err error) {
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- calmly(func() error { return f(i) }) }()
	}
	for range n {
		err = cmp.Or(err, <-errs)
	}
	return err
}
