package faults_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// storeCall is one call of a challenge store, or what an operator did to the server behind it.
type storeCall struct {
	op             string // "create", "get", "attempt", "release", "redeem"; or "lost", "cut", "promoted"
	tag, hash, try string
	now            time.Time
	attempts       int               // of create
	expires        time.Time         // of create
	take           []challenge.Spend // also of an attempt, as the challenge says
	refill         []string
	owed           bool // the take of an attempt may be given back: withOperators finds out
}

// storeReply is what the store said.
type storeReply struct {
	attempts int
	refused  *challenge.Refused
	gone     bool
	unknown  bool // something else, or nothing
}

// remembered is what a master knows, and what its replica knew when it was cut off.
type remembered[T any] struct{ master, replica T }

// operated is what operators do: lose the memory, leave the replica behind, go on with what the replica knew.
func (r remembered[T]) operated(op string) (remembered[T], bool) {
	var nothing T
	switch op {
	case "lost":
		return remembered[T]{nothing, r.replica}, true
	case "cut":
		return remembered[T]{r.master, r.master}, true
	case "promoted":
		return remembered[T]{r.replica, r.replica}, true
	}
	return r, false
}

// kept is what a store knows of one challenge.
type kept struct {
	there    bool
	attempts int
	expires  time.Time
	by       string // the try that redeemed it
	tries    map[string]int
}

// challenges: each attempt costs one, none is had after the last or after the redemption, and one try redeems.
func challenges() porcupine.Model {
	return storeModel(func(c storeCall) string { return c.hash }, func(k kept, c storeCall, r storeReply) []kept {
		after, want := k.call(c)
		switch {
		case r.unknown:
			return []kept{k, after}
		case r.refused != nil: // by a budget, which is another model's
			return []kept{k}
		case r.gone == want.gone && (r.gone || c.op == "release" || c.op == "redeem" || r.attempts == want.attempts):
			return []kept{after}
		}
		return nil
	}, func(a, b kept) bool {
		return a.there == b.there && a.attempts == b.attempts && a.by == b.by && maps.Equal(a.tries, b.tries)
	})
}

func (k kept) call(c storeCall) (kept, storeReply) {
	open := k.there && k.by == "" && c.now.Before(k.expires) && k.attempts > 0
	left, again := k.tries[c.try]
	switch c.op {
	case "create":
		if !k.there {
			k = kept{there: true, attempts: c.attempts, expires: c.expires}
		}
	case "attempt":
		if again {
			return k, storeReply{attempts: left}
		}
		if !open {
			return k, storeReply{gone: true}
		}
		k.attempts--
		k.tries = maps.Clone(k.tries)
		if k.tries == nil {
			k.tries = map[string]int{}
		}
		k.tries[c.try] = k.attempts
	case "get":
		return k, storeReply{attempts: k.attempts, gone: !open}
	case "redeem":
		if !again || k.by != "" && k.by != c.try {
			return k, storeReply{gone: true}
		}
		k.by = c.try
	}
	return k, storeReply{attempts: k.attempts}
}

// ledger is what a store knows of one user's budgets.
type ledger struct {
	budgets map[string]challenge.Budget
	taken   map[string][]challenge.Taken // by try, until it is given back, or cannot be any more
}

// budgets: what is shut is shut until its time, by the clock of the call, whatever else happens. A take counts once, is given back once, and
// is forgotten for a completed login.
func budgets() porcupine.Model {
	return storeModel(func(c storeCall) string { return c.tag }, func(l ledger, c storeCall, r storeReply) []ledger {
		switch {
		case r.gone && c.op != "redeem":
			return []ledger{l}
		case c.op == "release", c.op == "redeem": // nothing is said of the try after this
			forgotten, given := l.without(c.try), l.given(c).refilled(c.refill).without(c.try)
			switch {
			case r.unknown:
				return []ledger{forgotten, given}
			case r.gone:
				return []ledger{forgotten}
			}
			return []ledger{given}
		}
		after, refused := l.took(c)
		switch {
		case r.unknown:
			return []ledger{l, after}
		case (refused == nil) != (r.refused == nil) || refused != nil && *refused != *r.refused:
			return nil
		}
		return []ledger{after}
	}, func(a, b ledger) bool {
		same := func(x, y []challenge.Taken) bool { return slices.Equal(x, y) }
		return maps.Equal(a.budgets, b.budgets) && maps.EqualFunc(a.taken, b.taken, same)
	})
}

