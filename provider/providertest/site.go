package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// attempts is how often a challenge of a site may be tried: as often as a registry allows, for a race with as many runners.
const attempts = 10

func memory() (challenge.Store, factor.Store) { return challenge.NewMemory(), factor.NewMemory() }

// site is a deployment: two registries over the same stores, each with a replica of the provider.
type site struct {
	*suite
	kind     provider.Info
	replicas [2]*registry.Registry
	meeting  *meeting
	now      time.Time // set between calls, never during one
}

// site makes one whose answers meet, as the meeting says, between the provider's verdict and what the registry makes of it.
func (s *suite) site(m *meeting) (*site, error) {
	st := &site{suite: s, meeting: m, now: start}
	uses, err := s.uses()
	if err != nil {
		return nil, err
	}
	aead, err := keyset.Ephemeral()
	if err != nil {
		return nil, err
	}
	cfg := registry.Config{
		AEAD: aead, Policy: policy.Required(), Pepper: make([]byte, 32), Attempts: attempts, Budgets: map[string]registry.Budget{},
		Now: func() time.Time { return st.now },
	}
	cfg.Challenges, cfg.Factors = s.Stores()
	for _, name := range append(uses, "begin", "send", "wait") {
		cfg.Budgets[name] = registry.Budget{Limit: 1_000_000, Window: time.Second, Max: time.Second}
	}
	cfg.Budgets["failures"] = registry.Budget{Limit: 100, Window: time.Second, Max: time.Second}
	for i := range st.replicas {
		p, err := s.New()
		if err != nil {
			return nil, fmt.Errorf("Harness.New: %w", err)
		}
		st.kind = p.Info()
		if st.replicas[i], err = registry.New(cfg, meets{p, m}, anchor{}); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// uses are the names of the budgets that the provider's deliveries take from.
func (s *suite) uses() (names []string, err error) {
	err = s.each(func(_ *person, c ceremony) error {
		if d := c.prompt.Deliver; d != nil {
			for _, use := range d.Uses {
				names = append(names, use.Budget)
			}
		}
		return nil
	})
	return names, err
}

// resident is a user of a site who has attached the factor.
type resident struct {
	*person
	site   *site
	who    registry.Who
	factor string
	proof  string // of the set-up: what a recovery factor proves would not do for another one
}

func (st *site) resident() (*resident, error) {
	x := st.personAt(nil)
	x.now = st.now
	u := &resident{person: x, site: st, who: registry.Who{User: x.user, Binding: "session of " + x.user.ID}}
	login, err := u.start()
	if err != nil {
		return nil, err
	}
	auth := registry.Enrol{Who: u.who, Pending: login.Pending}
	if st.kind.Role != provider.Ordinary { // It is never alone on an account.
		auth.Kind = anchorKind
		ch, err := st.replicas[0].BeginSetup(context.Background(), auth)
		if err != nil {
			return nil, fmt.Errorf("BeginSetup of another factor: %w", err)
		}
		login, err = st.replicas[1].FinishSetup(context.Background(), registry.Finish{Who: u.who, Pending: login.Pending, Challenge: ch.ID, Response: anchorAnswer})
		if err != nil {
			return nil, fmt.Errorf("FinishSetup of another factor: %w", err)
		}
		auth = registry.Enrol{Who: u.who, Proof: login.Proof}
	}
	ch, err := u.beginSetup(auth)
	if err != nil {
		return nil, err
	}
	done, err := st.replicas[1].FinishSetup(context.Background(), registry.Finish{Who: u.who, Pending: auth.Pending, Challenge: ch.ID, Response: ch.right})
	if err != nil {
		return nil, fmt.Errorf("FinishSetup: %w", err)
	}
	u.factor, u.proof = done.Factor, done.Proof
	return u, u.earned(done.Once)
}

// begun is a challenge with its right answer.
type begun struct {
	registry.Challenge
	finish registry.Finish
	right  json.RawMessage
}

func (u *resident) start() (registry.Login, error) {
	login, err := u.site.replicas[0].StartLogin(context.Background(), registry.Start{Who: u.who, Primary: []string{"pwd"}})
	if err != nil {
		return login, fmt.Errorf("StartLogin: %w", err)
	}
	if login.Satisfied {
		return login, errors.New("StartLogin asked for no second factor")
	}
	return login, nil
}

func (u *resident) beginSetup(auth registry.Enrol) (begun, error) {
	u.now = u.site.now
	input, err := u.ask(Begin, nil)
	if err != nil {
		return begun{}, err
	}
	auth.Kind, auth.Input = u.site.kind.Kind, input
	ch, err := u.site.replicas[0].BeginSetup(context.Background(), auth)
	if err != nil {
		return begun{}, fmt.Errorf("BeginSetup: %w", err)
	}
	return u.answered(Enrol, ch, auth.Pending)
}

// begin begins a login of its own with the factor.
func (u *resident) begin() (begun, error) {
	u.now = u.site.now
	login, err := u.start()
	if err != nil {
		return begun{}, err
	}
	ch, err := u.site.replicas[0].BeginLogin(context.Background(), registry.Begin{Who: u.who, Pending: login.Pending, Factor: u.factor})
	if err != nil {
		return begun{}, fmt.Errorf("BeginLogin: %w", err)
	}
	return u.answered(Login, ch, login.Pending)
}

func (u *resident) answered(step Step, ch registry.Challenge, pending string) (begun, error) {
	public, err := json.Marshal(ch.Public)
	if err != nil {
		return begun{}, err
	}
	b := begun{Challenge: ch}
	if b.right, err = u.ask(step, public); err != nil {
		return begun{}, err
	}
	b.finish = registry.Finish{Who: u.who, Pending: pending, Challenge: ch.ID, Response: b.right}
	return b, nil
}
