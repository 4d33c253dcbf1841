package main

import (
	"context"
	"fmt"
	"io"
)

// deployment is the servers of a run, or what stands in for them in a test.
type deployment interface {
	// prepare makes a cell begin like any other of its kind: no challenge is open and no budget is taken from. Where codes are few, every
	// person has all of theirs again.
	prepare(ctx context.Context, c cell) error
	people(enrolled int) *people
	door(ctx context.Context, c *caller) (door, error)
}

// measureAll measures every cell of the plan once in each round.
func measureAll(ctx context.Context, d deployment, p plan, m *meter, out io.Writer) ([]result, error) {
	var results []result
	for round := range p.rounds {
		for _, c := range p.cells(round) {
			r, err := measureCell(ctx, d, c, p, m)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", c, err)
			}
			r.round = round + 1
			results = append(results, r)
			fmt.Fprintf(out, "round %d: %7.0f logins/s  %v\n", r.round, r.rate(), c)
		}
	}
	return results, nil
}

func measureCell(ctx context.Context, d deployment, c cell, p plan, m *meter) (result, error) {
	if err := d.prepare(ctx, c); err != nil {
		return result{}, err
	}
	all := d.people(c.enrolled)
	callers := make([]*caller, c.callers)
	for i := range callers {
		callers[i] = newCaller(all, c, i)
		var err error
		if callers[i].door, err = d.door(ctx, callers[i]); err != nil {
			return result{}, err
		}
		if w, ok := callers[i].door.(*web); ok {
			defer func() { _ = w.close() }() // Everything that was to be done was answered.
		}
	}
	r, err := measure(ctx, callers, p.length, m)
	all.goOn(callers)
	return r, err
}