func (l ledger) copy() ledger {
	l = ledger{maps.Clone(l.budgets), maps.Clone(l.taken)}
	if l.budgets == nil {
		l.budgets = map[string]challenge.Budget{}
	}
	if l.taken == nil {
		l.taken = map[string][]challenge.Taken{}
	}
	return l
}

func (l ledger) took(c storeCall) (ledger, *challenge.Refused) {
	after, ms := l.copy(), wire.Milli(c.now)
	var taken []challenge.Taken
	for _, s := range c.take {
		if w := after.budgets[s.Budget].Wait(ms); w > 0 {
			return l, &challenge.Refused{Budget: s.Budget, RetryAfter: w}
		}
		b, t := after.budgets[s.Budget].Take(ms, s)
		after.budgets[s.Budget] = b
		taken = append(taken, t)
	}
	if c.owed {
		after.taken[c.try] = taken
		return after, nil
	}
	return after.tidy(), nil
}

func (l ledger) given(c storeCall) ledger {
	l = l.copy()
	for _, t := range l.taken[c.try] {
		l.budgets[t.Budget] = l.budgets[t.Budget].Give(wire.Milli(c.now), t)
	}
	return l
}

func (l ledger) refilled(names []string) ledger {
	l = l.copy()
	for _, name := range names {
		l.budgets[name] = l.budgets[name].Refill()
	}
	return l
}

func (l ledger) without(try string) ledger {
	l = l.copy()
	delete(l.taken, try)
	return l.tidy()
}

// tidy makes states equal that nobody can tell apart: a generation means something only beside a take that may be given back.
func (l ledger) tidy() ledger {
	if len(l.taken) == 0 {
		for name, b := range l.budgets {
			b.Gen = 0
			l.budgets[name] = b
		}
	}
	return l
}

// storeModel is a model of what a store knows of one thing, where operators may come between. A step leads to every state that is possible
// after it.
func storeModel[T any](of func(storeCall) string, step func(T, storeCall, storeReply) []T, equal func(a, b T) bool) porcupine.Model {
	model := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation { return withOperators(history, of) },
		Init:      func() []any { return []any{remembered[T]{}} },
		Step: func(state, in, out any) (next []any) {
			r, c := state.(remembered[T]), in.(storeCall)
			if after, operator := r.operated(c.op); operator {
				return []any{after}
			}
			for _, after := range step(r.master, c, out.(storeReply)) {
				next = append(next, remembered[T]{after, r.replica})
			}
			return next
		},
		Equal: func(a, b any) bool {
			x, y := a.(remembered[T]), b.(remembered[T])
			return equal(x.master, y.master) && equal(x.replica, y.replica)
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
	}
	return model.ToModel()
}

// withOperators splits a history, and tells each part what operators did, and each attempt whether anybody asks for its take again.
func withOperators(history []porcupine.Operation, of func(storeCall) string) [][]porcupine.Operation {
	owed := map[string]bool{}
	for _, op := range history {
		if c := op.Input.(storeCall); c.op == "release" || c.op == "redeem" {
			owed[c.try] = true
		}
	}
	var operators, calls []porcupine.Operation
	for _, op := range history {
		c := op.Input.(storeCall)
		if c.tag == "" {
			operators = append(operators, op)
			continue
		}
		c.owed = c.op == "attempt" && owed[c.try]
		op.Input = c
		calls = append(calls, op)
	}
	parts := partition(func(in any) string { return of(in.(storeCall)) })(calls)
	for i := range parts {
		parts[i] = append(parts[i], operators...)
	}
	return parts
}
