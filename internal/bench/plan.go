package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The names in a plan, a table and a file.
const (
	floorSide    = "floor"
	directSide   = "direct" // the floor, with pgx but without database/sql
	storesSide   = "stores" // the registry's calls of its stores, without the registry
	registrySide = "registry"

	webFloorSide = "http-floor" // the floor behind HTTP
	webSide      = "http"       // the registry behind httpapi

	totpKind   = "totp"
	backupKind = "backup"
	pagerKind  = "pager" // a code that is sent, here to nobody

	plainClient  = "plain"
	autoPipeline = "autopipeline"
)

// wrongCallers is at how many callers wrong answers are measured; at fewer people than wrongPeople they would soon be locked out.
const (
	wrongCallers = 16
	wrongPeople  = 1000
)

// webCallers is at how many callers HTTP is measured, with right answers from an app: the cost of HTTP itself is no other elsewhere.
const webCallers = 16

// plan is what a run measures.
type plan struct {
	enrolled, callers     []int
	kinds, clients, sides []string
	rounds                int
	length                time.Duration
	wrong                 bool
}

// cell is one thing that is measured, once in each round.
type cell struct {
	enrolled, callers  int
	kind, client, side string
	wrong              bool
}

// web says that the cell is about HTTP.
func (c cell) web() bool { return c.side == webFloorSide || c.side == webSide }

func (c cell) String() string {
	answer := "right"
	if c.wrong {
		answer = "wrong"
	}
	return fmt.Sprintf("%s %s %s, %d callers, %d people, %s", c.side, c.kind, answer, c.callers, c.enrolled, c.client)
}

// cells are what a round measures, in its order: what will be compared stands side by side, and every other round turns the pairs around, so
// that neither side always comes first.
func (p plan) cells(round int) []cell {
	sides := slices.Clone(p.sides)
	if round%2 == 1 {
		slices.Reverse(sides)
	}
	var cells []cell
	add := func(c cell) {
		for _, side := range sides {
			if c.side = side; !c.web() || (c.kind == totpKind && c.callers == webCallers && !c.wrong) {
				cells = append(cells, c)
			}
		}
	}
	for _, kind := range p.kinds {
		for _, client := range p.clients {
			for _, callers := range p.callers {
				for _, enrolled := range p.enrolled {
					c := cell{enrolled: enrolled, callers: callers, kind: kind, client: client}
					add(c)
					if c.wrong = p.wrong && callers == wrongCallers && enrolled >= wrongPeople; c.wrong {
						add(c)
					}
				}
			}
		}
	}
	return cells
}

func (p plan) validate(rest []string) error {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	need(len(rest) == 0, "%q is not a flag", rest)
	need(p.rounds >= 1 && p.rounds <= 50, "-rounds is %d, not 1 to 50", p.rounds)
	need(p.length >= time.Millisecond && p.length <= time.Minute, "-time is %v, not 1ms to 1m", p.length)
	for _, n := range p.enrolled {
		need(n >= 1 && n <= 10_000_000, "-users is %d, not 1 to 10,000,000", n)
		for _, c := range p.callers {
			need(c >= 1 && c <= 1024, "-callers is %d, not 1 to 1024", c)
			need(c <= n, "%d callers need at least as many users, for nobody signs in twice at once", c)
		}
	}
	known := func(name string, got []string, all ...string) {
		for _, g := range got {
			need(slices.Contains(all, g), "-%s is %q, none of %q", name, g, all)
		}
	}
	known("kinds", p.kinds, totpKind, backupKind, pagerKind)
	known("clients", p.clients, plainClient, autoPipeline)
	known("sides", p.sides, floorSide, directSide, storesSide, registrySide, webFloorSide, webSide)
	return errors.Join(faults...)
}

// numbers and words are flags with several values: 1,16,64.
type (
	numbers []int
	words   []string
)

func (n *numbers) String() string { return fmt.Sprint([]int(*n)) }
func (w *words) String() string   { return strings.Join(*w, ",") }

func (w *words) Set(s string) error {
	*w = strings.Split(s, ",")
	return nil
}

func (n *numbers) Set(s string) error {
	*n = nil
	for part := range strings.SplitSeq(s, ",") {
		v, err := strconv.Atoi(part)
		if err != nil {
			return err
		}
		*n = append(*n, v)
	}
	return nil
}
