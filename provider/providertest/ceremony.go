package providertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

// start is the suite's time: not the system's, so that a provider with a clock of its own is found out.
var start = time.Date(2031, time.May, 7, 12, 0, 10, 0, time.UTC)

// person is a user with a device, at a replica of the provider.
type person struct {
	provider.MultiFactorProvider
	user   provider.User
	device Device
	once   json.RawMessage // what the last right answer earned
	now    time.Time
}

func (s *suite) person() (*person, error) {
	p, err := s.New()
	if err != nil {
		return nil, fmt.Errorf("Harness.New: %w", err)
	}
	return s.personAt(p), nil
}

func (s *suite) personAt(p provider.MultiFactorProvider) *person {
	n := int(s.users.Add(1))
	handle := sha256.Sum256(fmt.Append(nil, n))
	return &person{
		MultiFactorProvider: p,
		user: provider.User{
			ID: fmt.Sprintf("user-%d", n), Name: fmt.Sprintf("user%d@example.com", n), DisplayName: fmt.Sprintf("User %d", n),
			Locale: "en", Handle: handle[:],
		},
		device: s.Device(n),
		now:    start,
	}
}

// enrolled is a person who has a factor, a little later.
func (s *suite) enrolled() (*person, provider.Factor, error) {
	x, err := s.person()
	if err != nil {
		return nil, provider.Factor{}, err
	}
	f, err := x.enrol()
	return x, f, err
}

// ceremony is one that was begun: what it takes to finish it.
type ceremony struct {
	step   Step
	of     string // "set-up" or "login", for messages
	prompt provider.Prompt
	public json.RawMessage
	right  provider.Answer
	verify func(context.Context, provider.Answer) error
	again  func(now time.Time) (provider.Prompt, error) // the hook, with Previous
}

// refuses says what is wrong if an answer is not refused by a verdict.
func (c ceremony) refuses(what string, ans provider.Answer) error {
	switch err := c.verify(context.Background(), ans); {
	case err == nil:
		return fmt.Errorf("a %s with %s succeeded", c.of, what)
	case !verdict(err):
		return fmt.Errorf("a %s with %s ended without a verdict, in neither ErrRejected nor ErrInvalid: %w", c.of, what, err)
	}
	return nil
}

// denies says what is wrong if an answer is right, whatever the error is otherwise.
func (c ceremony) denies(what string, ans provider.Answer) error {
	if c.verify(context.Background(), ans) == nil {
		return fmt.Errorf("a %s with %s succeeded", c.of, what)
	}
	return nil
}

func verdict(err error) bool {
	return errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrCompromised)
}

type setup struct {
	ceremony
	req provider.SetupRequest
}

// setup begins an enrolment and has the device answer it.
func (x *person) setup(existing ...provider.Factor) (setup, error) {
	input, err := x.ask(Begin, nil)
	if err != nil {
		return setup{}, err
	}
	c := setup{req: provider.SetupRequest{User: x.user, Existing: existing, Input: input, Now: x.now}}
	c.prompt, err = x.SetupHook(context.Background(), c.req)
	if err != nil {
		return setup{}, fmt.Errorf("SetupHook: %w", err)
	}
	c.req.Input = nil
	c.ceremony, err = x.shown(Enrol, c.prompt)
	c.verify = func(ctx context.Context, ans provider.Answer) error {
		_, err := x.SetupVerify(ctx, c.req, ans)
		return err
	}
	c.again = func(now time.Time) (provider.Prompt, error) {
		req := c.req
		req.Previous, req.Now = c.prompt.Private, now
		return x.SetupHook(context.Background(), req)
	}
	return c, err
}

// enrol does a whole set-up.
func (x *person) enrol() (provider.Factor, error) {
	c, err := x.setup()
	if err != nil {
		return provider.Factor{}, err
	}
	e, err := x.SetupVerify(context.Background(), c.req, c.right)
	if err != nil {
		return provider.Factor{}, fmt.Errorf("SetupVerify refused the right answer: %w", err)
	}
	x.now = x.now.Add(time.Minute)
	return provider.Factor{ID: x.factorID(), Data: e.Data}, x.earned(e.Once)
}

