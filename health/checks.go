package health

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
)

// spread are keys in the middle of each quarter of a Redis Cluster's slots.
var spread = [...]string{"health-1734", "health-408", "health-943", "health-1002"}

// Challenges checks that a challenge store can count, by taking from budgets that are nobody's: one that is full, or a replica that may not be written to, fails. In a Redis Cluster the probes go to several
// masters, and one that answers is enough: while another is away, the accounts on it cannot sign in, and no load balancer could do better.
func Challenges(s challenge.Store) Check {
	take := challenge.Spend{Budget: "health", Limit: 1_000_000, Window: time.Millisecond, Max: time.Millisecond}
	return Check{Name: "challenges", Probe: func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx) // the first that succeeds ends the others
		defer cancel()
		now := time.Now().Truncate(time.Millisecond)
		results := make(chan error, len(spread))
		for _, key := range spread {
			go func() { results <- guarded(func() error { return s.Spend(ctx, now, key, rand.Text(), take) }) }()
		}
		var faults []error
		for range spread {
			err := <-results
			if refused := (*challenge.Refused)(nil); err == nil || errors.As(err, &refused) {
				return nil
			}
			faults = append(faults, err)
		}
		return errors.Join(faults...)
	}}
}

// Factors checks that a factor store can be read and written to, by removing what expired before 1970, which nothing has.
func Factors(s factor.Store) Check {
	return Check{Name: "factors", Probe: func(ctx context.Context) error {
		_, err := s.Prune(ctx, time.Unix(0, 0), 1)
		return err
	}}
}

// Recent is a check of something that cannot be asked, but tells when it fails: an audit.Relay by its Report, a sender by the event of a message that was not sent. It fails for as long after the last report
// as For says. It is safe for concurrent use.
type Recent struct {
	For time.Duration    // by default 2 minutes
	Now func() time.Time // the clock; the default is the system's

	mu  sync.Mutex
	at  time.Time
	err error
}

// Report notes a failure.
func (r *Recent) Report(_ context.Context, err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.err = r.now(), err
}

// Probe is for a Check.
func (r *Recent) Probe(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := r.For
	if keep == 0 {
		keep = 2 * time.Minute
	}
	if r.err != nil && r.now().Sub(r.at) < keep {
		return r.err
	}
	return nil
}

func (r *Recent) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}
