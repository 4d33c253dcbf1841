package providertest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// crowd is how many answers are sent at once.
const crowd = 64

// attack
func oneChallenge(s *suite) error {
	if skip, err := s.withoutChallenge(); skip || err != nil {
		return err
	}
	st, err := s.site(newMeeting(attempts))
	if err != nil {
		return err
	}
	u, err := st.settled()
	if err != nil {
		return err
	}
	b, err := u.begin()
	if err != nil {
		return err
	}
	return st.race(func(int) registry.Finish { return b.finish })
}

// attack
func manyChallenges(s *suite) error {
	if skip, err := s.withoutChallenge(); skip || err != nil {
		return err
	}
	if outlives, err := s.outlives(); !outlives || err != nil {
		return err
	}
	st, err := s.site(newMeeting(crowd))
	if err != nil {
		return err
	}
	u, err := st.settled()
	if err != nil {
		return err
	}
	var challenges [crowd]begun
	for i := range challenges {
		if challenges[i], err = u.begin(); err != nil {
			return err
		}
	}
	return st.race(func(i int) registry.Finish {
		f := challenges[i].finish
		f.Response = challenges[0].right
		return f
	})
}

// withoutChallenge says that the kind is presented when a login starts: there is no challenge to race for.
func (s *suite) withoutChallenge() (bool, error) {
	p, err := s.New()
	if err != nil {
		return false, err
	}
	return p.Info().Role == provider.Transient, nil
}

// outlives says that an answer may be right in another challenge than its own.
func (s *suite) outlives() (bool, error) {
	x, f, err := s.enrolled()
	if err != nil {
		return false, err
	}
	first, err := x.login(f)
	if err != nil {
		return false, err
	}
	second, err := x.login(f)
	if err != nil {
		return false, err
	}
	err = second.verify(context.Background(), provider.Answer{Private: second.right.Private, Response: first.right.Response})
	return err == nil, nil
}

// settled is a resident some time after the set-up, when its answer is no longer the one of the moment.
func (st *site) settled() (*resident, error) {
	u, err := st.resident()
	st.now = st.now.Add(time.Minute)
	return u, err
}

// race sends a crowd of answers to both registries at once. Those that the provider has found right wait for each other before anything
// is written: without that, the first would be done before the second has begun.
func (st *site) race(answer func(i int) registry.Finish) error {
	st.meeting.open.Store(true)
	var succeeded atomic.Int32
	err := together(crowd, func(i int) error {
		login, err := st.replicas[i%len(st.replicas)].FinishLogin(context.Background(), answer(i))
		switch {
		case err == nil && !login.Satisfied:
			return errors.New("FinishLogin returned neither a login nor an error")
		case err == nil:
			succeeded.Add(1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if met := st.meeting.met.Load(); met < st.meeting.of {
		return fmt.Errorf("only %d of %d answers were found right at the same time, so the race was not run", met, st.meeting.of)
	}
	if n := succeeded.Load(); n != 1 {
		return fmt.Errorf("%d of %d answers succeeded", n, crowd)
	}
	return nil
}

// meeting is where answers wait until there are as many as expected. Later ones pass.
type meeting struct {
	open atomic.Bool // before that, nobody waits
	of   int32
	met  atomic.Int32
	full chan struct{}
}

func newMeeting(of int32) *meeting { return &meeting{of: of, full: make(chan struct{})} }

func (m *meeting) wait(ctx context.Context) {
	if !m.open.Load() {
		return
	}
	if m.met.Add(1) == m.of {
		close(m.full)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // If somebody does not come, race says so.
	defer cancel()
	select {
	case <-m.full:
	case <-ctx.Done():
	}
}

// meets is a provider whose right answers meet.
type meets struct {
	provider.MultiFactorProvider
	at *meeting
}

func (p meets) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	m, err := p.MultiFactorProvider.LoginVerify(ctx, req, ans)
	if err == nil {
		p.at.wait(ctx)
	}
	return m, err
}
