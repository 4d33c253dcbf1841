// Package health answers the probes of load balancers and orchestrators: whether a replica can sign people in, in every way, in some, or in none.
//
//	h, err := health.New(health.Config{
//		Needed: []health.Check{health.Challenges(challenges), health.Factors(factors)},
//		Useful: []health.Check{{Name: "mail", Probe: mail.Check, Every: time.Minute}},
//	})
//	mux.Handle("GET /ready", h.Ready())
//	mux.Handle("GET /live", h.Live())
//
// Without what is needed nobody gets in by a second factor, and the replica is down. Without what is useful it is degraded: some ways do not work, and it has to go on serving the others, such as passkeys
// while no mail can be sent.
//
// Probes cannot be used to hammer: whatever is asked, and however often, each check is made once at a time and its result is kept for a while. The answers say one word, and why is in the log.
package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Status is how a replica is.
type Status string

// The states.
const (
	OK       Status = "ok"
	Degraded Status = "degraded" // something useful does not work
	Down     Status = "down"     // something needed does not work, or the program is ending
)

// Config is what a Health is made from. Zero values are the defaults unless a field says required.
type Config struct {
	Needed []Check // without one of them the replica is down: at least one is required
	Useful []Check // without one of them it is degraded

	// Timeout is how long a probe waits for checks, and a check may take: 100 milliseconds to 10 seconds, by default 2 seconds. A check that takes longer has failed.
	Timeout time.Duration

	// Logger is told, once, when a check begins to fail or works again, by the keys check, state and error. Without it nobody learns why.
	Logger *slog.Logger

	// Now is the clock. The default is the system's.
	Now func() time.Time
}

// Check is one thing that a program relies on.
type Check struct {
	Name string // for the log: required
	// Probe tries it: required. It must be safe for concurrent use and honour ctx, and should change nothing. A panic is a failure.
	Probe func(ctx context.Context) error
	// Every is how long a result is good for: 1 second to 1 hour, by default 5 seconds.
	Every time.Duration
}

// Health looks after the checks.
type Health struct {
	needed, useful []*watched
	timeout        time.Duration
	ending         atomic.Bool
}

// New reports every fault of the configuration.
func New(cfg Config) (*Health, error) {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("health: "+format, args...))
		}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	need(len(cfg.Needed) > 0, "Config.Needed is required: a replica that needs nothing is never down")
	need(cfg.Timeout >= 100*time.Millisecond && cfg.Timeout <= 10*time.Second, "Config.Timeout is %v, not 100ms to 10s", cfg.Timeout)
	h := &Health{timeout: cfg.Timeout}
	names := map[string]bool{}
	watch := func(list []Check) (all []*watched) {
		for _, c := range list {
			if c.Every == 0 {
				c.Every = 5 * time.Second
			}
			need(c.Name != "" && c.Probe != nil, "a check needs a Name and a Probe: %q", c.Name)
			need(!names[c.Name], "two checks are called %q", c.Name)
			need(c.Every >= time.Second && c.Every <= time.Hour, "check %q: Every is %v, not 1s to 1h", c.Name, c.Every)
			names[c.Name] = true
			all = append(all, &watched{Check: c, timeout: cfg.Timeout, now: cfg.Now, logger: cfg.Logger})
		}
		return all
	}
	h.needed, h.useful = watch(cfg.Needed), watch(cfg.Useful)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return h, nil
}

// Status makes the checks that are due, and waits for them no longer than Config.Timeout.
func (h *Health) Status(ctx context.Context) Status {
	if h.ending.Load() {
		return Down
	}
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	var needed, useful atomic.Bool
	var all sync.WaitGroup
	look := func(list []*watched, failed *atomic.Bool) {
		for _, c := range list {
			all.Go(func() {
				if c.look(ctx) != nil {
					failed.Store(true)
				}
			})
		}
	}
	look(h.needed, &needed)
	look(h.useful, &useful)
	all.Wait()
	switch {
	case needed.Load():
		return Down
	case useful.Load():
		return Degraded
	}
	return OK
}

// End makes the replica down for good: the first step of a graceful end, after which a load balancer sends it nothing new.
func (h *Health) End() { h.ending.Store(true) }

// Ready answers whether the replica should be sent requests: 200 with "ok" or "degraded", 503 with "down".
func (h *Health) Ready() http.Handler {
	return answers(func(r *http.Request) Status { return h.Status(r.Context()) })
}

// Live answers that the program runs, and nothing else: one that cannot reach its database does not get better by being started again.
func (*Health) Live() http.Handler {
	return answers(func(*http.Request) Status { return OK })
}

func answers(status func(*http.Request) Status) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		is := status(r)
		w.Header().Set("Content-Type", "application/json")
		if is == Down {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprintf(w, "{\"status\":%q}\n", is)
	})
}
