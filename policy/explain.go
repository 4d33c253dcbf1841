package policy

import (
	"fmt"
	"strings"
	"time"
)

// Explanation says what a policy, or a part of one, asks for of a login, what of it is met and what is missing.
type Explanation struct {
	Asks       string        `json:"asks"` // "2 factors beside the first one"
	Satisfied  bool          `json:"satisfied"`
	Reason     string        `json:"reason"`
	Want       int           `json:"want,omitempty"`    // how many factors it asks for, if it counts them, and
	Have       int           `json:"have,omitempty"`    // how many of them were proved
	Proved     []string      `json:"proved,omitempty"`  // the ids of the factors whose proofs count here
	Next       []string      `json:"next,omitempty"`    // the ids of the attached factors whose proof would help
	Enroll     []string      `json:"enroll,omitempty"`  // the kinds of which a factor may be attached within this login
	Allowed    []string      `json:"allowed,omitempty"` // the kinds that may be attached and used at all
	GraceUntil time.Time     `json:"grace_until,omitzero"`
	InGrace    bool          `json:"in_grace,omitempty"`
	Parts      []Explanation `json:"parts,omitempty"`
}

// Explain says why Decide decides as it does.
func (p Policy) Explain(f Facts) Explanation {
	e := explain(ruleOf(p), f.view())
	if d := p.Decide(f); d.Satisfied != e.Satisfied {
		e.fill(d, f)
	}
	return e
}

func explain(r rule, v view) Explanation {
	if c, ok := r.(configured); ok {
		return explain(c.rule, v)
	}
	e := Explanation{Asks: r.asks(v)}
	e.fill(r.decide(v), v.Facts)
	if k, counts := r.(counter); counts {
		e.Want, e.Have = k.count(v)
	}
	for i := range v.Steps {
		if s := v.Steps[i]; v.steps.Has(i) && !s.Trusted && !v.counted(i) {
			e.Proved = append(e.Proved, s.Factor)
		}
	}
	for _, p := range r.parts(v) {
		e.Parts = append(e.Parts, explain(p.rule, p.view))
	}
	return e
}

// counter is a rule that counts factors.
type counter interface{ count(v view) (want, have int) }

func (k atLeast) count(v view) (want, have int) { return int(k), v.proved() }

func (e *Explanation) fill(d Decision, f Facts) {
	e.Satisfied, e.Reason, e.GraceUntil, e.InGrace = d.Satisfied, d.Reason, d.GraceUntil, d.InGrace
	e.Next, e.Enroll, e.Allowed = nil, nil, nil
	for i := range f.Factors {
		if d.Next.Has(i) {
			e.Next = append(e.Next, f.Factors[i].ID)
		}
	}
	for i := range f.Kinds {
		if d.Enroll.Has(i) {
			e.Enroll = append(e.Enroll, f.Kinds[i].Name)
		}
		if d.Allowed.Has(i) {
			e.Allowed = append(e.Allowed, f.Kinds[i].Name)
		}
	}
}

// String is the explanation as indented lines.
func (e Explanation) String() string {
	var b strings.Builder
	e.write(&b, 0)
	return strings.TrimSuffix(b.String(), "\n")
}

func (e Explanation) write(b *strings.Builder, depth int) {
	mark := "no "
	if e.Satisfied {
		mark = "yes"
	}
	fmt.Fprintf(b, "%s%s  %s", strings.Repeat("    ", depth), mark, e.Asks)
	switch {
	case e.Want > 0:
		fmt.Fprintf(b, ": %d of %d proved", e.Have, e.Want)
		if !e.Satisfied || e.Have < e.Want {
			fmt.Fprintf(b, "; %s", e.Reason)
		}
	case len(e.Parts) == 0 || e.InGrace:
		fmt.Fprintf(b, ": %s", e.Reason)
	}
	if len(e.Parts) == 0 && len(e.Next) > 0 {
		fmt.Fprintf(b, " (%s)", strings.Join(e.Next, ", "))
	}
	if len(e.Parts) == 0 && !e.Satisfied && len(e.Enroll) > 0 {
		fmt.Fprintf(b, " (of kind %s)", strings.Join(e.Enroll, ", "))
	}
	b.WriteByte('\n')
	for _, p := range e.Parts {
		p.write(b, depth+1)
	}
}
