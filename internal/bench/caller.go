package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"
)

// door is one way to sign in. It asks for the answer when it has shown the question, and says whether the answer was accepted; any
// other outcome than yes or no is an error.
type door interface {
	signIn(ctx context.Context, user int, kind string, answer func() []byte) (accepted bool, err error)
}

// caller signs in one person after the other. Its people are its own, and so is its clock: the clock moves on when all of them have signed in
// once. So everybody has a new code each time, nobody is locked out, and time does not move during a login.
type caller struct {
	people *people
	cell   cell
	place  int // in the queue, among this caller's: 0, 1, 2...
	first  int // the first of its places in the whole queue
	own    int // how many people it has
	now    time.Time
	sent   string // the code that was sent last
	door   door
	took   []time.Duration
}

// newCaller is caller number i of a cell; the caller of this function gives it a door.
func newCaller(p *people, c cell, i int) *caller {
	own := (p.n - i + c.callers - 1) / c.callers
	return &caller{people: p, cell: c, first: i, own: own, now: p.clock, took: make([]time.Duration, 0, 1<<14)}
}

// run signs people in until it is over, the time is, or rounds are: how often each of the caller's people may sign in. At least one does, however
// busy the machine is.
func (c *caller) run(ctx context.Context, over *atomic.Bool, until time.Time, rounds int) error {
	c.took = c.took[:0]
	for left := rounds * c.own; left > 0 && !over.Load() && !c.exhausted(); left-- {
		began := time.Now()
		if err := c.signIn(ctx); err != nil {
			return err
		}
		ended := time.Now()
		c.took = append(c.took, ended.Sub(began))
		if !ended.Before(until) {
			break
		}
	}
	return nil
}

// user is the person whose turn it is.
func (c *caller) user() int { return c.people.at(c.first + c.place%c.own*c.cell.callers) }

// wrongRounds is how often a person may fail before their factor would be disabled.
const wrongRounds = 90

func (c *caller) exhausted() bool {
	if c.cell.wrong {
		return c.place >= wrongRounds*c.own
	}
	return c.cell.kind == backupKind && int(c.people.used[c.user()]) == len(c.people.model.codes)
}

func (c *caller) signIn(ctx context.Context) error {
	user := c.user()
	accepted, err := c.door.signIn(ctx, user, c.cell.kind, func() []byte { return c.answer(user) })
	if err != nil {
		return err
	}
	if accepted == c.cell.wrong {
		return fmt.Errorf("an answer was accepted: %t", accepted)
	}
	if c.place++; c.place%c.own == 0 {
		c.now = c.now.Add(apart)
	}
	return nil
}

// answer is what the person types, who looks at the app, the list or the pager for it.
func (c *caller) answer(user int) []byte {
	code := ""
	switch {
	case c.cell.wrong && c.cell.kind == backupKind:
		code = "0000-0000-0000-0000-0000-0000"
	case c.cell.wrong && c.cell.kind == pagerKind:
		code = other(c.sent)
	case c.cell.wrong:
		code = other(codeOf(c.people.model.secret, step(c.now)))
	case c.cell.kind == totpKind:
		code = codeOf(c.people.model.secret, step(c.now))
	case c.cell.kind == backupKind:
		code = c.people.model.codes[c.people.used[user]]
		c.people.used[user]++
	default:
		code = c.sent
	}
	response, err := json.Marshal(typed(code))
	if err != nil {
		panic(err) // A map of strings always encodes.
	}
	return response
}

// other is a code that differs in each digit.
func other(code string) string {
	b := []byte(code)
	for i := range b {
		b[i] = '0' + (b[i]-'0'+1+byte(i%2))%10
	}
	return string(b)
}
