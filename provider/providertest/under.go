package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

func underRegistry(s *suite) error {
	if skip, err := s.withoutChallenge(); skip || err != nil {
		return err
	}
	st, err := s.site(newMeeting(1))
	if err != nil {
		return err
	}
	for _, rule := range []func(*resident) error{ownPurpose, expiry, wornOut} {
		u, err := st.settled()
		if err != nil {
			return err
		}
		if err := rule(u); err != nil {
			return err
		}
	}
	return nil
}

// attack: A-25
func ownPurpose(u *resident) error {
	ctx, r := context.Background(), u.site.replicas[1]
	login, err := u.begin()
	if err != nil {
		return err
	}
	if _, err := r.FinishSetup(ctx, login.finish); !errors.Is(err, registry.ErrChallengeGone) {
		return fmt.Errorf("a set-up with the challenge of a login: %w", orSucceeded(err))
	}
	if _, err := r.FinishStepUp(ctx, login.finish); !errors.Is(err, registry.ErrChallengeGone) {
		return fmt.Errorf("a step-up with the challenge of a login: %w", orSucceeded(err))
	}
	done, err := r.FinishLogin(ctx, login.finish)
	if err != nil {
		return fmt.Errorf("FinishLogin refused the right answer: %w", err)
	}
	if err := u.earned(done.Once); err != nil {
		return err
	}
	u.site.now = u.site.now.Add(time.Minute)
	setup, err := u.beginSetup(registry.Enrol{Who: u.who, Proof: u.proof})
	if err != nil {
		return err
	}
	if _, err := r.FinishLogin(ctx, setup.finish); !errors.Is(err, registry.ErrChallengeGone) {
		return fmt.Errorf("a login with the challenge of a set-up: %w", orSucceeded(err))
	}
	return nil
}

// attack: A-20
func expiry(u *resident) error {
	b, err := u.begin()
	if err != nil {
		return err
	}
	u.site.now, u.now = b.Expires, b.Expires
	late, err := u.answered(Login, b.Challenge, b.finish.Pending)
	if err != nil {
		return err
	}
	for _, f := range []registry.Finish{b.finish, late.finish} {
		if _, err := u.site.replicas[1].FinishLogin(context.Background(), f); !errors.Is(err, registry.ErrChallengeGone) {
			return fmt.Errorf("the right answer when its challenge expires: %w", orSucceeded(err))
		}
	}
	return nil
}

func wornOut(u *resident) error {
	b, err := u.begin()
	if err != nil {
		return err
	}
	wrong := b.finish
	wrong.Response = json.RawMessage(`{}`)
	for i := range attempts {
		if _, err := u.site.replicas[i%2].FinishLogin(context.Background(), wrong); !errors.Is(err, registry.ErrRejected) {
			return fmt.Errorf("wrong answer %d of %d: %w", i+1, attempts, orSucceeded(err))
		}
	}
	if _, err := u.site.replicas[0].FinishLogin(context.Background(), b.finish); !errors.Is(err, registry.ErrChallengeGone) {
		return fmt.Errorf("the right answer after %d wrong ones: %w", attempts, orSucceeded(err))
	}
	return nil
}

func orSucceeded(err error) error {
	if err == nil {
		return errors.New("it succeeded")
	}
	return err
}

// anchor is the other factor on an account whose factor under test is never alone there.
type anchor struct{}

const anchorKind = "providertest"

var anchorAnswer = json.RawMessage(`{"code":"0"}`)

func (anchor) Info() provider.Info {
	return provider.Info{Kind: anchorKind, Class: provider.Possession}
}

func (anchor) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (anchor) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if string(ans.Response) != string(anchorAnswer) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	return provider.Enrollment{Data: []byte{1}}, nil
}

func (anchor) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (anchor) LoginVerify(context.Context, provider.LoginRequest, provider.Answer) (provider.Match, error) {
	return provider.Match{}, provider.ErrRejected
}
