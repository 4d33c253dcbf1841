package faults_test

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/registry"
)

// A check that cannot fail checks nothing: here are histories that each model must refuse, and their like that it must allow.
func TestTheModelsRefuseWhatMustNotHappen(t *testing.T) {
	for _, c := range []struct {
		name    string
		model   porcupine.Model
		history []porcupine.Operation
		allowed bool
	}{
		{"a challenge is accepted once", once(), said(presented{"c", true}, ok), true},
		{"a challenge is accepted twice", once(), said(presented{"c", true}, ok, presented{"c", true}, ok), false},
		{"a wrong answer is accepted", once(), said(presented{"c", false}, ok), false},
		{"nobody knows whether it was accepted, and it is not again", once(), said(presented{"c", true}, lost, presented{"c", true}, registry.ErrChallengeGone), true},

		{"codes rise", answers(), said(answered{"a", 1, true, false}, ok, answered{"a", 2, true, false}, ok), true},
		{"a code is accepted twice", answers(), said(answered{"a", 2, true, false}, ok, answered{"a", 2, true, false}, ok), false},
		{"an older code is accepted", answers(), said(answered{"a", 2, true, false}, ok, answered{"a", 1, true, false}, ok), false},
		{"an unused code is rejected", answers(), said(answered{"a", 2, true, false}, registry.ErrRejected), false},
		{"a code that may have been used is rejected", answers(), said(answered{"a", 2, true, false}, lost, answered{"a", 2, true, false}, registry.ErrRejected), true},

		{"a factor is added", factors(), said(changed{user: "u", came: "a"}, ok, changed{user: "u"}, "a"), true},
		{"a factor vanishes", factors(), said(changed{user: "u", came: "a"}, ok, changed{user: "u"}, ""), false},
		{"a factor appears", factors(), said(changed{user: "u"}, "a"), false},
		{"a swap leaves both", factors(), said(changed{user: "u", came: "a"}, ok, changed{user: "u", came: "b", gone: "a"}, ok, changed{user: "u"}, "a b"), false},
		{"a swap leaves neither", factors(), said(changed{user: "u", came: "a"}, ok, changed{user: "u", came: "b", gone: "a"}, lost, changed{user: "u"}, ""), false},
		{"a factor is removed twice", factors(), said(changed{user: "u", came: "a"}, ok, changed{user: "u", gone: "a"}, ok, changed{user: "u", gone: "a"}, ok), false},
		{"a removal that nobody knows of came through", factors(), said(changed{user: "u", came: "a"}, ok, changed{user: "u", gone: "a"}, lost, changed{user: "u"}, ""), true},

		{"two attempts cost two", challenges(), said(created, left(2), attempt("1", 0), left(1), attempt("2", 0), left(0)), true},
		{"an attempt costs nothing", challenges(), said(created, left(2), attempt("1", 0), left(1), attempt("2", 0), left(1)), false},
		{"an attempt sent again costs two", challenges(), said(created, left(2), attempt("1", 0), left(1), attempt("1", 0), left(0)), false},
		{"there is one attempt too many", challenges(), said(created, left(2), attempt("1", 0), left(1), attempt("2", 0), left(0), attempt("3", 0), left(0)), false},
		{"a lost Redis knows the challenge", challenges(), said(created, left(2), storeCall{op: "lost"}, left(0), attempt("1", 0), left(1)), false},
		{"a lagging replica does not know an attempt", challenges(), said(created, left(2), storeCall{op: "cut"}, left(0), attempt("1", 0), left(1),
			storeCall{op: "promoted"}, left(0), attempt("2", 0), left(1)), true},

		{"the second take shuts", budgets(), said(attempt("1", 0), left(1), attempt("2", 0), left(0), attempt("3", 1), shut(59)), true},
		{"a lock opens early", budgets(), said(attempt("1", 0), left(1), attempt("2", 0), left(0), attempt("3", 59), left(0)), false},
		{"a lock opens in time", budgets(), said(attempt("1", 0), left(1), attempt("2", 0), left(0), attempt("3", 60), left(0)), true},
		{"a clock that steps back opens a lock", budgets(), said(attempt("1", 9), left(1), attempt("2", 9), left(0), attempt("3", 0), left(0)), false},
		{"a charge comes back", budgets(), said(attempt("1", 0), left(1), attempt("2", 0), left(0), again("release"), left(0),
			again("release"), left(0), attempt("3", 0), left(0)), true},
		{"a charge comes back twice", budgets(), said(attempt("1", 0), left(1), attempt("2", 0), left(0), again("release"), left(0),
			again("release"), left(0), attempt("3", 0), left(0), attempt("4", 0), left(0)), false},
		{"an attempt that nobody knows of is held against the user, or not", budgets(), said(attempt("1", 0), lost, attempt("2", 0), left(0), attempt("3", 0), left(0)), true},
		{"what is forgotten is held against the user", budgets(), said(attempt("1", 0), left(1), again("redeem"), left(0), attempt("2", 0), shut(60)), false},
	} {
		got := porcupine.CheckOperationsTimeout(c.model, c.history, time.Minute)
		if (got == porcupine.Ok) != c.allowed || got == porcupine.Unknown {
			t.Errorf("%s: allowed must be %v; the model says %v", c.name, c.allowed, got)
		}
	}
}

// lost is the outcome of a call that nobody knows.
const lost = registry.ErrUnavailable

// said is a history of calls and what they returned, one after the other.
func said(calls ...any) (history []porcupine.Operation) {
	for i := 0; i < len(calls); i += 2 {
		op := porcupine.Operation{Input: calls[i], Call: int64(2 * i), Output: calls[i+1], Return: int64(2*i + 1)}
		if _, aboutStore := op.Input.(storeCall); op.Output == lost {
			op.Return = never
			if aboutStore {
				op.Output = storeReply{unknown: true}
			}
		}
		history = append(history, op)
	}
	return history
}

var created = storeCall{op: "create", tag: "t", hash: "h", try: "h", attempts: 2, expires: time.Unix(1000, 0)}

// attempt is one at a second, and takes one of two that shut for a minute.
func attempt(try string, second int64) storeCall {
	take := []challenge.Spend{{Budget: "failures", Limit: 2, Window: time.Minute, Max: time.Hour}}
	return storeCall{op: "attempt", tag: "t", hash: "h", try: try, now: time.Unix(second, 0), take: take}
}

// again is another call about the first attempt.
func again(op string) storeCall {
	c := storeCall{op: op, tag: "t", hash: "h", try: "1", now: time.Unix(0, 0)}
	if op == "redeem" {
		c.refill = []string{"failures"}
	}
	return c
}

func left(attempts int) storeReply { return storeReply{attempts: attempts} }

func shut(seconds int) storeReply {
	return storeReply{refused: &challenge.Refused{Budget: "failures", RetryAfter: time.Duration(seconds) * time.Second}}
}
