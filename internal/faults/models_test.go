package faults_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/cofactor-mfa/cofactor/registry"
)

// These are the sequential models: what users and applications were told must be possible if everything had happened one after
// the other.

// The names under which histories are kept.
const (
	onceModel    = "once"
	answersModel = "answers"
	factorsModel = "factors"
	storeCalls   = "store"
)

// ok is what a call returned that did not fail.
const ok = registry.Code("ok")

// unknown says that a call may have happened or not.
func unknown(code registry.Code) bool { return code == registry.ErrUnavailable }

// presented is an answer given to something that works once: a challenge, the id of a login, a proof.
type presented struct {
	what  string
	right bool
}

// once: a thing that works once accepts one right answer, and nothing after it.
func once() porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in any) string { return in.(presented).what }),
		Init:      func() any { return false },
		Step: func(state, in, out any) (bool, any) {
			spent, right := state.(bool), in.(presented).right
			switch code := out.(registry.Code); {
			case code == ok:
				return right && !spent, true
			case unknown(code):
				return true, spent || right
			}
			return true, state
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %v", in, out) },
	}
}

// answered is the n-th answer of a factor, or the one answer that a backup code is, whatever the challenge.
type answered struct {
	factor  string
	n       int
	right   bool
	mayFail bool // a right one may be rejected for other reasons, as the code of a set that was renewed meanwhile
}

// answers: a factor accepts right answers in rising order, so each of them once over all challenges. A right answer that was not used
// up is not rejected.
func answers() porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in any) string { return in.(answered).factor }),
		Init:      func() any { return 0 },
		Step: func(state, in, out any) (bool, any) {
			last, a := state.(int), in.(answered)
			unused := a.right && a.n > last
			switch code := out.(registry.Code); {
			case code == ok:
				return unused, a.n
			case code == registry.ErrRejected:
				return !unused || a.mayFail, last
			case unknown(code) && unused:
				return true, a.n
			}
			return true, last
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %v", in, out) },
	}
}

// changed is a change to what a user has attached: add without gone, remove without came, or both at once. Without either it asks
// for the list, and the output is a string.
type changed struct {
	user, came, gone string
	renews           string // a prefix: all factors whose names begin with it go
}

// factors: what a user has attached is what was attached and not removed; replacing does both in one step.
func factors() porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in any) string { return in.(changed).user }),
		Init:      func() any { return "" },
		Step: func(state, in, out any) (bool, any) {
			have, c := names(state.(string)), in.(changed)
			if list, isList := out.(string); isList {
				return list == state, state
			}
			fits := c.gone == "" || slices.Contains(have, c.gone)
			if fits && c.came != "" {
				fits = !slices.Contains(have, c.came)
			}
			after := slices.DeleteFunc(have, func(n string) bool {
				return n == c.gone || c.renews != "" && strings.HasPrefix(n, c.renews)
			})
			if c.came != "" {
				after = append(after, c.came)
			}
			switch code := out.(registry.Code); {
			case code == ok:
				return fits, list(after)
			case unknown(code) && fits:
				return true, list(after)
			}
			return true, state
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %v", in, out) },
	}
}

// list is a set of names as text.
func list(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return strings.Join(names, " ")
}

func names(list string) []string { return strings.Fields(list) }

func partition(key func(in any) string) func([]porcupine.Operation) [][]porcupine.Operation {
	return func(history []porcupine.Operation) [][]porcupine.Operation {
		var parts [][]porcupine.Operation
		at := map[string]int{}
		for _, op := range history {
			k := key(op.Input)
			i, known := at[k]
			if !known {
				i = len(parts)
				at[k] = i
				parts = append(parts, nil)
			}
			parts[i] = append(parts[i], op)
		}
		return parts
	}
}
