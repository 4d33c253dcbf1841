package faults_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// tally is what the registries did to their stores and providers, for the audit.
type tally struct {
	mu      sync.Mutex
	charged int // attempts that a store counted
	wrong   int // verdicts of providers that an answer is wrong
	refills int // orders to forget a user's failures
	once    map[[32]byte]int
}

func newTally() *tally { return &tally{once: map[[32]byte]int{}} }

func (t *tally) count(n *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*n++
}

// cost is what one answer has cost its user. It travels with the context of the call, through the registry to the store.
type cost struct{ charged, back bool }

type costKey struct{}

func (c *cost) in(ctx context.Context) context.Context { return context.WithValue(ctx, costKey{}, c) }

func costOf(ctx context.Context) *cost {
	if c, asked := ctx.Value(costKey{}).(*cost); asked {
		return c
	}
	return &cost{}
}

// tappedChallenges notes what a store is asked and what it says.
type tappedChallenges struct {
	challenge.Store
	hist   *history
	tally  *tally
	client int
	terms  *sync.Map // what an attempt takes, by the challenge's hash
}

var _ challenge.Store = tappedChallenges{}

// modelled leaves out the budget of begun challenges: it is too large to be emptied here, so it decides nothing.
func modelled(list []challenge.Spend) []challenge.Spend {
	return slices.DeleteFunc(slices.Clone(list), func(s challenge.Spend) bool { return s.Budget == "begin" })
}

func (s tappedChallenges) note(called int64, c storeCall, r challenge.Record, err error) {
	reply := storeReply{attempts: r.Attempts}
	switch {
	case err == nil:
	case errors.As(err, &reply.refused):
	case errors.Is(err, challenge.ErrGone):
		reply.gone = true
	default:
		reply.unknown = true
	}
	if c.op == "create" && reply.unknown && len(c.take) == 0 {
		return // nobody knows the challenge, and it took nothing
	}
	if reply.gone && (c.op == "attempt" || c.op == "get") {
		// Its reply may have been lost once: then it counted, and the challenge was gone when it was sent again.
		s.hist.add(storeCalls, s.client, called, c, storeReply{unknown: true}, false)
		c.op, c.take = "get", nil
	}
	s.hist.add(storeCalls, s.client, called, c, reply, reply.unknown)
}

func (s tappedChallenges) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	called := s.hist.now()
	s.terms.Store(k.Hash, r.OnTry)
	out, err := s.Store.Create(ctx, now, k, r, take...)
	c := storeCall{op: "create", tag: k.Tag, hash: k.Hash, try: k.Hash, now: now, attempts: r.Attempts, expires: r.Expires, take: modelled(take)}
	s.note(called, c, out, err)
	return out, err
}

func (s tappedChallenges) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	called := s.hist.now()
	out, err := s.Store.Get(ctx, now, k, try, take...)
	if len(take) > 0 {
		s.note(called, storeCall{op: "get", tag: k.Tag, hash: k.Hash, try: try, now: now, take: modelled(take)}, out, err)
	}
	return out, err
}

func (s tappedChallenges) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	called := s.hist.now()
	out, err := s.Store.Attempt(ctx, now, k, try)
	terms, _ := s.terms.Load(k.Hash)
	s.note(called, storeCall{op: "attempt", tag: k.Tag, hash: k.Hash, try: try, now: now, take: terms.([]challenge.Spend)}, out, err)
	if err == nil {
		s.tally.count(&s.tally.charged)
		costOf(ctx).charged = true
	}
	return out, err
}

func (s tappedChallenges) Release(ctx context.Context, now time.Time, k challenge.Key, try string) error {
	costOf(ctx).back = true
	called := s.hist.now()
	err := s.Store.Release(ctx, now, k, try)
	s.note(called, storeCall{op: "release", tag: k.Tag, hash: k.Hash, try: try, now: now}, challenge.Record{}, err)
	return err
}

func (s tappedChallenges) Redeem(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
	costOf(ctx).back = true
	if slices.Contains(refill, "failures") {
		s.tally.count(&s.tally.refills)
	}
	called := s.hist.now()
	err := s.Store.Redeem(ctx, now, k, try, refill...)
	known := slices.DeleteFunc(slices.Clone(refill), func(b string) bool { return b == "begin" })
	s.note(called, storeCall{op: "redeem", tag: k.Tag, hash: k.Hash, try: try, now: now, refill: known}, challenge.Record{}, err)
	return err
}

// tappedFactors notes what was spent.
type tappedFactors struct {
	factor.Store
	tally *tally
}

func (s tappedFactors) Apply(ctx context.Context, c factor.Change) error {
	err := s.Store.Apply(ctx, c)
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	for _, o := range c.Once {
		if err == nil {
			s.tally.once[o.Key]++
		}
	}
	return err
}

// tappedKind notes how often its provider said no.
type tappedKind struct {
	provider.MultiFactorProvider
	tally *tally
}

func (k tappedKind) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	m, err := k.MultiFactorProvider.LoginVerify(ctx, req, ans)
	if err != nil {
		k.tally.count(&k.tally.wrong)
	}
	return m, err
}