type login struct {
	ceremony
	req provider.LoginRequest
}

// login begins a login with these factors and has the device answer it.
func (x *person) login(fs ...provider.Factor) (login, error) {
	c := login{req: provider.LoginRequest{User: x.user, Factors: fs, Now: x.now}}
	prompt, err := x.LoginHook(context.Background(), c.req)
	if err != nil {
		return login{}, fmt.Errorf("LoginHook: %w", err)
	}
	c.ceremony, err = x.shown(Login, prompt)
	c.verify = func(ctx context.Context, ans provider.Answer) error {
		_, err := x.LoginVerify(ctx, c.req, ans)
		return err
	}
	c.again = func(now time.Time) (provider.Prompt, error) {
		req := c.req
		req.Previous, req.Now = c.prompt.Private, now
		return x.LoginHook(context.Background(), req)
	}
	return c, err
}

// match finishes a login rightly, and returns the factor as it is from then on.
func (x *person) match(c login) (provider.Factor, error) {
	m, err := x.LoginVerify(context.Background(), c.req, c.right)
	if err != nil {
		return provider.Factor{}, fmt.Errorf("LoginVerify refused the right answer: %w", err)
	}
	for _, f := range c.req.Factors {
		if f.ID != m.FactorID {
			continue
		}
		if m.Data != nil {
			f.Data = m.Data
		}
		return f, x.earned(m.Once)
	}
	return provider.Factor{}, fmt.Errorf("a match names the factor %q, which the request does not have", m.FactorID)
}

func (x *person) factorID() string { return "factor-of-" + x.user.ID }

func (x *person) earned(once any) (err error) {
	if once == nil {
		return nil
	}
	if x.once, err = json.Marshal(once); err != nil {
		return fmt.Errorf("what is shown once is not JSON: %w", err)
	}
	return nil
}

// shown carries out what a prompt wants sent, and has the device answer it.
func (x *person) shown(step Step, p provider.Prompt) (ceremony, error) {
	c := ceremony{step: step, of: "login", prompt: p}
	if step == Enrol {
		c.of = "set-up"
	}
	var err error
	if c.public, err = json.Marshal(p.Public); err != nil {
		return c, fmt.Errorf("the Public of a %s is not JSON: %w", c.of, err)
	}
	if d := p.Deliver; d != nil {
		if d.Send == nil {
			return c, fmt.Errorf("the delivery of a %s has no Send", c.of)
		}
		if err := d.Send(context.Background()); err != nil {
			return c, fmt.Errorf("the delivery of a %s: %w", c.of, err)
		}
	}
	c.right.Private = bytes.Clone(p.Private)
	c.right.Response, err = x.ask(step, c.public)
	return c, err
}

func (x *person) ask(step Step, public json.RawMessage) (json.RawMessage, error) {
	said := x.device(Shown{Step: step, Public: public, Once: x.once, Now: x.now})
	if said == nil {
		return nil, nil
	}
	b, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("what the device sends is not JSON: %w", err)
	}
	return b, nil
}

// each calls f with a set-up and with a login. They are of two people: a device holds what the last set-up gave it.
func (s *suite) each(f func(x *person, c ceremony) error) error {
	x, err := s.person()
	if err != nil {
		return err
	}
	su, err := x.setup()
	if err != nil {
		return err
	}
	if err := f(x, su.ceremony); err != nil {
		return err
	}
	x, fac, err := s.enrolled()
	if err != nil {
		return err
	}
	lo, err := x.login(fac)
	if err != nil {
		return err
	}
	return f(x, lo.ceremony)
}

// stranger returns what another user answers to a prompt of their own in the same kind of ceremony. ok is false if everybody answers the same, as
// with a mere confirmation.
func (s *suite) stranger(c ceremony) (other ceremony, ok bool, err error) {
	const tries = 3 // Two users' codes may be equal by chance.
	for range tries {
		err = s.each(func(_ *person, o ceremony) error {
			if o.of == c.of {
				other = o
			}
			return nil
		})
		if err != nil || !bytes.Equal(other.right.Response, c.right.Response) {
			return other, err == nil, err
		}
	}
	return other, false, nil
}
