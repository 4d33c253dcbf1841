// Package pumping notices when text messages are sent to be paid for and not to be read: somebody has codes sent to numbers whose fees they share in,
// and types none of them in.
//
// A [Guard] stands around a provider of codes. It counts, for each country, what is sent and what is typed in rightly, over an hour, a day and a
// fortnight, and compares what was never typed in with what is usual. It tells Config.Observe of each message, and in mode Deny refuses those beyond
// the limits before they are sent. Budgets limit what anybody can do; this limits what everybody together does, by how it goes.
package pumping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

// Config is what a Guard is made from.
type Config struct {
	// Provider sends codes, and names the country in what its deliveries use: provider/sms does, and provider/sms/twilioverify. Required.
	Provider provider.MultiFactorProvider
	// Counter is shared by all replicas. Required.
	Counter Counter
	// Mode is Record unless it says otherwise.
	Mode Mode
	// Observe is told of each decision, in the calling goroutine. It must be quick and safe for concurrent use. Required: in mode Record there is
	// nothing else, and in mode Deny somebody has to know.
	Observe func(context.Context, Decision)
	// DayFloor and HourFloor are how many messages to a country may go unanswered however little traffic there is: 20 a day and 3 an hour
	// if nothing is said, 1 to 1,000,000.
	DayFloor, HourFloor int
}

// Mode is what happens to a message beyond the limits.
type Mode uint8

const (
	// Record sends it, and also sends if the counter cannot be reached. It is for finding out what is usual.
	Record Mode = iota
	// Deny does not send it, and does not send either if the counter cannot be reached: whoever can take the counter down must not
	// get what it guards.
	Deny
)

// Decision is what became of one message, for the application's log and its alarms. A calling code is nobody's, so it may be logged.
type Decision struct {
	At      time.Time
	Country string // "+44"
	Counts         // this message included
	Limits
	OverDay, OverHour bool
	Denied            bool
	Err               error // the counter's, if it could not count; the rest is then zero
}

// ErrDenied is why a message was not sent.
var ErrDenied = errors.New("pumping: not sent, too many messages to this country go unanswered")

// Guard counts what a provider sends, and what comes of it.
type Guard struct {
	provider.MultiFactorProvider
	cfg Config
}

// notifying is a Guard around a provider that carries notices. They are not counted: nobody answers them.
type notifying struct {
	*Guard
	provider.Notifier
}

var (
	_ provider.MultiFactorProvider = (*Guard)(nil)
	_ provider.Notifier            = notifying{}
)

// New puts a guard around a provider. What it returns carries notices if the provider does.
func New(cfg Config) (provider.MultiFactorProvider, error) {
	var faults []error
	for _, f := range []struct {
		name  string
		floor *int
		other int
	}{{"DayFloor", &cfg.DayFloor, 20}, {"HourFloor", &cfg.HourFloor, 3}} {
		if *f.floor == 0 {
			*f.floor = f.other
		}
		if *f.floor < 1 || *f.floor > 1_000_000 {
			faults = append(faults, fmt.Errorf("pumping: Config.%s is %d, not 1 to 1,000,000", f.name, *f.floor))
		}
	}
	if cfg.Provider == nil || cfg.Counter == nil || cfg.Observe == nil {
		faults = append(faults, errors.New("pumping: Config.Provider, Counter and Observe are required"))
	}
	if cfg.Mode > Deny {
		faults = append(faults, fmt.Errorf("pumping: Config.Mode is %d, neither Record nor Deny", cfg.Mode))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if cfg.Provider.Info().Channel == "" {
		return nil, fmt.Errorf("pumping: %s sends nothing", cfg.Provider.Info().Kind)
	}
	g := &Guard{cfg.Provider, cfg}
	if n, ok := cfg.Provider.(provider.Notifier); ok {
		return notifying{g, n}, nil
	}
	return g, nil
}

// SetupHook implements provider.MultiFactorProvider.
func (g *Guard) SetupHook(ctx context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	rec, err := begun(req.Previous)
	if err != nil {
		return provider.Prompt{}, err
	}
	req.Previous = rec.private
	p, err := g.MultiFactorProvider.SetupHook(ctx, req)
	return g.guarded(p, rec, req.Now, err)
}

// LoginHook implements provider.MultiFactorProvider.
func (g *Guard) LoginHook(ctx context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	rec, err := begun(req.Previous)
	if err != nil {
		return provider.Prompt{}, err
	}
	req.Previous = rec.private
	p, err := g.MultiFactorProvider.LoginHook(ctx, req)
	return g.guarded(p, rec, req.Now, err)
}

// SetupVerify implements provider.MultiFactorProvider.
func (g *Guard) SetupVerify(ctx context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	rec, err := readRecord(ans.Private)
	if err != nil {
		return provider.Enrollment{}, err
	}
	ans.Private = rec.private
	e, err := g.MultiFactorProvider.SetupVerify(ctx, req, ans)
	if err == nil {
		g.verified(ctx, req.Now, rec)
	}
	return e, err
}

// LoginVerify implements provider.MultiFactorProvider.
func (g *Guard) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	rec, err := readRecord(ans.Private)
	if err != nil {
		return provider.Match{}, err
	}
	ans.Private = rec.private
	m, err := g.MultiFactorProvider.LoginVerify(ctx, req, ans)
	if err == nil {
		g.verified(ctx, req.Now, rec)
	}
	return m, err
}

