package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// result is what one measurement of a cell found.
type result struct {
	cell
	round        int
	logins       int
	elapsed      time.Duration
	p50, p99     time.Duration
	cpu          cpuTimes // of all logins
	allocs, size uint64   // of all logins
}

func (r result) rate() float64 { return float64(r.logins) / r.elapsed.Seconds() }

// measure runs a cell: a warm-up of a quarter of the time that nobody counts, then the time itself. All callers
// begin together. The first who has nobody left ends it for all, so that the number of callers is the same throughout.
func measure(ctx context.Context, callers []*caller, length time.Duration, meter *meter) (result, error) {
	const warmUp = 2 // sign-ins of each person, at most: backup codes are few
	if _, err := together(ctx, callers, length/4, warmUp); err != nil {
		return result{}, err
	}
	runtime.GC() // What came before must not be collected at this cell's expense.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := meter.read()
	elapsed, err := together(ctx, callers, length, 1<<20)
	if err != nil {
		return result{}, err
	}
	spent := meter.read().minus(began)
	runtime.ReadMemStats(&after)

	var took []time.Duration
	for _, c := range callers {
		took = append(took, c.took...)
	}
	if len(took) == 0 {
		return result{}, errors.New("nobody signed in: the time is too short, or there are too few people")
	}
	slices.Sort(took)
	return result{
		cell: callers[0].cell, logins: len(took), elapsed: elapsed,
		p50: took[len(took)/2], p99: took[len(took)*99/100],
		cpu: spent, allocs: after.Mallocs - before.Mallocs, size: after.TotalAlloc - before.TotalAlloc,
	}, nil
}

// together lets all callers run, and says how long it took until the last of them was done.
func together(ctx context.Context, callers []*caller, length time.Duration, rounds int) (time.Duration, error) {
	var over atomic.Bool // between two sign-ins: one that is cut off in the middle would have taken from budgets
	var running sync.WaitGroup
	faults := make([]error, len(callers))
	began := time.Now()
	for i, c := range callers {
		running.Go(func() {
			defer over.Store(true)
			faults[i] = c.run(ctx, &over, began.Add(length), rounds)
		})
	}
	running.Wait()
	return time.Since(began), errors.Join(faults...)
}
