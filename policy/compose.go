package policy

import (
	"errors"
	"fmt"
	"time"
)

// AllOf asks for all that its policies ask for. Of no policies it is never satisfied.
func AllOf(policies ...Policy) Policy { return Policy{allOf(rulesOf(policies))} }

// OneOf asks for what any one of its policies asks for. Of no policies it is never satisfied.
func OneOf(policies ...Policy) Policy { return Policy{oneOf(rulesOf(policies))} }

func rulesOf(policies []Policy) []rule {
	rules := make([]rule, len(policies))
	for i, p := range policies {
		rules[i] = ruleOf(p)
	}
	return rules
}

// ruleOf is the policy's rule; of the zero policy, one that satisfies nobody.
func ruleOf(p Policy) rule {
	if p.rule == nil {
		return atLeast(0)
	}
	return p.rule
}

type allOf []rule

func (rules allOf) decide(v view) Decision {
	if len(rules) == 0 {
		return Decision{Reason: reasonMistake}
	}
	all := Decision{Satisfied: true, able: true, Reason: reasonProved}
	var offered Set                       // by those that are satisfied
	common := Set{^uint64(0), ^uint64(0)} // what may be attached for each that asks for a factor
	for i, r := range rules {
		d := r.decide(v)
		all.Allowed = all.Allowed.Or(d.Allowed)
		all.GraceUntil = earlier(all.GraceUntil, d.GraceUntil)
		all.able = all.able && d.able
		if !d.Satisfied {
			all.Satisfied = false
			all.Next, all.Enroll = all.Next.Or(d.Next), all.Enroll.Or(d.Enroll)
			all.recovered = all.recovered || d.recovered
			if d.MayEnroll() {
				common = Set{common[0] & d.Enroll[0], common[1] & d.Enroll[1]}
			}
			continue
		}
		offered = offered.Or(d.Enroll)
		all.InGrace = all.InGrace || d.InGrace
		if i == 0 || d.Reason == reasonTrusted || d.InGrace {
			all.Reason = d.Reason
		}
	}
	if all.Satisfied {
		all.Enroll = offered
		return all
	}
	all.InGrace = false
	if all.MayEnroll() && common != (Set{}) {
		all.Enroll = common
	}
	return all.proveFirst()
}

// proveFirst sees to it that nothing is attached while something attached could still be proved: otherwise somebody who has one of two
// factors could attach the second.
func (d Decision) proveFirst() Decision {
	if d.Next != (Set{}) || d.able && !d.recovered {
		d.Enroll = Set{}
	}
	d.Reason = d.unmet()
	return d
}

func (rules allOf) check(kinds []Kind) error {
	if len(rules) == 0 {
		return errors.New("policy: all of nothing: " + reasonMistake)
	}
	var faults []error
	for _, r := range rules {
		faults = append(faults, r.check(kinds))
	}
	return errors.Join(faults...)
}

func (allOf) asks(view) string          { return "all of" }
func (rules allOf) parts(v view) []part { return partsOf(rules, v) }

type oneOf []rule

func (rules oneOf) decide(v view) Decision {
	best := Decision{Reason: reasonMistake}
	var offered Set
	for _, r := range rules {
		d := r.decide(v)
		best.Allowed = best.Allowed.Or(d.Allowed)
		best.GraceUntil = earlier(best.GraceUntil, d.GraceUntil)
		best.able = best.able || d.able
		switch {
		case !d.Satisfied:
			best.Next, best.Enroll = best.Next.Or(d.Next), best.Enroll.Or(d.Enroll)
			best.recovered = best.recovered || d.recovered
			continue
		case !best.Satisfied, best.InGrace && !d.InGrace:
			best.Reason, best.InGrace = d.Reason, d.InGrace
		}
		best.Satisfied = true
		offered = offered.Or(d.Enroll)
	}
	switch {
	case len(rules) == 0:
		return best
	case best.Satisfied:
		best.Next, best.Enroll = Set{}, offered
		return best
	}
	return best.proveFirst()
}

func (rules oneOf) check(kinds []Kind) error {
	faults := make([]error, 0, len(rules))
	for _, r := range rules {
		err := r.check(kinds)
		if err == nil {
			return nil
		}
		faults = append(faults, err)
	}
	return errors.Join(append(faults, errors.New("policy: none of several policies can be satisfied"))...)
}

func (oneOf) asks(view) string          { return "one of" }
func (rules oneOf) parts(v view) []part { return partsOf(rules, v) }

func partsOf(rules []rule, v view) []part {
	ps := make([]part, len(rules))
	for i, r := range rules {
		ps[i] = part{r, v}
	}
	return ps
}

// earlier is the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Grace lets a user who would have to attach a factor sign in without it until d has gone by since the policy was first asked about this user. Whoever
// has a factor proves it meanwhile, also one that does not count for p. The deadline is fixed once: no later login, role or
// removal of a factor renews it. What is attached already and would satisfy p has to be proved. d is 1 hour to 366 days.
func Grace(d time.Duration, p Policy) Policy { return Policy{grace{d, ruleOf(p)}} }

const minGrace, maxGrace = time.Hour, 366 * 24 * time.Hour

type grace struct {
	d time.Duration
	rule
}

func (g grace) decide(v view) Decision {
	d := g.rule.decide(v)
	until := v.GraceUntil
	if until.IsZero() {
		until = v.Now.Add(g.d)
	}
	d.GraceUntil = earlier(d.GraceUntil, until)
	if d.Satisfied || d.able || !v.Now.Before(until) {
		return d
	}
	relaxed := optional{}.decide(v)
	d.Allowed = d.Allowed.Or(relaxed.Allowed)
	if !relaxed.Satisfied {
		d.Next = d.Next.Or(relaxed.Next)
		return d.proveFirst()
	}
	d.Satisfied, d.InGrace, d.Next, d.Reason = true, true, Set{}, reasonGrace
	return d
}

func (g grace) check(kinds []Kind) error {
	var fault error
	if g.d < minGrace || g.d > maxGrace || g.d%time.Millisecond != 0 {
		fault = fmt.Errorf("policy: a grace of %v is not 1 hour to 366 days, in whole milliseconds", g.d)
	}
	return errors.Join(fault, g.rule.check(kinds))
}

func (g grace) asks(v view) string {
	if v.GraceUntil.IsZero() {
		return fmt.Sprintf("within %v", g.d)
	}
	return "by " + v.GraceUntil.UTC().Format(time.RFC3339)
}

func (g grace) parts(v view) []part { return []part{{g.rule, v}} }
