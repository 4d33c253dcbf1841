package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// AEAD is the encryption that a registry seals everything with: a Tink primitive, or anything of its shape. It must use a fresh nonce for
// each call and open what any key in use has sealed.
type AEAD = seal.AEAD

// Config is what a registry is made from. Zero values are the defaults unless a field says required. A value out of range is an error,
// not a correction.
type Config struct {
	AEAD       AEAD            // required
	Challenges challenge.Store // required
	Factors    factor.Store    // required
	Policy     policy.Policy   // required: what a login needs is the deployment's decision. One that the providers can never satisfy is an error

	// Pepper keys the digests of addresses in the challenge store: at least 32 random bytes, the same on all replicas. Required if a provider
	// has a Channel, and whenever a delivery names what it uses.
	Pepper []byte

	// About says of a user whom a passkey has named what Start says of others, and of one who steps up without the Proof of a login. Without it nothing is
	// known of such a user, and a policy that depends on roles, attributes or risk is decided both ways. It is asked before the answer is checked, with a user
	// who exists, and must be quick and safe for concurrent use; if it fails, so does the login or the step-up.
	About func(ctx context.Context, tenant, user string) (About, error)

	// Observe is told everything that happens, in the calling goroutine. It must be quick and safe for concurrent use.
	Observe func(context.Context, Event)

	// Trace is told that a call begins, under the name that its events have in Op, and returns the context that the call goes on in and what is told how it
	// ended: also of calls, such as Look, of which Observe is told only if they fail. That Event's Kind is one of the registry's or "", whatever a client has sent.
	// It is told in the same way what a provider, or Notify, is asked within a call: login_hook, login_verify, setup_hook, setup_verify, locate, send and notify, which end as
	// ok, rejected, invalid, failed, too_slow or panicked. Both must be quick and safe for concurrent use; package telemetry has them.
	Trace func(ctx context.Context, op string) (context.Context, func(Event))

	// Before is asked before a factor is attached, used, renamed, made the default or removed, and before a login is started; its error refuses the call with
	// ErrPolicyForbids, and is the reason in the event; a passkey's login that named nobody is ErrRejected, as any other that fails. The Event says what is to be done, and has no Result yet. It has 2 seconds, and denies if it
	// needs longer or panics. It may be asked more than once for one call, and must be safe for concurrent use.
	Before func(context.Context, Event) error

	// Queues are the readers of the events of changes in the store's outbox: each gets every event, in a queue of its own. Up to 16 names, like kinds; the
	// default is one queue, "events". A reader that is named here must read: what nobody fetches is removed after 30 days.
	Queues []string

	// Notify is told what users must know of their accounts: a factor was added, removed or used up, somebody was locked. The same notices go to the user's
	// addresses that are factors, without it; with it, also to an address that is none. It is called beside calls; an error has it called again later with the same ID.
	Notify func(context.Context, Notice) error

	// NoticeQueue is the outbox's queue of notices on their way, by default "notices". Registries over one store that differ in their senders or in Notify, such as
	// those of tenants with settings of their own, need different ones, or each would deliver what another one has to tell.
	NoticeQueue string

	// Now is the clock. The default is the system's.
	Now func() time.Time

	// Attempts is how often one challenge may be tried: 1 to 10, by default 5.
	Attempts int

	// ChallengeTTL is how long a user may need to answer, for kinds that do not say: 1 to 10 minutes, by default 5. An open
	// set-up has 10 minutes, unless the kind says less.
	ChallengeTTL time.Duration

	// MaxPerKind and MaxFactors limit what one user may attach: at most 100, by default 10 and 20.
	MaxPerKind, MaxFactors int

	// MaxOfKind is MaxPerKind for kinds of which a user may attach fewer, or more, by name: {"totp": 3}.
	MaxOfKind map[string]int

	// FinishTimeout bounds a Finish call, which does not end when its caller hangs up, between its first step and its last, each of which has 2 seconds of
	// its own: 1 to 60 seconds, by default 10.
	FinishTimeout time.Duration

	// Budgets replaces or adds limits by name; DefaultBudgets has the ones that are always there.
	Budgets map[string]Budget
}

