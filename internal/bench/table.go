package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// summary is a cell over all rounds: medians, and for the rate the worst and the best round.
type summary struct {
	cell
	rate, slowest, fastest float64
	p50, p99               time.Duration
	cpu                    time.Duration // per 1000 logins
	servers                bool          // the servers' is in it
	allocs, size           float64       // per login
}

// pair is what floor and registry, or both behind HTTP, did in the same rounds. ratio is the registry's rate by the floor's.
type pair struct {
	web                bool
	floor, registry    summary
	ratio, worst, best float64
	hasFloor, hasOurs  bool
}

func summarize(results []result) summary {
	s := summary{cell: results[0].cell, servers: true}
	var rates, p50, p99, cpu, allocs, size []float64
	for _, r := range results {
		n := float64(r.logins)
		rates = append(rates, r.rate())
		p50 = append(p50, float64(r.p50))
		p99 = append(p99, float64(r.p99))
		cpu = append(cpu, float64(r.cpu.total())*1000/n)
		allocs = append(allocs, float64(r.allocs)/n)
		size = append(size, float64(r.size)/n)
		s.servers = s.servers && r.cpu.servers
	}
	s.rate, s.slowest, s.fastest = median(rates), slices.Min(rates), slices.Max(rates)
	s.p50, s.p99 = time.Duration(median(p50)), time.Duration(median(p99))
	s.cpu, s.allocs, s.size = time.Duration(median(cpu)), median(allocs), median(size)
	return s
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// pairs puts together what belongs together, in the order of the plan.
func pairs(p plan, results []result) []pair {
	var out []pair
	done := map[cell]bool{}
	for _, c := range p.cells(0) {
		web := c.web()
		if c.side = ""; web {
			c.side = webSide
		}
		if done[c] {
			continue
		}
		done[c] = true
		out = append(out, pairOf(c, web, results))
	}
	return out
}

func pairOf(c cell, web bool, results []result) pair {
	of := func(side string) (list []result) {
		for _, r := range results {
			if want := c; r.side == side {
				if want.side = side; r.cell == want {
					list = append(list, r)
				}
			}
		}
		return list
	}
	p := pair{web: web}
	floor, ours := of(floorSide), of(registrySide)
	if web {
		floor, ours = of(webFloorSide), of(webSide)
	}
	if len(floor) > 0 {
		p.floor, p.hasFloor = summarize(floor), true
	}
	if len(ours) > 0 {
		p.registry, p.hasOurs = summarize(ours), true
	}
	if p.hasFloor && p.hasOurs {
		var ratios []float64
		for i := range ours { // The results of a round have the same place in both lists.
			ratios = append(ratios, ours[i].rate()/floor[i].rate())
		}
		p.ratio, p.worst, p.best = median(ratios), slices.Min(ratios), slices.Max(ratios)
	}
	return p
}

// writeTables writes what people read: one row for each pair, in Markdown.
func writeTables(out io.Writer, list []pair) {
	inside := func(p pair) bool { return !p.web }
	writePairs(out, slices.DeleteFunc(slices.Clone(list), func(p pair) bool { return p.web }))
	if over := slices.DeleteFunc(slices.Clone(list), inside); len(over) > 0 {
		fmt.Fprintln(out, "\nOver HTTP:")
		writePairs(out, over)
	}
}

func writePairs(out io.Writer, list []pair) {
	fmt.Fprintln(out, "\n| people | kind | answers | Redis client | callers | floor, logins/s | registry, logins/s | ratio (worst–best round) | p50 ms, floor / registry | p99 ms | CPU s per 1000 | allocations |")
	fmt.Fprintln(out, "|---:|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, p := range list {
		c := p.registry.cell
		if !p.hasOurs {
			c = p.floor.cell
		}
		ratio := "–"
		if p.hasFloor && p.hasOurs {
			ratio = fmt.Sprintf("**%.2f** (%.2f–%.2f)", p.ratio, p.worst, p.best)
		}
		f, r := p.floor, p.registry
		fmt.Fprintf(out, "| %s | %s | %s | %s | %d | %.0f | %.0f | %s | %s / %s | %s / %s | %.2f / %.2f | %.0f / %.0f |\n",
			thousands(c.enrolled), c.kind, c.answers(), c.client, c.callers, f.rate, r.rate, ratio, ms(f.p50), ms(r.p50), ms(f.p99), ms(r.p99),
			f.cpu.Seconds(), r.cpu.Seconds(), f.allocs, r.allocs)
	}
	writeGrowth(out, list)
}

// writeGrowth compares the same cell at different numbers of people.
func writeGrowth(out io.Writer, list []pair) {
	began := false
	for _, small := range list {
		for _, large := range list {
			c := large.registry.cell
			c.enrolled = small.registry.enrolled
			grew := few <= small.registry.enrolled && small.registry.enrolled < large.registry.enrolled // below that, everything is in some cache
			if !small.hasOurs || !large.hasOurs || c != small.registry.cell || !grew {
				continue
			}
			if !began {
				fmt.Fprintln(out, "\n| kind | answers | Redis client | callers | people | p50 of the floor grows by | p50 of the registry grows by |\n|---|---|---|---:|---|---:|---:|")
				began = true
			}
			grown := "–"
			if small.hasFloor && large.hasFloor {
				grown = fmt.Sprintf("%.2f", float64(large.floor.p50)/float64(small.floor.p50))
			}
			fmt.Fprintf(out, "| %s | %s | %s | %d | %s → %s | %s | %.2f |\n", c.kind, c.answers(), c.client, c.callers,
				thousands(small.registry.enrolled), thousands(large.registry.enrolled), grown, float64(large.registry.p50)/float64(small.registry.p50))
		}
	}
}

func (c cell) answers() string {
	if c.wrong {
		return "wrong"
	}
	return "right"
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)) }

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
