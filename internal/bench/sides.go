package main

import (
	"fmt"
	"io"
	"slices"
)

// writeSides says where the time goes: a row for each side of each cell, if there are more sides than floor and registry.
func writeSides(out io.Writer, p plan, results []result) {
	if !slices.Contains(p.sides, storesSide) && !slices.Contains(p.sides, directSide) {
		return
	}
	fmt.Fprintln(out, "\n| people | kind | answers | Redis client | callers | side | logins/s | CPU ms a login: program | Redis | PostgreSQL | allocations | KB allocated |")
	fmt.Fprintln(out, "|---:|---|---|---|---:|---|---:|---:|---:|---:|---:|---:|")
	for _, c := range p.cells(0) {
		var own, redis, postgres []float64
		var list []result
		for _, r := range results {
			if r.cell != c {
				continue
			}
			n := float64(r.logins) * 1e6
			list, own = append(list, r), append(own, float64(r.cpu.own)/n)
			redis, postgres = append(redis, float64(r.cpu.redis)/n), append(postgres, float64(r.cpu.postgres)/n)
		}
		s := summarize(list)
		fmt.Fprintf(out, "| %s | %s | %s | %s | %d | %s | %.0f | %.2f | %.2f | %.2f | %.0f | %.0f |\n", thousands(c.enrolled), c.kind, c.answers(), c.client,
			c.callers, c.side, s.rate, median(own), median(redis), median(postgres), s.allocs, s.size/1000)
	}
}
