package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// The first byte of what is stored.
const format = 1

// What a script answers first.
const (
	done int64 = iota
	gone
	refused
	unknownFormat
)

var errReply = errors.New("redisstore: not a reply of ours")

// call is one run of a script.
type call struct {
	name string
	try  string
	keys []string
	args []any
}

// run runs a script and returns what it answered behind the code and the echo.
//
// The echo is the call's own name and try. A client that mixes up replies would otherwise hand one caller's success to another.
// // attack: A-152
func (s *Store) run(ctx context.Context, script *redis.Script, c call) ([]any, error) {
	try := digest(c.try)
	got, err := script.Run(ctx, s.client, c.keys, append([]any{c.name, try}, c.args...)...).Slice()
	if err != nil {
		return nil, fmt.Errorf("redisstore: %s: %w", c.name, err)
	}
	if len(got) < 2 || got[1] != c.name+try {
		return nil, fmt.Errorf("%w to %s", errReply, c.name)
	}
	rest := got[2:]
	switch got[0] {
	case done:
		return rest, nil
	case gone:
		return nil, challenge.ErrGone
	case refused:
		if len(rest) == 2 {
			budget, okBudget := rest[0].(string)
			wait, okWait := rest[1].(int64)
			if okBudget && okWait {
				return nil, &challenge.Refused{Budget: budget, RetryAfter: time.Duration(wait) * time.Millisecond}
			}
		}
	case unknownFormat:
		return nil, fmt.Errorf("%w: %s", ErrFormat, c.name)
	}
	return nil, fmt.Errorf("%w to %s", errReply, c.name)
}

// record runs a script that answers with a record.
func (s *Store) record(ctx context.Context, script *redis.Script, c call) (challenge.Record, error) {
	got, err := s.run(ctx, script, c)
	if err != nil {
		return challenge.Record{}, err
	}
	return readRecord(c.name, got)
}

// created is what create has stored: r, of which the script tells only Next, or what an earlier run of it had stored.
func created(r challenge.Record, got []any) (challenge.Record, error) {
	if len(got) != 1 {
		return readRecord("create", got)
	}
	f := fields{rest: got}
	r.Expires, r.Next, r.Shut = wire.Time(wire.Milli(r.Expires)), wire.Time(uint64(f.number())), time.Time{}
	if f.bad {
		return challenge.Record{}, fmt.Errorf("%w to create", errReply)
	}
	return r, nil
}

// readRecord reads attempts, expires, next, shut, sealed, and four values for each budget.
func readRecord(name string, got []any) (challenge.Record, error) {
	f := fields{rest: got}
	r := challenge.Record{
		Attempts: int(f.number()),
		Expires:  wire.Time(uint64(f.number())),
		Next:     wire.Time(uint64(f.number())),
		Shut:     wire.Time(uint64(f.number())),
		Sealed:   []byte(f.text()),
	}
	for len(f.rest) > 0 && !f.bad {
		r.OnTry = append(r.OnTry, challenge.Spend{
			Budget: f.text(),
			Limit:  int(f.number()),
			Window: time.Duration(f.number()) * time.Millisecond,
			Max:    time.Duration(f.number()) * time.Millisecond,
		})
	}
	if f.bad {
		return challenge.Record{}, fmt.Errorf("%w to %s", errReply, name)
	}
	return r, nil
}

// fields takes an answer apart; bad once a field is missing or of another type.
type fields struct {
	rest []any
	bad  bool
}

func (f *fields) next() any {
	if len(f.rest) == 0 {
		f.bad = true
		return nil
	}
	v := f.rest[0]
	f.rest = f.rest[1:]
	return v
}

func (f *fields) number() int64 {
	v, ok := f.next().(int64)
	if !ok || v < 0 {
		f.bad = true
		return 0
	}
	return v
}

func (f *fields) text() string {
	v, ok := f.next().(string)
	if !ok {
		f.bad = true
	}
	return v
}

// newRecord encodes a new challenge in two halves; between them the script puts Next, which only it knows.
func newRecord(r challenge.Record) (head, tail []byte) {
	head = append(head, format, live)
	head = wire.AppendUint(head, uint64(r.Attempts))
	head = wire.AppendTime(head, r.Expires)

	tail = wire.AppendUint(tail, uint64(len(r.OnTry)))
	for _, s := range r.OnTry {
		tail = wire.AppendString(tail, s.Budget)
		tail = wire.AppendUint(tail, uint64(s.Limit))
		tail = wire.AppendUint(tail, uint64(s.Window.Milliseconds()))
		tail = wire.AppendUint(tail, uint64(s.Max.Milliseconds()))
	}
	tail = wire.AppendUint(tail, 0) // no tries yet
	return head, append(tail, r.Sealed...)
}

// live is the state of a challenge that was not redeemed.
const live = 1

func spends(list []challenge.Spend) []any {
	args := make([]any, 0, 4*len(list))
	for _, s := range list {
		args = append(args, s.Budget, s.Limit, s.Window.Milliseconds(), s.Max.Milliseconds())
	}
	return args
}

func texts(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}