// Format keeps the pepper out of whatever prints a configuration.
func (Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, "registry.Config (not printed)") }

// Budget limits how often something may be done. The take that empties it shuts it for Window; emptied again it is shut for twice as
// long, up to Max; not taken from for Max, it is new.
type Budget struct {
	Limit  int           // 1 to 1,000,000
	Window time.Duration // 1 second to Max
	Max    time.Duration // to 30 days
}

// The names of the budgets of a user. Every other name is one that a provider's deliveries use.
const (
	budgetFailures = "failures"
	budgetBegin    = "begin"
	budgetSend     = "send"
	budgetWait     = "wait"
	budgetNotice   = "notice"
	budgetGuessing = "guessing"
	budgetAttempts = "attempts"
)

// DefaultBudgets are the limits a registry has if Config does not say otherwise.
//
// Of a user: "failures" are attempts whose answer was not right, over all factors, challenges and sessions (NIST SP 800-63B-4 section 3.2.2);
// at most 100 may be configured. "begin" are challenges of guessable kinds, begun without a right answer in between; "send" are messages; "wait" is the time between two messages of one
// kind; "notice" are notices of one kind. Of a tenant, by the wrong answers of all its users: more than "guessing" in a window raise a signal, and change nothing.
// "attempts", which is not among the defaults, limits the answers to guessable kinds of a whole tenant in a window: whoever can begin challenges for enough users
// can then lock all of them out. Of an address, a prefix, a country, a tenant or the deployment: messages to it.
func DefaultBudgets() map[string]Budget {
	return map[string]Budget{
		budgetFailures: {10, 15 * time.Minute, 24 * time.Hour},
		budgetBegin:    {100, 10 * time.Minute, time.Hour},
		budgetSend:     {10, time.Hour, 24 * time.Hour},
		budgetWait:     {1, 30 * time.Second, time.Hour},
		budgetNotice:   {30, time.Hour, 24 * time.Hour},
		budgetGuessing: {1_000, 10 * time.Minute, 10 * time.Minute},
		"address":      {5, time.Hour, 24 * time.Hour},
		"prefix":       {100, time.Hour, 24 * time.Hour},
		"country":      {1_000, time.Hour, 24 * time.Hour},
		"tenant":       {10_000, time.Hour, 24 * time.Hour},
		"deployment":   {100_000, time.Hour, 24 * time.Hour},
	}
}

// Times that law and standards fix, and that no deployment changes.
const (
	freshFor       = 5 * time.Minute        // a proof that life-cycle changes rely on
	loginTTL       = 10 * time.Minute       // a pending login, and a first factor that lets the first second factor be added
	togetherFloor  = 250 * time.Millisecond // before which VerifyTogether refuses nobody
	setupTTL       = 10 * time.Minute       // an open set-up
	maxAge         = 24 * time.Hour         // the oldest proof that Check accepts
	spentMargin    = time.Hour              // how long what is spent is remembered beyond its expiry, for clocks that step back
	storeTimeout   = 2 * time.Second        // one step of a store
	maxFailures    = 100                    // wrong answers in a row that disable a guessable factor (NIST SP 800-63B-4 section 3.2.2)
	pruneEvery     = time.Minute
	prunePerRound  = 1000
	maxWrites      = 8 // of one answer, under conflicts
	maxVerifies    = 2
	maxPrivate     = 4 << 10
	maxHandle      = 2 << 10
	maxFactorData  = 16 << 10
	maxResponse    = 64 << 10
	maxIDBytes     = 256
	maxLabelRunes  = 64
	maxActionRunes = 80
	maxQueues      = 16
	maxKinds       = 64
)

