package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// clock is the one that the registries go by. It stands still until it is told to step, forwards or back.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time       { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) step(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// stores are what one replica of an application works on, through connections of its own.
type stores struct {
	challenges challenge.Store
	factors    factor.Store
}

// finishTimeout is short, so that what hangs is seen soon; hangs is what no call may take, however slow the machine is.
const (
	finishTimeout = 3 * time.Second
	storeTimeout  = 2 * time.Second // the registry's, for one step of a store
	hangs         = finishTimeout + 4*storeTimeout + 5*time.Second
)

// world is a deployment: two replicas on the same stores, the people who use it, and what they were told.
type world struct {
	t      testing.TB
	clock  *clock
	hist   *history
	tally  *tally
	keys   registry.AEAD
	secret keyset.JSON
	app    *app
	post   *post
	sides  [2]*registry.Registry

	terms  sync.Map
	serial atomic.Int64
	mu     sync.Mutex
	phones map[string]*phone   // by name of the factor
	papers map[string][]string // backup codes, by name of the set
	codes  map[string]int      // how calls ended, by operation and code
	faults []string            // rules that were broken
	logins int                 // that were completed by an ordinary factor
}

// phone is the user's half of an app.
type phone struct {
	secret string
	n      atomic.Int64
}

// next is a code that was not shown before.
func (p *phone) next() (code string, n int) {
	n = int(p.n.Add(1))
	return appCode(p.secret, n), n
}

// newKeys are the keys of a deployment, and what loads them again.
func newKeys(t testing.TB) (registry.AEAD, keyset.JSON) {
	t.Helper()
	secret, err := keyset.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyset.New(keyset.Config{Keyset: secret})
	if err != nil {
		t.Fatal(err)
	}
	return keys, secret
}

func newWorld(t testing.TB, hist *history, on [2]stores) *world {
	t.Helper()
	w := &world{
		t: t, clock: newClock(), hist: hist, tally: newTally(), app: &app{}, post: newPost(),
		phones: map[string]*phone{}, papers: map[string][]string{}, codes: map[string]int{},
	}
	w.keys, w.secret = newKeys(t)
	codes, err := backup.New(backup.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range on {
		var kinds []provider.MultiFactorProvider
		for _, k := range []provider.MultiFactorProvider{w.app, w.post, codes} {
			kinds = append(kinds, tappedKind{k, w.tally})
		}
		w.sides[i], err = registry.New(registry.Config{
			AEAD: w.keys, Policy: policy.Optional(), Now: w.clock.now, Pepper: bytes.Repeat([]byte{7}, 32), FinishTimeout: finishTimeout,
			Challenges: tappedChallenges{s.challenges, w.hist, w.tally, i, &w.terms}, Factors: tappedFactors{s.factors, w.tally},
			Budgets: map[string]registry.Budget{
				"begin":   {Limit: 1_000_000, Window: time.Hour, Max: time.Hour},
				"send":    {Limit: 1_000_000, Window: time.Hour, Max: time.Hour},
				"address": {Limit: 1_000_000, Window: time.Hour, Max: time.Hour},
			},
		}, kinds...)
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// broke notes that a rule was broken.
func (w *world) broke(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.faults) < 20 {
		w.faults = append(w.faults, fmt.Sprintf(format, args...))
	}
}

// name is a name for a factor that no other has.
func (w *world) name(prefix string) string { return fmt.Sprintf("%s-%d", prefix, w.serial.Add(1)) }

func (w *world) phone(name string) *phone {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.phones[name]
}

func (w *world) paper(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.papers[name]
}

// try makes a call, holds it to its time, and says how it ended. What fails must fail with a code that a client can do something about.
func try[T any](w *world, op string, call func(context.Context) (T, error)) (T, registry.Code) {
	began := time.Now()
	out, err := call(w.t.Context())
	if took := time.Since(began); took > hangs {
		w.broke("%s took %v; every call returns within %v, whatever is broken", op, took, hangs)
	}
	code := ok
	if err != nil {
		var typed *registry.Error
		if !errors.As(err, &typed) {
			w.broke("%s failed with %T: %v; every error has a code", op, err, err)
			return out, registry.ErrInternal
		}
		code = typed.Code
	}
	if code == registry.ErrUnavailable {
		time.Sleep(50 * time.Millisecond) // as people do
	}
	if code == registry.ErrInternal || code == registry.ErrInvalid || code == registry.ErrUnknownKind {
		w.broke("%s failed with %v; a fault of a server is %v", op, err, registry.ErrUnavailable)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.codes[op+" "+string(code)]++
	return out, code
}