// guarded puts the country beside what the provider wants remembered, and the count before what it wants sent.
func (g *Guard) guarded(p provider.Prompt, rec record, now time.Time, err error) (provider.Prompt, error) {
	if err != nil {
		return provider.Prompt{}, err
	}
	if p.Deliver == nil {
		p.Private = record{id: rec.id, private: p.Private}.encode()
		return p, nil
	}
	country := ""
	for _, u := range p.Deliver.Uses {
		if u.Budget == "country" {
			country = u.Of
		}
	}
	if !ValidCountry(country) {
		return provider.Prompt{}, errors.New("pumping: the provider does not say which country a message goes to")
	}
	send := p.Deliver.Send
	p.Deliver = &provider.Delivery{Uses: p.Deliver.Uses, Send: func(ctx context.Context) error {
		counted, err := g.admit(ctx, now, country)
		if err != nil {
			return err
		}
		err = send(ctx)
		// What was not sent costs nothing, and a gateway that is down for an hour must not shut a country for a day. But whoever asks for messages can
		// hang up when the gateway has one and has not said so yet: that one stays counted. // attack: A-130
		if err != nil && counted && !errors.Is(ctx.Err(), context.Canceled) {
			g.takeBack(ctx, now, country)
		}
		return err
	}}
	p.Private = record{country, rec.id, p.Private}.encode()
	return p, nil
}

// admit counts a message, and says whether it may be sent, and whether it is counted. The counter adds before anybody compares, so of messages that come at
// once exactly as many pass as there is room for.
func (g *Guard) admit(ctx context.Context, now time.Time, country string) (counted bool, err error) {
	counts, err := within(ctx, func(ctx context.Context) (Counts, error) { return g.cfg.Counter.Sent(ctx, now, country) })
	d := Decision{At: now, Country: country, Counts: counts, Err: err}
	if err != nil {
		d.Counts, d.Denied = Counts{}, g.cfg.Mode == Deny
		g.observe(ctx, d)
		if d.Denied {
			return false, &provider.SendError{Note: "pumping: not counted", Err: ErrDenied}
		}
		return false, nil
	}
	d.Limits = counts.limits(g.cfg.DayFloor, g.cfg.HourFloor)
	d.OverDay, d.OverHour = counts.SentDay-counts.VerifiedDay > d.DayLimit, counts.SentHour-counts.VerifiedHour > d.HourLimit
	d.Denied = g.cfg.Mode == Deny && (d.OverDay || d.OverHour)
	g.observe(ctx, d)
	if d.Denied {
		g.takeBack(ctx, now, country)
		return false, &provider.SendError{Note: "pumping: " + country, Err: ErrDenied}
	}
	return true, nil
}

func (g *Guard) takeBack(ctx context.Context, now time.Time, country string) {
	_, err := within(context.WithoutCancel(ctx), func(ctx context.Context) (Counts, error) {
		return Counts{}, g.cfg.Counter.Unsent(ctx, now, country)
	})
	if err != nil {
		g.observe(ctx, Decision{At: now, Country: country, Err: err})
	}
}

// verified counts a right answer. It does not fail a login: what is not counted makes the guard stricter, and nobody's code wrong.
func (g *Guard) verified(ctx context.Context, now time.Time, rec record) {
	if rec.country == "" {
		return
	}
	_, err := within(ctx, func(ctx context.Context) (Counts, error) {
		return Counts{}, g.cfg.Counter.Verified(ctx, now, rec.country, rec.id)
	})
	if err != nil {
		g.observe(ctx, Decision{At: now, Country: rec.country, Err: err})
	}
}

// patience is how long a counter may take: little of what the registry gives a provider, so that a counter which hangs is one that cannot be reached, and
// the message is sent, and the login stored, in what is left.
const patience = time.Second

// within asks a counter, and does not wait longer for one whose client does not look at its context either. // attack: A-149
func within(ctx context.Context, ask func(context.Context) (Counts, error)) (Counts, error) {
	type reply struct {
		counts Counts
		err    error
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got := make(chan reply, 1)
	go func() {
		said := reply{err: errors.New("pumping: the counter panicked")}
		defer func() {
			_ = recover()
			got <- said
		}()
		counts, err := ask(ctx)
		said = reply{counts, err}
	}()
	select {
	case r := <-got:
		return r.counts, r.err
	case <-ctx.Done():
		return Counts{}, ctx.Err()
	}
}

// observe hands a decision to the application, whose panic is not to change it.
func (g *Guard) observe(ctx context.Context, d Decision) {
	defer func() { _ = recover() }()
	g.cfg.Observe(ctx, d)
}