// withDefaults fills in what was left out, and reports every fault of what was not.
func (c Config) withDefaults() (Config, error) {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("registry: "+format, args...))
		}
	}
	need(c.AEAD != nil, "Config.AEAD is required")
	need(c.Challenges != nil, "Config.Challenges is required")
	need(c.Factors != nil, "Config.Factors is required")
	need(!c.Policy.IsZero(), "Config.Policy is required")
	need(len(c.Pepper) == 0 || len(c.Pepper) >= 32, "Config.Pepper has %d bytes, fewer than 32", len(c.Pepper))
	if c.Now == nil {
		c.Now = time.Now
	}
	setDefault(&c.Attempts, 5)
	setDefault(&c.ChallengeTTL, 5*time.Minute)
	setDefault(&c.MaxPerKind, 10)
	setDefault(&c.MaxFactors, 20)
	setDefault(&c.FinishTimeout, 10*time.Second)
	need(c.Attempts >= 1 && c.Attempts <= 10, "Config.Attempts is %d, not 1 to 10", c.Attempts)
	need(c.ChallengeTTL >= time.Minute && c.ChallengeTTL <= 10*time.Minute, "Config.ChallengeTTL is %v, not 1m to 10m", c.ChallengeTTL)
	need(c.MaxPerKind >= 1 && c.MaxPerKind <= 100, "Config.MaxPerKind is %d, not 1 to 100", c.MaxPerKind)
	need(c.MaxFactors >= 1 && c.MaxFactors <= 100, "Config.MaxFactors is %d, not 1 to 100", c.MaxFactors)
	c.MaxOfKind = maps.Clone(c.MaxOfKind)
	for name, n := range c.MaxOfKind {
		need(n >= 1 && n <= 100, "Config.MaxOfKind[%q] is %d, not 1 to 100", name, n)
	}
	need(c.FinishTimeout >= time.Second && c.FinishTimeout <= time.Minute, "Config.FinishTimeout is %v, not 1s to 1m", c.FinishTimeout)

	if len(c.Queues) == 0 {
		c.Queues = []string{"events"}
	}
	c.Queues = slices.Clone(c.Queues)
	setDefault(&c.NoticeQueue, "notices")
	need(validQueue(c.NoticeQueue), "Config.NoticeQueue %.40q must match ^[a-z][a-z0-9-]{0,31}$", c.NoticeQueue)
	need(len(c.Queues) <= maxQueues, "Config.Queues has %d names, more than %d", len(c.Queues), maxQueues)
	for i, name := range c.Queues {
		need(validQueue(name), "Config.Queues: the name %.40q must match ^[a-z][a-z0-9-]{0,31}$", name)
		need(name != c.NoticeQueue && !slices.Contains(c.Queues[:i], name), "Config.Queues: the name %.30q is taken", name)
	}
	budgets := DefaultBudgets()
	maps.Copy(budgets, c.Budgets)
	for name, b := range budgets {
		need(name != "" && len(name) <= 24, "Config.Budgets: the name %.30q must have 1 to 24 bytes", name)
		need(b.Limit >= 1 && b.Limit <= 1_000_000, "Config.Budgets[%q].Limit is %d, not 1 to 1,000,000", name, b.Limit)
		need(b.Window >= time.Second && b.Window <= b.Max && b.Max <= 30*24*time.Hour, "Config.Budgets[%q]: want 1s <= Window <= Max <= 720h", name)
		need(b.Window%time.Millisecond == 0 && b.Max%time.Millisecond == 0, "Config.Budgets[%q]: times are whole milliseconds", name)
	}
	need(budgets[budgetFailures].Limit <= maxFailures, "Config.Budgets[%q].Limit is over %d", budgetFailures, maxFailures)
	c.Budgets = budgets
	return c, errors.Join(faults...)
}

// validQueue accepts names like those of kinds.
func validQueue(name string) bool {
	return provider.Info{Kind: name, Class: provider.Possession}.Validate() == nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
